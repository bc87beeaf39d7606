//! Finding a state.

use super::{
    conferences, dialling,
    entry::{Entry, State},
    input, leaving, messages, queues, recording, speaking, streams,
};
use crate::xml::{Dialect, tree::Element};

/// The families, in the order in which they are shown.
pub(super) const FAMILIES: [(&str, &[Entry]); 9] = [
    ("Speaking and playing", speaking::ALL),
    ("Input", input::ALL),
    ("Recording", recording::ALL),
    ("Dialling", dialling::ALL),
    ("Conferences", conferences::ALL),
    ("Queues", queues::ALL),
    ("Leaving, and variables", leaving::ALL),
    ("Streams and sessions", streams::ALL),
    ("Messages and payments", messages::ALL),
];

/// Whose an element is, with its attributes: for an element or attribute that one dialect alone has,
/// `true` for that one. `within` is the name of the element around it.
pub(in crate::xml) fn vendors(within: &str, element: &Element) -> Vendors {
    let name = element.name.as_str();
    let stands_here = |place: &&str| match place.rsplit_once('/') {
        Some((parents, last)) => last == name && parents.rsplit('/').next() == Some(within),
        None => *place == name && within.is_empty(),
    };
    let (mut here, mut anywhere) = (Vec::new(), Vec::new());
    for entry in elements() {
        if entry.places.iter().any(stands_here) {
            here.push(entry);
        } else if entry.name() == name {
            anywhere.push(entry);
        }
    }
    // A prompt may stand in many places, of which the table has one.
    let found = if here.is_empty() { anywhere } else { here };
    let mut vendors = Vendors::default();
    vendors.take(found.iter().copied());
    for attribute in &element.attributes {
        let has = |entry: &&Entry| entry.attributes.iter().any(|a| a.name == attribute.name);
        vendors.take(found.iter().copied().filter(has));
    }
    vendors
}

/// Which vendors alone have something.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::xml) struct Vendors {
    pub twiml: bool,
    pub plivo: bool,
}

impl Vendors {
    /// Takes the entries of one thing.
    fn take<'e>(&mut self, entries: impl Iterator<Item = &'e Entry> + Clone) {
        let all = |dialect| entries.clone().all(|entry| entry.dialect == Some(dialect));
        if entries.clone().next().is_some() {
            self.twiml |= all(Dialect::Twiml);
            self.plivo |= all(Dialect::Plivo);
        }
    }
}

/// All elements, family by family.
pub fn elements() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().flat_map(|(_, entries)| entries.iter())
}

/// Why an element's attribute is refused; `None` if it is not, or if nobody has ever heard of it.
pub(in crate::xml) fn refusal(element: &str, attribute: &str) -> Option<&'static str> {
    let of_element = elements().filter(|entry| entry.name() == element);
    let mut found = of_element.flat_map(|entry| entry.attributes.iter());
    found.find_map(|known| match known.state {
        State::Refused(why) if known.name == attribute && !why.is_empty() => Some(why),
        _ => None,
    })
}
