//! Twilio's names (`reference/twiml.md` 1.2), with KAZOO's additions (`reference/piston.md` 2.4).

use super::{
    of_call::{Params, object, status},
    parties::{self, header},
    piston::seconds,
};
use crate::{
    base::{CallFacts, sid},
    call::Call,
    config::{Account, Accounts},
};
use serde_json::json;

pub(super) fn of_call(call: &Call, accounts: &Accounts) -> Params {
    let facts = call.facts();
    let mut params = common(facts, &account_sid(accounts, &facts.account_id), status(call));
    if let Some(recording) = &call.memory.recording {
        params.insert("RecordingUrl".to_owned(), json!(recording.url));
        params.insert("RecordingDuration".to_owned(), json!(seconds(recording.length)));
        let sid = sid::recording(&recording.id.to_string());
        params.insert("RecordingSid".to_owned(), json!(sid));
    }
    params
}

/// What every request about a call says.
pub(super) fn common(facts: &CallFacts, account_sid: &str, status: &str) -> Params {
    let (from, to) = (parties::from(facts), parties::to(facts));
    let token = header(facts, "identity").and_then(|identity| identity.split(';').next());
    let direction = match parties::is_outbound(facts) {
        _ if !facts.parent.is_empty() => "outbound-dial",
        true => "outbound-api",
        false => "inbound",
    };
    let parent = (!facts.parent.is_empty()).then(|| sid::call(&facts.parent));
    let mut params = object(json!({
        "CallSid": sid::call(&facts.call_id),
        "ParentCallSid": parent,
        "AccountSid": account_sid,
        "From": from,
        "FromRealm": facts.from.host,
        "To": to,
        "ToRealm": facts.to.host,
        "Caller": from,
        "Called": to,
        "CallStatus": status,
        "ApiVersion": "2010-04-01",
        "Direction": direction,
        "ForwardedFrom": parties::forwarded_from(facts),
        "CallerName": facts.caller_name,
        "CallerNumber": facts.caller_number,
        "StirVerstat": facts.verstat,
        "StirPassportToken": token,
        "SipDomain": facts.request.host,
        "SipCallId": facts.sip_call_id,
        "SipSourceIp": facts.network_ip,
    }));
    for (name, value) in &facts.sip_headers {
        let passed = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"));
        if passed || name.eq_ignore_ascii_case("User-to-User") {
            params.insert(format!("SipHeader_{name}"), json!(value));
        }
    }
    params
}

/// The account as Twilio would name it: what the configuration says, or a name derived from its id. Calls
/// of no account are the default account's.
pub(in crate::pivot) fn account_sid(accounts: &Accounts, id: &str) -> String {
    let id = if id.is_empty() { Account::DEFAULT } else { id };
    match accounts.get(id).map(|account| account.twilio_account_sid.as_str()) {
        None | Some("") => sid::account(id),
        Some(sid) => sid.to_owned(),
    }
}
