//! What a call's callflows have decided about the caller and the number; it lasts over pivots.

use crate::{base::CallFacts, call::CallerId};

/// Caller id as later legs see it, and the number that led here.
#[derive(Debug, Default)]
pub(super) struct Caller {
    name: String,
    number: String,
    name_prefix: String,
    number_prefix: String,
    /// The number that a menu hunted for, or what its pattern captured: what `resources` dials.
    pub(super) hunted: Option<String>,
}

impl Caller {
    /// Takes a new name and number; empty ones keep what was there (`set_cid`).
    pub(super) fn set(&mut self, name: &str, number: &str) {
        for (kept, new) in [(&mut self.name, name), (&mut self.number, number)] {
            if !new.is_empty() {
                new.clone_into(kept);
            }
        }
    }

    /// Puts prefixes before those that are there.
    pub(super) fn prepend(&mut self, name: &str, number: &str) {
        self.name_prefix.insert_str(0, name);
        self.number_prefix.insert_str(0, number);
    }

    /// Removes all prefixes.
    pub(super) fn reset_prefixes(&mut self) {
        self.name_prefix.clear();
        self.number_prefix.clear();
    }

    /// What later legs are shown; empty parts are the caller's own.
    pub(super) fn shown(&self, facts: &CallFacts) -> CallerId {
        let part = |prefix: &str, set: &str, own: &str| match (prefix, set) {
            ("", set) => set.to_owned(),
            (prefix, "") => format!("{prefix}{own}"),
            (prefix, set) => format!("{prefix}{set}"),
        };
        CallerId {
            name: part(&self.name_prefix, &self.name, &facts.caller_name),
            number: part(&self.number_prefix, &self.number, &facts.caller_number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_stand_before_the_newest_name() {
        let facts = CallFacts { caller_name: "Ann".into(), ..CallFacts::default() };
        let mut caller = Caller::default();
        assert_eq!(caller.shown(&facts), CallerId::default());
        caller.prepend("Sales: ", "");
        caller.prepend("VIP ", "9");
        assert_eq!(caller.shown(&facts).name, "VIP Sales: Ann");
        caller.set("Bob", "");
        assert_eq!(caller.shown(&facts).name, "VIP Sales: Bob");
        caller.reset_prefixes();
        assert_eq!(caller.shown(&facts), CallerId { name: "Bob".into(), number: String::new() });
    }
}
