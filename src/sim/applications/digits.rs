//! `play_and_get_digits` and `read` (`reference/freeswitch.md` 3.4).

use super::playback::{Keys, Played};
use crate::sim::channel::{Channel, Passed, Wait};
use regex::Regex;
use std::time::Duration;

/// Shortest time-out: smaller ones become this.
const SHORTEST: Duration = Duration::from_millis(1_000);

/// Most digits of one entry.
const MOST: usize = 128;

/// What is to be collected.
#[derive(Clone, Debug)]
struct Collection {
    min: usize,
    max: usize,
    timeout: Duration,
    digit_timeout: Duration,
    terminators: String,
    file: String,
    variable: String,
}

/// How one try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Success,
    Timeout,
    Failure,
}

impl Channel {
    /// `<min> <max> <tries> <timeout> <terminators> <file> <invalid-file> <var> <regexp>
    /// [<digit-timeout> [<failure-transfer>]]`
    pub(super) async fn play_and_get_digits(&mut self, argument: &str) {
        let words = words(argument);
        let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
        if words.len() < 9 {
            return;
        }
        let timeout = milliseconds(word(3)).unwrap_or(SHORTEST);
        let collection = Collection {
            min: word(0).parse().unwrap_or(0),
            max: word(1).parse().unwrap_or(MOST).clamp(1, MOST),
            timeout,
            digit_timeout: milliseconds(word(9)).unwrap_or(timeout),
            terminators: word(4).to_owned(),
            file: word(5).to_owned(),
            variable: word(7).to_owned(),
        };
        let pattern = Regex::new(word(8)).ok();
        let tries: u32 = word(2).parse().unwrap_or(1);
        for _ in 0..tries.max(1) {
            let (entry, digits) = self.collect(&collection).await;
            if self.ended.is_some() || self.left.is_some() {
                return;
            }
            if entry != Entry::Failure {
                let fits = pattern.as_ref().is_none_or(|pattern| pattern.is_match(&digits));
                if fits {
                    return;
                }
                let invalid = format!("{}_invalid", collection.variable);
                self.leg.variables.unset(&collection.variable);
                self.leg.variables.set(&invalid, digits);
            }
            if !word(6).is_empty() {
                self.play(word(6), Keys::Left).await;
            }
        }
        if !word(10).is_empty() {
            let to = word(10).split_ascii_whitespace().next().unwrap_or_default().to_owned();
            self.left = Some(crate::sim::channel::Left::Transferred(to));
        }
    }

    /// `<min> <max> <file> <var> <timeout> <terminators> [<digit-timeout>]`
    pub(super) async fn read(&mut self, argument: &str) {
        let words = words(argument);
        let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
        if words.len() < 4 {
            return;
        }
        let timeout = milliseconds(word(4)).unwrap_or(SHORTEST);
        let collection = Collection {
            min: word(0).parse().unwrap_or(0),
            max: word(1).parse().unwrap_or(MOST).clamp(1, MOST),
            timeout,
            digit_timeout: milliseconds(word(6)).unwrap_or(timeout),
            terminators: word(5).to_owned(),
            file: word(2).to_owned(),
            variable: word(3).to_owned(),
        };
        self.collect(&collection).await;
    }

    /// One try: the prompt, then the digits.
    async fn collect(&mut self, collection: &Collection) -> (Entry, String) {
        self.leg.variables.unset("read_result");
        self.leg.variables.unset(&collection.variable);
        let mut digits = String::new();
        let mut terminated = false;
        if !collection.file.is_empty()
            && let Played::Key(key) = self.play(&collection.file, Keys::Any).await
        {
            terminated = self.entered(collection, key, &mut digits);
        }
        let mut until = self.clock.now() + collection.timeout.max(SHORTEST);
        if !digits.is_empty() {
            until = self.clock.now() + collection.digit_timeout.max(SHORTEST);
        }
        let mut in_time = true;
        while !terminated && digits.chars().count() < collection.max && in_time {
            match self.pass(Wait { breaks: false, ..Wait::media(Some(until)) }).await {
                Passed::Due => in_time = false,
                Passed::Over => break,
                Passed::Digit(key) => {
                    terminated = self.entered(collection, key, &mut digits);
                    until = self.clock.now() + collection.digit_timeout.max(SHORTEST);
                }
                Passed::Nested(took) => until += took,
                _ => {}
            }
        }
        let enough = digits.chars().count() >= collection.min;
        let entry = match (in_time, enough) {
            (true, true) => Entry::Success,
            (false, true) if !digits.is_empty() || collection.min == 0 => Entry::Timeout,
            _ => Entry::Failure,
        };
        let over = self.ended.is_some();
        self.leg.variables.set(
            "read_result",
            match entry {
                _ if over => "success",
                Entry::Success => "success",
                Entry::Timeout => "timeout",
                Entry::Failure => "failure",
            },
        );
        self.leg.variables.set(&collection.variable, &*digits);
        (entry, digits)
    }

    /// Takes a key into the entry; `true` if it ends it.
    fn entered(&mut self, collection: &Collection, key: char, digits: &mut String) -> bool {
        let written = collection.terminators.trim_start_matches('=');
        let (included, set) = match written.strip_prefix('+') {
            Some(set) => (true, set),
            None => (false, written),
        };
        let set = if set.is_empty() { "#" } else { set };
        let ends = set.contains(key);
        if ends {
            self.leg.variables.set("read_terminator_used", key.to_string());
        }
        if included || !ends {
            digits.push(key);
        }
        ends
    }
}

fn milliseconds(word: &str) -> Option<Duration> {
    word.trim().parse().ok().map(Duration::from_millis)
}

/// Words between blanks; `'…'` keeps blanks, and `\s`, `\n`, `\t`, `\'`, `\\` mean characters.
/// Any other backslash stays, so that patterns survive.
pub(super) fn words(argument: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = argument.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            '\\' => {
                let meant = match characters.peek() {
                    Some('n') => Some('\n'),
                    Some('r') => Some('\r'),
                    Some('t') => Some('\t'),
                    Some('s') => Some(' '),
                    Some(c @ ('\'' | '"' | '\\')) => Some(*c),
                    _ => None,
                };
                if meant.is_some() {
                    characters.next();
                }
                word.get_or_insert_default().push(meant.unwrap_or('\\'));
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_keep_patterns_and_quotes() {
        assert_eq!(words(r"1 4 # 'a b' '' pin ^\d+$"), ["1", "4", "#", "a b", "", "pin", r"^\d+$"]);
        assert_eq!(words(r"a\sb c\\d"), ["a b", r"c\d"]);
    }
}
