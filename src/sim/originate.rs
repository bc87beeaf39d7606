//! Dialling: who is invited, who wins, and the variables that say how it went
//! (`reference/freeswitch.md` 3.7).

use super::{
    attended::Gate,
    callee::Ending,
    causes,
    channel::{Channel, Passed, Wait},
    clock::FRAME,
    dialled::{Dialled, LegEnd, Stage},
    dialling::{self, Dialling},
    dialstring::{DialString, Endpoint, Target},
    events::Whose,
    observe::{Prompt, Seen},
    variables::{Variables, is_true},
};
use std::time::Duration;

/// Ring time when nobody says otherwise, seconds.
const RING_SECONDS: u64 = 60;

/// How dialling turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Originated {
    Connected(usize),
    Failed(String),
}

impl Channel {
    /// Dials until a leg wins or all have failed.
    pub(super) async fn originate(&mut self, dial: &DialString) -> Originated {
        let began = self.clock.now();
        let global = |name: &str| {
            let written = dial.variables.iter().find(|(key, _)| key == name);
            let inherited = self.leg.variables.get(name).map(str::to_owned);
            written.map(|(_, value)| value.clone()).or(inherited)
        };
        let timeout = global("originate_timeout").or_else(|| global("call_timeout"));
        let seconds = timeout.and_then(|n| n.parse().ok()).unwrap_or(RING_SECONDS);
        let deadline = self.clock.whole_seconds(began, seconds);
        self.leg.variables.set("originate_disposition", "failure");
        self.leg.variables.set("DIALSTATUS", "INVALIDARGS");
        self.leg.variables.unset("originated_legs");
        let mut last = "NO_ROUTE_DESTINATION".to_owned();
        for group in &dial.groups {
            let from = self.legs.len();
            let mut failed = None;
            for target in group {
                if let Err(cause) = self.invite(target) {
                    failed = Some(cause);
                }
            }
            match self.ring(from, deadline).await {
                Ok(Some(index)) => return Originated::Connected(index),
                Ok(None) => last = self.group_cause(from).or(failed).unwrap_or(last),
                Err(cause) => return Originated::Failed(cause),
            }
        }
        Originated::Failed(last)
    }

    /// Sends one INVITE; the cause if that is not possible.
    fn invite(&mut self, target: &Target) -> Result<(), String> {
        let callee = self.options.callees.find(target.endpoint.address()).clone();
        let (user, uri) = match &target.endpoint {
            Endpoint::Sip { user, uri } => (user.clone(), uri.clone()),
            Endpoint::Gateway { number, name } => (number.clone(), format!("{number}@{name}")),
            Endpoint::Fails(cause) => return Err(cause.clone()),
            Endpoint::Unknown => return Err("CHAN_NOT_IMPLEMENTED".to_owned()),
        };
        if callee.end == Ending::NoGateway {
            return Err("INVALID_GATEWAY".to_owned());
        }
        let written = |name: &str| {
            target.variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        let own = |name: &str| self.leg.variables.get(name).map(str::to_owned);
        let caller_number = written("origination_caller_id_number")
            .or_else(|| own("effective_caller_id_number"))
            .unwrap_or_else(|| self.leg.profile.caller_number.clone());
        let caller_name = written("origination_caller_id_name")
            .or_else(|| own("effective_caller_id_name"))
            .unwrap_or_else(|| self.leg.profile.caller_name.clone());
        let now = self.clock.now();
        let seconds = written("leg_timeout").and_then(|n| n.parse().ok());
        let limit = seconds.map(|n| (self.clock.whole_seconds(now, n), "ALLOTTED_TIMEOUT"));
        let early = written("ignore_early_media").or_else(|| own("ignore_early_media"));
        let ignore_early_media =
            early.is_some_and(|value| is_true(&value) || value == "ring_ready");
        let uuid = written("origination_uuid").unwrap_or_else(|| self.chance.uuid());
        let mut variables = self.exported();
        let headers = self.leg.variables.iter().filter(|(name, _)| name.starts_with("sip_h_X-"));
        variables.extend(headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables.extend(target.variables.iter().cloned());
        let dialling = Dialling {
            caller: &self.leg,
            user: &user,
            uri: &uri,
            name: target.endpoint.channel_name(),
            uuid: uuid.clone(),
            caller_name,
            caller_number: caller_number.clone(),
            variables,
            now: self.clock.micros(now),
        };
        let leg = dialling::outbound(dialling, &mut self.chance);
        let to = target.endpoint.address().to_owned();
        self.legs.push(Dialled {
            leg,
            to: to.clone(),
            callee,
            stage: Stage::Invited,
            next: Some(now + FRAME),
            limit,
            ignore_early_media,
            execute_on_answer: written("execute_on_answer"),
            failure: None,
            gate: Gate::read(&target.variables),
            attended: None,
        });
        let index = self.legs.len() - 1;
        self.fire("CHANNEL_CREATE", Whose::Dialled(index), &[]);
        self.fire("CHANNEL_ORIGINATE", Whose::Dialled(index), &[]);
        self.leg.variables.set("originate_signal_bond", &*uuid);
        append(&mut self.leg.variables, "originated_legs", &format!("{uuid};Outbound Call;{user}"));
        self.observe(Seen::Dialled { to, from: caller_number });
        Ok(())
    }

    /// Waits for the legs from that index on: the one that wins, `None` when all have failed, or
    /// the cause with which the whole attempt ends.
    async fn ring(&mut self, from: usize, deadline: Duration) -> Result<Option<usize>, String> {
        loop {
            self.mirror_progress(from);
            let winner = (from..self.legs.len()).find(|index| self.wins(*index));
            if let Some(index) = winner {
                for loser in (from..self.legs.len()).filter(|loser| *loser != index) {
                    if self.legs[loser].stage != Stage::Ended {
                        self.end_leg(loser, "LOSE_RACE", LegEnd::LostRace);
                        self.complete_leg(loser);
                    }
                }
                return Ok(Some(index));
            }
            if (from..self.legs.len()).all(|index| self.legs[index].stage == Stage::Ended) {
                return Ok(None);
            }
            let wait = Wait { breaks: false, digits: false, ..Wait::media(Some(deadline)) };
            match self.pass(wait).await {
                Passed::Due => {
                    (from..self.legs.len()).for_each(|index| self.give_up(index, "NO_ANSWER"));
                    return Err("NO_ANSWER".to_owned());
                }
                Passed::Over => {
                    let live = from..self.legs.len();
                    live.for_each(|index| self.give_up(index, "ORIGINATOR_CANCEL"));
                    return Err("ORIGINATOR_CANCEL".to_owned());
                }
                _ => {}
            }
        }
    }

    /// Ends a leg whose `CHANNEL_HANGUP_COMPLETE` comes after the application's completion.
    fn give_up(&mut self, index: usize, cause: &str) {
        if self.legs[index].stage != Stage::Ended {
            self.end_leg(index, cause, LegEnd::Released);
            self.incomplete.push(index);
        }
    }

    fn wins(&self, index: usize) -> bool {
        let dialled = &self.legs[index];
        match dialled.stage {
            Stage::Answered => true,
            Stage::EarlyMedia => !dialled.ignore_early_media && dialled.gate.is_none(),
            _ => false,
        }
    }

    /// The caller hears what the callees' phones do.
    fn mirror_progress(&mut self, from: usize) {
        self.play_ringback(from);
        if self.leg.is_answered() {
            return;
        }
        let ringing = |dialled: &&Dialled| dialled.leg.profile.progress != 0;
        let Some(dialled) = self.legs[from..].iter().find(ringing) else { return };
        if self.legs.len() == from + 1 {
            let callee = dialled.leg.profile.callee.clone();
            self.leg.profile.callee = callee;
        }
        self.ring_ready();
    }

    /// A tone for the caller while a callee's phone rings: early media for an unanswered caller
    /// (`ringback`), sound for an answered one (`transfer_ringback`).
    fn play_ringback(&mut self, from: usize) {
        let answered = self.leg.is_answered();
        let name = if answered { "transfer_ringback" } else { "ringback" };
        let instant = self.leg.variables.is_true("instant_ringback");
        let rings = instant || self.legs[from..].iter().any(|d| d.leg.profile.progress != 0);
        let tone = self.leg.variables.get(name).filter(|_| rings && self.ringback.is_none());
        let Some(tone) = tone.map(|tone| Prompt::Tone(tone.to_owned())) else { return };
        self.pre_answer();
        self.observe(Seen::Started(tone.clone()));
        self.ringback = Some((tone, self.clock.now()));
    }

    pub(super) fn stop_ringback(&mut self) {
        if let Some((prompt, began)) = self.ringback.take() {
            let after = self.clock.now().saturating_sub(began);
            self.observe(Seen::Interrupted { prompt, after });
        }
    }

    /// The cause with which a group of failed legs as a whole has failed.
    fn group_cause(&self, from: usize) -> Option<String> {
        let causes: Vec<&String> =
            self.legs[from..].iter().filter_map(|d| d.leg.cause.as_ref()).collect();
        let busy = causes.iter().find(|cause| **cause == "USER_BUSY");
        busy.or_else(|| causes.last()).map(|cause| (*cause).clone())
    }

    /// Sets the variables that say how dialling went.
    pub(super) fn note_originated(&mut self, first: usize, originated: &Originated) {
        let connected = match originated {
            Originated::Connected(index) => Some(*index),
            Originated::Failed(_) => None,
        };
        if connected.is_none() {
            if let Some((code, phrase)) = self.legs[first..].iter().find_map(|d| d.failure.clone())
            {
                self.leg.variables.set("sip_invite_failure_status", code.to_string());
                self.leg.variables.set("sip_invite_failure_phrase", &*phrase);
                self.leg.variables.set("sip_hangup_phrase", phrase);
            }
            if let Some(cause) = self.group_cause(first) {
                self.leg.variables.set("last_bridge_hangup_cause", cause);
            }
            if let Some((code, _)) = self.legs[first..].iter().find_map(|d| d.failure.clone()) {
                let cause = format!("sip:{code}");
                self.leg.variables.set("last_bridge_proto_specific_hangup_cause", cause);
            }
        }
        if let Some(index) = connected {
            self.connect(index);
        }
        let disposition = match originated {
            Originated::Connected(_) => "SUCCESS",
            Originated::Failed(cause) => cause,
        };
        let status = causes::dial_status(disposition).to_owned();
        self.leg.variables.set("originate_disposition", disposition);
        self.leg.variables.set("DIALSTATUS", status);
        self.leg.variables.unset("originate_causes");
        for index in first..self.legs.len() {
            let leg = &self.legs[index].leg;
            let cause = leg.cause.as_deref().unwrap_or("NONE");
            let one = format!("{};{cause}", leg.uuid);
            append(&mut self.leg.variables, "originate_causes", &one);
        }
        match originated {
            Originated::Connected(_) => self.leg.variables.unset("originate_signal_bond"),
            Originated::Failed(cause) => self.leg.variables.set("originate_failed_cause", &**cause),
        }
    }
}

/// Adds to a variable; the second value makes it an array.
fn append(variables: &mut Variables, name: &str, value: &str) {
    let joined = match variables.get(name) {
        None => value.to_owned(),
        Some(list) if list.starts_with("ARRAY::") => format!("{list}|:{value}"),
        Some(first) => format!("ARRAY::{first}|:{value}"),
    };
    variables.replace(name, joined);
}
