//! `<GetInput>` (`reference/plivo.md` 4.4), with keys as its only input.

use super::then;
use crate::{
    base::phone::{Key, KeySet},
    call::Collect,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Gather, Source},
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
        ("dtmf", (Source::Keys, false)),
        ("speech", (Source::Speech, true)),
        ("dtmf speech", (Source::Keys, true)),
        ("speech dtmf", (Source::Keys, true)),
    ];
    let (source, wants_speech) = attributes.choice("inputType", &kinds, (Source::Keys, false));
    if source == Source::Speech {
        attributes.warn("inputType", "speech is not recognised: the caller is heard as silent");
    } else if wants_speech {
        attributes.warn("inputType", "speech is not recognised: only keys are taken");
    }
    let between = match attributes.given("digitEndTimeout") {
        None | Some("auto") => AUTO,
        Some(_) => attributes.whole("digitEndTimeout", 2..=10, AUTO),
    };
    let first = attributes.whole("executionTimeout", 5..=60, 15);
    let rules = Collect {
        first_digit: Duration::from_secs(first.into()),
        inter_digit: Duration::from_secs(between.into()),
        max: Some(attributes.whole("numDigits", 1..=32, 32)),
        terminators: attributes.key("finishOnKey", Key::new('#').into_iter().collect::<KeySet>()),
        ..Collect::default()
    };
    let hide = !attributes.flag("log", true);
    if hide {
        attributes.warn("log", "the keys still appear one by one in the call's trace");
    }
    attributes.accepted(&[
        "speechEndTimeout",
        "speechModel",
        "hints",
        "language",
        "interimSpeechResultsCallback",
        "interimSpeechResultsCallbackMethod",
        "profanityFilter",
    ]);
    attributes.done();
    let max = rules.max.unwrap_or_default();
    let gather = Gather { prompts, rules, source, on_empty: false, hide, then };
    (Action::Gather(gather), format!("up to {max} digits"), Answer::Before)
}
