//! Twilio's Media Streams messages (`reference/twiml.md` 2.11). All numbers are strings.

use super::{
    audio::from_mulaw,
    messages::{Wish, field, text},
    plan::Plan,
};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

/// Writes the messages of one stream in their order.
#[derive(Debug)]
pub(super) struct Twilio {
    id: String,
    call_id: String,
    account_id: String,
    sequence: u64,
}

impl Twilio {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            id: plan.id.clone(),
            call_id: plan.call_id.clone(),
            account_id: plan.account_id.clone(),
            sequence: 0,
        }
    }

    /// `connected`, which is not counted, and `start`.
    pub(super) fn greeting(&mut self, plan: &Plan) -> Vec<String> {
        let connected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
        let parameters: serde_json::Map<String, Value> =
            plan.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let format = json!({
            "encoding": plan.encoding.name(), "sampleRate": plan.encoding.rate(), "channels": 1,
        });
        let start = json!({
            "event": "start",
            "sequenceNumber": self.count(),
            "start": {
                "accountSid": self.account_id,
                "streamSid": self.id,
                "callSid": self.call_id,
                "tracks": plan.tracks.names(),
                "mediaFormat": format,
                "customParameters": parameters,
            },
            "streamSid": self.id,
        });
        vec![connected.to_string(), start.to_string()]
    }

    pub(super) fn sound(&mut self, track: &str, chunk: u64, at_ms: u64, payload: &str) -> String {
        let (sequence, id) = (self.count(), &self.id);
        format!(
            r#"{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"{track}","chunk":"{chunk}","timestamp":"{at_ms}","payload":"{payload}"}},"streamSid":"{id}"}}"#
        )
    }

    pub(super) fn key(&mut self, key: char) -> String {
        let dtmf = json!({ "track": "inbound_track", "digit": key.to_string() });
        self.message("dtmf", "dtmf", &dtmf)
    }

    /// A mark that was reached, or cleared.
    pub(super) fn mark(&mut self, name: &str) -> String {
        self.message("mark", "mark", &json!({ "name": name }))
    }

    pub(super) fn stop(&mut self) -> String {
        let stop = json!({ "accountSid": self.account_id, "callSid": self.call_id });
        self.message("stop", "stop", &stop)
    }

    fn message(&mut self, event: &str, name: &str, content: &Value) -> String {
        let sequence = self.count();
        json!({
            "event": event, "sequenceNumber": sequence, name: content, "streamSid": self.id,
        })
        .to_string()
    }

    fn count(&mut self) -> String {
        self.sequence += 1;
        self.sequence.to_string()
    }
}

/// What the customer's server wants. `streamSid` is not looked at: a connection has one stream.
pub(super) fn read(message: &Value) -> Result<Wish, String> {
    match text(message, "event") {
        "media" => {
            let payload = text(field(message, "media"), "payload");
            let bytes = BASE64_STANDARD.decode(payload).map_err(|error| error.to_string())?;
            let samples = bytes.into_iter().map(from_mulaw).collect();
            Ok(Wish::Play { samples, rate: 8_000 })
        }
        "mark" => Ok(Wish::Mark(text(field(message, "mark"), "name").to_owned())),
        "clear" => Ok(Wish::Clear),
        other => Err(format!("the event {other:?} is not known")),
    }
}
