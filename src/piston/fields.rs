//! The keys of one object of a document: read by name and type, with a remark for each that is not
//! as it should be, and for each that nobody asked for.

use super::{
    json::{Json, Kind, Object, shorten},
    report::Report,
};
use crate::base::{
    limits, nearest,
    phone::{Key, KeySet},
};
use regex::{Regex, RegexBuilder};
use std::{collections::HashSet, ops::RangeInclusive};

/// An object that is being read.
pub(super) struct Fields<'d, 'r, 't> {
    object: &'d Object,
    /// Where the object begins.
    at: usize,
    /// Its place in the tree: `/children/1/data`.
    path: String,
    report: &'r mut Report<'t>,
    known: Vec<&'static str>,
}

impl<'d, 'r, 't> Fields<'d, 'r, 't> {
    pub(super) fn new(
        object: &'d Object,
        at: usize,
        path: String,
        report: &'r mut Report<'t>,
    ) -> Self {
        Self { object, at, path, report, known: Vec::new() }
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'d Json> {
        self.known.push(key);
        let value = &self.object.get(key)?.value;
        (value.value != Kind::Null).then_some(value)
    }

    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'d str> {
        let value = self.value(key)?;
        match &value.value {
            Kind::Text(text) => Some(text),
            _ => self.refuse(key, value, "a text is allowed"),
        }
    }

    /// A text of so many characters.
    pub(super) fn text_of(
        &mut self,
        key: &'static str,
        length: RangeInclusive<usize>,
    ) -> Option<&'d str> {
        let text = self.text(key)?;
        let characters = text.chars().count();
        if length.contains(&characters) {
            return Some(text);
        }
        let (from, to) = length.into_inner();
        self.error(key, format!("found {characters} characters; {from} to {to} are allowed"));
        None
    }

    /// A text that `read` can make something of; otherwise it says what is allowed.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(allowed) => {
                self.error(key, format!("found the text {:?}; {allowed}", shorten(text)));
                None
            }
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let all = || words.iter().map(|(word, _)| *word);
        self.parsed(key, |text| match words.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(*meaning),
            None => {
                let allowed = format!("allowed is {}", list(all()));
                Err(format!("{allowed}{}", meant(text, all())))
            }
        })
    }

    /// A whole number in this range.
    pub(super) fn integer(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let number = match &value.value {
            Kind::Number(number) => number.as_u64(),
            _ => None,
        };
        match number.filter(|n| range.contains(n)) {
            Some(number) => Some(number),
            None => self.refuse(key, value, &format!("{} is allowed", integers(&range))),
        }
    }

    /// A whole number, or a text that holds one.
    pub(super) fn integer_or_text(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let value = self.value(key)?;
        let number = match &value.value {
            Kind::Text(text) => text.trim().parse().ok(),
            Kind::Number(number) => number.as_u64(),
            _ => None,
        };
        match number.filter(|n| range.contains(n)) {
            Some(number) => Some(number),
            None => {
                let allowed = format!("{}, also as a text, is allowed", integers(&range));
                self.refuse(key, value, &allowed)
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        match value.value {
            Kind::Boolean(value) => Some(value),
            _ => self.refuse(key, value, "true or false is allowed"),
        }
    }

    /// A list of telephone keys, each a text of one character.
    pub(super) fn keys(&mut self, key: &'static str) -> Option<KeySet> {
        let value = self.value(key)?;
        let set = match &value.value {
            Kind::List(items) => items.iter().map(one_key).collect::<Option<KeySet>>(),
            _ => None,
        };
        match set {
            Some(set) => Some(set),
            None => {
                let allowed = "a list of keys, each \"0\" to \"9\", \"*\" or \"#\", is allowed";
                self.refuse(key, value, allowed)
            }
        }
    }

    /// A regular expression.
    pub(super) fn regex(&mut self, key: &'static str) -> Option<Regex> {
        let text = self.text_of(key, 1..=limits::REGEX_CHARACTERS)?;
        self.expression(key, text)
    }

    /// A list of regular expressions.
    pub(super) fn regexes(&mut self, key: &'static str) -> Option<Vec<Regex>> {
        let texts = self.texts(key)?;
        Some(texts.into_iter().filter_map(|text| self.expression(key, text)).collect())
    }

    fn expression(&mut self, key: &'static str, text: &str) -> Option<Regex> {
        if !self.report.one_more_regex() {
            let most = limits::DOCUMENT_REGEXES;
            self.error(key, format!("more than {most} regular expressions in one document"));
            return None;
        }
        let built = RegexBuilder::new(text)
            .size_limit(limits::REGEX_BYTES)
            .dfa_size_limit(limits::REGEX_BYTES)
            .build();
        match built {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason = match error {
                    regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                    error => error.to_string().lines().last().unwrap_or_default().to_owned(),
                };
                self.error(
                    key,
                    format!(
                        "found the text {:?}; a regular expression without look-around and \
                         back-references is allowed ({})",
                        shorten(text),
                        reason.trim().trim_start_matches("error: ")
                    ),
                );
                None
            }
        }
    }

    /// A list of whole numbers in this range.
    pub(super) fn integers(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Vec<u64>> {
        let value = self.value(key)?;
        let one = |item: &Json| match &item.value {
            Kind::Number(number) => number.as_u64().filter(|number| range.contains(number)),
            _ => None,
        };
        let numbers = match &value.value {
            Kind::List(items) => items.iter().map(one).collect(),
            _ => None,
        };
        numbers.or_else(|| {
            let allowed = format!("a list is allowed, each {}", integers(&range));
            self.refuse(key, value, &allowed)
        })
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<&'d str>> {
        let value = self.value(key)?;
        let texts = match &value.value {
            Kind::List(items) => items
                .iter()
                .map(|item| match &item.value {
                    Kind::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        texts.or_else(|| self.refuse(key, value, "a list of texts is allowed"))
    }

    /// An object as it stands, whatever its keys.
    pub(super) fn object(&mut self, key: &'static str) -> Option<&'d Object> {
        let value = self.value(key)?;
        match &value.value {
            Kind::Object(object) => Some(object),
            _ => self.refuse(key, value, "an object is allowed"),
        }
    }

    /// An object with keys of its own.
    pub(super) fn nested<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Fields<'d, '_, 't>) -> T,
    ) -> Option<T> {
        let object = self.object(key)?;
        let at = self.place(key);
        let path = format!("{}/{key}", self.path);
        let mut fields = Fields::new(object, at, path, self.report);
        let read = read(&mut fields);
        fields.close();
        Some(read)
    }

    /// A list of objects with keys of their own.
    pub(super) fn each<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Fields<'d, '_, 't>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let Kind::List(items) = &value.value else {
            return self.refuse(key, value, "a list of objects is allowed");
        };
        let mut all = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("{}/{key}/{index}", self.path);
            let Kind::Object(object) = &item.value else {
                let found = item.describe();
                self.report.error(item.at, format!("{path}: found {found}; an object is allowed"));
                continue;
            };
            let mut fields = Fields::new(object, item.at, path, self.report);
            all.extend(read(&mut fields));
            fields.close();
        }
        Some(all)
    }

    /// Says that a key must be there.
    pub(super) fn missing(&mut self, key: &'static str, what: &str) {
        let message = format!("{}: {key:?} is missing; {what}", name(&self.path));
        self.report.error(self.at, message);
    }

    /// Says what is wrong with a key.
    pub(super) fn error(&mut self, key: &'static str, message: impl AsRef<str>) {
        let message = format!("{}/{key}: {}", self.path, message.as_ref());
        self.report.error(self.place(key), message);
    }

    /// Says what the author may not expect of a key.
    pub(super) fn warning(&mut self, key: &'static str, message: impl AsRef<str>) {
        let message = format!("{}/{key}: {}", self.path, message.as_ref());
        self.report.warning(self.place(key), message);
    }

    /// Says what the author may not expect of the whole object.
    pub(super) fn remark(&mut self, message: &str) {
        self.report.warning(self.at, format!("{}: {message}", name(&self.path)));
    }

    /// Warns if this key is there: it is taken and does nothing.
    pub(super) fn without_effect(&mut self, key: &'static str, why: &str) {
        if self.has(key) {
            self.warning(key, format!("has no effect: {why}"));
        }
    }

    /// Accepts whatever else there is.
    pub(super) fn accept_rest(mut self) {
        self.known.clear();
    }

    /// Warns of keys that nobody asked for, and of those that stand there twice.
    pub(super) fn close(self) {
        let Self { object, path, report, known, .. } = self;
        for member in object.0.iter().filter(|member| !known.contains(&member.key.as_str())) {
            if report.is_full() {
                break;
            }
            let meant = meant(&member.key, known.iter().copied());
            let message = format!("{}: unknown key, ignored{meant}", below(&path, &member.key));
            report.warning(member.at, message);
        }
        twice(object, &path, report);
    }

    fn refuse<T>(&mut self, key: &'static str, value: &Json, allowed: &str) -> Option<T> {
        self.error(key, format!("found {}; {allowed}", value.describe()));
        None
    }

    fn place(&self, key: &str) -> usize {
        self.object.get(key).map_or(self.at, |member| member.value.at)
    }
}

/// A path one step further, as a JSON pointer (RFC 6901).
pub(super) fn below(path: &str, key: &str) -> String {
    format!("{path}/{}", shorten(key).replace('~', "~0").replace('/', "~1"))
}

fn one_key(item: &Json) -> Option<Key> {
    let Kind::Text(text) = &item.value else { return None };
    let mut keys = text.chars();
    let key = Key::new(keys.next()?)?;
    (keys.next().is_none() && KeySet::KEYPAD.contains(key)).then_some(key)
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

fn integers(range: &RangeInclusive<u64>) -> String {
    match (range.start(), range.end()) {
        (from, &u64::MAX) => format!("a whole number of {from} or more"),
        (from, to) => format!("a whole number from {from} to {to}"),
    }
}

/// `; did you mean …?`, if some known word is near.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    /// No known word is longer.
    const LONGEST: usize = 64;
    let near = if word.len() <= LONGEST { nearest(word, known) } else { None };
    near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

/// Warns of keys that stand there twice.
pub(super) fn twice(object: &Object, path: &str, report: &mut Report<'_>) {
    let mut seen = HashSet::new();
    for member in object.0.iter().rev() {
        if !seen.insert(member.key.as_str()) {
            let path = below(path, &member.key);
            report
                .warning(member.at, format!("{path}: the key stands there twice; the last counts"));
        }
    }
}

/// A path for a message; the root has none.
pub(super) fn name(path: &str) -> &str {
    if path.is_empty() { "the document" } else { path }
}
