//! `<Recording>` in `<Start>` and `<Stop>` (`reference/twiml.md` 2.11).

use crate::xml::{
    attributes::Attributes,
    content,
    notes::Notes,
    recordings::{self, Beside, Source, Watcher},
    tree::Element,
    verbs::{Action, Answer, Compiled, RecordBeside, StopRecording},
};

/// Recorded until it is stopped, or the call ends. The step itself answers the call.
pub(super) fn started(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let name = attributes.text("name");
    let beside = Beside {
        source: Source::Start,
        format: "wav",
        track: recordings::track(&mut attributes, "track"),
        stereo: attributes.choice("channels", &[("dual", true), ("mono", false)], true),
        max: None,
        trim: recordings::trim(&mut attributes, true),
        watcher: Watcher::twiml(&mut attributes),
        reader: None,
        name: name.clone(),
    };
    attributes.accepted(&["recordingConfigurationId"]);
    attributes.done();
    let detail = if name.is_empty() { "recording".to_owned() } else { format!("recording {name}") };
    let record = RecordBeside { beside, on_answer: false, then: None };
    (Action::RecordBeside(record), detail, Answer::Never)
}

/// The one of that name; without a name, the one that was begun last.
pub(super) fn stopped(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let name = attributes.text("name");
    attributes.done();
    let detail = if name.is_empty() { "recording".to_owned() } else { format!("recording {name}") };
    (Action::StopRecording(StopRecording { name }), detail, Answer::Never)
}
