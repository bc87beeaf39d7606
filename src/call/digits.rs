//! Keys: those the caller has typed and nobody has taken yet, and those we send.

use crate::base::{limits, phone::Key};
use std::{collections::VecDeque, fmt};

/// Keys typed ahead, kept for the whole call. The oldest are pushed out when there are too many.
#[derive(Debug, Default)]
pub(super) struct TypedAhead(VecDeque<Key>);

impl TypedAhead {
    pub(super) fn push(&mut self, key: Key) {
        if self.0.len() == limits::TYPED_AHEAD {
            self.0.pop_front();
        }
        self.0.push_back(key);
    }

    pub(super) fn take(&mut self) -> Option<Key> {
        self.0.pop_front()
    }

    /// Takes back the newest key, which ended what was running.
    pub(super) fn take_last(&mut self) -> Option<Key> {
        self.0.pop_back()
    }

    /// Takes back the newest of these keys: it was meant for something else.
    pub(super) fn take_back(&mut self, key: Key) {
        if let Some(at) = self.0.iter().rposition(|typed| *typed == key) {
            self.0.remove(at);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn as_string(&self) -> String {
        self.0.iter().map(|key| key.char()).collect()
    }
}

/// Keys and pauses to send: `0`–`9`, `*`, `#`, `A`–`D`, `w` (half a second), `W` (a second).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitString(String);

/// What cannot be sent as keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be sent as keys: use 0-9 * # A-D, w (half a second) and W (a second)")]
pub struct DigitStringError(String);

impl DigitString {
    /// Most keys and pauses in one string.
    const LONGEST: usize = 256;

    /// Checks a string of keys and pauses. Commas are read as `W`, blanks are dropped.
    pub fn parse(text: &str) -> Result<Self, DigitStringError> {
        let keys: String =
            text.chars().filter(|c| *c != ' ').map(|c| if c == ',' { 'W' } else { c }).collect();
        let fits = (1..=Self::LONGEST).contains(&keys.len())
            && keys.chars().all(|c| matches!(c, 'w' | 'W') || Key::new(c).is_some());
        if fits { Ok(Self(keys)) } else { Err(DigitStringError(text.chars().take(60).collect())) }
    }

    /// The keys and pauses.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many keys are sent, without the pauses.
    pub fn keys(&self) -> u32 {
        u32::try_from(self.0.chars().filter(|c| !matches!(c, 'w' | 'W')).count())
            .unwrap_or(u32::MAX)
    }

    /// Length of the pauses in half seconds.
    pub fn half_seconds(&self) -> u32 {
        self.0
            .chars()
            .map(|c| match c {
                'w' => 1,
                'W' => 2,
                _ => 0,
            })
            .sum()
    }
}

impl fmt::Display for DigitString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_keys_are_pushed_out() {
        let mut typed = TypedAhead::default();
        typed.push(Key::new('*').unwrap());
        (0..limits::TYPED_AHEAD).for_each(|_| typed.push(Key::new('7').unwrap()));
        assert_eq!(typed.as_string(), "7".repeat(limits::TYPED_AHEAD));
    }

    #[test]
    fn only_keys_and_pauses_are_sent() {
        assert_eq!(DigitString::parse("12w3, #").unwrap().as_str(), "12w3W#");
        for text in ["", "12@5", "1\n2", "x"] {
            assert!(DigitString::parse(text).is_err(), "{text:?}");
        }
    }
}
