//! `<Say>` (`reference/twiml.md` 2.1).

use crate::{
    base::phone::KeySet,
    call::Speech,
    xml::{attributes::Attributes, notes::Notes, ssml, tree::Element, verbs::Compiled},
};

/// `None` if there is nothing to say (Twilio's warning 13520).
pub(in crate::xml) fn say(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    let mut attributes = Attributes::of(element, notes);
    let voice = attributes.text("voice");
    let language = attributes.language("language");
    let loops = attributes.loops();
    // KAZOO's.
    let keys = attributes.keys("terminators", KeySet::NONE);
    let engine = attributes.text("engine");
    attributes.done();
    let allowed = ssml::Allowed::twilio(&voice);
    // An absent language is the call's own; Twilio's en-US is a setting of the account there.
    let voice = Speech { voice, language, engine, ..Speech::default() };
    ssml::spoken(element, &voice, (loops, keys), Some(allowed), notes)
}
