//! One `bridge`: the legs that ring together, from the first ring to the last word.

use super::{
    Attendant, Call, Dial, DialNews, DialOutcome, Interrupt, LegNews, Step,
    channel::Running,
    dial_string::{self, LegString},
    wait::{Completion, Signal},
};
use crate::{
    base::{CallId, HangupCause, Happening, event::Leg, limits, phone::Key},
    esl::{Api, Event},
};
use std::{future::pending, time::Duration};
use tokio::time::Instant;

/// How long the last news of a dial may take to come.
const LAST_NEWS: Duration = Duration::from_secs(1);

/// Legs that ring together, and how far they are.
pub(super) struct Round<'a> {
    dial: &'a Dial,
    pub(super) ids: Vec<CallId>,
    /// The leg that the caller talks to, or will at once.
    pub(super) winner: Option<CallId>,
    /// Legs that have answered and are not connected yet, with us.
    in_gates: Vec<CallId>,
    /// Legs that have been sent their keys.
    keyed: Vec<CallId>,
    pub(super) ended_by: Option<Key>,
    phase: Phase,
    /// When the phase is over.
    deadline: Instant,
}

/// What a dial waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Somebody answers.
    Ringing,
    /// Somebody who has answered comes out of the gate; nobody rings any more.
    Gates,
    /// The conversation ends.
    Talking,
    /// Everybody has been told to end.
    Ending,
}

impl Call {
    /// One `bridge`: to the targets with these numbers, each at its address.
    pub(super) async fn bridge(
        &mut self,
        dial: &Dial,
        legs: Vec<(usize, &str)>,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let mut strings = Vec::new();
        let alone = dial.targets.len() == 1;
        for (index, endpoint) in legs {
            let id = CallId::new(uuid::Uuid::new_v4().to_string());
            let target = &dial.targets[index];
            let (variables, unwritable) = target.variables(!alone);
            for problem in unwritable {
                self.tell(Happening::Noted { error: true, message: problem.to_string() });
            }
            self.legs.add(Leg { id: id.clone(), to: target.target.to_string() }, index);
            let (endpoint, gate) = (endpoint.to_owned(), target.gate.clone());
            strings.push(LegString { id, endpoint, variables, gate });
        }
        let string = dial_string::together(&strings, dial.ring, dial.early_media);
        let running = self.start("bridge", &string)?;
        let ids: Vec<_> = strings.into_iter().map(|leg| leg.id).collect();
        self.legs.begin(&running, &ids);
        let mut round = Round {
            dial,
            ids,
            winner: None,
            in_gates: Vec::new(),
            keyed: Vec::new(),
            ended_by: None,
            phase: Phase::Ringing,
            deadline: Instant::now() + dial.ring,
        };
        let ended = match self.converse(&mut round, &running, attendant).await {
            Ok(last) => self.conclude_round(&mut round, last, attendant).await,
            Err(interrupt) => {
                self.break_off(&mut round, &interrupt, attendant).await;
                Err(interrupt)
            }
        };
        self.legs.end();
        ended
    }

    /// Until the `bridge` completes, with everything told that happens meanwhile.
    async fn converse(
        &mut self,
        round: &mut Round<'_>,
        running: &Running,
        attendant: &mut dyn Attendant,
    ) -> Step<Event> {
        loop {
            while let Some(news) = self.legs.next_news() {
                self.heed(round, &news)?;
                self.record_on(&news).await?;
                attendant.news(self, &news).await?;
            }
            if let Some(last) = self.legs.take_end() {
                return Ok(last);
            }
            let anything = |signal| match signal {
                Signal::Reply(..) | Signal::Completed(..) | Signal::Conference => None,
                Signal::Key(_)
                | Signal::Leg
                | Signal::Said
                | Signal::Changed
                | Signal::Recorded(_) => Some(()),
            };
            match self.completion(running, Some(round.deadline), anything).await? {
                // What came before the completion is told before it.
                Completion::Done(_) | Completion::Instead(()) => {}
                Completion::TimeUp => self.time_up(round)?,
            }
        }
    }

    /// The time for what the dial waits for is over.
    fn time_up(&mut self, round: &mut Round<'_>) -> Step<()> {
        let now = Instant::now();
        let (phase, deadline, cause) = match round.phase {
            Phase::Ringing if !round.in_gates.is_empty() => {
                let gates = round.dial.targets.iter().filter_map(|target| target.gate.as_ref());
                let patience = gates.map(|gate| gate.patience).max().unwrap_or_default();
                (Phase::Gates, now + patience, HangupCause::NO_ANSWER)
            }
            Phase::Ringing | Phase::Gates => {
                (Phase::Ending, now + limits::APPLICATION_GRACE, HangupCause::NO_ANSWER)
            }
            Phase::Talking => {
                (Phase::Ending, now + limits::APPLICATION_GRACE, HangupCause::ALLOTTED_TIMEOUT)
            }
            Phase::Ending => {
                let after = limits::APPLICATION_GRACE;
                return Err(Interrupt::Stuck { application: "bridge", after });
            }
        };
        (round.phase, round.deadline) = (phase, deadline);
        let stay = |id: &&CallId| phase == Phase::Gates && round.in_gates.contains(id);
        let ending: Vec<_> = round.ids.iter().filter(|id| !stay(id)).cloned().collect();
        self.end_legs(&ending, &cause)
    }

    /// What the call itself does about what has happened.
    fn heed(&mut self, round: &mut Round<'_>, news: &DialNews) -> Step<()> {
        match news {
            DialNews::Leg { target, leg, what } => {
                let ours = &round.dial.targets[*target];
                let early = ours.send_digits.as_ref().is_some_and(|digits| digits.early);
                match what {
                    LegNews::EarlyMedia if early => self.send_keys(round, *target, &leg.id)?,
                    LegNews::Answered => {
                        self.send_keys(round, *target, &leg.id)?;
                        match ours.gate {
                            Some(_) => round.in_gates.push(leg.id.clone()),
                            None => round.talk(&leg.id),
                        }
                    }
                    LegNews::Connected if ours.gate.is_some() => {
                        round.in_gates.retain(|id| *id != leg.id);
                        round.talk(&leg.id);
                    }
                    LegNews::Ended(_) => round.in_gates.retain(|id| *id != leg.id),
                    _ => {}
                }
            }
            DialNews::Key(key) if round.dial.hang_up_on.contains(*key) => {
                self.typed.take_back(*key);
                round.ended_by = Some(*key);
                round.phase = Phase::Ending;
                round.deadline = Instant::now() + limits::APPLICATION_GRACE;
                self.end_legs(&round.ids, &HangupCause::NORMAL_CLEARING)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Sends a leg its keys, once.
    fn send_keys(&mut self, round: &mut Round<'_>, target: usize, id: &CallId) -> Step<()> {
        let Some(digits) = &round.dial.targets[target].send_digits else { return Ok(()) };
        if round.keyed.contains(id) {
            return Ok(());
        }
        round.keyed.push(id.clone());
        let (uuid, keys) = (id.as_str(), digits.keys.as_str());
        self.api(Api::SendDigits { uuid, digits: keys, each: digits.each })
    }

    /// After the `bridge`: the ends of the legs, which may come a moment later.
    async fn conclude_round(
        &mut self,
        round: &mut Round<'_>,
        last: Event,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let known = last.variable("originate_causes").unwrap_or_default().into_owned();
        let expected: Vec<_> =
            round.ids.iter().filter(|id| known.contains(id.as_str())).cloned().collect();
        let deadline = Instant::now() + LAST_NEWS;
        while expected.iter().any(|id| self.is_up(id)) {
            let leg = |signal| matches!(signal, Signal::Leg).then_some(());
            match self.wait(Some(deadline), pending(), leg).await {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(interrupt) => {
                    self.break_off(round, &interrupt, attendant).await;
                    return Err(interrupt);
                }
            }
        }
        let cause = last.variable("originate_disposition").unwrap_or_default();
        let cause = HangupCause::named(&cause);
        for id in &round.ids {
            let won = Some(id) == round.winner.as_ref();
            let lost = if won { HangupCause::NORMAL_CLEARING } else { cause.clone() };
            self.give_up_leg(id, lost);
        }
        while let Some(news) = self.legs.next_news() {
            attendant.news(self, &news).await?;
        }
        Ok(self.outcome(round, cause))
    }

    fn give_up_leg(&mut self, id: &CallId, cause: HangupCause) {
        let told = self.legs.give_up(id, cause);
        told.into_iter().for_each(|happening| self.tell(happening));
    }

    /// The dial was interrupted: its legs end, and who attends it hears of that.
    async fn break_off(
        &mut self,
        round: &mut Round<'_>,
        interrupt: &Interrupt,
        attendant: &mut dyn Attendant,
    ) {
        match interrupt {
            // The conversation goes on without us.
            Interrupt::Lost(_) => return,
            Interrupt::HungUp => self.hear_out(Instant::now() + LAST_NEWS).await,
            _ => {
                let deadline = Instant::now() + LAST_NEWS;
                let ordered = self.end_legs(&round.ids, &HangupCause::NORMAL_CLEARING);
                let leg = |signal| matches!(signal, Signal::Leg).then_some(());
                while ordered.is_ok() && round.ids.iter().any(|id| self.is_up(id)) {
                    match self.wait(Some(deadline), pending(), leg).await {
                        Ok(Some(())) => {}
                        Ok(None) | Err(_) => break,
                    }
                }
            }
        }
        let cause = HangupCause::named("ORIGINATOR_CANCEL");
        round.ids.iter().for_each(|id| self.give_up_leg(id, cause.clone()));
        while let Some(news) = self.legs.next_news() {
            if let Err(error) = attendant.news(self, &news).await {
                tracing::debug!(call = %self.facts.call_id, %error, "attending a dial that is over");
            }
        }
    }

    fn is_up(&self, id: &CallId) -> bool {
        self.legs.find(id).is_some_and(|leg| leg.ended.is_none())
    }

    fn end_legs(&mut self, ids: &[CallId], cause: &HangupCause) -> Step<()> {
        for id in ids {
            if self.is_up(id) {
                self.api(Api::Kill { uuid: id.as_str(), cause })?;
            }
        }
        Ok(())
    }
}

impl Round<'_> {
    /// The conversation begins; the first leg counts.
    fn talk(&mut self, id: &CallId) {
        if self.winner.is_none() && self.phase != Phase::Ending {
            let limit = self.dial.time_limit.unwrap_or(limits::CONVERSATION);
            self.deadline = Instant::now() + limit.min(limits::CONVERSATION);
            self.phase = Phase::Talking;
            self.winner = Some(id.clone());
        }
    }
}
