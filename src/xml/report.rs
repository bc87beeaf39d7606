//! What happened, in the names of each dialect.

use super::dialect::Dialect;
use crate::{
    base::{HangupCause, Timestamp, limits, sid},
    call::{Call, CollectEnd, DialOutcome, DialStatus, RecordEnd, Recording},
};

type Parameters = Vec<(String, String)>;

/// What was typed (`reference/twiml.md` 2.4, `reference/plivo.md` 4.3).
pub(super) fn digits(dialect: Dialect, digits: String, end: Option<CollectEnd>) -> Parameters {
    let mut all = named([("Digits", digits)]);
    if dialect == Dialect::Twiml {
        let key = match end {
            Some(CollectEnd::Terminator(key)) => key.to_string(),
            _ => String::new(),
        };
        all.extend(named([("FinishedOnKey", key)]));
    }
    all
}

/// What was recorded, for `action` (`reference/twiml.md` 2.5, `reference/plivo.md` 4.5).
pub(super) fn recording(dialect: Dialect, made: &Recording) -> Parameters {
    let mut all = recording_facts(dialect, made);
    let key = match made.end {
        RecordEnd::Key(key) => Some(key.to_string()),
        RecordEnd::HungUp => Some("hangup".to_owned()),
        RecordEnd::Silence | RecordEnd::MaxLength => None,
    };
    match (dialect, key) {
        (_, Some(key)) => all.extend(named([("Digits", key)])),
        (Dialect::Twiml, None) => all.extend(named([("Digits", String::new())])),
        (Dialect::Plivo, None) => {}
    }
    all
}

/// What was recorded, for `recordingStatusCallback` and `callbackUrl`.
pub(super) fn recording_ready(dialect: Dialect, made: &Recording) -> Parameters {
    let mut all = recording_facts(dialect, made);
    if dialect == Dialect::Twiml {
        all.extend(named([
            ("RecordingStatus", "completed".to_owned()),
            ("RecordingChannels", "1".to_owned()),
            ("RecordingSource", "RecordVerb".to_owned()),
        ]));
    }
    all
}

fn recording_facts(dialect: Dialect, made: &Recording) -> Parameters {
    let length = u64::try_from(made.length.as_millis()).unwrap_or(u64::MAX);
    // To the nearest second: a recording of 0.9 s is not empty.
    let seconds = length.saturating_add(500) / 1_000;
    match dialect {
        Dialect::Twiml => named([
            ("RecordingUrl", made.url.clone()),
            ("RecordingSid", sid::recording(&made.id.to_string())),
            ("RecordingDuration", seconds.to_string()),
        ]),
        Dialect::Plivo => {
            let end = Timestamp::now().millis();
            named([
                ("RecordUrl", made.url.clone()),
                ("RecordingID", made.id.to_string()),
                ("RecordFile", made.path.clone()),
                ("RecordingDuration", seconds.to_string()),
                ("RecordingDurationMs", length.to_string()),
                ("RecordingStartMs", end.saturating_sub(length).to_string()),
                ("RecordingEndMs", end.to_string()),
            ])
        }
    }
}

/// How a dial went (`reference/twiml.md` 2.6, `reference/plivo.md` 4.6). `caller` is the caller's
/// leg; `sip` is whether a SIP address was dialled.
pub(super) fn dial(dialect: Dialect, outcome: &DialOutcome, caller: &str, sip: bool) -> Parameters {
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
            let code = if answered { "200" } else { outcome.sip.trim_start_matches("sip:") };
            if sip && !code.is_empty() {
                all.extend(named([("DialSipResponseCode", code.to_owned())]));
            }
            all
        }
        Dialect::Plivo => named([
            ("DialStatus", plivo_status(outcome).to_owned()),
            ("DialRingStatus", outcome.rang.to_string()),
            ("DialHangupCause", outcome.cause.to_string()),
            ("DialALegUUID", caller.to_owned()),
            ("DialBLegUUID", if answered { leg } else { String::new() }),
        ]),
    }
}

/// A refusal counts as busy, as with KAZOO (`reference/piston.md` 2.9.4).
fn twiml_status(outcome: &DialOutcome) -> &'static str {
    match outcome.status {
        DialStatus::Answered => "completed",
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
        DialStatus::NoAnswer => "no-answer",
        DialStatus::Failed => "failed",
    }
}

/// Keeps what happened for the next request, where a verb has none of its own. A later happening
/// of the same name takes the place of the earlier one.
pub(super) fn remember(call: &mut Call, parameters: Parameters) {
    let happened = &mut call.memory.happened;
    happened.retain(|(name, _)| parameters.iter().all(|(new, _)| new != name));
    happened.extend(parameters);
    happened.truncate(limits::USER_VARIABLES);
}

fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
