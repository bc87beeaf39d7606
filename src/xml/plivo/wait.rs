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
    let silence = attributes.flag("silence", false);
    let mut given = attributes.whole_if_given("minSilence", 1..=86_400_000);
    // plivo-node's.
    given = given.or(attributes.whole_if_given("min_silence", 1..=86_400_000));
    let silent = Duration::from_millis(given.unwrap_or(2_000).into());
    attributes.unsupported("beep", "it waits for its whole length");
    let length = Duration::from_secs(length.into());
    if silence && silent >= length {
        attributes
            .warn("silence", "minSilence is not shorter than length: it waits for its length");
    } else if !silence && given.is_some() {
        attributes.warn("minSilence", "minSilence has no effect without silence=\"true\"");
    }
    attributes.done();
    let until_silent = (silence && silent < length).then_some(silent);
    let detail = match until_silent {
        Some(silent) => format!("{} s, or {} ms of silence", length.as_secs(), silent.as_millis()),
        None => format!("{} s", length.as_secs()),
    };
    (Action::Pause(Pause { length, until_silent }), detail, Answer::Never)
}
