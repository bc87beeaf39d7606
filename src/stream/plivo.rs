//! Plivo's audio streaming messages (`reference/plivo.md` 4.9, and what its libraries read and write).
//! Numbers are numbers, but for `timestamp`.

use super::{
    audio::{from_l16, from_mulaw},
    messages::{Wish, field, text},
    plan::Plan,
};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

/// Writes the messages of one stream in their order.
#[derive(Debug)]
pub(super) struct Plivo {
    id: String,
    extra_headers: String,
    sequence: u64,
}

impl Plivo {
    pub(super) fn new(plan: &Plan) -> Self {
        let pairs = plan.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let extra_headers = pairs.collect::<Vec<_>>().join(";");
        Self { id: plan.id.clone(), extra_headers, sequence: 0 }
    }

    pub(super) fn greeting(&mut self, plan: &Plan) -> Vec<String> {
        let format =
            json!({ "encoding": plan.encoding.name(), "sampleRate": plan.encoding.rate() });
        let start = json!({
            "sequenceNumber": self.count(),
            "event": "start",
            "start": {
                "callId": plan.call_id,
                "streamId": self.id,
                "accountId": plan.account_id,
                "tracks": plan.tracks.names(),
                "mediaFormat": format,
            },
            "extra_headers": self.extra_headers,
        });
        vec![start.to_string()]
    }

    pub(super) fn sound(&mut self, track: &str, chunk: u64, at_ms: u64, payload: &str) -> String {
        let (sequence, id) = (self.count(), &self.id);
        let extra = Value::from(self.extra_headers.as_str());
        format!(
            r#"{{"sequenceNumber":{sequence},"streamId":"{id}","event":"media","media":{{"track":"{track}","timestamp":"{at_ms}","chunk":{chunk},"payload":"{payload}"}},"extra_headers":{extra}}}"#
        )
    }

    pub(super) fn key(&mut self, key: char, at_ms: u64) -> String {
        let sequence = self.count();
        json!({
            "event": "dtmf",
            "sequenceNumber": sequence,
            "streamId": self.id,
            "dtmf": { "track": "inbound", "digit": key.to_string(), "timestamp": at_ms.to_string() },
            "extra_headers": self.extra_headers,
        })
        .to_string()
    }

    /// A checkpoint that was reached.
    pub(super) fn played(&mut self, name: &str) -> String {
        let sequence = self.count();
        json!({
            "event": "playedStream", "sequenceNumber": sequence, "streamId": self.id, "name": name,
        })
        .to_string()
    }

    pub(super) fn cleared(&mut self) -> String {
        let sequence = self.count();
        json!({ "sequenceNumber": sequence, "event": "clearedAudio", "streamId": self.id })
            .to_string()
    }

    fn count(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

/// What the customer's server wants.
pub(super) fn read(message: &Value) -> Result<Wish, String> {
    match text(message, "event") {
        "playAudio" => play(field(message, "media")),
        "checkpoint" => Ok(Wish::Mark(text(message, "name").to_owned())),
        "clearAudio" => Ok(Wish::Clear),
        "sendDTMF" => Ok(Wish::Keys(text(message, "dtmf").to_owned())),
        other => Err(format!("the event {other:?} is not known")),
    }
}

/// `sampleRate` is a number or a string; without one, or without a type, Plivo's default counts.
fn play(media: &Value) -> Result<Wish, String> {
    let payload = text(media, "payload");
    let bytes = BASE64_STANDARD.decode(payload).map_err(|error| error.to_string())?;
    let rate = match field(media, "sampleRate") {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    let rate = rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(8_000);
    match (text(media, "contentType"), rate) {
        ("audio/x-mulaw", 8_000) => {
            Ok(Wish::Play { samples: bytes.into_iter().map(from_mulaw).collect(), rate })
        }
        ("audio/x-l16" | "", 8_000 | 16_000 | 24_000) => {
            Ok(Wish::Play { samples: from_l16(&bytes), rate })
        }
        (kind, rate) => Err(format!("sound of the type {kind:?} at {rate} Hz cannot be played")),
    }
}
