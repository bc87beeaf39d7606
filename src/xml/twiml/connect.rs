//! `<Connect>` (`reference/twiml.md` 2.12): the call becomes a session, until that ends.

use super::stream;
use crate::xml::{
    attributes::Attributes,
    content,
    notes::Notes,
    tree::Element,
    verbs::{Compiled, Then},
};

/// What a `<Connect>` becomes.
pub(in crate::xml) enum Connected {
    /// A session.
    Session(Box<Compiled>),
    /// Nothing: it is left out.
    LeftOut,
    /// A session that there is not here: without it the document would do something else than it says.
    Refused,
}

/// The first noun counts.
pub(in crate::xml) fn connect(element: &Element, notes: &mut Notes) -> Connected {
    content::no_text(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let url = attributes.url("action").filter(|url| !url.is_empty());
    let method = attributes.method("method");
    attributes.done();
    let then = url.map(|url| Then { url, method, redirect: true });
    let mut nouns = element.elements();
    let Some(noun) = nouns.next() else {
        notes.warn(element.at, "<Connect> is empty and does nothing");
        return Connected::LeftOut;
    };
    for further in nouns {
        let (name, at) = (further.name.chars().take(60).collect::<String>(), further.at);
        notes.warn(at, format!("<{name}> is ignored: a <Connect> has one noun"));
    }
    if noun.name == "Stream" {
        return match stream::stream(noun, true, then, notes) {
            Some(session) => Connected::Session(Box::new(session)),
            None => Connected::LeftOut,
        };
    }
    let name: String = noun.name.chars().take(60).collect();
    let message = format!("<{name}> in <Connect> is not supported: the document cannot be run");
    notes.error(noun.at, message);
    Connected::Refused
}
