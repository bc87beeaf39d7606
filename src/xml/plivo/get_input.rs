//! `<GetInput>` (`reference/plivo.md` 4.4).

use super::then;
use crate::{
    base::phone::{Key, KeySet},
    call::{Asked, Collect},
    xml::{
        attributes::Attributes,
        content,
        hints::hints,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Form, Gather, Hearing, Then},
    },
};
use std::time::Duration;

/// How long a digit is waited for where Plivo's `auto` decides.
const AUTO: u32 = 2;

pub(in crate::xml) fn get_input(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let prompts = twiml::prompts(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let then = then::then(&mut attributes);
    if then.is_none() {
        attributes.warn("", "<GetInput> needs an action: what is typed goes with the next request");
    }
    let kinds = [
        ("dtmf", (true, false)),
        ("speech", (false, true)),
        ("dtmf speech", (true, true)),
        ("speech dtmf", (true, true)),
    ];
    let (keys, speech) = attributes.choice("inputType", &kinds, (true, false));
    let between = match attributes.given("digitEndTimeout") {
        None | Some("auto") => AUTO,
        Some(_) => attributes.whole("digitEndTimeout", 2..=10, AUTO),
    };
    let first = Duration::from_secs(attributes.whole("executionTimeout", 5..=60, 15).into());
    let rules = Collect {
        first_digit: first,
        inter_digit: Duration::from_secs(between.into()),
        max: Some(attributes.whole("numDigits", 1..=32, 32)),
        terminators: attributes.key("finishOnKey", Key::new('#').into_iter().collect::<KeySet>()),
        ..Collect::default()
    };
    let hide = !attributes.flag("log", true);
    if hide {
        attributes.warn("log", "the keys still appear one by one in the call's trace");
    }
    let hearing = hearing(&mut attributes, first);
    if speech {
        attributes.needs_recogniser("inputType");
    }
    attributes.done();
    let max = rules.max.unwrap_or_default();
    let detail = match (keys, speech) {
        (false, _) => "speech".to_owned(),
        (true, false) => format!("up to {max} digits"),
        (true, true) => format!("up to {max} digits, or speech"),
    };
    let hearing = speech.then_some(hearing);
    let form = Form::Input;
    let gather = Gather { prompts, keys, rules, hearing, form, on_empty: false, hide, then };
    (Action::Gather(gather), detail, Answer::Before)
}

/// What concerns the recogniser.
fn hearing(attributes: &mut Attributes<'_, '_>, silence: Duration) -> Hearing {
    let speech_end = match attributes.given("speechEndTimeout") {
        None | Some("auto") => None,
        Some(_) => attributes.whole_if_given("speechEndTimeout", 2..=10),
    };
    let language = attributes.language("language");
    let asked = Asked {
        language: if language.is_empty() { "en-US".to_owned() } else { language },
        hints: hints(attributes),
        model: attributes.text("speechModel"),
        profanity_filter: attributes.flag("profanityFilter", false),
        speech_end: speech_end.map(|seconds| Duration::from_secs(seconds.into())),
        ..Asked::default()
    };
    let url = attributes.url("interimSpeechResultsCallback");
    let method = attributes.method("interimSpeechResultsCallbackMethod");
    let partial =
        url.filter(|url| !url.is_empty()).map(|url| Then { url, method, redirect: false });
    Hearing { asked, silence, barge_in: true, partial }
}
