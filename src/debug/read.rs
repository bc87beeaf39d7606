//! Reading records back, in the shape of `reference/piston.md` 2.10.

use crate::{
    base::{Timestamp, limits, sid},
    store::{DebugCall, DebugRecord},
};
use serde_json::{Map, Value, json};

/// Records from before this moment are gone, or about to go.
pub fn oldest() -> Timestamp {
    Timestamp::now().minus(limits::DEBUG_KEPT)
}

/// A call as the list shows it.
pub fn call_shown(call: &DebugCall) -> Value {
    json!({
        "debug_id": debug_id(call), "call_id": call.call_id, "account_id": call.account_id,
        "created": call.created.gregorian_seconds(), "iteration": 1, "node": call.node,
        "uri": call.uri, "status_code": call.status,
        "has_schema_errors": call.has_schema_errors, "has_json_errors": call.has_json_errors,
    })
}

/// One record of a call.
pub fn record_shown(call: &DebugCall, record: &DebugRecord) -> Value {
    let mut shown = Map::new();
    shown.insert("call_id".to_owned(), json!(call.call_id));
    shown.insert("iteration".to_owned(), json!(record.iteration));
    shown.insert("created".to_owned(), json!(record.at.gregorian_seconds()));
    shown.insert("kind".to_owned(), json!(record.kind));
    if let Ok(Value::Object(fields)) = serde_json::from_str(&record.fields) {
        shown.extend(fields);
    }
    Value::Object(shown)
}

/// The ids that a call may have that is named so: its own, also in Twilio's shape (`CA…`), or that behind
/// the month of a `debug_id`.
pub fn debug_ids(named: &str) -> [String; 2] {
    let is_month = |month: &str| month.len() == 6 && month.bytes().all(|b| b.is_ascii_digit());
    let behind = named.split_once('-').filter(|(month, _)| is_month(month)).map(|(_, id)| id);
    [sid::channel(named), behind.unwrap_or(named).to_owned()]
}

/// `YYYYMM-CALL`, with the month in UTC.
fn debug_id(call: &DebugCall) -> String {
    let (year, month) = call.created.year_and_month();
    format!("{year:04}{month:02}-{}", call.call_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_own_id_or_by_that_of_its_records() {
        let uuid = "6f1c9a52-0000-4000-8000-000000000001";
        assert_eq!(debug_ids(uuid), [uuid, uuid]);
        assert_eq!(debug_ids(&format!("202611-{uuid}"))[1], uuid);
        assert_eq!(debug_ids(&sid::call(uuid))[0], uuid);
        assert_eq!(debug_ids("20261-x"), ["20261-x", "20261-x"]);
    }
}
