//! Sends a recorded server's bytes to the simulator and compares its answers with the recording.

use pivot::base::Timestamp;
use pivot::sim::{Callees, Caller, Mode, Recording, Side, Switch};
use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One recording to be compared with.
pub struct Case {
    name: &'static str,
    caller: Caller,
    callees: Callees,
    mode: Mode,
    seed: u64,
}

impl Case {
    pub fn new(name: &'static str, caller: Caller) -> Self {
        Self { name, caller, callees: Callees::default(), mode: Mode::default(), seed: 1 }
    }

    pub fn callees(mut self, callees: Callees) -> Self {
        self.callees = callees;
        self
    }

    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

/// Runs a case and compares replies, events, headers and notices.
pub async fn check(case: Case) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/esl");
    let recording = Recording::load(path.join(format!("{}.jsonl", case.name))).unwrap();
    let theirs = Conversation::read(&recording.bytes(Side::Switch));
    let switch = Switch::new(case.seed)
        .mode(case.mode)
        .callees(case.callees)
        .epoch(Timestamp::from_micros(theirs.began_micros));
    let caller = case.caller.uuid(theirs.uuid.clone());
    let ours = Conversation::read(&converse(&recording, switch, caller).await);
    assert_eq!(ours.replies, theirs.replies, "replies of {}", case.name);
    assert_same(&ours.story(), &theirs.story(), case.name);
    assert_eq!(ours.notices(), theirs.notices(), "notices of {}", case.name);
    compare_headers(&ours, &theirs, case.name);
}

/// Plays the recorded server; gives all bytes of the simulated switch.
async fn converse(recording: &Recording, switch: Switch, caller: Caller) -> Vec<u8> {
    let (near, far) = tokio::io::duplex(1024 * 1024);
    let (mut reader, mut writer) = tokio::io::split(far);
    let chunks: Vec<_> = recording.chunks_of(Side::Server).cloned().collect();
    let server = async move {
        let begun = tokio::time::Instant::now();
        for chunk in chunks {
            let at = begun + Duration::from_secs_f64(chunk.ms / 1_000.0);
            tokio::time::sleep_until(at).await;
            let sent = writer.write_all(chunk.data.as_bytes()).await;
            if chunk.close || sent.is_err() {
                let _ = writer.shutdown().await;
                break;
            }
        }
        writer
    };
    let server = tokio::spawn(server);
    let call = tokio::spawn(async move { switch.call(caller, near).await });
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap();
    call.await.unwrap();
    drop(server.await.unwrap());
    bytes
}

type Headers = Vec<(String, String)>;

/// The switch's side of a connection, taken apart.
struct Conversation {
    uuid: String,
    began_micros: u64,
    replies: Vec<String>,
    events: Vec<Headers>,
    dispositions: Vec<String>,
}

impl Conversation {
    fn read(bytes: &[u8]) -> Self {
        let mut this = Self {
            uuid: String::new(),
            began_micros: 0,
            replies: Vec::new(),
            events: Vec::new(),
            dispositions: Vec::new(),
        };
        let mut rest = bytes;
        while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
            let headers = headers(&rest[..end]);
            let length = value(&headers, "Content-Length").and_then(|n| n.parse().ok());
            let event = value(&headers, "Event-Name").is_some();
            let length = if event { 0 } else { length.unwrap_or(0) };
            let body = &rest[end + 2..end + 2 + length];
            rest = &rest[end + 2 + length..];
            this.take(headers, body);
        }
        assert!(rest.is_empty(), "left over: {:?}", String::from_utf8_lossy(rest));
        this
    }

    fn take(&mut self, headers: Headers, body: &[u8]) {
        let kind = value(&headers, "Content-Type").unwrap_or_default().to_owned();
        if value(&headers, "Event-Name").is_some() {
            self.uuid = value(&headers, "Unique-ID").unwrap().to_owned();
            let created = value(&headers, "Caller-Channel-Created-Time").unwrap();
            self.began_micros = created.parse().unwrap();
            self.events.push(headers);
        } else if kind == "text/event-plain" {
            let end = body.windows(2).position(|two| two == b"\n\n").unwrap();
            self.events.push(self::headers(&body[..end]));
        } else if kind == "text/event-json" {
            self.events.push(json_headers(body));
        } else if kind == "text/event-xml" {
            self.events.push(xml_headers(body));
        } else if kind == "text/disconnect-notice" {
            let disposition = value(&headers, "Content-Disposition").unwrap();
            let linger = value(&headers, "Linger-Time").unwrap_or_default();
            self.dispositions.push(format!("{disposition} {linger}"));
        } else {
            let own = value(&headers, "Job-UUID").unwrap_or("no job").to_owned();
            let mut text: String = headers.iter().map(|(n, v)| format!("{n}: {v}\n")).collect();
            if text.contains("api/response") && body.starts_with(b"Event-Name") {
                let names = self::headers(body).into_iter().map(|(name, _)| name);
                text = names.filter(|name| !OPTIONAL.contains(&name.as_str())).collect();
            } else if text.contains("api/response") && body.starts_with(b"{") {
                text = "a channel as JSON".to_owned();
            } else {
                text.push_str(&String::from_utf8_lossy(body));
            }
            self.replies.push(text.replace(&own, "(job)"));
        }
    }

    fn notices(&self) -> Vec<&String> {
        self.dispositions.iter().collect()
    }

    /// The events in the order that does not depend on races: `PARK` may come before the
    /// subscription, legs that are dialled at once ring in any order, and the last event of a
    /// dialled leg comes anywhere among the last ones of the caller's.
    fn ordered(&self) -> Vec<&Headers> {
        let mut events: Vec<_> =
            self.events.iter().filter(|event| name(event) != "CHANNEL_PARK").collect();
        for group in events.chunk_by_mut(|a, b| dialled_progress(a) && dialled_progress(b)) {
            group.sort_by_key(|event| value(event, "Caller-Destination-Number"));
        }
        let down = |event: &&Headers| {
            name(event) == "CHANNEL_HANGUP" && value(event, "Unique-ID") == Some(&self.uuid)
        };
        let last = events.iter().position(down).unwrap_or_else(|| {
            events.iter().position(|event| name(event).ends_with("HANGUP_COMPLETE")).unwrap_or(0)
        });
        events[last..].sort_by_key(|event| {
            let complete = name(event) == "CHANNEL_HANGUP_COMPLETE";
            let direction = value(event, "Call-Direction").filter(|_| complete);
            (complete, direction.map(str::to_owned))
        });
        events
    }

    /// What happened on which leg.
    fn story(&self) -> Vec<String> {
        let mut legs: Vec<String> = vec![self.uuid.clone()];
        self.ordered().into_iter().map(|event| line(event, &mut legs)).collect()
    }
}

/// Headers whose value must be the same.
const KEYS: [&str; 13] = [
    "Application",
    "Application-Data",
    "Application-Response",
    "DTMF-Digit",
    "DTMF-Source",
    "Hangup-Cause",
    "Playback-Status",
    "Playback-File-Path",
    "Record-File-Path",
    "Channel-State",
    "Channel-State-Number",
    "Channel-Call-State",
    "Answer-State",
];

/// Variables whose value must be the same.
const VARIABLES: [&str; 25] = [
    "originate_disposition",
    "DIALSTATUS",
    "originate_failed_cause",
    "sip_invite_failure_status",
    "bridge_hangup_cause",
    "last_bridge_hangup_cause",
    "last_bridge_role",
    "last_bridge_proto_specific_hangup_cause",
    "hangup_cause",
    "hangup_cause_q850",
    "sip_hangup_disposition",
    "sip_term_status",
    "proto_specific_hangup_cause",
    "playback_terminator_used",
    "read_result",
    "read_terminator_used",
    "pin",
    "pin_invalid",
    "silence_hits_exhausted",
    "current_loop",
    "last_app",
    "last_arg",
    "digits_dialed",
    "playback_ms",
    "endpoint_disposition",
];

fn dialled_progress(event: &[(String, String)]) -> bool {
    name(event) == "CHANNEL_PROGRESS" && value(event, "Call-Direction") == Some("outbound")
}

fn line(event: &[(String, String)], legs: &mut Vec<String>) -> String {
    let uuid = value(event, "Unique-ID").unwrap_or_default().to_owned();
    let leg = legs.iter().position(|known| *known == uuid).unwrap_or_else(|| {
        legs.push(uuid);
        legs.len() - 1
    });
    let mut text = format!("{} leg{leg}", name(event));
    for key in KEYS {
        if let Some(value) = value(event, key) {
            let _ = write!(text, " {key}={value}");
        }
    }
    for key in VARIABLES {
        if leg > 0 && key == "bridge_hangup_cause" {
            // A race: set only if the caller's leg was unlinked before.
            continue;
        }
        if let Some(value) = value(event, &format!("variable_{key}")) {
            let _ = write!(text, " {key}={value}");
        }
    }
    let named = value(event, "Application-UUID").filter(|id| id.len() != 36);
    if let Some(id) = named {
        let _ = write!(text, " uuid={id}");
    }
    text
}

fn assert_same(ours: &[String], theirs: &[String], case: &str) {
    for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(our, their, "event {at} of {case}\nours: {ours:#?}");
    }
    assert_eq!(ours.len(), theirs.len(), "events of {case}: {ours:#?} instead of {theirs:#?}");
}

/// Headers that one run of the real switch had and another had not: two of the dialplan, the
/// caller's ACK that came sooner or later, and a dialled leg that was unlinked sooner or later.
const OPTIONAL: [&str; 4] = [
    "variable_DP_MATCH",
    "variable_sip_cseq",
    "variable_sip_to_tag",
    "variable_bridge_hangup_cause",
];

/// Headers that another thread moves to the end, whenever it comes to it: the caller's ACK, the
/// SDP of early media, and the linking of the legs.
const MOVED: [&str; 9] = [
    "variable_audio_media_flow",
    "variable_ep_codec_string",
    "variable_call_uuid",
    "variable_sip_from_tag",
    "variable_sip_call_id",
    "variable_sip_full_via",
    "variable_sip_from_display",
    "variable_sip_full_from",
    "variable_sip_full_to",
];

/// The names of each event's headers, in order, must be those of the recording.
fn compare_headers(ours: &Conversation, theirs: &Conversation, case: &str) {
    let mut problems = String::new();
    for (our, their) in ours.ordered().into_iter().zip(theirs.ordered()) {
        let (our_names, their_names) = (names(our), names(their));
        let (o, t): (BTreeSet<_>, BTreeSet<_>) =
            (our_names.iter().collect(), their_names.iter().collect());
        let (missing, extra): (Vec<_>, Vec<_>) =
            (t.difference(&o).collect(), o.difference(&t).collect());
        if !missing.is_empty() || !extra.is_empty() {
            let _ = writeln!(problems, "{} lacks {missing:?}, has {extra:?}", name(our));
            continue;
        }
        let settled = |names: &[String]| {
            let names = names.iter().filter(|name| !MOVED.contains(&name.as_str()));
            names.cloned().collect::<Vec<_>>()
        };
        let (our_names, their_names) = (settled(&our_names), settled(&their_names));
        if let Some(at) = our_names.iter().zip(&their_names).position(|(a, b)| a != b) {
            let (our, their) = (&our_names[at..], &their_names[at..]);
            let (our, their) = (&our[..our.len().min(8)], &their[..their.len().min(8)]);
            let _ = writeln!(problems, "another order: {our:?} instead of {their:?}");
        }
    }
    assert!(problems.is_empty(), "headers of {case}:\n{problems}");
}

fn names(event: &Headers) -> Vec<String> {
    let names = event.iter().map(|(name, _)| name.clone());
    names.filter(|name| !OPTIONAL.contains(&name.as_str())).collect()
}

fn name(event: &[(String, String)]) -> &str {
    value(event, "Event-Name").unwrap_or_default()
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn headers(block: &[u8]) -> Headers {
    let text = String::from_utf8_lossy(block);
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The members of a JSON event in order; names may repeat.
fn json_headers(body: &[u8]) -> Headers {
    let text = std::str::from_utf8(body).unwrap();
    let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap();
    let mut rest = inside;
    let mut headers = Headers::new();
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        let name = values.next().unwrap().unwrap();
        let after = &rest[values.byte_offset() + 1..];
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<serde_json::Value>();
        let value = values.next().unwrap().unwrap();
        rest = after[values.byte_offset()..].trim_start_matches(',');
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.push((name.as_str().unwrap().to_owned(), value));
    }
    headers
}

/// The elements of an XML event's headers in order.
fn xml_headers(body: &[u8]) -> Headers {
    let text = std::str::from_utf8(body).unwrap();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix('<')?.split_once('>'));
    let values = lines.filter_map(|(name, rest)| Some((name, rest.split_once("</")?.0)));
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
