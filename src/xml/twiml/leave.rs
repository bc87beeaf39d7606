//! `<Redirect>`, `<Hangup>` and `<Reject>` (`reference/twiml.md` 2.9).

use super::set;
use crate::{
    base::HangupCause,
    xml::{
        attributes::{Attributes, url_problem},
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Hangup, Redirect, Reject, Set},
    },
};

/// Of both dialects. It answers the call: both documentations say that any answer but a refusal
/// does.
pub(in crate::xml) fn redirect(element: &Element, notes: &mut Notes) -> Compiled {
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    attributes.done();
    let url = element.text();
    if let Some(problem) = url_problem(&url) {
        notes.warn(element.text_at(), format!("{url:?}: {problem}"));
    }
    // KAZOO lets variables stand inside.
    let mut variables = Vec::new();
    for inner in element.elements() {
        if inner.name == "Variable" {
            variables.extend(set::pair(inner, notes));
        } else {
            notes.warn(inner.at, format!("<{}> inside <Redirect> is ignored", inner.name));
        }
    }
    let detail = if url.is_empty() { "this document again".to_owned() } else { url.clone() };
    let redirect = Redirect { url, method, set: Set { variables } };
    (Action::Redirect(redirect), detail, Answer::Before)
}

pub(in crate::xml) fn hangup(element: &Element, notes: &mut Notes) -> Compiled {
    for inner in element.elements().filter(|inner| inner.name != "Parameter") {
        notes.warn(inner.at, format!("<{}> inside <Hangup> is ignored", inner.name));
    }
    content::no_text(element, notes);
    Attributes::of(element, notes).done();
    (Action::Hangup(Hangup::Now), String::new(), Answer::Before)
}

pub(in crate::xml) fn reject(element: &Element, notes: &mut Notes) -> Compiled {
    for inner in element.elements().filter(|inner| inner.name != "Parameter") {
        notes.warn(inner.at, format!("<{}> inside <Reject> is ignored", inner.name));
    }
    content::no_text(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let reasons = [("rejected", HangupCause::CALL_REJECTED), ("busy", HangupCause::USER_BUSY)];
    let words = [("rejected", 0), ("busy", 1)];
    let chosen: usize = attributes.choice("reason", &words, 0);
    // KAZOO's.
    attributes.unsupported("prompt", "the caller hears the network's own announcement");
    attributes.done();
    let (name, cause) = reasons[chosen].clone();
    (Action::Reject(Reject { cause }), name.to_owned(), Answer::Never)
}
