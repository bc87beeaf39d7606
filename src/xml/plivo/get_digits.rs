//! `<GetDigits>` (`reference/plivo.md` 4.3).

use super::then;
use crate::{
    base::phone::{Key, KeySet},
    call::{Collect, Loops, Prompt, Sound},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Form, Gather, Spoken},
    },
};
use std::time::Duration;

/// The beep of `playBeep` (`reference/plivo.md` 7.2).
pub(super) const BEEP: &str = "tone_stream://%(300,200,700)";

pub(in crate::xml) fn get_digits(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let mut prompts = twiml::prompts(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let then = then::then(&mut attributes);
    let rules = Collect {
        first_digit: seconds(attributes.whole("timeout", 1..=3_600, 5)),
        inter_digit: seconds(attributes.whole("digitTimeout", 1..=3_600, 2)),
        max: Some(attributes.whole("numDigits", 1..=99, 99)),
        terminators: attributes.key("finishOnKey", Key::new('#').into_iter().collect::<KeySet>()),
        tries: attributes.whole("retries", 1..=100, 1),
        allowed: attributes.keys("validDigits", KeySet::ALL),
        invalid: attributes.url("invalidDigitsSound").map(Prompt::play),
        ..Collect::default()
    };
    if attributes.flag("playBeep", false) {
        let beep = Sound::Media(BEEP.to_owned());
        prompts.push(Spoken::new(vec![beep], Loops::Times(1)));
    }
    let hide = !attributes.flag("log", true);
    if hide {
        attributes.warn("log", "the keys still appear one by one in the call's trace");
    }
    attributes.done();
    let max = rules.max.unwrap_or_default();
    let gather = Gather {
        prompts,
        keys: true,
        rules,
        hearing: None,
        form: Form::Digits,
        on_empty: false,
        hide,
        then,
    };
    (Action::Gather(gather), format!("up to {max} digits"), Answer::Before)
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}
