//! Who is called: what happens to a leg that the switch dials, by number or SIP URI.

use super::caller::{Caller, Step};
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// How a called party behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    pub(super) ringing: bool,
    pub(super) early_media: bool,
    pub(super) after: Duration,
    pub(super) end: Ending,
    pub(super) talks: Option<Duration>,
    pub(super) keys: Vec<(Duration, char)>,
    pub(super) reason: Option<&'static str>,
    pub(super) script: VecDeque<Step>,
}

/// How dialling a callee turns out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Answers,
    Rejects { code: u16, phrase: String },
    Never,
    NoGateway,
}

impl Callee {
    /// Rings, answers after that long and talks until the other end hangs up.
    pub fn answers(after: Duration) -> Self {
        let ringing = !after.is_zero();
        Self {
            ringing,
            early_media: false,
            after,
            end: Ending::Answers,
            talks: None,
            keys: Vec::new(),
            reason: None,
            script: VecDeque::new(),
        }
    }

    /// Rejects with 486.
    pub fn busy() -> Self {
        Self::rejects(486, "Busy Here")
    }

    /// Rings for ever.
    pub fn never_answers() -> Self {
        Self { end: Ending::Never, ringing: true, ..Self::answers(Duration::ZERO) }
    }

    /// Does not react at all: not even a 180.
    pub fn silent() -> Self {
        Self { ringing: false, ..Self::never_answers() }
    }

    /// Rejects at once with a SIP code.
    pub fn rejects(code: u16, phrase: impl Into<String>) -> Self {
        let end = Ending::Rejects { code, phrase: phrase.into() };
        Self { end, ..Self::answers(Duration::ZERO) }
    }

    /// Plays early media (183) for that long, then rejects with a SIP code.
    pub fn early_media(lasts: Duration, code: u16, phrase: impl Into<String>) -> Self {
        let early = Self { ringing: false, early_media: true, ..Self::rejects(code, phrase) };
        Self { after: lasts, ..early }
    }

    /// The gateway that the dial string names does not exist.
    pub fn no_gateway() -> Self {
        Self { end: Ending::NoGateway, ..Self::answers(Duration::ZERO) }
    }

    /// Rings for that long before answering or rejecting.
    pub fn after(mut self, ringing: Duration) -> Self {
        self.after = ringing;
        self.ringing = !self.early_media;
        self
    }

    /// Hangs up that long after answering.
    pub fn talks(mut self, length: Duration) -> Self {
        self.talks = Some(length);
        self
    }

    /// Rejects with a Q.850 Reason header of that cause (name or number), which then counts more
    /// than the SIP code.
    pub fn reason(mut self, cause: &str) -> Self {
        self.reason = Some(super::causes::named(cause));
        self
    }

    /// Does what the caller's script says while the server attends to the leg, before it is connected.
    pub fn attended(mut self, script: Caller) -> Self {
        self.script = script.steps;
        self
    }

    /// Types a key that long after answering.
    pub fn types(mut self, after: Duration, key: char) -> Self {
        self.keys.push((after, key));
        self
    }
}

/// The called parties that a switch can reach.
#[derive(Clone, Debug)]
pub struct Callees {
    known: BTreeMap<String, Callee>,
    others: Callee,
}

impl Default for Callees {
    /// Everybody answers after two seconds and talks for ten.
    fn default() -> Self {
        let others = Callee::answers(Duration::from_secs(2)).talks(Duration::from_secs(10));
        Self { known: BTreeMap::new(), others }
    }
}

impl Callees {
    /// Adds a callee. `address` is a number (`+4930123`), a user, or a whole SIP URI without
    /// `sip:` (`user@host`); the most exact one is used.
    pub fn with(mut self, address: impl Into<String>, callee: Callee) -> Self {
        self.known.insert(address.into(), callee);
        self
    }

    /// What everybody else does.
    pub fn others(mut self, callee: Callee) -> Self {
        self.others = callee;
        self
    }

    /// Who is behind an address as it stands in a dial string.
    pub(super) fn find(&self, address: &str) -> &Callee {
        let bare = address.trim_start_matches("sips:").trim_start_matches("sip:");
        let without_parameters = bare.split(';').next().unwrap_or(bare);
        let user = without_parameters.split('@').next().unwrap_or_default();
        let forms = [address, bare, without_parameters, user, user.trim_start_matches('+')];
        forms.iter().find_map(|form| self.known.get(*form)).unwrap_or(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_address_is_used() {
        let callees = Callees::default()
            .with("bob@example.org", Callee::busy())
            .with("bob", Callee::never_answers());
        assert_eq!(callees.find("sip:bob@example.org;transport=tcp"), &Callee::busy());
        assert_eq!(callees.find("bob@elsewhere"), &Callee::never_answers());
        assert_eq!(callees.find("+49301"), &callees.others);
    }
}
