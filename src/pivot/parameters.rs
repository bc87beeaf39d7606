//! What a request tells the customer's web server: three sets of names for the same call.

use crate::{call::Call, config::ReqFormat, http::Params};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Names for callers that have none (`reference/piston.md` 2.3, KAZOO's defaults).
const UNKNOWN_NAME: &str = "unknown";
const UNKNOWN_NUMBER: &str = "anonymous";

/// The parameters of a request: the call's own in the names of `format`, then what happened since the
/// last request, then user variables. The first of equal names wins (2.4, precedence).
pub fn of_call(call: &Call, format: ReqFormat, happened: &[(String, String)]) -> Params {
    let mut params = match format {
        ReqFormat::Piston => piston(call),
        ReqFormat::Twiml => twiml(call),
        ReqFormat::Plivo => plivo(call),
    };
    for (name, value) in happened.iter().chain(&call.memory.happened) {
        // Digits that were just gathered are worth more than the collections of the whole call.
        if name == "Digits" || !params.contains_key(name) {
            params.insert(name.clone(), Value::from(value.as_str()));
        }
    }
    for (name, value) in &call.memory.user_vars {
        if !params.contains_key(name) {
            params.insert(name.clone(), value.clone());
        }
    }
    params.retain(|_, value| !is_nothing(value));
    params
}

/// `reference/piston.md` 2.3.
fn piston(call: &Call) -> Params {
    let facts = call.facts();
    let mut params = object(json!({
        "Account-ID": facts.account_id,
        "Api-Version": "4.x",
        "Call-ID": facts.call_id,
        "Call-Status": status(call),
        "Direction": "inbound",
        "Caller-ID-Name": or(&facts.caller_name, UNKNOWN_NAME),
        "Caller-ID-Number": or(&facts.caller_number, UNKNOWN_NUMBER),
        "From": facts.from.user,
        "From-Realm": facts.from.host,
        "To": facts.to.user,
        "To-Realm": facts.to.host,
        "Request": facts.request.user,
        "Request-Realm": facts.request.host,
        "User-ID": facts.instructions.get("user_id"),
        "Language": facts.language,
        "Digits": collections(call),
        "Custom-Application-Vars": call.memory.application_vars,
        "Custom-SIP-Headers": facts.sip_headers,
    }));
    if let Some(recording) = &call.memory.recording {
        params.insert("Recording-Url".to_owned(), json!(recording.url));
        params.insert("Recording-Duration".to_owned(), json!(seconds(recording.length)));
        params.insert("Recording-ID".to_owned(), json!(recording.id.to_string()));
    }
    params
}

/// `reference/piston.md` 2.4.
fn twiml(call: &Call) -> Params {
    let facts = call.facts();
    let mut params = object(json!({
        "CallSid": facts.call_id,
        "AccountSid": facts.account_id,
        "From": or(&facts.from.user, &facts.caller_number),
        "FromRealm": facts.from.host,
        "To": or(&facts.to.user, &facts.destination),
        "ToRealm": facts.to.host,
        "CallStatus": status(call),
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "CallerName": facts.caller_name,
        "CallerNumber": facts.caller_number,
    }));
    if let Some(recording) = &call.memory.recording {
        params.insert("RecordingUrl".to_owned(), json!(recording.url));
        params.insert("RecordingDuration".to_owned(), json!(seconds(recording.length)));
        params.insert("RecordingSid".to_owned(), json!(recording.id.to_string()));
    }
    params
}

/// `reference/plivo.md` 1.3, common parameters; a leading `+` is removed from both numbers.
fn plivo(call: &Call) -> Params {
    let facts = call.facts();
    let plain = |number: &str| number.trim_start_matches('+').to_owned();
    let from = or(&facts.caller_number, &facts.from.user);
    let mut params = object(json!({
        "CallUUID": facts.call_id,
        "From": plain(from),
        "To": plain(or(&facts.destination, &facts.to.user)),
        "CallerName": or(&facts.caller_name, from),
        "CallStatus": status(call),
        "Direction": "inbound",
        "Event": if call.memory.happened.is_empty() { "StartApp" } else { "Redirect" },
        "ParentAuthID": facts.account_id,
    }));
    if let Some(forwarded) = facts.sip_headers.get("Diversion") {
        params.insert("ForwardedFrom".to_owned(), json!(forwarded_from(forwarded)));
    }
    for (name, value) in facts.sip_headers.iter().filter(|(n, _)| n.starts_with("X-PH-")) {
        params.insert(name.clone(), json!(value));
    }
    params
}

/// `reference/piston.md` 2.9.4, `reference/twiml.md` 1.3.
fn status(call: &Call) -> &'static str {
    match (call.is_over(), call.is_answered()) {
        (true, _) => "completed",
        (false, true) => "in-progress",
        (false, false) => "ringing",
    }
}

/// All collections of digits; keys typed ahead are the one called `default`.
fn collections(call: &Call) -> BTreeMap<String, String> {
    let mut all = call.memory.collections.clone();
    let typed = call.typed_ahead();
    if !typed.is_empty() {
        all.entry("default".to_owned()).or_default().push_str(&typed);
    }
    all.retain(|_, digits| !digits.is_empty());
    all
}

/// The user part of a Diversion header: between `:` and `@`.
fn forwarded_from(header: &str) -> &str {
    let after = header.split_once(':').map_or(header, |(_, rest)| rest);
    after.split(['@', '>', ';']).next().unwrap_or_default()
}

/// Whole seconds, rounded as the verbs round them.
fn seconds(length: Duration) -> u64 {
    length.saturating_add(Duration::from_millis(500)).as_secs()
}

fn or<'a>(text: &'a str, instead: &'a str) -> &'a str {
    if text.is_empty() { instead } else { text }
}

fn object(value: Value) -> Params {
    match value {
        Value::Object(map) => map,
        _ => Params::new(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::forwarded_from;

    #[test]
    fn a_diversion_header_gives_its_user() {
        assert_eq!(forwarded_from("<sip:4711@example.com>;reason=unconditional"), "4711");
    }
}
