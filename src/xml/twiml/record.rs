//! `<Record>` (`reference/twiml.md` 2.5).

use crate::{
    base::{phone::KeySet, web::UploadMethod},
    call,
    config::Method,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        recordings::{self, Reader, Watcher},
        tree::Element,
        verbs::{Action, Answer, Compiled, Record, Then},
    },
};
use std::time::Duration;

/// An empty recording is told like any other: Twilio's documentation has dropped the exception.
pub(in crate::xml) fn record(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let then = Then {
        url: attributes.url("action").unwrap_or_default(),
        method: attributes.method("method"),
        redirect: true,
    };
    let silence = attributes.whole("timeout", 0..=3_600, 5);
    let keys = attributes.keys("finishOnKey", KeySet::KEYPAD);
    let transcribe = attributes.flag("transcribe", false);
    // Who wants to read it wants it transcribed.
    let reader = attributes.url("transcribeCallback").filter(|url| !url.is_empty());
    let reader = reader.map(|url| Reader { url, method: Method::Post });
    if transcribe && reader.is_none() {
        let message = "the text is sent to transcribeCallback, which is missing";
        attributes.warn("transcribe", message);
    }
    let longest = if reader.is_some() { 120 } else { 3_600 };
    let max = attributes.whole("maxLength", 2..=86_400, longest);
    let beep = attributes.flag("playBeep", true);
    let watcher = Watcher::twiml(&mut attributes);
    let trim = recordings::trim(&mut attributes, true);
    attributes.accepted(&["recordingChannels", "recordingConfigurationId"]);
    attributes.unsupported("recordingTrack", "the caller is recorded");
    // KAZOO's.
    let upload = attributes
        .web_address("recordingUrl")
        .map(|url| call::UploadTarget { url, method: UploadMethod::Put });
    attributes.done();
    let rules = call::Record {
        max: Duration::from_secs(max.into()),
        silence: (silence > 0).then(|| Duration::from_secs(silence.into())),
        keys,
        beep,
        format: "wav",
        upload,
    };
    let record = Record { rules, trim, then: Some(then), watcher, reader };
    (Action::Record(record), format!("at most {max} s"), Answer::Before)
}
