//! `<Gather>` (`reference/twiml.md` 2.4).

use super::{pause, play, say};
use crate::{
    base::phone::{Key, KeySet},
    call::{Collect, Loops, Sound},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        plivo,
        tree::Element,
        verbs::{Action, Answer, Compiled, Gather, Source, Spoken, Then},
    },
};
use std::time::Duration;

/// Attributes of the recogniser, which have no effect on keys.
const SPEECH: [&str; 13] = [
    "speechTimeout",
    "maxSpeechTime",
    "speechModel",
    "enhanced",
    "language",
    "hints",
    "profanityFilter",
    "partialResultCallback",
    "partialResultCallbackMethod",
    "bargeIn",
    "debug",
    "voice",
    "provider",
];

pub(in crate::xml) fn gather(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let source = attributes.choice(
        "input",
        &[
            ("dtmf", (Source::Keys, false)),
            ("speech", (Source::Speech, true)),
            ("dtmf speech", (Source::Keys, true)),
            ("speech dtmf", (Source::Keys, true)),
        ],
        (Source::Keys, false),
    );
    match source {
        (Source::Speech, _) => {
            attributes.warn("input", "speech is not recognised: the caller is heard as silent");
        }
        (Source::Keys, true) => {
            attributes.warn("input", "speech is not recognised: only keys are taken");
        }
        (Source::Keys, false) => {}
    }
    let then = Then {
        url: attributes.url("action").unwrap_or_default(),
        method: attributes.method("method"),
        redirect: true,
    };
    // Twilio's `auto` is for speech.
    let timeout = match attributes.given("timeout") {
        Some("auto") => 5,
        _ => attributes.whole("timeout", 1..=3_600, 5),
    };
    let rules = Collect {
        first_digit: Duration::from_secs(timeout.into()),
        inter_digit: Duration::from_secs(timeout.into()),
        max: attributes.whole_if_given("numDigits", 1..=u32::MAX),
        terminators: attributes.key("finishOnKey", Key::new('#').into_iter().collect::<KeySet>()),
        ..Collect::default()
    };
    let on_empty = attributes.flag("actionOnEmptyResult", false);
    attributes.accepted(&SPEECH);
    attributes.done();
    let prompts = prompts(element, notes);
    let detail = match rules.max {
        Some(max) => format!("up to {max} digits"),
        None => "digits".to_owned(),
    };
    let gather =
        Gather { prompts, rules, source: source.0, on_empty, hide: false, then: Some(then) };
    (Action::Gather(gather), detail, Answer::Before)
}

/// The prompts inside a verb that collects digits, of either dialect. What is no prompt is left out,
/// as Twilio does (13320).
pub(in crate::xml) fn prompts(element: &Element, notes: &mut Notes) -> Vec<Spoken> {
    let mut prompts = Vec::new();
    for inner in element.elements() {
        let compiled = match inner.name.as_str() {
            "Say" => say(inner, notes),
            "Speak" => plivo::speak(inner, notes),
            "Play" => play(inner, notes),
            "Pause" => Some(pause(inner, notes)),
            "Wait" => Some(plivo::wait(inner, notes)),
            name => {
                let name: String = name.chars().take(60).collect();
                let message = format!("<{name}> inside <{}> is left out", element.name);
                notes.warn(inner.at, message);
                None
            }
        };
        match compiled {
            Some((Action::Speak(spoken), ..)) => prompts.push(spoken),
            Some((Action::Pause(pause), ..)) => {
                prompts.push(Spoken::new(vec![Sound::Silence(pause.length)], Loops::Times(1)));
            }
            Some(_) => {
                let message = format!("digits cannot be sent inside <{}>", element.name);
                notes.warn(inner.at, message);
            }
            None => {}
        }
    }
    prompts
}
