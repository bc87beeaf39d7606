//! `<Speak>` (`reference/plivo.md` 4.1).

use crate::{
    base::phone::KeySet,
    call::Speech,
    xml::{
        attributes::Attributes,
        notes::Notes,
        ssml,
        tree::Element,
        verbs::{Action, Answer, Compiled, Spoken},
    },
};

/// `None` if there is nothing to say. Languages are the operator's to map, so that none makes the
/// document invalid.
pub(in crate::xml) fn speak(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    let mut attributes = Attributes::of(element, notes);
    let voice = attributes.text("voice");
    let language = attributes.text("language");
    let loops = attributes.loops();
    // The old framework's.
    let engine = attributes.text("engine");
    attributes.unsupported("type", "the text is said as text");
    attributes.accepted(&["method"]);
    attributes.done();
    let voice = Speech { text: String::new(), voice, language, engine };
    let sounds = ssml::sounds(element, &voice, notes);
    if sounds.is_empty() {
        return None;
    }
    let detail = ssml::detail(&sounds);
    let spoken = Spoken { sounds, loops, keys: KeySet::NONE };
    Some((Action::Speak(spoken), detail, Answer::Before))
}
