//! Reading attributes as the types that they stand for.
//!
//! A value that is not one is a remark, and the default is used, as Twilio does
//! (`reference/twiml.md` 3.1: value warnings are logged and the verb goes on). A number out of its
//! range becomes the nearest one that is allowed: Plivo documents that for `timeLimit`
//! (`reference/plivo.md` 0, 12), and it is nearer to what the author meant than the default.

use super::{
    notes::Notes,
    ssml::is_language,
    states,
    tree::{Attribute, Element},
};
use crate::{
    base::{
        nearest,
        phone::{Key, KeySet},
        web::is_web_address,
    },
    config::Method,
};
use std::ops::RangeInclusive;

#[cfg(test)]
pub(super) use asking::asked;

/// The attributes of one element. [`Attributes::done`] remarks on those that nobody asked for.
pub(super) struct Attributes<'e, 'n> {
    element: &'e Element,
    notes: &'n mut Notes,
    known: Vec<&'static str>,
}

impl<'e, 'n> Attributes<'e, 'n> {
    pub fn of(element: &'e Element, notes: &'n mut Notes) -> Self {
        Self { element, notes, known: Vec::new() }
    }

    /// The text of an attribute, if it is given.
    pub fn given(&mut self, name: &'static str) -> Option<&'e str> {
        self.find(name).map(|attribute| attribute.value.as_str())
    }

    /// The text of an attribute; empty if it is not given.
    pub fn text(&mut self, name: &'static str) -> String {
        self.given(name).unwrap_or_default().trim().to_owned()
    }

    /// A language tag; one that is none is looked up in the operator's map all the same.
    pub fn language(&mut self, name: &'static str) -> String {
        let Some(attribute) = self.find(name) else { return String::new() };
        let value = attribute.value.trim();
        if !value.is_empty() && !is_language(value) {
            let shown: String = value.chars().take(60).collect();
            let message = format!("{name}={shown:?} is no language such as en-US");
            self.notes.warn(attribute.at, message);
        }
        value.to_owned()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.choice(name, &[("true", true), ("false", false)], default)
    }

    /// One of several words, upper and lower case being different.
    pub fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
        default: T,
    ) -> T {
        let Some(attribute) = self.find(name) else { return default };
        let value = attribute.value.trim();
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == value) {
            return *meant;
        }
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let meant = nearest(value, all.iter().copied());
        let meant = meant.map(|word| format!("; did you mean {word:?}?")).unwrap_or_default();
        self.bad(attribute, &format!("one of {}{meant}", all.join(", ")));
        default
    }

    /// A whole number.
    pub fn whole(&mut self, name: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        self.whole_if_given(name, range).unwrap_or(default)
    }

    /// A whole number without a default.
    pub fn whole_if_given(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let attribute = self.find(name)?;
        let value = attribute.value.trim();
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        let (low, high) = (*range.start(), *range.end());
        let bounds =
            if high == u32::MAX { format!("at least {low}") } else { format!("{low} to {high}") };
        // More digits than fit are a large number all the same.
        let number = if digits { value.parse().unwrap_or(u32::MAX) } else { 0 };
        if digits && range.contains(&number) {
            return Some(number);
        }
        // Nought and less mean nothing; the limits that they would become might cut a call short.
        if number == 0 {
            self.bad(attribute, &format!("a whole number, {bounds}"));
            return None;
        }
        let used = number.clamp(low, high);
        let message = format!("{name}={value:?}: allowed is {bounds}; {used} is used");
        self.notes.warn(attribute.at, message);
        Some(used)
    }

    /// How often something is heard; 0 is for ever.
    pub fn loops(&mut self) -> crate::call::Loops {
        match self.whole("loop", 0..=u32::MAX, 1) {
            0 => crate::call::Loops::Endless,
            times => crate::call::Loops::Times(times.min(crate::base::limits::ENDLESS_LOOPS)),
        }
    }

    /// An absolute http(s) URL.
    pub fn web_address(&mut self, name: &'static str) -> Option<String> {
        let attribute = self.find(name)?;
        let url = attribute.value.trim();
        if is_web_address(url) {
            return Some(url.to_owned());
        }
        self.bad(attribute, "a URL that begins with http:// or https://");
        None
    }

    /// `GET` or `POST`; in lower case too, as KAZOO has it.
    pub fn method(&mut self, name: &'static str) -> Method {
        let words = [
            ("POST", Method::Post),
            ("GET", Method::Get),
            ("post", Method::Post),
            ("get", Method::Get),
        ];
        let Some(attribute) = self.find(name) else { return Method::Post };
        match words.iter().find(|(word, _)| *word == attribute.value.trim()) {
            Some((_, method)) => *method,
            None => {
                self.bad(attribute, "GET or POST");
                Method::Post
            }
        }
    }

    /// A URL, absolute or relative.
    pub fn url(&mut self, name: &'static str) -> Option<String> {
        let attribute = self.find(name)?;
        let url = attribute.value.trim();
        if let Some(problem) = url_problem(url) {
            self.notes.warn(attribute.at, format!("{name}={url:?}: {problem}"));
        }
        Some(url.to_owned())
    }

    /// At most one key; empty and `none` for no key.
    pub fn key(&mut self, name: &'static str, default: KeySet) -> KeySet {
        let Some(attribute) = self.find(name) else { return default };
        let value = attribute.value.trim();
        let mut keys = value.chars().map(Key::new);
        match (keys.next(), keys.next()) {
            (None, _) => KeySet::NONE,
            _ if value == "none" => KeySet::NONE,
            (Some(Some(key)), None) if KeySet::KEYPAD.contains(key) => KeySet::NONE.with(key),
            _ => {
                self.bad(attribute, "one of 0-9 # *, or nothing");
                default
            }
        }
    }

    /// Any number of keys; empty and `none` for no key.
    pub fn keys(&mut self, name: &'static str, default: KeySet) -> KeySet {
        let Some(attribute) = self.find(name) else { return default };
        let value: String = attribute.value.chars().filter(|c| !matches!(c, ' ' | ',')).collect();
        if value == "none" {
            return KeySet::NONE;
        }
        match KeySet::parse(&value) {
            Some(keys) => keys,
            None => {
                self.bad(attribute, "any of 0-9 # *, or nothing");
                default
            }
        }
    }

    /// An attribute that this release cannot honour: if it is given, says what happens instead.
    /// `false` asks for nothing.
    pub fn unsupported(&mut self, name: &'static str, instead: &str) {
        if let Some(attribute) = self.find(name)
            && !matches!(attribute.value.trim(), "" | "false" | "none")
        {
            self.notes.warn(attribute.at, format!("{name} is not supported: {instead}"));
        }
    }

    /// Attributes that need no effect here, whatever they say.
    pub fn accepted(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// A remark that not every operator has what the attribute asks for.
    pub fn needs_recogniser(&mut self, name: &str) {
        self.warn(
            name,
            "speech is recognised only where the operator has a recogniser (speech.recogniser)",
        );
    }

    /// A remark on an attribute that has been read.
    pub fn warn(&mut self, name: &str, message: impl Into<String>) {
        let at = self.element.attribute(name).map_or(self.element.at, |attribute| attribute.at);
        self.notes.warn(at, message);
    }

    /// Remarks on attributes that the element does not have.
    pub fn done(self) {
        #[cfg(test)]
        asking::note(&self.element.name, &self.known);
        for attribute in &self.element.attributes {
            let name = attribute.name.as_str();
            // Namespaces and schema locations are for other readers.
            let foreign = name == "xmlns" || name.contains(':');
            if foreign || self.known.contains(&name) {
                continue;
            }
            let element = &self.element.name;
            if let Some(why) = states::refusal(element, name) {
                self.notes.warn(attribute.at, format!("{name} is not supported: {why}"));
                continue;
            }
            let meant = nearest(name, self.known.iter().copied());
            let meant = meant.map(|word| format!("; did you mean {word}?")).unwrap_or_default();
            let name: String = name.chars().take(60).collect();
            self.notes.warn(
                attribute.at,
                format!("<{element}> has no attribute {name}; it is ignored{meant}"),
            );
        }
    }

    fn find(&mut self, name: &'static str) -> Option<&'e Attribute> {
        self.known.push(name);
        self.element.attribute(name)
    }

    fn bad(&mut self, attribute: &Attribute, allowed: &str) {
        let value: String = attribute.value.chars().take(60).collect();
        let name = &attribute.name;
        let message = format!("{name}={value:?} is ignored; allowed is {allowed}");
        self.notes.warn(attribute.at, message);
    }
}

/// What is wrong with a URL that no request could be made to.
pub(super) fn url_problem(url: &str) -> Option<&'static str> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => url::Url::parse(url).is_err().then_some("not a usable URL"),
        // `:` and `/` may be part of a relative URL's query.
        Some(other) if other.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) => {
            Some("only http and https URLs can be asked")
        }
        _ => None,
    }
}

/// Which attributes the parser asks for, for the test that compares them with the table.
#[cfg(test)]
mod asking {
    use std::{cell::RefCell, collections::BTreeSet};

    type Asked = BTreeSet<(String, &'static str)>;

    thread_local! {
        static ASKED: RefCell<Option<Asked>> = RefCell::default();
    }

    pub(super) fn note(element: &str, names: &[&'static str]) {
        let pairs = names.iter().map(|name| (element.to_owned(), *name));
        ASKED.with_borrow_mut(|asked| {
            asked.iter_mut().for_each(|asked| asked.extend(pairs.clone()))
        });
    }

    /// Everything that is asked for meanwhile. What else a thread has parsed, as tests may share one,
    /// is not in it.
    pub(in crate::xml) fn asked(parsing: impl FnOnce()) -> Asked {
        ASKED.set(Some(Asked::new()));
        parsing();
        ASKED.take().unwrap_or_default()
    }
}
