//! `<Wait>` (`reference/plivo.md` 4.2).

use crate::xml::{
    attributes::Attributes,
    content,
    notes::Notes,
    tree::Element,
    verbs::{Action, Answer, Compiled, Pause},
};
use std::time::Duration;

/// It does not answer the call: as the first element it delays what the next one does, also a
/// refusal.
pub(in crate::xml) fn wait(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let length = attributes.whole("length", 1..=86_400, 1);
    attributes.unsupported("silence", "it waits for its whole length");
    attributes.unsupported("beep", "it waits for its whole length");
    attributes.accepted(&["minSilence", "min_silence"]);
    attributes.done();
    let pause = Pause { length: Duration::from_secs(length.into()) };
    (Action::Pause(pause), format!("{length} s"), Answer::Never)
}
