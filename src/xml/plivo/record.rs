//! `<Record>` (`reference/plivo.md` 4.5).

use super::then;
use crate::{
    base::phone::{Key, KeySet},
    call::{self, Track},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        recordings::{Beside, Reader, Source, Watcher},
        tree::Element,
        verbs::{Action, Answer, Compiled, Record, RecordBeside},
    },
};
use std::time::Duration;

/// Without `recordSession` and `startOnDialAnswer`, the caller is recorded and the document waits.
pub(in crate::xml) fn record(element: &Element, notes: &mut Notes) -> Compiled {
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
    let watcher = Watcher::plivo(&mut attributes);
    let session = attributes.flag("recordSession", false);
    let on_answer = attributes.flag("startOnDialAnswer", false);
    let stereo = attributes.choice("recordChannelType", &[("mono", false), ("stereo", true)], true);
    if !session && !on_answer && attributes.given("recordChannelType").is_some() && stereo {
        attributes.warn("recordChannelType", "the caller alone is recorded, in mono");
    }
    let url = attributes.url("transcriptionUrl").filter(|url| !url.is_empty());
    let method = attributes.method("transcriptionMethod");
    let reader = url.map(|url| Reader { url, method });
    let kinds = [("auto", ()), ("hybrid", ()), ("manual", ())];
    attributes.choice("transcriptionType", &kinds, ());
    attributes.accepted(&["transcriptionReportType"]);
    // The old framework's.
    for name in ["filePath", "fileName", "bothLegs"] {
        attributes.unsupported(name, "the operator decides where files go");
    }
    attributes.done();
    let max = Duration::from_secs(max.into());
    let detail = format!("at most {} s", max.as_secs());
    if session || on_answer {
        let beside = Beside {
            name: String::new(),
            source: Source::Record,
            format,
            track: Track::Both,
            stereo,
            max: Some(max),
            trim: false,
            watcher,
            reader,
        };
        // The session is recorded from here on, whatever a dial does.
        let on_answer = on_answer && !session;
        let record = RecordBeside { beside, on_answer, then };
        let detail = format!("beside the call, {detail}");
        // The step itself answers the call, if it records at once.
        return (Action::RecordBeside(record), detail, Answer::Never);
    }
    let silence = Some(Duration::from_secs(silence.into()));
    let rules = call::Record { max, silence, keys, beep, format, upload: None };
    let record = Record { rules, trim: false, then, watcher, reader };
    (Action::Record(record), detail, Answer::Before)
}
