//! How a call ended, as each vendor tells it: Plivo's `hangup_url` (`reference/plivo.md` 1.3, second
//! table, and 1.6) and Twilio's `StatusCallback` (`reference/twiml.md` 1.7).

use super::{
    of_call::{Params, is_nothing, object},
    plivo, twiml,
};
use crate::base::{CallFacts, EndFacts, EndReason, HangupCause, PlivoCause, Timestamp, WhoHungUp};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// Seconds that are billed as one.
const BILLING_UNIT_S: u64 = 60;

/// What Plivo's `hangup_url` is told. Of a call that a crash cut off there is no end.
pub(in crate::pivot) fn hangup(
    facts: &CallFacts,
    end: Option<&EndFacts>,
    reason: Option<EndReason>,
) -> Params {
    let mut params = plivo::common(facts, "Hangup", "completed");
    let (cause, source) = plivo_cause(end, reason);
    let seconds = seconds(end);
    params.extend(object(json!({
        "HangupCause": end.map_or("UNKNOWN", |end| end.cause.as_str()),
        "HangupCauseName": cause.name(),
        "HangupCauseCode": cause.0,
        "HangupSource": source,
        "Duration": seconds,
        "BillDuration": seconds.div_ceil(BILLING_UNIT_S) * BILLING_UNIT_S,
        "StartTime": facts.created.date_time(),
        "AnswerTime": end.and_then(|end| end.answered).map(Timestamp::date_time),
        "EndTime": ended(end).date_time(),
    })));
    params.retain(|_, value| !is_nothing(value));
    params
}

/// What Twilio's `StatusCallback` is told.
pub(in crate::pivot) fn status_callback(
    facts: &CallFacts,
    account_sid: &str,
    end: Option<&EndFacts>,
    reason: Option<EndReason>,
) -> Params {
    let mut params = twiml::common(facts, account_sid, twiml_status(facts, end, reason));
    let seconds = seconds(end);
    let rfc_2822 = httpdate::fmt_http_date(moment(ended(end))).replace("GMT", "+0000");
    params.extend(object(json!({
        "CallDuration": seconds,
        "Duration": seconds.div_ceil(BILLING_UNIT_S),
        "Timestamp": rfc_2822,
        "SequenceNumber": "0",
        "CallbackSource": "call-progress-events",
        "SipResponseCode": end.and_then(sip_code),
    })));
    params.retain(|_, value| !is_nothing(value));
    params
}

/// Plivo's code, and who hung up.
fn plivo_cause(end: Option<&EndFacts>, reason: Option<EndReason>) -> (PlivoCause, &'static str) {
    match reason {
        Some(EndReason::OutOfVerbs) => (PlivoCause::END_OF_XML, "Answer XML"),
        Some(EndReason::Verb | EndReason::SentOn) => (PlivoCause::NORMAL, "Answer XML"),
        Some(EndReason::Refused { busy: true }) => (PlivoCause::BUSY, "Answer XML"),
        Some(EndReason::Refused { busy: false }) => (PlivoCause::REJECTED, "Answer XML"),
        Some(EndReason::Scheduled) => (PlivoCause::SCHEDULED, "Answer XML"),
        Some(EndReason::NoDocument(code)) => (PlivoCause(code), "Error"),
        Some(EndReason::Ordered) => (PlivoCause::NORMAL, "API Request"),
        Some(EndReason::Broken) => (PlivoCause::INTERNAL_ERROR, "Error"),
        None => match end {
            Some(end) if end.confirmed => of_switch(end),
            _ => (PlivoCause::UNKNOWN, "Unknown"),
        },
    }
}

/// Nothing of ours ended the call.
fn of_switch(end: &EndFacts) -> (PlivoCause, &'static str) {
    let cause = match end.by {
        WhoHungUp::Caller if end.answered.is_none() => PlivoCause::CANCELED,
        _ => PlivoCause::of_caller(&end.cause),
    };
    let source = match end.by {
        WhoHungUp::Caller => "Caller",
        WhoHungUp::Us => "Answer XML",
        WhoHungUp::Switch => "Plivo",
        WhoHungUp::Unknown => "Unknown",
    };
    (cause, source)
}

/// `completed` if it was answered, else why it was not.
fn twiml_status(
    facts: &CallFacts,
    end: Option<&EndFacts>,
    reason: Option<EndReason>,
) -> &'static str {
    let Some(end) = end else { return if facts.answered { "completed" } else { "failed" } };
    match (end.cause.as_str(), reason) {
        _ if end.answered.is_some() || facts.answered => "completed",
        ("USER_BUSY", _) => "busy",
        (_, Some(EndReason::Refused { busy: false })) => "no-answer",
        ("NO_ANSWER" | "NO_USER_RESPONSE" | "CALL_REJECTED", _) => "no-answer",
        _ if end.cause == HangupCause::ORIGINATOR_CANCEL => "canceled",
        _ => "failed",
    }
}

/// What the caller's phone was answered with in the end: as the switch says, or as it makes a status of
/// the cause.
fn sip_code(end: &EndFacts) -> Option<String> {
    if end.answered.is_some() {
        return Some("200".to_owned());
    }
    let status = end.raw.get("variable_sip_term_status").map(String::as_str);
    let told = end.hangup_code.strip_prefix("sip:").or(status).filter(|code| !code.is_empty());
    let told = told.map(str::to_owned);
    told.or_else(|| end.confirmed.then(|| end.cause.sip_code().to_string()))
}

/// From answer to end.
fn seconds(end: Option<&EndFacts>) -> u64 {
    end.map_or(0, |end| end.billable.saturating_add(Duration::from_millis(500)).as_secs())
}

/// A crash is noticed now.
fn ended(end: Option<&EndFacts>) -> Timestamp {
    end.map_or_else(Timestamp::now, |end| end.ended)
}

fn moment(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(at.micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn ending(cause: &str, by: WhoHungUp, talked_ms: u64) -> EndFacts {
        let ended = Timestamp::from_micros(1_798_761_599_000_000);
        EndFacts {
            cause: HangupCause::named(cause),
            by,
            hangup_code: String::new(),
            total: Duration::from_secs(100),
            billable: Duration::from_millis(talked_ms),
            ringing: Duration::ZERO,
            answered: (talked_ms > 0).then(|| ended.minus(Duration::from_millis(talked_ms))),
            ended,
            confirmed: by != WhoHungUp::Unknown,
            caller_id: Default::default(),
            callee_id: Default::default(),
            other_leg: String::new(),
            disposition: String::new(),
            raw: BTreeMap::from([("variable_sip_term_status".to_owned(), "486".to_owned())]),
        }
    }

    #[test]
    fn every_end_has_its_code_source_and_status() {
        use {EndReason::*, WhoHungUp::*};
        let normal = "NORMAL_CLEARING";
        for (cause, by, ms, reason, told) in [
            (normal, Us, 9_000, Some(OutOfVerbs), (4010, "Answer XML", "completed")),
            (normal, Us, 9_000, Some(Verb), (4000, "Answer XML", "completed")),
            (normal, Caller, 9_000, None, (4000, "Caller", "completed")),
            ("ORIGINATOR_CANCEL", Caller, 0, None, (1000, "Caller", "canceled")),
            ("USER_BUSY", Us, 0, Some(Refused { busy: true }), (3010, "Answer XML", "busy")),
            (
                "CALL_REJECTED",
                Us,
                0,
                Some(Refused { busy: false }),
                (3020, "Answer XML", "no-answer"),
            ),
            ("ALLOTTED_TIMEOUT", Us, 9, Some(Scheduled), (6000, "Answer XML", "completed")),
            ("ALLOTTED_TIMEOUT", Switch, 9, None, (6000, "Plivo", "completed")),
            ("MEDIA_TIMEOUT", Switch, 9, None, (6020, "Plivo", "completed")),
            (normal, Us, 9, Some(NoDocument(7012)), (7012, "Error", "completed")),
            ("NORMAL_TEMPORARY_FAILURE", Us, 0, Some(NoDocument(7011)), (7011, "Error", "failed")),
            (normal, Us, 9, Some(Ordered), (4000, "API Request", "completed")),
            (normal, Us, 9, Some(Broken), (5010, "Error", "completed")),
            (normal, Us, 9, Some(SentOn), (4000, "Answer XML", "completed")),
            ("NORMAL_UNSPECIFIED", Unknown, 0, None, (0, "Unknown", "failed")),
        ] {
            let (facts, end) = (CallFacts::default(), ending(cause, by, ms));
            let (told_cause, source) = plivo_cause(Some(&end), reason);
            let status = twiml_status(&facts, Some(&end), reason);
            assert_eq!((told_cause.0, source, status), told, "{cause} {by:?} {reason:?}");
            assert_eq!(told_cause.name() == "Unknown", told_cause.0 == 0);
        }
    }

    #[test]
    fn minutes_are_begun_and_moments_are_written_as_each_vendor_does() {
        let facts = CallFacts { call_id: "c".to_owned(), ..CallFacts::default() };
        let end = ending("NORMAL_CLEARING", WhoHungUp::Caller, 66_100);
        let told = hangup(&facts, Some(&end), None);
        assert_eq!((&told["Duration"], &told["BillDuration"]), (&66.into(), &120.into()));
        assert_eq!(told["EndTime"], "2026-12-31 23:59:59");
        assert_eq!(told["AnswerTime"], "2026-12-31 23:58:52");
        assert_eq!((&told["Event"], &told["CallStatus"]), (&"Hangup".into(), &"completed".into()));
        let told = status_callback(&facts, "AC1", Some(&end), None);
        assert_eq!((&told["CallDuration"], &told["Duration"]), (&66.into(), &2.into()));
        assert_eq!(told["Timestamp"], "Thu, 31 Dec 2026 23:59:59 +0000");
        assert_eq!(told["SipResponseCode"], "200");
        let refused = ending("USER_BUSY", WhoHungUp::Us, 0);
        let told = status_callback(&facts, "AC1", Some(&refused), None);
        assert_eq!(
            (&told["SipResponseCode"], &told["CallStatus"]),
            (&"486".into(), &"busy".into())
        );
        let crashed = hangup(&facts, None, None);
        assert_eq!(crashed["HangupCause"], "UNKNOWN");
        assert!(!crashed.contains_key("AnswerTime"));
    }
}
