//! The words of the table.

use crate::xml::Dialect;

/// What becomes of an element or attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As its vendor documents it.
    Works,
    /// Works with this limit.
    Limited(&'static str),
    /// Does not work: why, and what the call does then.
    Refused(&'static str),
}

/// One attribute.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it.
    pub state: State,
    /// What is worth saying about one that works.
    pub note: &'static str,
}

/// One element, with its attributes.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The vendor that has it; `None` for both.
    pub dialect: Option<Dialect>,
    /// Where it stands below `<Response>`, with its own name: `Dial/Number`. Several places mean the
    /// same thing in each.
    pub places: &'static [&'static str],
    /// What becomes of it.
    pub state: State,
    /// What is worth saying about one that works.
    pub note: &'static str,
    /// What stands inside it in the smallest document.
    pub body: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

impl Entry {
    /// The element's name.
    pub fn name(&self) -> &'static str {
        let place = self.places.first().copied().unwrap_or_default();
        place.rsplit('/').next().unwrap_or_default()
    }

    /// What is worth saying about it.
    pub const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// What stands inside it.
    pub const fn holds(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    /// Its attributes.
    pub const fn with(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Works with a limit.
    pub const fn limited(mut self, which: &'static str) -> Self {
        self.state = State::Limited(which);
        self
    }

    /// Is refused.
    pub const fn refused(mut self, why: &'static str) -> Self {
        self.state = State::Refused(why);
        self
    }
}

/// An element of TwiML that works.
pub(super) const fn twiml(places: &'static [&'static str]) -> Entry {
    Entry { dialect: Some(Dialect::Twiml), ..both(places) }
}

/// An element of Plivo XML that works.
pub(super) const fn plivo(places: &'static [&'static str]) -> Entry {
    Entry { dialect: Some(Dialect::Plivo), ..both(places) }
}

/// An element of both that works.
pub(super) const fn both(places: &'static [&'static str]) -> Entry {
    Entry { dialect: None, places, state: State::Works, note: "", body: "", attributes: &[] }
}

impl Attribute {
    /// What is worth saying about it.
    pub const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

/// An attribute that works.
pub(super) const fn works(name: &'static str) -> Attribute {
    Attribute { name, state: State::Works, note: "" }
}

/// An attribute that works with a limit.
pub(super) const fn limited(name: &'static str, which: &'static str) -> Attribute {
    Attribute { name, state: State::Limited(which), note: "" }
}

/// An attribute that is refused; without a reason it is refused with its element.
pub(super) const fn refused(name: &'static str, why: &'static str) -> Attribute {
    Attribute { name, state: State::Refused(why), note: "" }
}
