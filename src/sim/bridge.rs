//! Dialled legs and the `bridge` application (`reference/freeswitch.md` 3.7).

use super::{
    callee::{Callee, Ending},
    causes,
    channel::{Channel, Digit, Passed, Wait},
    clock::FRAME,
    dialstring::{self, DialString, Endpoint, Target},
    ending::{link, set_cdr},
    events::Whose,
    invite::{self, Dialling},
    leg::Leg,
    observe::{Party, Prompt, Seen},
    variables::{Variables, is_true},
};
use std::time::Duration;

/// Ring time when nobody says otherwise, seconds.
const RING_SECONDS: u64 = 60;

/// Causes of a failed bridge after which the caller's leg goes on even without `continue_on_fail`.
const HARMLESS: [&str; 3] = ["NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL"];

/// A leg that was dialled.
pub(super) struct Dialled {
    pub(super) leg: Leg,
    /// Whom it is for, as in the dial string.
    to: String,
    callee: Callee,
    stage: Stage,
    /// When the callee does something next.
    next: Option<Duration>,
    /// When the leg's own time-out or time limit comes, and the cause it ends with.
    limit: Option<(Duration, &'static str)>,
    ignore_early_media: bool,
    execute_on_answer: Option<String>,
    failure: Option<(u16, String)>,
}

/// How far a dialled leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Invited,
    Waiting,
    EarlyMedia,
    Answered,
    Ended,
}

/// Who ends a dialled leg, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LegEnd {
    /// The callee hangs up.
    Bye,
    /// The callee's phone refuses.
    Rejected(u16, String),
    /// The switch gives up or hangs up.
    Released,
    /// Another leg was answered.
    LostRace,
}

/// How dialling turned out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Originated {
    Connected(usize),
    Failed(String),
}

impl Channel {
    /// Dials, connects, and stays until the conversation is over.
    pub(super) async fn bridge(&mut self, argument: &str) {
        let dial = dialstring::parse(argument);
        if dial.groups.is_empty() {
            return;
        }
        let first = self.legs.len();
        let originated = self.originate(&dial).await;
        self.stop_ringback();
        self.note_originated(first, &originated);
        match originated {
            Originated::Connected(index) => self.converse(index).await,
            Originated::Failed(cause) => self.bridge_failed(&cause),
        }
    }

    async fn originate(&mut self, dial: &DialString) -> Originated {
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
        let leg = invite::outbound(dialling, &mut self.chance);
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
            Stage::EarlyMedia => !dialled.ignore_early_media,
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

    fn stop_ringback(&mut self) {
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
    fn note_originated(&mut self, first: usize, originated: &Originated) {
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

    /// The caller's side of a connection: the callee's SDP, and answer or early media.
    fn connect(&mut self, index: usize) {
        let leg = &self.legs[index].leg;
        let (callee, answered) = (leg.profile.callee.clone(), leg.is_answered());
        let sdp = leg.variables.get("switch_r_sdp").unwrap_or_default().to_owned();
        let mut causes = self.legs.iter().filter_map(|dialled| dialled.leg.cause.as_deref());
        let lost = causes.any(|cause| cause == "LOSE_RACE");
        self.leg.profile.callee = callee;
        let variables = &mut self.leg.variables;
        variables.set("switch_m_sdp", sdp);
        if answered {
            variables.set("video_media_flow", "inactive");
            variables.set("text_media_flow", "inactive");
            variables.set("audio_media_flow", "sendrecv");
        }
        if lost {
            variables.set("last_bridge_hangup_cause", "LOSE_RACE");
        }
        if answered {
            self.answer_call();
        } else {
            self.pre_answer();
        }
    }

    /// The conversation, from `CHANNEL_BRIDGE` to `CHANNEL_UNBRIDGE`.
    async fn converse(&mut self, index: usize) {
        let b = self.legs[index].leg.uuid.clone();
        let to = self.legs[index].to.clone();
        let now = self.clock.micros(self.clock.now());
        self.leg.profile.bridged = now;
        self.leg.other = link("originatee", &self.legs[index].leg);
        if let Some(other) = self.leg.other.as_mut() {
            other.profile.logical_direction = "inbound";
        }
        self.leg.variables.set("signal_bond", &*b);
        self.fire_bridge("CHANNEL_BRIDGE", &b);
        self.observe(Seen::Bridged(to.clone()));
        self.link_legs(index, now);
        let over = self.talk(index).await;
        self.leg.variables.unset("bridge_to");
        if self.legs[index].stage != Stage::Ended {
            let cause = match &self.ended {
                Some(ended) => ended.cause.clone(),
                None => "NORMAL_CLEARING".to_owned(),
            };
            self.end_leg(index, &cause, LegEnd::Released);
            if self.ended.is_some() {
                self.incomplete.push(index);
            } else {
                self.complete_leg(index);
            }
        }
        let cause = self.legs[index].leg.cause.clone().unwrap_or_default();
        if !over {
            self.note_far_end(index, &cause);
        }
        self.leg.variables.set("bridge_hangup_cause", &*cause);
        self.fire_bridge("CHANNEL_UNBRIDGE", &b);
        self.observe(Seen::Unbridged(to));
        if !over && self.leg.variables.is_true("hangup_after_bridge") {
            self.after_bridge = Some((cause, None, Party::Callee));
        }
    }

    fn link_legs(&mut self, index: usize, now: u64) {
        let dialled = &mut self.legs[index];
        let (a, b) = (self.leg.uuid.clone(), dialled.leg.uuid.clone());
        let far = dialled.leg.profile.callee.clone().unwrap_or_default();
        set_link(&mut self.leg, &b, &dialled.leg.name);
        if std::mem::take(&mut self.unacknowledged) {
            invite::acknowledge(&mut self.leg, &mut self.chance);
        }
        if dialled.leg.is_answered() {
            set_sent_callee(&mut self.leg, far);
        }
        let near = (self.leg.profile.caller_name.clone(), self.leg.profile.caller_number.clone());
        if dialled.leg.is_answered() {
            dialled.leg.variables.set("endpoint_disposition", "ANSWER");
        }
        dialled.leg.variables.set("call_uuid", &*a);
        set_link(&mut dialled.leg, &a, &self.leg.name);
        if dialled.leg.is_answered() {
            set_sent_callee(&mut dialled.leg, near);
        }
        dialled.leg.profile.bridged = now;
        dialled.leg.state = "CS_EXCHANGE_MEDIA";
        dialled.leg.state_number = 5;
        dialled.leg.call_state = "ACTIVE";
    }

    /// Until one side ends it; `true` if the caller's side did.
    async fn talk(&mut self, index: usize) -> bool {
        let key = self.leg.variables.get("bridge_terminate_key").map(str::to_owned);
        loop {
            if self.legs[index].stage == Stage::Ended {
                return false;
            }
            match self.pass(Wait { breaks: false, ..Wait::media(None) }).await {
                Passed::Over => return true,
                Passed::Digit(typed) if key.as_ref().is_some_and(|key| key.contains(typed)) => {
                    self.end_leg(index, "NORMAL_CLEARING", LegEnd::Released);
                    self.complete_leg(index);
                }
                _ => {}
            }
        }
    }

    /// What the caller's leg remembers of a callee who has gone.
    fn note_far_end(&mut self, index: usize, cause: &str) {
        let failure = self.legs[index].failure.clone();
        let far = &self.legs[index].leg.variables;
        let reason = far.get("sip_reason").map(str::to_owned);
        let term = far.get("proto_specific_hangup_cause").map(str::to_owned);
        let variables = &mut self.leg.variables;
        if let Some(reason) = reason {
            variables.set("sip_reason", reason);
            variables.set("sip_hangup_phrase", "OK");
        }
        if let Some((code, phrase)) = failure {
            variables.set("sip_invite_failure_status", code.to_string());
            variables.set("sip_invite_failure_phrase", &*phrase);
            variables.set("sip_hangup_phrase", phrase);
        }
        variables.set("last_bridge_hangup_cause", cause);
        if let Some(term) = term {
            variables.set("last_bridge_proto_specific_hangup_cause", term);
        }
    }

    /// A bridge that came to nothing ends the caller's leg, unless it may go on.
    fn bridge_failed(&mut self, cause: &str) {
        let variables = &self.leg.variables;
        let goes_on = match variables.get("continue_on_fail") {
            None => HARMLESS.contains(&cause),
            Some(list) if is_true(list) => true,
            Some(list) => list.split(',').any(|one| one == cause || causes::named(one) == cause),
        };
        let code = variables.get("sip_invite_failure_status").and_then(|code| code.parse().ok());
        if !goes_on {
            self.after_bridge = Some((cause.to_owned(), code, Party::Callee));
        }
    }

    /// The living dialled leg with that id.
    pub(super) fn dialled_with(&self, uuid: &str) -> Option<usize> {
        let living = |dialled: &Dialled| dialled.stage != Stage::Ended && dialled.leg.uuid == uuid;
        self.legs.iter().position(living)
    }

    /// When a dialled leg does something next.
    pub(super) fn next_of_legs(&self) -> Option<Duration> {
        let living = self.legs.iter().filter(|dialled| dialled.stage != Stage::Ended);
        let moments = living.flat_map(|d| [d.next, d.limit.map(|(at, _)| at), d.next_key()]);
        moments.flatten().min()
    }

    /// Lets the callees do what they do by now.
    pub(super) fn drive_legs(&mut self, now: Duration) {
        for index in 0..self.legs.len() {
            while self.legs[index].stage != Stage::Ended {
                let dialled = &self.legs[index];
                let limit = dialled.limit.filter(|(at, _)| *at <= now);
                if dialled.next_key().is_some_and(|at| at <= now) {
                    self.callee_types(index);
                } else if let Some((_, cause)) = limit {
                    self.end_leg(index, cause, LegEnd::Released);
                    self.complete_leg(index);
                } else if dialled.next.is_some_and(|at| at <= now) {
                    self.step_leg(index);
                } else {
                    break;
                }
                self.legs_changed = true;
            }
        }
    }

    /// The callee's next step.
    fn step_leg(&mut self, index: usize) {
        let now = self.clock.now();
        let dialled = &mut self.legs[index];
        let callee = dialled.callee.clone();
        dialled.next = None;
        match (dialled.stage, callee.end.clone()) {
            (Stage::Invited, end) => {
                if !(callee.ringing || callee.early_media) && end == Ending::Never {
                    dialled.stage = Stage::Waiting;
                    return;
                }
                self.leg_responds(index, &callee);
                let never = self.legs[index].callee.end == Ending::Never;
                self.legs[index].next = (!never).then_some(now + callee.after);
            }
            (Stage::Answered, _) => {
                self.end_leg(index, "NORMAL_CLEARING", LegEnd::Bye);
                self.complete_leg(index);
            }
            (_, Ending::Answers) => {
                self.leg_answers(index);
                self.legs[index].next = callee.talks.map(|talks| now + talks);
            }
            (_, Ending::Rejects { code, phrase }) => {
                let cause = callee.reason.unwrap_or_else(|| causes::from_sip(code));
                self.end_leg(index, cause, LegEnd::Rejected(code, phrase));
                self.complete_leg(index);
            }
            _ => {}
        }
    }

    /// 180, or 183 with early media, or silence until the final response.
    fn leg_responds(&mut self, index: usize, callee: &Callee) {
        let micros = self.clock.micros(self.clock.now());
        let Self { legs, chance, .. } = self;
        let dialled = &mut legs[index];
        dialled.stage = Stage::Waiting;
        if callee.early_media {
            invite::respond(&mut dialled.leg, chance);
            invite::offer_early(&mut dialled.leg, chance);
            dialled.leg.profile.progress_media = micros;
            dialled.leg.answer_state = "early";
            dialled.stage = Stage::EarlyMedia;
            self.fire("CHANNEL_PROGRESS_MEDIA", Whose::Dialled(index), &[]);
            let leg = &mut self.legs[index].leg;
            invite::respond_with_media(leg, &mut self.chance);
            leg.variables.set("endpoint_disposition", "EARLY MEDIA");
            self.set_call_state(Whose::Dialled(index), "EARLY");
        } else if callee.ringing {
            invite::respond(&mut dialled.leg, chance);
            dialled.leg.profile.progress = micros;
            if let Some(other) = dialled.leg.other.as_mut() {
                other.profile.progress = micros;
            }
            let to = dialled.to.clone();
            self.fire("CHANNEL_PROGRESS", Whose::Dialled(index), &[]);
            self.set_call_state(Whose::Dialled(index), "RINGING");
            self.observe(Seen::LegRinging(to));
        }
    }

    fn leg_answers(&mut self, index: usize) {
        let now = self.clock.now();
        let micros = self.clock.micros(now);
        let Self { legs, chance, .. } = self;
        let dialled = &mut legs[index];
        invite::respond(&mut dialled.leg, chance);
        invite::respond_with_media(&mut dialled.leg, chance);
        dialled.leg.profile.answered = micros;
        dialled.leg.answer_state = "answered";
        dialled.stage = Stage::Answered;
        let limit = dialled.execute_on_answer.as_deref().and_then(hangup_limit);
        dialled.limit = limit.map(|(seconds, cause)| (now + seconds, cause));
        for (after, _) in &mut dialled.callee.keys {
            *after += now;
        }
        let to = dialled.to.clone();
        self.fire("CHANNEL_ANSWER", Whose::Dialled(index), &[]);
        self.observe(Seen::LegAnswered(to));
    }

    /// A key of the callee's phone, once the leg is answered.
    fn callee_types(&mut self, index: usize) {
        if !self.legs[index].callee.keys.is_empty() {
            let (_, key) = self.legs[index].callee.keys.remove(0);
            self.fire_digit(Whose::Dialled(index), Digit { key, source: "ENDPOINT" });
        }
    }

    /// Ends a leg: its variables and `CHANNEL_HANGUP`.
    pub(super) fn end_leg(&mut self, index: usize, cause: &str, how: LegEnd) {
        let dialled = &mut self.legs[index];
        if dialled.stage == Stage::Ended {
            return;
        }
        dialled.stage = Stage::Ended;
        let leg = &mut dialled.leg;
        let bridged = leg.profile.bridged != 0;
        leg.cause = Some(cause.to_owned());
        leg.answer_state = "hangup";
        leg.state_number = 10;
        if leg.state == "CS_INIT" {
            leg.state = "CS_CONSUME_MEDIA";
        }
        if matches!(how, LegEnd::Rejected(..)) {
            invite::reject(leg, &mut self.chance);
        }
        let variables = &mut leg.variables;
        match how {
            LegEnd::Bye => {
                let reason = format!("Q.850;cause={};text=\"{cause}\"", causes::q850(cause));
                variables.set("sip_reason", reason);
                variables.set("sip_term_status", "200");
                variables.set("proto_specific_hangup_cause", "sip:200");
                variables.set("sip_term_cause", "16");
                variables.set("last_bridge_role", "originatee");
            }
            LegEnd::Rejected(code, phrase) => {
                variables.set("sip_hangup_disposition", "recv_refuse");
                variables.set("sip_invite_failure_status", code.to_string());
                variables.set("sip_invite_failure_phrase", &*phrase);
                variables.set("sip_term_status", code.to_string());
                variables.set("proto_specific_hangup_cause", format!("sip:{code}"));
                variables.set("sip_term_cause", causes::q850(cause).to_string());
                if bridged {
                    variables.set("last_bridge_role", "originatee");
                }
                dialled.failure = Some((code, phrase));
            }
            LegEnd::LostRace => variables.set("group_dial_status", "loser"),
            LegEnd::Released if bridged && self.ended.is_some() => {
                variables.unset("bridge_to");
                variables.set("sip_hangup_phrase", "OK");
                variables.set("last_bridge_hangup_cause", cause);
                let far =
                    self.leg.variables.get("proto_specific_hangup_cause").unwrap_or("sip:200");
                variables.set("last_bridge_proto_specific_hangup_cause", far);
            }
            LegEnd::Released => {}
        }
        let to = dialled.to.clone();
        self.fire("CHANNEL_HANGUP", Whose::Dialled(index), &[]);
        if how_is_bye(&self.legs[index].leg) {
            let variables = &mut self.legs[index].leg.variables;
            let phone = variables.get("sip_user_agent").unwrap_or_default().to_owned();
            variables.unset("bridge_to");
            variables.set("sip_user_agent", phone);
            variables.set("sip_hangup_disposition", "recv_bye");
        }
        self.observe(Seen::LegEnded { to, cause: cause.to_owned() });
    }

    /// `CHANNEL_HANGUP_COMPLETE` of a leg that has ended.
    pub(super) fn complete_leg(&mut self, index: usize) {
        let micros = self.clock.micros(self.clock.now());
        let dialled = &mut self.legs[index];
        if dialled.leg.profile.hangup != 0 {
            return;
        }
        let leg = &mut dialled.leg;
        leg.profile.hangup = micros;
        leg.state = "CS_REPORTING";
        leg.state_number = 11;
        leg.call_state = "HANGUP";
        leg.variables.unset("bridge_to");
        let mut last = Vec::new();
        if leg.cause.as_deref() == Some("LOSE_RACE") {
            last.push(("call_completed_elsewhere", "true".to_owned()));
        }
        if self.ended.is_some() && leg.profile.bridged != 0 {
            // The caller's leg has unlinked itself meanwhile.
            last.push(("bridge_hangup_cause", leg.cause.clone().unwrap_or_default()));
            last.push(("call_uuid", leg.uuid.clone()));
            leg.call_uuid.clone_from(&leg.uuid);
        }
        set_cdr(leg, None, "", last);
        if leg.variables.get("sip_hangup_disposition") == Some("send_cancel") {
            leg.variables.set("sip_invite_failure_status", "487");
            leg.variables.set("sip_invite_failure_phrase", "CANCEL");
        }
        self.fire("CHANNEL_HANGUP_COMPLETE", Whose::Dialled(index), &[]);
        self.legs_changed = true;
    }

    /// The completions that were put off until after an application's own.
    pub(super) fn complete_legs(&mut self) {
        for index in std::mem::take(&mut self.incomplete) {
            self.complete_leg(index);
        }
    }
}

impl Dialled {
    fn next_key(&self) -> Option<Duration> {
        let answered = self.stage == Stage::Answered;
        self.callee.keys.first().filter(|_| answered).map(|(at, _)| *at)
    }
}

fn how_is_bye(leg: &Leg) -> bool {
    leg.variables.get("sip_term_status") == Some("200")
}

/// The variables by which bridged legs know each other.
fn set_link(leg: &mut Leg, other: &str, channel: &str) {
    let variables = &mut leg.variables;
    variables.set("bridge_to", other);
    variables.set("last_bridge_to", other);
    variables.set("bridge_channel", channel);
    variables.set("bridge_uuid", other);
    variables.set("signal_bond", other);
}

/// What the far end was told about whom it talks to.
fn set_sent_callee(leg: &mut Leg, (name, number): (String, String)) {
    leg.variables.set("last_sent_callee_id_name", name);
    leg.variables.set("last_sent_callee_id_number", number);
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

/// `sched_hangup +60 allotted_timeout`: the only thing done on answer.
fn hangup_limit(text: &str) -> Option<(Duration, &'static str)> {
    let mut words = text.split_ascii_whitespace();
    if words.next()? != "sched_hangup" {
        return None;
    }
    let seconds = words.next()?.trim_start_matches('+').parse().ok()?;
    let cause =
        words.next().map_or("ALLOTTED_TIMEOUT", |cause| causes::named(&cause.to_uppercase()));
    Some((Duration::from_secs(seconds), cause))
}
