//! KAZOO's names (`reference/piston.md` 2.3).

use super::of_call::{Params, object, status};
use crate::call::Call;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// Names for callers that have none (KAZOO's defaults).
const UNKNOWN_NAME: &str = "unknown";
const UNKNOWN_NUMBER: &str = "anonymous";

pub(super) fn of_call(call: &Call) -> Params {
    let facts = call.facts();
    let or = |text: &str, instead: &str| if text.is_empty() { instead } else { text }.to_owned();
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

/// Whole seconds, rounded as the verbs round them.
pub(super) fn seconds(length: Duration) -> u64 {
    length.saturating_add(Duration::from_millis(500)).as_secs()
}
