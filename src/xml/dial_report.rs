//! How a Dial and its legs went, in the names of each dialect.

use super::dialect::Dialect;
use crate::{
    base::{HangupCause, PlivoCause, Timestamp, event::Leg, sid},
    call::{DialOutcome, DialStatus, LegEnd},
};

type Parameters = Vec<(String, String)>;

/// What is told of a Dial besides its outcome.
pub(super) struct Told<'a> {
    /// The caller's leg.
    pub caller: &'a str,
    /// Whether a SIP address was dialled.
    pub sip: bool,
    /// Whether a party's server was shown credentials.
    pub credentials: bool,
}

/// How a Dial went, for `action` (`reference/twiml.md` 2.6, `reference/plivo.md` 4.6).
pub(super) fn action(dialect: Dialect, outcome: &DialOutcome, told: &Told<'_>) -> Parameters {
    let answered = outcome.status == DialStatus::Answered;
    let leg = outcome.leg.as_ref().map(|leg| leg.id.to_string()).unwrap_or_default();
    match dialect {
        Dialect::Twiml => {
            let leg = if leg.is_empty() { leg } else { sid::call(&leg) };
            let mut all = named([
                ("DialCallStatus", twiml_status(outcome).to_owned()),
                ("DialCallSid", leg),
                ("DialCallDuration", outcome.talked.as_secs().to_string()),
                ("DialBridged", answered.to_string()),
            ]);
            if told.sip {
                all.extend(sip(outcome, answered));
            }
            all
        }
        Dialect::Plivo => {
            let sip = outcome.end.as_ref().map(|end| end.sip.as_str()).unwrap_or_default();
            let auth = told.credentials && !answered && was_not_let_in(sip);
            let cause = outcome.cause.to_string();
            let status = plivo_status(outcome).to_owned();
            named([
                ("DialStatus", if auth { "failed".to_owned() } else { status }),
                ("DialRingStatus", outcome.rang.to_string()),
                ("DialHangupCause", if auth { "sip_auth_failed".to_owned() } else { cause }),
                ("DialALegUUID", told.caller.to_owned()),
                ("DialBLegUUID", if answered { leg } else { String::new() }),
            ])
        }
    }
}

/// What the Sip noun adds: the dialogue, and the final response to the INVITE.
fn sip(outcome: &DialOutcome, answered: bool) -> Parameters {
    let code = if answered { "200" } else { outcome.sip.trim_start_matches("sip:") };
    let mut all = Parameters::new();
    let call_id = outcome.end.as_ref().map(|end| end.sip_call_id.clone()).unwrap_or_default();
    for (name, value) in [("DialSipCallId", call_id), ("DialSipResponseCode", code.to_owned())] {
        if !value.is_empty() {
            all.push((name.to_owned(), value));
        }
    }
    let headers = outcome.end.iter().flat_map(|end| &end.sip_headers);
    all.extend(headers.map(|(name, value)| (format!("DialSipHeader_{name}"), value.clone())));
    all
}

/// A refusal counts as busy, as with KAZOO (`reference/piston.md` 2.9.4).
fn twiml_status(outcome: &DialOutcome) -> &'static str {
    match outcome.status {
        DialStatus::Answered => "completed",
        _ if outcome.ended_by.is_some() => "canceled",
        DialStatus::Busy | DialStatus::Rejected => "busy",
        DialStatus::NoAnswer => "no-answer",
        DialStatus::Failed => "failed",
    }
}

/// `timeout` is a timer of the network's; our own ring time passing is `no-answer`.
fn plivo_status(outcome: &DialOutcome) -> &'static str {
    let network_timer =
        [HangupCause::RECOVERY_ON_TIMER_EXPIRE, HangupCause::named("PROGRESS_TIMEOUT")];
    match outcome.status {
        DialStatus::Answered => "completed",
        _ if outcome.ended_by.is_some() => "cancel",
        _ if network_timer.contains(&outcome.cause) => "timeout",
        DialStatus::Busy | DialStatus::Rejected => "busy",
        DialStatus::NoAnswer if outcome.cause == HangupCause::ORIGINATOR_CANCEL => "cancel",
        DialStatus::NoAnswer => "no-answer",
        DialStatus::Failed => "failed",
    }
}

fn was_not_let_in(sip: &str) -> bool {
    ["sip:401", "sip:403", "sip:407"].contains(&sip)
}

/// The `CallStatus` of a leg that has ended (`reference/twiml.md` 1.3). Who lost to a faster one, or
/// whose caller has gone, is `canceled`.
pub(super) fn leg_status(end: &LegEnd, answered: bool) -> &'static str {
    match end.cause.as_str() {
        _ if answered => "completed",
        "LOSE_RACE" | "ORIGINATOR_CANCEL" | "NORMAL_CLEARING" => "canceled",
        "USER_BUSY" | "CALL_REJECTED" | "DECLINE" => "busy",
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "PROGRESS_TIMEOUT" => "no-answer",
        _ => "failed",
    }
}

/// What a leg's `statusCallback` is told (`reference/twiml.md` 1.7).
pub(super) fn leg(status: &str, sequence: u32, end: Option<&LegEnd>) -> Parameters {
    let mut all = named([
        ("CallStatus", status.to_owned()),
        ("Timestamp", Timestamp::now().rfc_2822()),
        ("SequenceNumber", sequence.to_string()),
        ("CallbackSource", "call-progress-events".to_owned()),
    ]);
    if let Some(end) = end {
        let seconds = end.talked.as_secs();
        all.extend(named([
            ("CallDuration", seconds.to_string()),
            ("Duration", seconds.div_ceil(60).to_string()),
        ]));
        if let Some(code) = end.sip.strip_prefix("sip:") {
            all.extend(named([("SipResponseCode", code.to_owned())]));
        }
    }
    all
}

/// What `callbackUrl` is told of a leg (`reference/plivo.md` 4.6): the event's name, as `DialAction`
/// has it, and the leg with its number among the Dial's children, from 1.
pub(super) fn callback(
    (event, action): (&str, &str),
    caller: &str,
    leg: &Leg,
    (from, to, position): (&str, &str, usize),
) -> Parameters {
    let plain = |party: &str| party.trim_start_matches('+').to_owned();
    let mut all = named([
        ("Event", event.to_owned()),
        ("DialAction", action.to_owned()),
        ("DialALegUUID", caller.to_owned()),
        ("DialBLegUUID", leg.id.to_string()),
        ("DialBLegFrom", plain(from)),
        ("DialBLegTo", plain(to)),
        ("DialBLegPosition", position.to_string()),
    ]);
    if action != "digits" {
        all.extend(named([("DialBLegStatus", action.to_owned())]));
    }
    all
}

/// What `callbackUrl` is told of a leg's end.
pub(super) fn callback_end(end: &LegEnd, answered: bool, caller_gone: bool) -> Parameters {
    let cause = PlivoCause::of_callee(&end.cause, &end.sip, answered);
    let source = match () {
        () if end.by_callee => "Callee",
        () if caller_gone => "Caller",
        () => "Plivo",
    };
    let seconds = end.talked.as_secs();
    named([
        ("DialBLegHangupCause", end.cause.to_string()),
        ("DialBLegHangupCauseName", cause.name().to_owned()),
        ("DialBLegHangupCauseCode", cause.0.to_string()),
        ("DialBLegHangupSource", source.to_owned()),
        ("DialBLegDuration", seconds.to_string()),
        ("DialBLegBillDuration", (seconds.div_ceil(60) * 60).to_string()),
    ])
}

fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
