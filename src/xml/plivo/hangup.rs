//! `<Hangup>` (`reference/plivo.md` 4.9).

use crate::{
    base::HangupCause,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Hangup},
    },
};
use std::time::Duration;

pub(in crate::xml) fn hangup(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let schedule = attributes.whole_if_given("schedule", 1..=86_400);
    let reasons = [("rejected", Some(false)), ("busy", Some(true))];
    let reason = attributes.choice("reason", &reasons, None);
    attributes.done();
    let hangup = match (schedule, reason) {
        (Some(after), _) => Hangup::Scheduled(Duration::from_secs(after.into())),
        (None, Some(true)) => Hangup::Refusing(Some(HangupCause::USER_BUSY)),
        (None, Some(false)) => Hangup::Refusing(Some(HangupCause::CALL_REJECTED)),
        (None, None) => Hangup::Refusing(None),
    };
    let detail = match (schedule, reason) {
        (Some(after), _) => format!("in {after} s"),
        (None, Some(true)) => "busy".to_owned(),
        (None, Some(false)) => "rejected".to_owned(),
        (None, None) => String::new(),
    };
    (Action::Hangup(hangup), detail, Answer::Never)
}
