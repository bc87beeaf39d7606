//! Dialling: one or several legs, together or in turn, until one answers or none does.

use super::{
    Attendant, Call, DialNews, DigitString, Interrupt, LegNews, Step, Target,
    channel::Running,
    dial_string,
    legs::DialledLeg,
    wait::{Completion, Signal},
};
use crate::{
    base::{
        CallId, HangupCause,
        event::Leg,
        limits,
        phone::{Key, KeySet},
    },
    esl::{Api, Event},
};
use std::{future::pending, time::Duration};
use tokio::time::Instant;

/// How long the last news of a dial may take to come.
const LAST_NEWS: Duration = Duration::from_secs(1);

/// Whom to dial, and how.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The legs.
    pub targets: Vec<DialTarget>,
    /// Together or in turn.
    pub order: DialOrder,
    /// How long each leg may ring.
    pub ring: Duration,
    /// Longest conversation; bounded by `limits::CONVERSATION`.
    pub time_limit: Option<Duration>,
    /// Shown to the called party instead of the caller's own.
    pub caller_id: Option<CallerId>,
    /// Keys with which the caller ends the dialled leg and keeps the call.
    pub hang_up_on: KeySet,
    /// Media that the caller hears while it rings, as the document names it; `None` for ringing.
    pub ringback: Option<String>,
    /// Whether the caller hears what the called side sends before it answers.
    pub early_media: bool,
    /// SIP headers for the called side; names begin with `X-`, others are left out.
    pub headers: Vec<(String, String)>,
}

/// One leg to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialTarget {
    /// Whom.
    pub target: Target,
    /// Keys to send once it has answered.
    pub send_digits: Option<DigitString>,
}

/// In which order several legs are dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialOrder {
    /// All at once; the first to answer wins.
    #[default]
    Together,
    /// One after the other.
    InTurn,
}

/// What the called party is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerId {
    /// Name; empty for the caller's own.
    pub name: String,
    /// Number; empty for the caller's own.
    pub number: String,
}

/// How a dial went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOutcome {
    /// In one word.
    pub status: DialStatus,
    /// FreeSWITCH's cause: of the conversation's end, or of the failure.
    pub cause: HangupCause,
    /// SIP status of a failure in FreeSWITCH's spelling (`sip:486`); empty if there is none.
    pub sip: String,
    /// The leg that answered; otherwise the last one that was dialled.
    pub leg: Option<Leg>,
    /// Length of the conversation.
    pub talked: Duration,
    /// Whether any leg rang.
    pub rang: bool,
    /// The key with which the caller ended it.
    pub ended_by: Option<Key>,
    /// Why nobody could be dialled at all.
    pub problem: Option<String>,
}

/// How a dial went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    /// Somebody answered, and the conversation is over.
    Answered,
    /// Busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// The called party refused.
    Rejected,
    /// There was no way to the called party.
    Failed,
}

/// Legs that ring together, and how far they are.
struct Round<'a> {
    dial: &'a Dial,
    ids: Vec<CallId>,
    /// The leg that answered first.
    winner: Option<CallId>,
    ended_by: Option<Key>,
    /// When the ringing or the conversation is over.
    deadline: Instant,
    /// The legs have been told to end.
    ordered_down: bool,
}

impl Dial {
    /// Dials these targets together, with everything else as it usually is.
    pub fn new(targets: Vec<Target>, ring: Duration) -> Self {
        let plain = |target| DialTarget { target, send_digits: None };
        Self {
            targets: targets.into_iter().map(plain).collect(),
            order: DialOrder::Together,
            ring,
            time_limit: None,
            caller_id: None,
            hang_up_on: KeySet::NONE,
            ringback: None,
            early_media: false,
            headers: Vec::new(),
        }
    }
}

impl Call {
    /// Dials, connects the caller to the first leg that answers, and waits until that conversation is
    /// over or no leg has answered. The caller stays with us afterwards; a caller who hangs up is an
    /// error as everywhere.
    pub async fn dial(&mut self, dial: &Dial) -> Step<DialOutcome> {
        self.dial_attended(dial, &mut ()).await
    }

    /// The same, with somebody who is told what happens meanwhile; see [`Attendant`].
    pub async fn dial_attended(
        &mut self,
        dial: &Dial,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let mut routes = Vec::new();
        for (index, target) in dial.targets.iter().enumerate().take(limits::DIAL_LEGS) {
            match self.settings.dial.routes(&target.target) {
                Ok(ways) => routes.push((index, ways)),
                Err(error) => return Ok(DialOutcome::impossible(error.to_string())),
            }
        }
        self.dress(dial).await?;
        let groups: Vec<_> = match dial.order {
            DialOrder::Together => vec![routes],
            DialOrder::InTurn => routes.into_iter().map(|route| vec![route]).collect(),
        };
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            outcome = self.dial_group(dial, group, attendant).await?;
            if outcome.status == DialStatus::Answered || outcome.ended_by.is_some() {
                break;
            }
        }
        self.undress().await?;
        Ok(outcome)
    }

    /// Legs that ring together; over the next gateway as long as gateways are what fails.
    async fn dial_group(
        &mut self,
        dial: &Dial,
        group: Vec<(usize, Vec<String>)>,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let ways = group.iter().map(|(_, ways)| ways.len()).max().unwrap_or(1);
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for way in 0..ways {
            let legs =
                group.iter().filter_map(|(target, ways)| Some((*target, ways.get(way)?.as_str())));
            outcome = self.bridge(dial, legs.collect(), attendant).await?;
            if outcome.status != DialStatus::Failed || !is_gateway_trouble(&outcome.cause) {
                break;
            }
        }
        Ok(outcome)
    }

    /// One `bridge`: to the targets with these numbers, each at its address.
    async fn bridge(
        &mut self,
        dial: &Dial,
        legs: Vec<(usize, &str)>,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let mut ids = Vec::new();
        for (index, endpoint) in legs {
            let id = CallId::new(uuid::Uuid::new_v4().to_string());
            let to = dial.targets[index].target.to_string();
            self.legs.add(Leg { id: id.clone(), to }, index);
            ids.push((id, endpoint.to_owned()));
        }
        let string = dial_string::together(&ids, dial.ring, dial.early_media);
        let running = self.start("bridge", &string)?;
        let ids: Vec<_> = ids.into_iter().map(|(id, _)| id).collect();
        self.legs.begin(&running, &ids);
        let mut round = Round {
            dial,
            ids,
            winner: None,
            ended_by: None,
            deadline: Instant::now() + dial.ring,
            ordered_down: false,
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
                Signal::Key(_) | Signal::Leg | Signal::Changed | Signal::Recorded(_) => Some(()),
            };
            match self.completion(running, Some(round.deadline), anything).await? {
                // What came before the completion is told before it.
                Completion::Done(_) | Completion::Instead(()) => {}
                Completion::TimeUp if round.ordered_down => {
                    let after = limits::APPLICATION_GRACE;
                    return Err(Interrupt::Stuck { application: "bridge", after });
                }
                Completion::TimeUp => {
                    let answered = round.winner.is_some();
                    let cause = match answered {
                        true => HangupCause::ALLOTTED_TIMEOUT,
                        false => HangupCause::NO_ANSWER,
                    };
                    self.end_legs(&round.ids, &cause)?;
                    round.deadline = Instant::now() + limits::APPLICATION_GRACE;
                    round.ordered_down = true;
                }
            }
        }
    }

    /// What the call itself does about what has happened.
    fn heed(&mut self, round: &mut Round<'_>, news: &DialNews) -> Step<()> {
        match news {
            DialNews::Leg { target, leg, what: LegNews::Answered } if round.winner.is_none() => {
                let limit = round.dial.time_limit.unwrap_or(limits::CONVERSATION);
                round.deadline = Instant::now() + limit.min(limits::CONVERSATION);
                if let Some(keys) = &round.dial.targets[*target].send_digits {
                    let (uuid, each) = (leg.id.as_str(), Duration::from_millis(200));
                    self.api(Api::SendDigits { uuid, digits: keys.as_str(), each })?;
                }
                round.winner = Some(leg.id.clone());
            }
            DialNews::Key(key) if round.dial.hang_up_on.contains(*key) => {
                self.typed.take_back(*key);
                round.ended_by = Some(*key);
                self.end_legs(&round.ids, &HangupCause::NORMAL_CLEARING)?;
            }
            _ => {}
        }
        Ok(())
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
            self.legs.give_up(id, lost);
        }
        while let Some(news) = self.legs.next_news() {
            attendant.news(self, &news).await?;
        }
        Ok(self.outcome(round, cause))
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
        round.ids.iter().for_each(|id| self.legs.give_up(id, cause.clone()));
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

    /// `disposition` is the switch's cause for all legs together.
    fn outcome(&self, round: &Round<'_>, disposition: HangupCause) -> DialOutcome {
        let Round { ids, winner, ended_by, .. } = round;
        let legs: Vec<_> = ids.iter().filter_map(|id| self.legs.find(id)).collect();
        let end = |leg: &DialledLeg| leg.ended.as_ref().map(|(end, _)| end.clone());
        let bridged = legs.iter().find(|leg| leg.bridged && leg.answered.is_some());
        let answered = bridged.or(legs.iter().find(|leg| Some(&leg.leg.id) == winner.as_ref()));
        let rang = legs.iter().any(|leg| leg.rang || leg.answered.is_some());
        if let Some(leg) = answered {
            let end = end(leg);
            return DialOutcome {
                status: DialStatus::Answered,
                cause: end.as_ref().map_or(HangupCause::NORMAL_CLEARING, |end| end.cause.clone()),
                sip: String::new(),
                leg: Some(leg.leg.clone()),
                talked: end.map(|end| end.talked).unwrap_or_default(),
                rang,
                ended_by: *ended_by,
                problem: None,
            };
        }
        let cause = match legs.as_slice() {
            // One leg knows best why it failed; the caller's variables may be an earlier bridge's.
            [leg] => end(leg).map_or(disposition, |end| end.cause),
            _ => disposition,
        };
        let sip = legs.iter().filter_map(|leg| end(leg)).map(|end| end.sip);
        DialOutcome {
            status: if ended_by.is_some() { DialStatus::NoAnswer } else { status_of(&cause) },
            cause,
            sip: sip.into_iter().find(|sip| !sip.is_empty()).unwrap_or_default(),
            leg: legs.last().map(|leg| leg.leg.clone()),
            talked: Duration::ZERO,
            rang,
            ended_by: *ended_by,
            problem: None,
        }
    }
}

impl DialOutcome {
    fn impossible(problem: String) -> Self {
        Self {
            status: DialStatus::Failed,
            cause: HangupCause::NO_ROUTE_DESTINATION,
            sip: String::new(),
            leg: None,
            talked: Duration::ZERO,
            rang: false,
            ended_by: None,
            problem: Some(problem),
        }
    }
}

fn status_of(cause: &HangupCause) -> DialStatus {
    match cause.as_str() {
        "USER_BUSY" => DialStatus::Busy,
        "CALL_REJECTED" | "DECLINE" => DialStatus::Rejected,
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "PROGRESS_TIMEOUT"
        | "ORIGINATOR_CANCEL" => DialStatus::NoAnswer,
        _ => DialStatus::Failed,
    }
}

/// Whether another gateway might do better: this one is down, full or broken. A busy, absent or
/// unknown number is the same through every gateway.
fn is_gateway_trouble(cause: &HangupCause) -> bool {
    matches!(
        cause.as_str(),
        "GATEWAY_DOWN"
            | "INVALID_GATEWAY"
            | "CHAN_NOT_IMPLEMENTED"
            | "NETWORK_OUT_OF_ORDER"
            | "NORMAL_TEMPORARY_FAILURE"
            | "SERVICE_UNAVAILABLE"
            | "RECOVERY_ON_TIMER_EXPIRE"
            | "NORMAL_CIRCUIT_CONGESTION"
            | "SWITCH_CONGESTION"
            | "REQUESTED_CHAN_UNAVAIL"
            | "DESTINATION_OUT_OF_ORDER"
            | "INVALID_PROFILE"
            | "INTERWORKING"
    )
}
