//! The end of a channel: hangup, the last events, the CDR variables, linger
//! (`reference/freeswitch.md` 2.8, 2.9, 3.16).

use super::{
    causes,
    channel::{Channel, Ended, Left, Linger, Tail},
    clock::{Pace, stamp},
    events::Whose,
    leg::{Leg, OtherLeg},
    message::Execution,
    observe::{Party, Seen},
};
use crate::base::HangupCause;
use std::time::Duration;

/// How long a channel that was transferred stays where it went, unless a callee is known there.
const ELSEWHERE: Duration = Duration::from_secs(1);

impl Channel {
    /// The channel goes down. `code` is the SIP code that the caller sees, if not the cause's own.
    pub(super) fn hang_up(&mut self, cause: &str, by: Party, code: Option<u16>) {
        if self.ended.is_some() {
            return;
        }
        let answered = self.leg.is_answered();
        let own = HangupCause::named(cause).sip_code();
        let code = if answered { 200 } else { code.unwrap_or(own) };
        self.queue.clear();
        self.ended = Some(Ended { cause: cause.to_owned(), by, code });
        self.begin_tail();
        self.leg.cause = Some(cause.to_owned());
        self.leg.answer_state = "hangup";
        self.leg.state_number = 10;
        self.fire("CHANNEL_HANGUP", Whose::Caller, &[]);
        self.observe(Seen::HungUp { cause: cause.to_owned(), code, by });
    }

    /// `hangup` with a cause by name or number.
    pub(super) fn hang_up_by_name(&mut self, cause: &str) {
        self.hang_up(causes::named(cause), Party::Server, None);
    }

    /// The caller's BYE, or CANCEL before answer.
    pub(super) fn caller_hangs_up(&mut self) {
        if self.ended.is_some() {
            return;
        }
        let answered = self.leg.is_answered();
        let variables = &mut self.leg.variables;
        if answered {
            variables.set("sip_term_status", "200");
            variables.set("proto_specific_hangup_cause", "sip:200");
            variables.set("sip_term_cause", "16");
            if variables.get("bridge_uuid").is_some() {
                variables.set("last_bridge_role", "originator");
            }
            self.hang_up("NORMAL_CLEARING", Party::Caller, None);
            self.leg.variables.set("sip_hangup_disposition", "recv_bye");
        } else {
            variables.set("sip_hangup_disposition", "recv_cancel");
            variables.set("sip_invite_failure_status", "487");
            variables.set("sip_invite_failure_phrase", "CANCEL");
            variables.set("sip_term_status", "487");
            variables.set("proto_specific_hangup_cause", "sip:487");
            variables.set("sip_term_cause", "487");
            self.hang_up("ORIGINATOR_CANCEL", Party::Caller, Some(487));
        }
    }

    /// `socket` returns: its last events, the end of the channel, linger, and the disconnect.
    pub(super) async fn leave_socket(&mut self) {
        if self.options.mode.asynchronous {
            self.fire("CHANNEL_UNPARK", Whose::Caller, &[]);
            self.complete_socket();
        }
        match self.left.take() {
            Some(Left::Transferred(to)) => {
                self.observe(Seen::Transferred(to.clone()));
                self.stay_elsewhere(&to).await;
            }
            left if self.ended.is_none() => {
                // The server is gone (or has resumed the dialplan), the caller is not.
                drop(left);
                self.observe(Seen::ContinuedDialplan);
                self.hang_up("NORMAL_CLEARING", Party::Switch, None);
            }
            _ => {}
        }
        self.report();
        self.linger().await;
    }

    /// States, CDR variables and `CHANNEL_HANGUP_COMPLETE`.
    fn report(&mut self) {
        let others_first = self.chance.below(2) == 0;
        if others_first {
            self.complete_legs();
        }
        if !self.options.mode.asynchronous {
            // The socket thread is the channel thread: it cannot tell of what comes after it.
            self.subscription.clear();
        }
        self.stop_session_recordings("all");
        self.leg.state = "CS_HANGUP";
        self.fire_state();
        self.leg.profile.hangup = self.clock.micros(self.clock.now());
        self.set_call_state(Whose::Caller, "HANGUP");
        self.leg.state = "CS_REPORTING";
        self.leg.state_number = 11;
        self.fire_state();
        let last = self.last_application.clone();
        let dialled = std::mem::take(&mut self.digits_taken);
        set_cdr(&mut self.leg, last.as_ref(), &dialled, Vec::new());
        self.fire("CHANNEL_HANGUP_COMPLETE", Whose::Caller, &[]);
        self.complete_legs();
        self.end_tail();
    }

    /// Keeps the connection for as long as was asked, then closes it.
    pub(super) async fn linger(&mut self) {
        let now = self.clock.now();
        let until = match self.listener.linger {
            None => Some(now),
            Some(Linger::Seconds(_)) if self.options.pace != Pace::Real => {
                // The server reads no faster than real time.
                Some(now + self.clock.real(Duration::from_secs(1)))
            }
            Some(Linger::Seconds(seconds)) => Some(self.clock.whole_seconds(now, seconds + 1)),
            Some(Linger::ForEver) => None,
        };
        while self.wire.is_open() && until.is_none_or(|until| self.clock.now() < until) {
            self.idle(until).await;
        }
        if self.wire.is_open() {
            self.disconnect();
        }
        // The last bytes; a server that does not read them is not waited for longer than this.
        let patience = self.clock.now() + self.clock.real(Duration::from_secs(5));
        while self.wire.is_open() && self.clock.now() < patience {
            self.idle(Some(patience)).await;
        }
        self.wire.drop_connection();
    }

    /// Decides where among the last events the linger notice comes, or without linger the end:
    /// before all, between them or after all, as often as it was seen.
    fn begin_tail(&mut self) {
        let (early, between) = if self.listener.linger.is_some() { (4, 21) } else { (9, 18) };
        let events_before = match self.chance.below(40) {
            n if n < early => 0,
            n if n < between => 1 + self.chance.below(6),
            _ => u64::MAX,
        };
        self.tail = Some(Tail { events_before, done: false });
    }

    /// Whether an event still goes out; puts the notice in front of it when its turn has come.
    pub(super) fn tail_allows(&mut self) -> bool {
        let Some(tail) = self.tail.as_mut() else { return true };
        if tail.events_before > 0 {
            tail.events_before -= 1;
            return true;
        }
        if self.listener.linger.is_none() {
            return false;
        }
        if !std::mem::replace(&mut tail.done, true) {
            self.linger_notice();
        }
        true
    }

    fn end_tail(&mut self) {
        let Some(tail) = self.tail.as_mut() else { return };
        tail.events_before = u64::MAX;
        if !std::mem::replace(&mut tail.done, true) && self.listener.linger.is_some() {
            self.linger_notice();
        }
    }

    fn linger_notice(&mut self) {
        let time = match self.listener.linger {
            Some(Linger::Seconds(seconds)) => seconds.to_string(),
            _ => "-1".to_owned(),
        };
        let (uuid, name) = (&self.leg.uuid, &self.leg.name);
        let notice = format!(
            "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\n\
             Content-Disposition: linger\nChannel-Name: {name}\nLinger-Time: {time}\n\
             Content-Length: 0\n\n"
        );
        self.wire.notice(notice.into_bytes());
    }

    pub(super) fn complete_socket(&mut self) {
        let response = self.leg.variables.get("current_application_response");
        let response = response.unwrap_or("_none_").to_owned();
        let execution = Execution {
            application: "socket".to_owned(),
            argument: self.options.mode.argument(),
            uuid: Some(self.socket_uuid.clone()),
            uuid_name: None,
        };
        self.fire_execute(&execution, Some(&response));
    }

    /// The channel runs elsewhere in the dialplan; executes from the connection still reach it.
    async fn stay_elsewhere(&mut self, to: &str) {
        let stay = self.options.callees.find(to).talks.unwrap_or(ELSEWHERE);
        let until = self.clock.now() + stay;
        let wait =
            super::channel::Wait { breaks: false, ..super::channel::Wait::media(Some(until)) };
        loop {
            match self.pass(wait).await {
                super::channel::Passed::Due => break,
                super::channel::Passed::Over => break,
                _ => {}
            }
        }
        self.left = None;
        self.hang_up("NORMAL_CLEARING", Party::Switch, None);
    }
}

/// Puts the variables on a leg that only `CHANNEL_HANGUP_COMPLETE` shows. Whole seconds are
/// differences of truncated epoch seconds.
pub(super) fn set_cdr(
    leg: &mut Leg,
    last: Option<&(String, String)>,
    digits: &str,
    more: Vec<(&str, String)>,
) {
    let cause = leg.cause.clone().unwrap_or_default();
    let profile = leg.profile.clone();
    let q850 = causes::q850(&cause).to_string();
    let variables = &mut leg.variables;
    variables.set("hangup_cause", &*cause);
    variables.set("hangup_cause_q850", q850);
    variables.set("digits_dialed", if digits.is_empty() { "none" } else { digits });
    let moments = [
        ("start", profile.created),
        ("profile_start", profile.profile_created),
        ("answer", profile.answered),
        ("bridge", profile.bridged),
        ("last_hold", 0),
        ("resurrect", 0),
        ("progress", profile.progress),
        ("progress_media", profile.progress_media),
        ("end", profile.hangup),
    ];
    for (name, micros) in moments.iter().filter(|(_, micros)| *micros != 0) {
        variables.set(&format!("{name}_stamp"), stamp(*micros));
    }
    for (name, micros) in moments {
        variables.set(&format!("{name}_epoch"), (micros / 1_000_000).to_string());
        variables.set(&format!("{name}_uepoch"), micros.to_string());
        if name == "last_hold" {
            variables.set("hold_accum_seconds", "0");
            variables.set("hold_accum_usec", "0");
            variables.set("hold_accum_ms", "0");
        }
    }
    if let Some((application, argument)) = last {
        variables.set("last_app", &**application);
        variables.set("last_arg", &**argument);
    }
    let (name, number) = (&profile.caller_name, &profile.caller_number);
    variables.set("caller_id", format!("\"{name}\" <{number}>"));
    set_lengths(leg);
    leg.variables.set_all(more);
    if leg.variables.get("sip_hangup_disposition").is_none() {
        let disposition = match (leg.is_answered(), leg.outbound) {
            (true, _) => "send_bye",
            (false, true) => "send_cancel",
            (false, false) => "send_refuse",
        };
        leg.variables.set("sip_hangup_disposition", disposition);
    }
    if leg.media {
        set_rtp(leg);
    }
}

/// `duration`, `billsec` and their kin in seconds, milliseconds and microseconds.
fn set_lengths(leg: &mut Leg) {
    let profile = leg.profile.clone();
    let (start, end, answer) = (profile.created, profile.hangup, profile.answered);
    let span = |from: u64, to: u64| if from == 0 || to == 0 { (0, 0) } else { (from, to) };
    let flow = if answer == 0 { (0, 0) } else { (start, end) };
    let lengths = [
        ("duration", span(start, end)),
        ("bill", span(answer, end)),
        ("progress", span(start, profile.progress)),
        ("answer", span(start, answer)),
        ("wait", span(start, profile.bridged)),
        ("progress_media", span(start, profile.progress_media)),
        ("flow_bill", flow),
    ];
    let units: [(&str, u64); 3] = [("", 1_000_000), ("m", 1_000), ("u", 1)];
    for (unit, micros) in units {
        for (name, (from, to)) in lengths {
            let length = match unit {
                "" => (to / micros).saturating_sub(from / micros),
                _ => to.saturating_sub(from) / micros,
            };
            let name = match name {
                "duration" => format!("{unit}duration"),
                _ => format!("{name}{unit}sec"),
            };
            leg.variables.set(&name, length.to_string());
        }
    }
}

fn set_rtp(leg: &mut Leg) {
    let begun = [leg.profile.answered, leg.profile.progress_media];
    let begun = begun.into_iter().filter(|micros| *micros != 0).min().unwrap_or(leg.profile.hangup);
    let packets = leg.profile.hangup.saturating_sub(begun) / 20_000;
    let bytes = (packets * 172).to_string();
    let packets = packets.to_string();
    let zero = "0";
    let counters = [
        ("in_raw_bytes", &*bytes),
        ("in_media_bytes", &*bytes),
        ("in_packet_count", &*packets),
        ("in_media_packet_count", &*packets),
        ("in_skip_packet_count", "2"),
        ("in_jitter_packet_count", zero),
        ("in_dtmf_packet_count", zero),
        ("in_cng_packet_count", zero),
        ("in_flush_packet_count", zero),
        ("in_largest_jb_size", zero),
        ("in_jitter_min_variance", "0.00"),
        ("in_jitter_max_variance", "0.00"),
        ("in_jitter_loss_rate", "0.00"),
        ("in_jitter_burst_rate", "0.00"),
        ("in_mean_interval", "20.00"),
        ("in_flaw_total", zero),
        ("in_quality_percentage", "100.00"),
        ("in_mos", "4.50"),
        ("out_raw_bytes", &*bytes),
        ("out_media_bytes", &*bytes),
        ("out_packet_count", &*packets),
        ("out_media_packet_count", &*packets),
        ("out_skip_packet_count", zero),
        ("out_dtmf_packet_count", zero),
        ("out_cng_packet_count", zero),
        ("rtcp_packet_count", zero),
        ("rtcp_octet_count", zero),
    ];
    for (name, value) in counters {
        leg.variables.set(&format!("rtp_audio_{name}"), value);
    }
}

/// Links the caller's leg to the one it talks to.
pub(super) fn link(kind: &'static str, leg: &Leg) -> Option<Box<OtherLeg>> {
    Some(Box::new(OtherLeg { kind, profile: leg.profile.clone() }))
}
