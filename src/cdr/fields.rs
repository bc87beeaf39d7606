//! The names under which a record's facts are sent (`reference/piston.md` 5.1 and 5.2). What is
//! unknown is left out.

use super::Record;
use crate::{
    base::{DeliveryId, EndFacts, Timestamp, WhoHungUp},
    config::BodyFormat,
    http::{Body, Params},
};
use serde_json::Value;
use std::time::Duration;

/// The cause of a call whose end nobody saw; KAZOO's own name for it (`reference/piston.md` 1.7).
const CAUSE_UNKNOWN: &str = "UNKNOWN";

/// Variables of the switch that are figures of the audio stream.
const AUDIO_PREFIX: &str = "variable_rtp_audio_";

/// Fields that are a header or variable of the last event as it stands.
const AS_FREESWITCH_HAS_IT: &[(&str, &str)] = &[
    ("Origination-Call-ID", "variable_sip_origination_call_uuid"),
    ("Channel-Call-State", "Channel-Call-State"),
    ("Channel-Answer-State", "Answer-State"),
    ("Presence-ID", "Presence-ID"),
    ("To-Tag", "variable_sip_to_tag"),
    ("From-Tag", "variable_sip_from_tag"),
    ("Other-Leg-Direction", "Other-Leg-Direction"),
    ("Other-Leg-Caller-ID-Name", "Other-Leg-Caller-ID-Name"),
    ("Other-Leg-Caller-ID-Number", "Other-Leg-Caller-ID-Number"),
    ("Other-Leg-Destination-Number", "Other-Leg-Destination-Number"),
    ("Raw-Application-Name", "variable_last_app"),
    ("Raw-Application-Data", "variable_last_arg"),
    ("Read-Codec", "variable_read_codec"),
    ("Write-Codec", "variable_write_codec"),
    ("Hangup-Cause-Q850", "variable_hangup_cause_q850"),
    ("Remote-SDP", "variable_switch_r_sdp"),
    ("Local-SDP", "variable_rtp_local_sdp_str"),
];

impl Record {
    /// The record as it is posted, with the id of its delivery inside.
    pub fn body(&self, format: BodyFormat, delivery: &DeliveryId) -> Body {
        Body::of(format, &self.fields(delivery))
    }

    /// The record's fields in the order in which they are sent.
    pub fn fields(&self, delivery: &DeliveryId) -> Params {
        let mut fields = Fields(Params::new());
        self.identity(&mut fields, delivery);
        self.parties(&mut fields);
        match &self.end {
            Some(end) => self.ending(&mut fields, end),
            None => self.no_ending(&mut fields),
        }
        self.contents(&mut fields);
        fields.0
    }

    fn identity(&self, fields: &mut Fields, delivery: &DeliveryId) {
        let facts = &self.facts;
        fields.text("Call-ID", &facts.call_id);
        fields.text("Account-ID", &facts.account_id);
        fields.text("Delivery-ID", delivery.as_str());
        fields.text("SIP-Call-ID", &facts.sip_call_id);
        let ended = self.end.as_ref().map(|end| end.ended).or(self.given_up);
        fields.gregorian("Timestamp", ended);
        fields.moment("Channel-Created-Time", Some(facts.created));
        fields.moment("Channel-Answered-Time", self.answered_at());
        fields.text("Call-Direction", &facts.direction);
        fields.text("Channel-Name", &facts.channel_name);
        fields.text("Switch-Hostname", &facts.switch);
        fields.text("Media-Server", &facts.switch);
    }

    fn parties(&self, fields: &mut Fields) {
        let facts = &self.facts;
        let none = (String::new(), String::new());
        let (caller, callee) =
            self.end.as_ref().map_or((&none, &none), |end| (&end.caller_id, &end.callee_id));
        fields.text("Caller-ID-Name", first(&caller.0, &facts.caller_name));
        fields.text("Caller-ID-Number", first(&caller.1, &facts.caller_number));
        fields.text("Callee-ID-Name", &callee.0);
        fields.text("Callee-ID-Number", first(&callee.1, &facts.destination));
        fields.text("Caller-Destination-Number", &facts.destination);
        fields.text("From", &facts.from.uri);
        fields.text("To", &facts.to.uri);
        fields.text("Request", &facts.request.uri);
        fields.text("User-Agent", &facts.user_agent);
    }

    fn ending(&self, fields: &mut Fields, end: &EndFacts) {
        let raw = |name: &str| end.raw.get(name).map(String::as_str).unwrap_or_default();
        fields.text("Hangup-Cause", end.cause.as_str());
        let status = raw("variable_sip_term_status");
        match (&end.hangup_code, status) {
            (code, _) if !code.is_empty() => fields.text("Hangup-Code", code),
            (_, "") => {}
            (_, status) => fields.text("Hangup-Code", &format!("sip:{status}")),
        }
        fields.text("Hung-Up-By", who(end.by));
        fields.text("Disposition", &end.disposition);
        fields.duration("Duration", end.total);
        fields.duration("Ringing", end.ringing);
        fields.duration("Billing", self.billable(end));
        if !end.confirmed {
            fields.value("Interrupted", true.into());
        }
        fields.text("Other-Leg-Call-ID", first(&end.other_leg, &self.other_leg));
        let state = raw("Channel-State");
        fields.text("Channel-State", state.strip_prefix("CS_").unwrap_or(state));
        for (name, source) in AS_FREESWITCH_HAS_IT {
            fields.text(name, raw(source));
        }
        let figures = end.raw.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(AUDIO_PREFIX)?.to_owned(), value.as_str().into()))
        });
        fields.value("Media-Statistics", Value::Object(figures.collect()));
    }

    /// The process died during the call: how it ended and how long it was is not known.
    fn no_ending(&self, fields: &mut Fields) {
        fields.text("Hangup-Cause", CAUSE_UNKNOWN);
        fields.text("Hung-Up-By", who(WhoHungUp::Unknown));
        fields.value("Interrupted", true.into());
        fields.text("Other-Leg-Call-ID", &self.other_leg);
    }

    fn contents(&self, fields: &mut Fields) {
        fields.text("Handed-Over-To", &self.handed_over);
        fields.value("Media-Recordings", self.recordings.clone().into());
        fields.value("Custom-Application-Vars", Value::Object(self.variables.clone()));
    }

    fn answered_at(&self) -> Option<Timestamp> {
        self.end.as_ref().and_then(|end| end.answered).or(self.answered)
    }

    /// When the connection was lost, the switch did not tell; we still know when it was answered.
    fn billable(&self, end: &EndFacts) -> Duration {
        match self.answered {
            Some(answered) if !end.confirmed => end.ended.since(answered),
            _ => end.billable,
        }
    }
}

/// Collects fields, leaving out what says nothing.
struct Fields(Params);

impl Fields {
    fn text(&mut self, name: &str, value: &str) {
        self.value(name, value.into());
    }

    fn value(&mut self, name: &str, value: Value) {
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Microseconds since the Unix epoch, as FreeSWITCH and KAZOO have it.
    fn moment(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at.filter(|at| at.micros() > 0) {
            self.value(name, at.micros().into());
        }
    }

    fn gregorian(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.value(name, at.gregorian_seconds().into());
        }
    }

    /// Whole seconds, a started one counted, and the milliseconds.
    fn duration(&mut self, name: &str, length: Duration) {
        let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        self.value(&format!("{name}-Seconds"), millis.div_ceil(1000).into());
        self.value(&format!("{name}-Milliseconds"), millis.into());
    }
}

fn first<'a>(best: &'a str, otherwise: &'a str) -> &'a str {
    if best.is_empty() { otherwise } else { best }
}

const fn who(by: WhoHungUp) -> &'static str {
    match by {
        WhoHungUp::Caller => "caller",
        WhoHungUp::Us => "us",
        WhoHungUp::Switch => "switch",
        WhoHungUp::Unknown => "unknown",
    }
}
