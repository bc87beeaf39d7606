//! The parameters of one request, whatever its format.

use super::{piston, plivo, twiml};
use crate::{
    base::CallFacts,
    call::Call,
    config::{Accounts, ReqFormat},
    http,
};
use serde_json::{Map, Value};

/// Named values that say nothing where they are empty.
pub(super) type Params = http::Params;

/// The parameters of a request: the call's own in the names of `format`, what happened since the last
/// request, then user variables. The first of equal names wins (`reference/piston.md` 2.4, precedence),
/// but what the request itself is about (`happened`) is worth more than what is always told: the
/// status of a dialled leg more than that of the call, the digits just typed more than all of them. What
/// is empty is left out, unless it is the very thing that happened (`FinishedOnKey=`).
pub fn of_call(
    call: &Call,
    accounts: &Accounts,
    format: ReqFormat,
    follow_up: bool,
    happened: &[(String, String)],
) -> Params {
    let mut params = match format {
        ReqFormat::Piston => piston::of_call(call),
        ReqFormat::Twiml => twiml::of_call(call, accounts),
        ReqFormat::Plivo => plivo::of_call(call, follow_up),
    };
    for (name, value) in happened {
        params.insert(name.clone(), Value::from(value.as_str()));
    }
    for (name, value) in &call.memory.happened {
        if name == "Digits" || !params.contains_key(name) {
            params.insert(name.clone(), Value::from(value.as_str()));
        }
    }
    for (name, value) in &call.memory.user_vars {
        if !params.contains_key(name) {
            params.insert(name.clone(), value.clone());
        }
    }
    params
        .retain(|name, value| !is_nothing(value) || happened.iter().any(|(told, _)| told == name));
    params
}

/// The parameters of a request about a leg that a call has dialled; what the request itself is about is
/// worth more. KAZOO has no such requests: they tell of the call.
pub fn of_leg(
    call: &Call,
    leg: &CallFacts,
    accounts: &Accounts,
    format: ReqFormat,
    happened: &[(String, String)],
) -> Params {
    let mut params = match format {
        ReqFormat::Piston => piston::of_call(call),
        ReqFormat::Twiml => twiml::common(leg, &twiml::account_sid(accounts, &leg.account_id), ""),
        ReqFormat::Plivo => plivo::common(leg, "", ""),
    };
    for (name, value) in happened {
        params.insert(name.clone(), Value::from(value.as_str()));
    }
    params.retain(|_, value| !is_nothing(value));
    params
}

/// `reference/piston.md` 2.9.4, `reference/twiml.md` 1.3.
pub(super) fn status(call: &Call) -> &'static str {
    match (call.is_over(), call.is_answered()) {
        (true, _) => "completed",
        (false, true) => "in-progress",
        (false, false) => "ringing",
    }
}

/// As named values; anything but an object gives none.
pub(super) fn object(value: Value) -> Params {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
