//! `<Refer>` and `<Echo>` (`reference/twiml.md` 2.10 and 2.14).

use super::sip_noun::sip_address;
use crate::{
    base::limits,
    call::ReferTo,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Echo, Refer, Then},
    },
};
use std::time::Duration;

/// It answers the call: there is no REFER before that.
pub(in crate::xml) fn refer(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_text(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    let then = attributes.url("action").map(|url| Then { url, method, redirect: true });
    attributes.done();
    let mut target = None;
    for inner in element.elements() {
        match inner.name.as_str() {
            "Sip" if target.is_none() => {
                content::no_elements(inner, notes);
                Attributes::of(inner, notes).done();
                let (uri, headers) = sip_address(inner, notes)?;
                target = Some(ReferTo::new(uri, headers));
            }
            name => {
                let message =
                    format!("<{name}> inside <Refer> is ignored: one <Sip> may stand there");
                notes.warn(inner.at, message);
            }
        }
    }
    let Some(to) = target else {
        notes.error(element.at, "<Refer> needs a <Sip>: without one it is left out");
        return None;
    };
    let detail = to.to_string();
    Some((Action::Refer(Box::new(Refer { to, then })), detail, Answer::Before))
}

/// Nothing but the hangup ends it, unless a `timeout` is given (SignalWire's).
pub(in crate::xml) fn echo(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let timeout = attributes.whole_if_given("timeout", 1..=14_400);
    attributes.done();
    let detail = timeout.map(|seconds| format!("{seconds} s")).unwrap_or_default();
    let length = timeout.map_or(limits::CONVERSATION, |s| Duration::from_secs(s.into()));
    (Action::Echo(Echo { length }), detail, Answer::Before)
}
