//! A dialled leg: what its phone does, and its events from the INVITE to the last one.

use super::{
    attended::Gate,
    callee::{Callee, Ending},
    causes,
    channel::{Channel, Digit},
    conference::Mail,
    dialling,
    ending::set_cdr,
    events::Whose,
    leg::Leg,
    observe::Seen,
};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// A leg that was dialled.
pub(super) struct Dialled {
    pub(super) leg: Leg,
    /// Whom it is for, as in the dial string.
    pub(super) to: String,
    pub(super) callee: Callee,
    pub(super) stage: Stage,
    /// When the callee does something next.
    pub(super) next: Option<Duration>,
    /// When the leg's own time-out or time limit comes, and the cause it ends with.
    pub(super) limit: Option<(Duration, &'static str)>,
    pub(super) ignore_early_media: bool,
    pub(super) execute_on_answer: Option<String>,
    pub(super) failure: Option<(u16, String)>,
    /// What runs on it before it may be connected.
    pub(super) gate: Option<Gate>,
    /// The leg's own side while that runs.
    pub(super) attended: Option<UnboundedSender<Mail>>,
}

/// How far a dialled leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Invited,
    Waiting,
    EarlyMedia,
    /// It has answered, and is attended to before it may be connected.
    Attended,
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

impl Channel {
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
            (Stage::Answered | Stage::Attended, _) => {
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
            dialling::respond(&mut dialled.leg, chance);
            dialling::offer_early(&mut dialled.leg, chance);
            dialled.leg.profile.progress_media = micros;
            dialled.leg.answer_state = "early";
            dialled.stage = Stage::EarlyMedia;
            self.fire("CHANNEL_PROGRESS_MEDIA", Whose::Dialled(index), &[]);
            let leg = &mut self.legs[index].leg;
            dialling::respond_with_media(leg, &mut self.chance);
            leg.variables.set("endpoint_disposition", "EARLY MEDIA");
            self.set_call_state(Whose::Dialled(index), "EARLY");
        } else if callee.ringing {
            dialling::respond(&mut dialled.leg, chance);
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
        dialling::respond(&mut dialled.leg, chance);
        dialling::respond_with_media(&mut dialled.leg, chance);
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
        if let Some(gate) = self.legs[index].gate {
            self.attend_leg(index, gate);
        }
    }

    /// A key of the callee's phone, once the leg is answered.
    fn callee_types(&mut self, index: usize) {
        if !self.legs[index].callee.keys.is_empty() {
            let (_, key) = self.legs[index].callee.keys.remove(0);
            if !self.type_to_attendant(index, key) {
                self.fire_digit(Whose::Dialled(index), Digit { key, source: "ENDPOINT" });
            }
        }
    }

    /// Ends a leg: its variables and `CHANNEL_HANGUP`.
    pub(super) fn end_leg(&mut self, index: usize, cause: &str, how: LegEnd) {
        if self.legs[index].stage == Stage::Ended {
            return;
        }
        self.end_attendance(index, cause, &how);
        let dialled = &mut self.legs[index];
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
            dialling::reject(leg, &mut self.chance);
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
        let answered = matches!(self.stage, Stage::Answered | Stage::Attended);
        self.callee.keys.first().filter(|_| answered).map(|(at, _)| *at)
    }
}

fn how_is_bye(leg: &Leg) -> bool {
    leg.variables.get("sip_term_status") == Some("200")
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
