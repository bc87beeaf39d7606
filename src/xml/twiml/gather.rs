//! `<Gather>` (`reference/twiml.md` 2.4).

use super::{pause, play, say};
use crate::{
    base::phone::{Key, KeySet},
    call::{Asked, Collect, Loops, Sound},
    xml::{
        attributes::Attributes,
        content,
        hints::hints,
        notes::Notes,
        plivo,
        tree::Element,
        verbs::{Action, Answer, Compiled, Form, Gather, Hearing, Spoken, Then},
    },
};
use std::time::Duration;

pub(in crate::xml) fn gather(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let kinds = [
        ("dtmf", (true, false)),
        ("speech", (false, true)),
        ("dtmf speech", (true, true)),
        ("speech dtmf", (true, true)),
    ];
    let (keys, speech) = attributes.choice("input", &kinds, (true, false));
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
    let timeout = Duration::from_secs(timeout.into());
    let rules = Collect {
        first_digit: timeout,
        inter_digit: timeout,
        max: attributes.whole_if_given("numDigits", 1..=u32::MAX),
        terminators: attributes.key("finishOnKey", Key::new('#').into_iter().collect::<KeySet>()),
        ..Collect::default()
    };
    let on_empty = attributes.flag("actionOnEmptyResult", false);
    let hearing = hearing(&mut attributes, timeout);
    // Twilio's own business.
    attributes.accepted(&["enhanced", "debug", "voice", "provider"]);
    if speech {
        attributes.needs_recogniser("input");
    }
    attributes.done();
    let prompts = prompts(element, notes);
    let detail = match (keys, rules.max) {
        (false, _) => "speech".to_owned(),
        (true, Some(max)) => format!("up to {max} digits"),
        (true, None) => "digits".to_owned(),
    };
    let detail = if keys && speech { format!("{detail}, or speech") } else { detail };
    let hearing = speech.then_some(hearing);
    let (form, then, hide) = (Form::Digits, Some(then), false);
    let gather = Gather { prompts, keys, rules, hearing, form, on_empty, hide, then };
    (Action::Gather(gather), detail, Answer::Before)
}

/// What concerns the recogniser.
fn hearing(attributes: &mut Attributes<'_, '_>, silence: Duration) -> Hearing {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let speech_end = match attributes.given("speechTimeout") {
        Some("auto") => None,
        // Without one it is `timeout`.
        _ => attributes.whole_if_given("speechTimeout", 1..=60).map(seconds).or(Some(silence)),
    };
    let longest = seconds(attributes.whole("maxSpeechTime", 1..=60, 60));
    let language = attributes.language("language");
    let asked = Asked {
        language: if language.is_empty() { "en-US".to_owned() } else { language },
        hints: hints(attributes),
        model: attributes.text("speechModel"),
        grammar: String::new(),
        profanity_filter: attributes.flag("profanityFilter", true),
        speech_end,
        longest,
    };
    let barge_in = attributes.flag("bargeIn", true);
    let url = attributes.url("partialResultCallback");
    let method = attributes.method("partialResultCallbackMethod");
    let partial =
        url.filter(|url| !url.is_empty()).map(|url| Then { url, method, redirect: false });
    Hearing { asked, silence, barge_in, partial }
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
