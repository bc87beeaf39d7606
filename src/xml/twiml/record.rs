//! `<Record>` (`reference/twiml.md` 2.5).

use crate::{
    base::{phone::KeySet, web::UploadMethod},
    call,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        recordings::{self, Watcher},
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
    let max = attributes.whole("maxLength", 2..=86_400, 3_600);
    let beep = attributes.flag("playBeep", true);
    let watcher = Watcher::twiml(&mut attributes);
    let trim = recordings::trim(&mut attributes, true);
    attributes.accepted(&["recordingChannels", "recordingConfigurationId"]);
    attributes.unsupported("transcribe", "nothing is transcribed");
    attributes.unsupported("transcribeCallback", "nothing is transcribed");
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
    let record = Record { rules, trim, then: Some(then), watcher };
    (Action::Record(record), format!("at most {max} s"), Answer::Before)
}
