//! `<DTMF>` (`reference/plivo.md` 4.2).

use crate::{
    call::DigitString,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, SendKeys},
    },
};
use std::time::Duration;

/// Length of a key without `@ms`. Plivo once documented two seconds, which no receiver needs.
const KEY_MS: u64 = 200;

/// `None` if there are no keys.
pub(in crate::xml) fn dtmf(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    // plivo-node's.
    let attribute = attributes.text("digits");
    let beside = attributes.flag("async", true);
    attributes.done();
    let text = element.text();
    let text = if text.is_empty() { attribute } else { text };
    let (keys, length) = split_length(&text);
    match (DigitString::parse(keys), length) {
        (Ok(keys), Some(ms)) => {
            let detail = keys.to_string();
            let each = Duration::from_millis(ms);
            Some((Action::SendKeys(SendKeys { keys, each, beside }), detail, Answer::Before))
        }
        (Err(error), _) => {
            notes.error(element.text_at(), format!("{error}; nothing is sent"));
            None
        }
        (Ok(_), None) => {
            let message = "the length behind @ is a number of milliseconds; nothing is sent";
            notes.error(element.text_at(), message);
            None
        }
    }
}

/// `12#@500`: the keys, and the length of each in milliseconds.
pub(super) fn split_length(text: &str) -> (&str, Option<u64>) {
    match text.split_once('@') {
        Some((keys, ms)) => (keys, ms.trim().parse().ok()),
        None => (text, Some(KEY_MS)),
    }
}
