//! The nouns of `<Dial>` that are dialled (`reference/twiml.md` 2.7, `reference/piston.md` 2.9.2).

use super::{leg_attributes, sip_noun};
use crate::{
    base::phone::{Number, SipUri},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::{At, Element},
        verbs::{Leg, Whom},
    },
};

/// Nouns that this release does not dial, and what they would reach.
const NOT_DIALLED: [(&str, &str); 5] = [
    ("Queue", "queues beside others"),
    ("Application", "applications"),
    ("Sim", "SIM cards"),
    ("WhatsApp", "WhatsApp"),
    ("Device", "devices by their id"),
];

/// Reads one noun; a remark says why it is not dialled. A Sip may be several legs.
pub(in crate::xml) fn noun(element: &Element, notes: &mut Notes) -> Vec<Leg> {
    match element.name.as_str() {
        "Number" => number(element, notes).into_iter().collect(),
        "Sip" => sip_noun::sip(element, notes),
        "Client" | "User" => user(element, notes).into_iter().collect(),
        "Conference" => {
            let message = "<Conference> is ignored: it is not mixed with other nouns (13000)";
            notes.warn(element.at, message);
            Vec::new()
        }
        name => {
            match NOT_DIALLED.iter().find(|(known, _)| *known == name) {
                Some((_, what)) => {
                    let message = format!("<{name}> is not dialled: {what} are not supported");
                    notes.warn(element.at, message);
                }
                None => {
                    let name: String = name.chars().take(60).collect();
                    let message = format!(
                        "<{name}> inside <Dial> is ignored: Number, Sip, Client and User are dialled"
                    );
                    notes.error(element.at, message);
                }
            }
            Vec::new()
        }
    }
}

/// A telephone number, as the text of a Dial or a Number.
pub(super) fn number_leg(text: &str, at: At, notes: &mut Notes) -> Option<Leg> {
    match Number::parse(text) {
        Ok(number) => Some(Leg::to(Whom::Number(number))),
        Err(error) => {
            notes.error(at, format!("{error}; it is not dialled"));
            None
        }
    }
}

fn number(element: &Element, notes: &mut Notes) -> Option<Leg> {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let own = leg_attributes::read(&mut attributes);
    attributes.unsupported("byoc", "the operator's gateways are used");
    attributes.done();
    let mut leg = number_leg(&element.text(), element.text_at(), notes)?;
    own(&mut leg);
    Some(leg)
}

/// Twilio's Client, and KAZOO's User: somebody registered at the switch. A Client's parameters travel as
/// headers, which is how Twilio's own clients get them.
fn user(element: &Element, notes: &mut Notes) -> Option<Leg> {
    let mut name = element.text();
    let mut headers = Vec::new();
    for inner in element.elements() {
        match inner.name.as_str() {
            "Identity" => {
                Attributes::of(inner, notes).done();
                name = inner.text();
            }
            "Parameter" => {
                let mut attributes = Attributes::of(inner, notes);
                let (key, value) = (attributes.text("name"), attributes.text("value"));
                attributes.done();
                if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                    let message = "this <Parameter> is not passed on: its name holds letters, \
                                   digits and hyphens";
                    notes.warn(inner.at, message);
                } else {
                    headers.push((format!("X-{key}"), value));
                }
            }
            other => notes.warn(inner.at, format!("<{other}> is ignored here")),
        }
    }
    let mut attributes = Attributes::of(element, notes);
    let own = leg_attributes::read(&mut attributes);
    attributes.unsupported("clientNotificationUrl", "nobody is notified");
    attributes.done();
    let mut leg = user_leg(&name, element, notes)?;
    own(&mut leg);
    leg.headers = headers;
    Some(leg)
}

/// A leg to somebody registered at the switch, in either dialect.
pub(in crate::xml) fn user_leg(name: &str, element: &Element, notes: &mut Notes) -> Option<Leg> {
    let name = name.trim().to_owned();
    // Any domain makes the check complete; the real one is the operator's.
    let whole = if name.contains('@') { name.clone() } else { format!("{name}@localhost") };
    let whom = if element.name == "Client" { Whom::Client } else { Whom::User };
    match SipUri::parse(&whole) {
        Ok(_) => Some(Leg::to(whom(name))),
        Err(_) => {
            let name: String = name.chars().take(60).collect();
            let message = format!("{name:?} is not the name of a user; it is not dialled");
            notes.error(element.text_at(), message);
            None
        }
    }
}
