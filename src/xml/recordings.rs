//! What is told of recordings, whichever verb makes them: `recordingStatusCallback` and `callbackUrl`, and
//! the recordings that are made beside the call.

use super::{attributes::Attributes, dialect::Dialect, verbs::Stage};
use crate::{
    base::{Address, Ask, Happening, limits, sid},
    call::{Background, BeginsWhen, Letter, RecordEnd, Recording, Step, Track, Transcript},
    config::Method,
};
use std::time::{Duration, UNIX_EPOCH};

type Parameters = Vec<(String, String)>;

/// Who is told of a recording, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watcher {
    /// Where; may be relative to the document.
    pub url: String,
    /// How.
    pub method: Method,
    /// Of what.
    pub events: Events,
}

/// What is told of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Events {
    /// It has begun.
    pub in_progress: bool,
    /// It is there.
    pub completed: bool,
    /// There is nothing to listen to.
    pub absent: bool,
}

/// What made a recording: TwiML's `RecordingSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Record,
    Dial,
    Start,
}

/// A recording that is made beside the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beside {
    /// By which the document may end it; empty for no name.
    pub name: String,
    /// What makes it.
    pub source: Source,
    /// File name extension.
    pub format: &'static str,
    /// Whose voice.
    pub track: Track,
    /// Whether each side has a channel of its own.
    pub stereo: bool,
    /// Its longest length; `None` for as long as the call.
    pub max: Option<Duration>,
    /// Whether silence is cut from its ends.
    pub trim: bool,
    /// Who is told.
    pub watcher: Option<Watcher>,
    /// Who is told its text.
    pub reader: Option<Reader>,
}

/// Who is told the text of a recording: `transcribeCallback`, `transcriptionUrl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    /// Where; may be relative to the document.
    pub url: String,
    /// How.
    pub method: Method,
}

impl Watcher {
    /// `recordingStatusCallback`, `recordingStatusCallbackMethod` and `recordingStatusCallbackEvent`
    /// (`reference/twiml.md` 2.5).
    pub fn twiml(attributes: &mut Attributes<'_, '_>) -> Option<Self> {
        let url = attributes.url("recordingStatusCallback");
        let method = attributes.method("recordingStatusCallbackMethod");
        let given = attributes.given("recordingStatusCallbackEvent");
        let events = given.map_or(Events::COMPLETED, |text| Events::parse(text, attributes));
        url.filter(|url| !url.is_empty()).map(|url| Self { url, method, events })
    }

    /// `callbackUrl` and `callbackMethod` (`reference/plivo.md` 4.5).
    pub fn plivo(attributes: &mut Attributes<'_, '_>) -> Option<Self> {
        let url = attributes.url("callbackUrl");
        let method = attributes.method("callbackMethod");
        let events = Events { in_progress: false, completed: true, absent: true };
        url.filter(|url| !url.is_empty()).map(|url| Self { url, method, events })
    }
}

impl Events {
    /// The vendor's default.
    const COMPLETED: Self = Self { in_progress: false, completed: true, absent: false };

    fn parse(text: &str, attributes: &mut Attributes<'_, '_>) -> Self {
        let mut events = Self { in_progress: false, completed: false, absent: false };
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word {
                "in-progress" => events.in_progress = true,
                "completed" => events.completed = true,
                "absent" => events.absent = true,
                _ => {
                    let word: String = word.chars().take(60).collect();
                    let message = format!(
                        "{word:?} is no event of a recording; there are in-progress, completed, absent"
                    );
                    attributes.warn("recordingStatusCallbackEvent", message);
                }
            }
        }
        let none = Self { in_progress: false, completed: false, absent: false };
        if events == none { Self::COMPLETED } else { events }
    }

    /// Whether the end of this recording is told.
    fn end_of(self, recording: &Recording) -> bool {
        if recording.is_absent() { self.absent } else { self.completed }
    }
}

/// Whether silence is cut: `trim`.
pub(super) fn trim(attributes: &mut Attributes<'_, '_>, default: bool) -> bool {
    attributes.choice("trim", &[("trim-silence", true), ("do-not-trim", false)], default)
}

/// Whose voice is recorded: `recordingTrack`, `track`.
pub(super) fn track(attributes: &mut Attributes<'_, '_>, name: &'static str) -> Track {
    let words = [("both", Track::Both), ("inbound", Track::Inbound), ("outbound", Track::Outbound)];
    attributes.choice(name, &words, Track::Both)
}

/// What is recorded of a dial, and from when: TwiML's `record` and its family
/// (`reference/twiml.md` 2.6).
pub(super) fn of_dial(attributes: &mut Attributes<'_, '_>) -> Option<(BeginsWhen, Beside)> {
    use BeginsWhen::{Connected, Ringing};
    let words = [
        ("do-not-record", None),
        ("false", None),
        ("true", Some((Connected, false))),
        ("record-from-answer", Some((Connected, false))),
        ("record-from-answer-dual", Some((Connected, true))),
        ("record-from-ringing", Some((Ringing, false))),
        ("record-from-ringing-dual", Some((Ringing, true))),
    ];
    let how = attributes.choice("record", &words, None);
    let beside = Beside {
        name: String::new(),
        source: Source::Dial,
        format: "wav",
        track: track(attributes, "recordingTrack"),
        stereo: how.is_some_and(|(_, apart)| apart),
        max: None,
        trim: trim(attributes, false),
        watcher: Watcher::twiml(attributes),
        reader: None,
    };
    attributes.accepted(&["recordingConfigurationId"]);
    how.map(|(when, _)| (when, beside))
}

impl Stage<'_> {
    /// Tells that a recording has begun, if somebody wants to know.
    pub async fn tell_begun(
        &mut self,
        watcher: Option<&Watcher>,
        recording: &Recording,
        source: Source,
    ) {
        let Some(watcher) = watcher.filter(|watcher| watcher.events.in_progress) else { return };
        let parameters = begun(self.dialect, recording, source);
        let ask = watcher.ask(parameters, self.call.is_over());
        self.notify(ask).await;
    }

    /// Tells that a recording is over, if somebody wants to know.
    pub async fn tell_ended(
        &mut self,
        watcher: Option<&Watcher>,
        recording: &Recording,
        source: Source,
    ) {
        let wants = |watcher: &&Watcher| watcher.events.end_of(recording);
        let Some(watcher) = watcher.filter(wants) else { return };
        let parameters = ended(self.dialect, recording, source);
        let ask = watcher.ask(parameters, self.call.is_over());
        self.notify(ask).await;
    }

    /// Has the recording transcribed, if somebody wants to read it.
    pub async fn transcribe(&mut self, reader: Option<&Reader>, recording: &Recording) {
        let Some(reader) = reader else { return };
        if !is_readable(self.dialect, recording) {
            let message = "a recording of this length is not transcribed".to_owned();
            self.call.tell(Happening::Noted { error: false, message });
            return;
        }
        let Some(address) = self.address(&reader.url, reader.method) else { return };
        let facts = self.call.facts();
        let letter = text(self.dialect, address, recording, &facts.call_id, &facts.language);
        self.call.post(letter).await;
    }

    /// The address of a later request; that there is none is told.
    fn address(&mut self, url: &str, method: Method) -> Option<Address> {
        match self.desk.address(self.url, url, method) {
            Ok(address) => Some(address),
            Err(reason) => {
                let message = format!("nobody will be told of the recording: {reason}");
                self.call.tell(Happening::Noted { error: true, message });
                None
            }
        }
    }

    /// A recording beside the call, as it is described, with its end told.
    pub fn background(&mut self, beside: &Beside) -> Background {
        let channels = if beside.stereo && beside.track == Track::Both { 2 } else { 1 };
        let recording = self.call.new_recording(beside.format, channels, beside.track);
        let watcher = beside.watcher.as_ref();
        let address = watcher.and_then(|watcher| self.address(&watcher.url, watcher.method));
        let reader = beside.reader.as_ref();
        let reader = reader.and_then(|reader| self.address(&reader.url, reader.method));
        let language = self.call.facts().language.clone();
        let caller = self.call.facts().call_id.clone();
        let events = beside.watcher.as_ref().map(|watcher| watcher.events);
        let (dialect, source) = (self.dialect, beside.source);
        let first = address.clone().filter(|_| events.is_some_and(|events| events.in_progress));
        Background {
            name: beside.name.clone(),
            recording,
            max: beside.max,
            trim: beside.trim,
            begun: Box::new(move |recording| {
                let letter = |address| plain(address, begun(dialect, recording, source));
                first.map(letter).into_iter().collect()
            }),
            then: Box::new(move |recording| {
                let told = address.filter(|_| events.is_some_and(|e| e.end_of(recording)));
                let told = told.map(|address| plain(address, ended(dialect, recording, source)));
                let read = reader.filter(|_| is_readable(dialect, recording));
                let read =
                    read.map(|address| text(dialect, address, recording, &caller, &language));
                told.into_iter().chain(read).collect()
            }),
        }
    }

    /// A recording of the dial that comes next.
    pub fn record_dial(&mut self, when: BeginsWhen, beside: &Beside) -> Recording {
        let wanted = self.background(beside);
        let recording = wanted.recording.clone();
        self.call.record_later(when, wanted);
        recording
    }

    /// Begins a recording beside the call. One that cannot be made is told as absent, and the document
    /// goes on.
    pub async fn record_beside(&mut self, beside: &Beside) -> Step<Option<Recording>> {
        let wanted = self.background(beside);
        match self.call.start_recording(wanted).await? {
            Ok(begun) => Ok(Some(begun)),
            Err(message) => {
                self.call.tell(Happening::Noted { error: true, message });
                Ok(None)
            }
        }
    }
}

impl Watcher {
    fn ask(&self, parameters: Parameters, after_hangup: bool) -> Ask {
        Ask { url: self.url.clone(), method: self.method, parameters, after_hangup }
    }
}

const fn plain(address: Address, parameters: Parameters) -> Letter {
    Letter { address, parameters, transcript: None }
}

/// Whether a recording is transcribed: Twilio's limits are narrow (`reference/twiml.md` 2.5).
fn is_readable(dialect: Dialect, recording: &Recording) -> bool {
    match dialect {
        Dialect::Twiml => limits::TRANSCRIBED.contains(&recording.length),
        Dialect::Plivo => !recording.is_absent(),
    }
}

/// Tells the text of a recording (`reference/twiml.md` 2.5, `reference/plivo.md` 4.5).
fn text(
    dialect: Dialect,
    address: Address,
    recording: &Recording,
    caller: &str,
    language: &str,
) -> Letter {
    let id = recording.id.to_string();
    let (parameters, text, done, failed, error) = match dialect {
        Dialect::Twiml => {
            let status = |status: &str| named([("TranscriptionStatus", status.to_owned())]);
            let parameters = named([
                ("TranscriptionSid", sid::transcription(&id)),
                ("RecordingSid", sid::recording(&id)),
                ("RecordingUrl", recording.url.clone()),
            ]);
            (parameters, "TranscriptionText", status("completed"), status("failed"), "")
        }
        Dialect::Plivo => {
            let seconds = recording.length.as_secs_f32().round();
            let parameters = named([
                ("transcription_charge", "0".to_owned()),
                ("transcription_rate", "0".to_owned()),
                ("duration", format!("{seconds:.0}")),
                ("call_uuid", caller.to_owned()),
                ("recording_id", plivo_id(recording)),
            ]);
            (parameters, "transcription", Vec::new(), Vec::new(), "error")
        }
    };
    let fits = (2..=35).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let language = if fits { language } else { "en-US" }.to_owned();
    let path = recording.path.clone();
    let transcript = Some(Transcript { path, language, text, done, failed, error });
    Letter { address, parameters, transcript }
}

/// What was recorded, for `action` (`reference/twiml.md` 2.5, `reference/plivo.md` 4.5).
pub(super) fn action(dialect: Dialect, recording: &Recording) -> Parameters {
    let mut all = facts(dialect, recording);
    let key = match recording.end {
        RecordEnd::Key(key) => Some(key.to_string()),
        RecordEnd::HungUp => Some("hangup".to_owned()),
        _ => None,
    };
    match (dialect, key) {
        (_, Some(key)) => all.extend(named([("Digits", key)])),
        (Dialect::Twiml, None) => all.extend(named([("Digits", String::new())])),
        (Dialect::Plivo, None) => {}
    }
    all
}

/// For the `action` of a recording that has only begun: Plivo tells −1 for what is not known.
pub(super) fn action_at_once(recording: &Recording) -> Parameters {
    let began = recording.began.millis().to_string();
    named([
        ("RecordUrl", recording.url.clone()),
        ("RecordingID", plivo_id(recording)),
        ("RecordFile", recording.path.clone()),
        ("RecordingDuration", "-1".to_owned()),
        ("RecordingDurationMs", "-1".to_owned()),
        ("RecordingStartMs", began),
        ("RecordingEndMs", "-1".to_owned()),
    ])
}

fn begun(dialect: Dialect, recording: &Recording, source: Source) -> Parameters {
    match dialect {
        Dialect::Twiml => {
            let mut all = named([
                ("RecordingSid", sid::recording(&recording.id.to_string())),
                ("RecordingUrl", recording.url.clone()),
                ("RecordingStatus", "in-progress".to_owned()),
            ]);
            all.extend(nature(recording, source));
            all
        }
        Dialect::Plivo => action_at_once(recording),
    }
}

fn ended(dialect: Dialect, recording: &Recording, source: Source) -> Parameters {
    let mut all = facts(dialect, recording);
    if dialect == Dialect::Twiml {
        let status = if recording.is_absent() { "absent" } else { "completed" };
        all.extend(named([("RecordingStatus", status.to_owned())]));
        all.extend(nature(recording, source));
    }
    all
}

/// What stays the same from a recording's beginning to its end.
fn nature(recording: &Recording, source: Source) -> Parameters {
    let track = match recording.track {
        Track::Inbound => "inbound",
        Track::Outbound => "outbound",
        Track::Both => "both",
    };
    let source = match source {
        Source::Record => "RecordVerb",
        Source::Dial => "DialVerb",
        Source::Start => "StartCallRecordingTwiML",
    };
    named([
        ("RecordingChannels", recording.channels.to_string()),
        ("RecordingSource", source.to_owned()),
        ("RecordingStartTime", start_time(recording)),
        ("RecordingTrack", track.to_owned()),
    ])
}

/// What is known of a recording.
pub(super) fn facts(dialect: Dialect, recording: &Recording) -> Parameters {
    let length = u64::try_from(recording.length.as_millis()).unwrap_or(u64::MAX);
    // To the nearest second: a recording of 0.9 s is not empty.
    let seconds = length.saturating_add(500) / 1_000;
    let began = recording.began.millis();
    let (name, mut all) = match dialect {
        Dialect::Twiml => ("RecordingUrl", Vec::new()),
        Dialect::Plivo => ("RecordUrl", Vec::new()),
    };
    // One that could not be made is nowhere.
    if recording.end != RecordEnd::Failed {
        all.extend(named([(name, recording.url.clone())]));
    }
    match dialect {
        Dialect::Twiml => all.extend(named([
            ("RecordingSid", sid::recording(&recording.id.to_string())),
            ("RecordingDuration", seconds.to_string()),
        ])),
        Dialect::Plivo => all.extend(named([
            ("RecordingID", plivo_id(recording)),
            ("RecordFile", recording.path.clone()),
            ("RecordingDuration", seconds.to_string()),
            ("RecordingDurationMs", length.to_string()),
            ("RecordingStartMs", began.to_string()),
            ("RecordingEndMs", began.saturating_add(length).to_string()),
        ])),
    }
    all
}

/// As mail has it: `Fri, 27 Nov 2026 17:02:24 +0000`.
fn start_time(recording: &Recording) -> String {
    let began = UNIX_EPOCH + Duration::from_millis(recording.began.millis());
    httpdate::fmt_http_date(began).replace("GMT", "+0000")
}

/// Plivo names recordings by UUIDs.
pub(super) fn plivo_id(recording: &Recording) -> String {
    let sid = sid::recording(&recording.id.to_string());
    let digits = sid.trim_start_matches("RE");
    uuid::Uuid::try_parse(digits).map_or(sid.clone(), |uuid| uuid.hyphenated().to_string())
}

fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
