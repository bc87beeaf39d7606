//! The `bridge` application: connecting, talking, and what is left of it afterwards
//! (`reference/freeswitch.md` 3.7).

use super::{
    causes,
    channel::{Channel, Passed, Wait},
    dialled::{LegEnd, Stage},
    dialstring,
    ending::link,
    invite,
    leg::Leg,
    observe::{Party, Seen},
    originate::Originated,
    variables::is_true,
};

/// Causes of a failed bridge after which the caller's leg goes on even without `continue_on_fail`.
const HARMLESS: [&str; 3] = ["NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL"];

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

    /// The caller's side of a connection: the callee's SDP, and answer or early media.
    pub(super) fn connect(&mut self, index: usize) {
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
