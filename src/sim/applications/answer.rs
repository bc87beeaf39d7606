//! Answer, early media, ringing, and refusing before answer (`reference/freeswitch.md` 3.1).

use crate::sim::{causes, channel::Channel, events::Whose, invite, observe::Seen};

impl Channel {
    /// 200. Repeating it is harmless.
    pub(in crate::sim) fn answer_call(&mut self) {
        if self.leg.is_answered() || self.ended.is_some() {
            return;
        }
        invite::start_media(&mut self.leg, &mut self.chance);
        self.leg.profile.answered = self.clock.micros(self.clock.now());
        self.leg.answer_state = "answered";
        self.fire("CHANNEL_ANSWER", Whose::Caller, &[]);
        self.set_call_state(Whose::Caller, "ACTIVE");
        self.leg.variables.set("endpoint_disposition", "ANSWER");
        self.unacknowledged = true;
        self.observe(Seen::Answered);
    }

    /// 183 with SDP.
    pub(in crate::sim) fn pre_answer(&mut self) {
        if self.leg.is_answered() || self.leg.profile.progress_media != 0 || self.ended.is_some() {
            return;
        }
        invite::tag_dialogue(&mut self.leg, &mut self.chance);
        invite::start_media(&mut self.leg, &mut self.chance);
        self.leg.variables.set("endpoint_disposition", "EARLY MEDIA");
        self.leg.profile.progress_media = self.clock.micros(self.clock.now());
        self.leg.answer_state = "early";
        self.fire("CHANNEL_PROGRESS_MEDIA", Whose::Caller, &[]);
        self.set_call_state(Whose::Caller, "EARLY");
        self.observe(Seen::EarlyMedia);
    }

    /// 180. Repeating it is harmless.
    pub(in crate::sim) fn ring_ready(&mut self) {
        let profile = &self.leg.profile;
        let begun = profile.answered != 0 || profile.progress_media != 0 || profile.progress != 0;
        if begun || self.ended.is_some() {
            return;
        }
        invite::tag_dialogue(&mut self.leg, &mut self.chance);
        self.leg.profile.progress = self.clock.micros(self.clock.now());
        self.fire("CHANNEL_PROGRESS", Whose::Caller, &[]);
        self.observe(Seen::Ringing);
    }

    /// `respond 486` or `respond 403 Go Away`: that code before answer, BYE after it.
    pub(super) fn respond(&mut self, argument: &str) {
        let code = argument.split_ascii_whitespace().next().and_then(|code| code.parse().ok());
        match code {
            Some(code @ 200..=699) => self.refuse(causes::from_sip(code), Some(code)),
            Some(100..=199) => self.refuse("NORMAL_CLEARING", Some(480)),
            _ => self.refuse("NORMAL_CLEARING", Some(500)),
        }
    }
}
