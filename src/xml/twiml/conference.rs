//! `<Dial>` with a `<Conference>` (`reference/twiml.md` 2.7.3).

use crate::{
    base::{
        limits,
        phone::{Key, KeySet},
        sid,
    },
    call::{Hearers, RecordingWish, Watch},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Chime, Compiled, Conference, Kind, Music, Page, Then},
    },
};
use std::time::Duration;

/// Events of a conference that can be asked for. Those of changes and announcements come from Twilio's
/// API alone.
const EVENTS: [&str; 9] =
    ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"];

/// Longest name of a room or participant, characters.
const NAME: usize = 128;

/// Attributes of a Dial that mean nothing where nobody is called.
const OF_DIALLING: [&str; 17] = [
    "timeout",
    "callerId",
    "answerOnBridge",
    "ringTone",
    "trim",
    "recordingTrack",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "recordingConfigurationId",
    "sequential",
    "strategy",
    "continueOnFail",
    "referUrl",
    "referMethod",
    "callReason",
    "events",
];

/// The conference that a Dial holds: its first noun decides what it is.
pub(super) fn inside(dial: &Element) -> Option<&Element> {
    dial.elements().next().filter(|noun| noun.name == "Conference")
}

/// A Dial into a conference.
pub(super) fn dial(element: &Element, noun: &Element, notes: &mut Notes) -> Compiled {
    for other in element.elements().filter(|other| !std::ptr::eq(*other, noun)) {
        let name: String = other.name.chars().take(60).collect();
        let message =
            format!("<{name}> is ignored: a conference is not mixed with other nouns (13000)");
        notes.warn(other.at, message);
    }
    let mut conference = conference(noun, notes);
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    conference.then = attributes.url("action").map(|url| Then { url, method, redirect: true });
    let longest = u32::try_from(limits::CONVERSATION.as_secs()).unwrap_or(u32::MAX);
    let limit = attributes.whole("timeLimit", 1..=longest, 14_400);
    conference.limit = Duration::from_secs(limit.into());
    if attributes.flag("hangupOnStar", false) {
        conference.leave_on = Key::new('*').into_iter().collect();
    }
    let more = attributes.keys("hangupOn", KeySet::NONE);
    conference.leave_on = conference.leave_on.union(more);
    if !matches!(attributes.text("record").as_str(), "" | "false" | "do-not-record") {
        attributes.warn("record", "record of a Dial has no effect on a conference: it has its own");
    }
    attributes.accepted(&OF_DIALLING);
    attributes.accepted(&["passports"]);
    attributes.done();
    let detail = conference.room.clone();
    (Action::Conference(Box::new(conference)), detail, Answer::Before)
}

fn conference(element: &Element, notes: &mut Notes) -> Conference {
    content::no_elements(element, notes);
    let text = element.text();
    if text.is_empty() {
        notes.error(element.text_at(), "the conference has no name (13236)");
    }
    let room: String = text.chars().take(NAME).collect();
    let mut conference = Conference::new(room, Kind::Twiml);
    let mut attributes = Attributes::of(element, notes);
    conference.muted = attributes.flag("muted", false);
    let beeps = [
        ("true", (true, true)),
        ("false", (false, false)),
        ("onEnter", (true, false)),
        ("onExit", (false, true)),
    ];
    let (enter, exit) = attributes.choice("beep", &beeps, (true, true));
    let chime = |beeps| if beeps { Chime::Beep } else { Chime::None };
    (conference.enter_sound, conference.exit_sound) = (chime(enter), chime(exit));
    conference.starts = attributes.flag("startConferenceOnEnter", true);
    conference.ends = attributes.flag("endConferenceOnExit", false);
    let label: String = attributes.text("participantLabel").chars().take(NAME).collect();
    conference.label = (!label.is_empty()).then_some(label);
    conference.at_most = attributes.whole("maxParticipants", 1..=250, 250);
    conference.music = music(&mut attributes);
    let coached = attributes.text("coach");
    if !coached.is_empty() {
        conference.heard_by = Hearers::Only(sid::channel(&coached));
    }
    conference.watch = watch(&mut attributes);
    conference.recording = recording(&mut attributes);
    attributes.accepted(&["jitterBufferSize", "region"]);
    attributes.done();
    conference
}

/// A file is heard again and again; a document once, as it says itself what comes then.
fn music(attributes: &mut Attributes<'_, '_>) -> Music {
    let method = attributes.method("waitMethod");
    let Some(url) = attributes.url("waitUrl") else { return Music::Operator };
    match url.as_str() {
        "" => Music::Silence,
        _ if is_audio(&url) => Music::Media(url),
        _ => Music::Once(Page { url, method }),
    }
}

/// Whether a URL names a file of sound, by its path.
pub(in crate::xml) fn is_audio(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let absolute = path.starts_with("http://") || path.starts_with("https://");
    absolute && [".mp3", ".wav", ".ulaw", ".aiff", ".gsm"].iter().any(|end| path.ends_with(end))
}

fn watch(attributes: &mut Attributes<'_, '_>) -> Option<Watch> {
    let url = attributes.url("statusCallback");
    let method = attributes.method("statusCallbackMethod");
    let events = words(attributes, "statusCallbackEvent", &EVENTS);
    url.filter(|url| !url.is_empty()).map(|url| Watch { url, method, events })
}

fn recording(attributes: &mut Attributes<'_, '_>) -> Option<RecordingWish> {
    let choices =
        [("do-not-record", false), ("record-from-start", true), ("true", true), ("false", false)];
    let records = attributes.choice("record", &choices, false);
    attributes.accepted(&["trim"]);
    if records && attributes.text("trim") != "do-not-trim" {
        attributes.warn("trim", "silence is not trimmed from the recording of a conference");
    }
    let own = attributes.url("recordingStatusCallback").filter(|url| !url.is_empty());
    let old = attributes.url("eventCallbackUrl").filter(|url| !url.is_empty());
    let method = attributes.method("recordingStatusCallbackMethod");
    let known = ["in-progress", "completed", "absent"];
    let mut events = words(attributes, "recordingStatusCallbackEvent", &known);
    if events.is_empty() {
        events.push("completed".to_owned());
    }
    let watch = own.or(old).map(|url| Watch { url, method, events });
    records.then_some(RecordingWish { format: "wav", from: 2, watch })
}

/// Words with blanks between them; those that are not known are remarked on.
fn words(attributes: &mut Attributes<'_, '_>, name: &'static str, known: &[&str]) -> Vec<String> {
    let text = attributes.text(name);
    let (fine, strange): (Vec<_>, Vec<_>) =
        text.split_whitespace().partition(|word| known.contains(word));
    if !strange.is_empty() {
        let strange: String = strange.join(" ").chars().take(60).collect();
        let message = format!("{name} has no {strange:?}; there are {}", known.join(", "));
        attributes.warn(name, message);
    }
    fine.into_iter().map(str::to_owned).collect()
}
