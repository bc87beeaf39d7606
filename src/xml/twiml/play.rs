//! `<Play>` (`reference/twiml.md` 2.2).

use crate::{
    base::{phone::KeySet, web::shown},
    call::{DigitString, Sound},
    xml::{
        attributes::{Attributes, url_problem},
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, SendKeys, Spoken},
    },
};
use std::time::Duration;

/// How long each key of `digits` sounds.
const KEY: Duration = Duration::from_millis(200);

/// `None` if there is neither media nor digits.
pub(in crate::xml) fn play(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let media = element.text();
    let mut attributes = Attributes::of(element, notes);
    let loops = attributes.loops();
    let keys = attributes.keys("terminators", KeySet::NONE);
    let digits = attributes.given("digits").and_then(|text| match DigitString::parse(text) {
        Ok(digits) => Some(digits),
        Err(error) => {
            attributes.warn("digits", error.to_string());
            None
        }
    });
    attributes.done();
    if let Some(keys) = digits {
        if !media.is_empty() {
            notes.warn(element.text_at(), "a <Play> with digits plays no media; it is ignored");
        }
        let detail = format!("digits {keys}");
        return Some((
            Action::SendKeys(SendKeys { keys, each: KEY, beside: false }),
            detail,
            Answer::Before,
        ));
    }
    if media.is_empty() {
        notes.warn(element.at, "<Play> names no media; it is left out");
        return None;
    }
    if media.contains("://")
        && let Some(problem) = url_problem(&media)
        && !is_stream(&media)
    {
        notes.warn(element.text_at(), format!("{media:?}: {problem}"));
    }
    let detail = shown(&media);
    let spoken = Spoken { sounds: vec![Sound::Media(media)], loops, keys };
    Some((Action::Speak(spoken), detail, Answer::Before))
}

/// Media of the switch itself, which are no URLs for customers to serve.
fn is_stream(media: &str) -> bool {
    ["tone_stream://", "silence_stream://", "local_stream://"].iter().any(|s| media.starts_with(s))
}
