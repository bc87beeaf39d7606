//! `<Speak>` (`reference/plivo.md` 4.1).

use crate::{
    base::phone::KeySet,
    call::Speech,
    xml::{attributes::Attributes, notes::Notes, ssml, tree::Element, verbs::Compiled},
};

/// `None` if there is nothing to say. Languages are the operator's to map, so that none makes the
/// document invalid.
pub(in crate::xml) fn speak(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    let mut attributes = Attributes::of(element, notes);
    let voice = attributes.text("voice");
    let language = attributes.language("language");
    let loops = attributes.loops();
    // The old framework's.
    let engine = attributes.text("engine");
    attributes.unsupported("type", "the text is said as text");
    attributes.accepted(&["method"]);
    attributes.done();
    let allowed = ssml::Allowed::plivo(&voice);
    let voice = Speech { voice, language, engine, ..Speech::default() };
    ssml::spoken(element, &voice, (loops, KeySet::NONE), allowed, notes)
}
