//! `<Record>` (`reference/plivo.md` 4.5).

use super::then;
use crate::{
    base::phone::{Key, KeySet},
    call,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Record, Then},
    },
};
use std::time::Duration;

/// `None` for the recordings that run beside the call, which this release does not make.
pub(in crate::xml) fn record(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let then = then::then(&mut attributes);
    // Plivo's own default is mp3, which needs a module that a switch may not have.
    let format = attributes.choice("fileFormat", &[("mp3", "mp3"), ("wav", "wav")], "wav");
    let silence = attributes.whole("timeout", 1..=3_600, 15);
    let max = attributes.whole("maxLength", 2..=86_400, 60);
    let beep = attributes.flag("playBeep", true);
    // The older documentation has a set of keys.
    let keys = attributes.keys("finishOnKey", Key::new('#').into_iter().collect::<KeySet>());
    let url = attributes.url("callbackUrl");
    let method = attributes.method("callbackMethod");
    let ready = url.map(|url| Then { url, method, redirect: false });
    let mut beside = false;
    for name in ["recordSession", "startOnDialAnswer"] {
        beside |= attributes.flag(name, false);
        attributes.unsupported(name, "the call is not recorded, and the next element runs");
    }
    if attributes.given("recordChannelType").is_some_and(|kind| kind.trim() == "stereo") {
        attributes.warn("recordChannelType", "the caller alone is recorded, in mono");
    }
    attributes.unsupported("transcriptionType", "nothing is transcribed");
    attributes.unsupported("transcriptionUrl", "nothing is transcribed");
    attributes.accepted(&["transcriptionMethod", "transcriptionReportType"]);
    // The old framework's.
    for name in ["filePath", "fileName", "bothLegs"] {
        attributes.unsupported(name, "the operator decides where files go");
    }
    attributes.done();
    if beside {
        return None;
    }
    let rules = call::Record {
        max: Duration::from_secs(max.into()),
        silence: Some(Duration::from_secs(silence.into())),
        keys,
        beep,
        format,
        upload: None,
    };
    let record = Record { rules, then, ready };
    Some((Action::Record(record), format!("at most {max} s"), Answer::Before))
}
