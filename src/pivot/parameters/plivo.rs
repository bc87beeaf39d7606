//! Plivo's names (`reference/plivo.md` 1.3, common parameters).

use super::{
    of_call::{Params, object, status},
    parties::{self, forwarded_from},
};
use crate::{base::CallFacts, call::Call};
use serde_json::json;

pub(super) fn of_call(call: &Call, follow_up: bool) -> Params {
    let event = if follow_up { "Redirect" } else { "StartApp" };
    common(call.facts(), event, status(call))
}

/// What every request about a call says. Numbers come without their `+`.
pub(super) fn common(facts: &CallFacts, event: &str, status: &str) -> Params {
    let plain = |party: String| party.trim_start_matches('+').to_owned();
    let (from, to) = (parties::from(facts), parties::to(facts));
    let name = if facts.caller_name.is_empty() { &from } else { &facts.caller_name };
    let raw_to = to.starts_with("sip:").then(|| format!("<{to}>"));
    let mut params = object(json!({
        "CallUUID": facts.call_id,
        "From": plain(from.clone()),
        "To": plain(to),
        "CallerName": name,
        "CallStatus": status,
        "Direction": if parties::is_outbound(facts) { "outbound" } else { "inbound" },
        "Event": event,
        "SessionStart": facts.created.date_time_micros(),
        "ParentAuthID": facts.account_id,
        "ForwardedFrom": forwarded_from(facts).map(|user| plain(user.to_owned())),
        "STIRVerification": verification(&facts.verstat),
        "STIRAttestation": attestation(&facts.verstat),
        "SIP-H-To": raw_to,
    }));
    if !facts.parent.is_empty() {
        params.insert("ALegUUID".to_owned(), json!(facts.parent));
    } else if parties::is_outbound(facts) {
        // Of a call that was made, its own leg is the A leg, and its id that of the wish for it.
        for name in ["ALegUUID", "ALegRequestUUID", "RequestUUID"] {
            params.insert(name.to_owned(), json!(facts.call_id));
        }
    }
    for (name, value) in &facts.sip_headers {
        if name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("X-PH-")) {
            params.insert(name.clone(), json!(value));
        }
    }
    params
}

/// What SHAKEN found about the caller's number, in Plivo's words.
fn verification(verstat: &str) -> Option<&'static str> {
    match verstat {
        "" => None,
        passed if passed.starts_with("TN-Validation-Passed") => Some("Verified"),
        failed if failed.starts_with("TN-Validation-Failed") => Some("Not Verified"),
        _ => Some("Not Applicable"),
    }
}

/// The level that the caller's carrier vouches with.
fn attestation(verstat: &str) -> Option<&str> {
    let level = verstat.strip_prefix("TN-Validation-Passed-")?.get(..1)?;
    ["A", "B", "C"].contains(&level).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shaken_found_is_said_in_plivos_words() {
        for (verstat, verified, level) in [
            ("", None, None),
            ("TN-Validation-Passed-A", Some("Verified"), Some("A")),
            ("TN-Validation-Passed-B-Diverted", Some("Verified"), Some("B")),
            ("TN-Validation-Passed", Some("Verified"), None),
            ("TN-Validation-Failed-C", Some("Not Verified"), None),
            ("No-TN-Validation", Some("Not Applicable"), None),
        ] {
            assert_eq!((verification(verstat), attestation(verstat)), (verified, level));
        }
    }
}
