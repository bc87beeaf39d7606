//! `<SIPTransfer>` and `<Notify>` of Plivo's open-source ancestor (`reference/plivo.md` 4.10).

use crate::{
    base::phone::SipUri,
    call::ReferTo,
    xml::{
        attributes::{Attributes, url_problem},
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Notify, SipTransfer},
    },
};

/// It does not answer: a call that is not answered is redirected.
pub(in crate::xml) fn sip_transfer(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    Attributes::of(element, notes).done();
    let text = element.text();
    let mut to = Vec::new();
    for address in text.split(',').map(str::trim).filter(|address| !address.is_empty()) {
        match SipUri::parse(address) {
            Ok(uri) => to.push(ReferTo::new(uri, Vec::new())),
            Err(error) => notes.error(element.text_at(), format!("{error}; it is left out")),
        }
    }
    if to.is_empty() {
        notes.error(element.at, "<SIPTransfer> needs a SIP address: without one it is left out");
        return None;
    }
    let detail = to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some((Action::SipTransfer(SipTransfer { to }), detail, Answer::Never))
}

pub(in crate::xml) fn notify(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    attributes.done();
    let url = element.text();
    if url.is_empty() || url_problem(&url).is_some() {
        let message = "<Notify> needs a URL that can be asked: without one it is left out";
        notes.error(element.at, message);
        return None;
    }
    let detail = url.clone();
    Some((Action::Notify(Notify { url, method }), detail, Answer::Never))
}
