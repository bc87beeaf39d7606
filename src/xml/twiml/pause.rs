//! `<Pause>` (`reference/twiml.md` 2.3).

use crate::xml::{
    attributes::Attributes,
    content,
    notes::Notes,
    tree::Element,
    verbs::{Action, Answer, Compiled, Pause},
};
use std::time::Duration;

/// Before the call is answered it delays the answer by its length.
pub(in crate::xml) fn pause(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let length = attributes.whole("length", 1..=86_400, 1);
    attributes.done();
    let pause = Pause { length: Duration::from_secs(length.into()), until_silent: None };
    (Action::Pause(pause), format!("{length} s"), Answer::After)
}
