//! `<GetSpeech>` of the old framework (`reference/plivo.md` 4.10).

use super::{get_digits::BEEP, then};
use crate::{
    call::{Asked, Collect, Loops, Sound},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Form, Gather, Hearing, Spoken},
    },
};
use std::time::Duration;

pub(in crate::xml) fn get_speech(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let mut prompts = twiml::prompts(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let then = then::then(&mut attributes);
    let grammar = grammar(&mut attributes);
    let silence = Duration::from_secs(attributes.whole("timeout", 1..=3_600, 5).into());
    if attributes.flag("playBeep", false) {
        prompts.push(Spoken::new(vec![Sound::Media(BEEP.to_owned())], Loops::Times(1)));
    }
    // Both are the operator's business.
    attributes.accepted(&["engine", "grammarPath"]);
    attributes.needs_recogniser("grammar");
    attributes.done();
    let detail = if grammar.is_empty() { "speech".to_owned() } else { grammar.clone() };
    let asked = Asked { grammar, ..Asked::default() };
    let hearing = Some(Hearing { asked, silence, barge_in: true, partial: None });
    let (rules, form) = (Collect::default(), Form::Speech);
    let gather =
        Gather { prompts, keys: false, rules, hearing, form, on_empty: false, hide: false, then };
    (Action::Gather(gather), detail, Answer::Before)
}

/// The first grammar that is a name. One from the web or written out would be read by the switch,
/// which asks nobody where from.
fn grammar(attributes: &mut Attributes<'_, '_>) -> String {
    let Some(list) = attributes.given("grammar") else {
        attributes.warn("", "<GetSpeech> needs a grammar: any words are taken");
        return String::new();
    };
    let named = |name: &&str| {
        let bare = name.strip_prefix("builtin:").unwrap_or(name);
        !bare.is_empty()
            && bare.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c))
            && !bare.starts_with('/')
            && !bare.contains("..")
    };
    match list.split(';').map(str::trim).find(named) {
        Some(name) => name.to_owned(),
        None => {
            let message = "only a grammar's name is taken, or builtin:NAME: any words are taken";
            attributes.warn("grammar", message);
            String::new()
        }
    }
}
