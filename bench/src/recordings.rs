//! Recorded conversations with FreeSWITCH (`fixtures/esl`), as the benches need them.
//!
//! A missing or broken recording panics: there is nothing to measure without it.

use bytes::BytesMut;
use pivot::{
    esl::{Event, FrameCodec, Message},
    sim::{Recording, Side},
};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use tokio_util::codec::Decoder;

/// Calls whose events are decoded: digits, speech, playback, and a bridge.
const CALLS: [&str; 4] =
    ["pagd-success", "speak-complete", "answer-playback-hangup", "bridge-answered"];

/// Headers by which a call server knows what an event is about.
pub const SIX_HEADERS: [&str; 6] = [
    "Event-Name",
    "Unique-ID",
    "Answer-State",
    "Application",
    "Application-Response",
    "Application-UUID",
];

/// The events of four calls, in each form in which somebody reads them.
#[derive(Clone, Debug)]
pub struct Events {
    /// Framed as `event plain` is.
    pub plain: Vec<u8>,
    /// The same events framed as `event json` is.
    pub json: Vec<u8>,
    /// The plain events without their frames.
    pub bodies: Vec<String>,
}

impl Events {
    /// Reads the recordings.
    pub fn load() -> Self {
        let bodies: Vec<String> = CALLS.iter().flat_map(|call| bodies(call)).collect();
        let framed = |format: &str, body: &str| {
            format!("Content-Length: {}\nContent-Type: text/event-{format}\n\n{body}", body.len())
        };
        let plain: String = bodies.iter().map(|body| framed("plain", body)).collect();
        let json: String = bodies.iter().map(|body| framed("json", &json(body))).collect();
        Self { plain: plain.into_bytes(), json: json.into_bytes(), bodies }
    }
}

/// The last event of a bridged call: the largest one, with all that is known about the call.
pub fn last_event() -> String {
    bodies("hangup-complete-full").pop().expect("the recording has events")
}

/// A file under `fixtures/`.
pub fn fixture(name: impl AsRef<Path>) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The plain event of that body.
pub fn event(body: &str) -> Event {
    Event::plain(body.to_owned().into()).expect("a recorded event can be read")
}

/// Bodies of a recording's plain events, in order.
fn bodies(recording: &str) -> Vec<String> {
    let recording = Recording::load(path(format!("esl/{recording}.jsonl")));
    let stream = recording.expect("the recording can be read").bytes(Side::Switch);
    let (mut stream, mut codec) = (BytesMut::from(&stream[..]), FrameCodec::default());
    let mut bodies = Vec::new();
    while let Some(frame) = codec.decode(&mut stream).expect("the recording is framed") {
        let body = frame.body.clone();
        if let Ok(Message::Event(_)) = Message::read(frame) {
            bodies.push(String::from_utf8(body.to_vec()).expect("the recording is UTF-8"));
        }
    }
    bodies
}

fn json(body: &str) -> String {
    let event = event(body);
    let headers = event.iter().map(|(name, value)| (name.into_owned(), Value::from(value)));
    Value::Object(headers.collect::<Map<_, _>>()).to_string()
}

fn path(name: impl AsRef<Path>) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures")).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use freeswitch_esl_tokio::parse_channel_dump;

    #[test]
    fn we_and_the_peer_find_the_same_in_every_event() {
        let events = Events::load();
        assert!(events.bodies.len() > 40, "{} events", events.bodies.len());
        let mut found = 0;
        for body in &events.bodies {
            let (ours, theirs) = (event(body), parse_channel_dump(body).unwrap());
            for name in SIX_HEADERS {
                let value = ours.get(name);
                assert_eq!(value.as_deref(), theirs.header_str(name), "{name}");
                found += usize::from(value.is_some());
            }
        }
        assert!(found > 3 * events.bodies.len(), "{found} headers");
    }

    #[test]
    fn the_json_stream_holds_the_same_events() {
        let events = Events::load();
        let (mut stream, mut codec) = (BytesMut::from(&events.json[..]), FrameCodec::default());
        let mut bodies = events.bodies.iter();
        while let Some(frame) = codec.decode(&mut stream).unwrap() {
            let Message::Event(read) = Message::read(frame).unwrap() else { panic!("no event") };
            let plain = event(bodies.next().unwrap());
            for name in SIX_HEADERS {
                assert_eq!(read.get(name), plain.get(name), "{name}");
            }
        }
        assert!(bodies.next().is_none());
    }
}
