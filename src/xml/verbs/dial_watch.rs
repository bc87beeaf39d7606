//! Plivo's `callbackUrl` of a Dial, and the keys that are watched for during the conversation.

use super::Then;
use crate::base::phone::Key;

/// Who is told how a Dial goes, and which keys matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Watch {
    /// `callbackUrl`.
    pub to: Then,
    /// `digitsMatch`: of the caller.
    pub caller: Vec<String>,
    /// `digitsMatchBLeg`: of the called party.
    pub callee: Vec<String>,
}

/// What one side has typed of the patterns that are watched for.
#[derive(Debug, Default)]
pub(super) struct Matcher(String);

impl Matcher {
    /// Takes a key; gives the longest pattern that it completes. What was matched counts no further.
    pub(super) fn typed<'p>(&mut self, key: Key, patterns: &'p [String]) -> Option<&'p str> {
        self.0.push(key.char());
        let complete = patterns.iter().filter(|pattern| self.0.ends_with(pattern.as_str()));
        let found = complete.max_by_key(|pattern| pattern.len());
        let longest = patterns.iter().map(String::len).max().unwrap_or(0);
        if found.is_some() {
            self.0.clear();
        } else if self.0.len() > longest {
            // Keys are one byte each.
            self.0.remove(0);
        }
        found.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_wherever_they_are_typed() {
        let patterns = ["12".to_owned(), "312".to_owned(), "*".to_owned()];
        let mut matcher = Matcher::default();
        let found: Vec<_> = "9123121*"
            .chars()
            .map(|c| matcher.typed(Key::new(c).unwrap(), &patterns).unwrap_or(""))
            .collect();
        assert_eq!(found, ["", "", "12", "", "", "312", "", "*"]);
    }
}
