//! REFER and 302: the caller's phone is sent elsewhere. And `echo`.

use crate::sim::{
    channel::{Channel, Passed, Wait},
    observe::{Party, Seen},
};
use std::{collections::VecDeque, time::Duration};

/// How long the phone takes for each thing that it tells.
const EACH: Duration = Duration::from_millis(500);

/// How long `deflect` waits for the phone, unless `sip_refer_continue_after_reply` is set.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a phone that was sent elsewhere does next.
#[derive(Clone, Debug)]
pub(in crate::sim) enum Told {
    /// The switch keeps what it says.
    Says(&'static str, u16),
    /// It hangs up.
    Leaves,
}

/// What such a phone does, each in its time.
pub(in crate::sim) type Telling = VecDeque<(Duration, Told)>;

impl Channel {
    /// `deflect`: REFER, if the call is answered.
    pub(super) async fn deflect(&mut self, to: &str) {
        self.observe(Seen::Referred(to.trim_matches(['<', '>']).to_owned()));
        let (refer, mut at) = (self.refer, self.clock.now());
        let mut next = |told| {
            at += EACH;
            self.telling.push_back((at, told));
        };
        next(Told::Says("sip_refer_status_code", refer.reply));
        if refer.reply < 300 {
            if let Some(code) = refer.notify {
                next(Told::Says("sip_refer_target_provisional_status_code", 100));
                next(Told::Says("sip_refer_target_status_code", code));
            }
            if refer.leaves {
                next(Told::Leaves);
            }
        }
        if self.leg.variables.is_true("sip_refer_continue_after_reply") {
            return;
        }
        let until = self.clock.now() + PATIENCE;
        let wait =
            Wait { digits: false, breaks: false, messages: false, ..Wait::media(Some(until)) };
        let told = |channel: &Self| channel.leg.variables.get("sip_refer_reply").is_some();
        while !told(self) && !matches!(self.pass(wait).await, Passed::Due | Passed::Over) {}
        self.hang_up("BLIND_TRANSFER", Party::Server, None);
    }

    /// What the phone has told by now.
    pub(in crate::sim) fn hear_referred(&mut self, now: Duration) {
        while self.telling.front().is_some_and(|(at, _)| *at <= now) && self.ended.is_none() {
            match self.telling.pop_front() {
                Some((_, Told::Says(variable, code))) => {
                    self.leg.variables.set(variable, code.to_string());
                    if variable == "sip_refer_target_status_code" {
                        self.leg.variables.set("sip_refer_reply", format!("SIP/2.0 {code} -"));
                        let stays = self.leg.variables.is_true("sip_refer_continue_after_reply");
                        if code == 200 && !stays {
                            self.hang_up("BLIND_TRANSFER", Party::Server, None);
                        }
                    }
                }
                Some((_, Told::Leaves)) => self.caller_hangs_up(),
                None => {}
            }
        }
    }

    /// 302 before answer, 300 with several addresses.
    pub(super) fn redirect(&mut self, argument: &str) {
        if self.leg.is_answered() {
            return;
        }
        self.leg.variables.set("sip_redirected_to", argument);
        self.observe(Seen::Redirected(argument.to_owned()));
        let code = if argument.contains(',') { 300 } else { 302 };
        self.refuse("NORMAL_UNSPECIFIED", Some(code));
    }

    /// `echo`: until a break or the end. It takes no keys; they wait for the next application.
    pub(super) async fn echo(&mut self) {
        self.observe(Seen::Echo(true));
        let wait = Wait { digits: false, ..Wait::media(None) };
        while !matches!(self.pass(wait).await, Passed::Broken | Passed::Over) {}
        if self.ended.is_none() {
            self.observe(Seen::Echo(false));
        }
    }
}
