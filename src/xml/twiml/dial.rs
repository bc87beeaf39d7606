//! `<Dial>` (`reference/twiml.md` 2.6, KAZOO's additions `reference/piston.md` 2.9.2).

use super::{conference, noun, queue, ring_tone};
use crate::{
    base::{
        limits,
        phone::{Key, KeySet},
    },
    call::{CallerId, DialOrder},
    xml::{
        attributes::Attributes,
        notes::Notes,
        recordings,
        tree::Element,
        verbs::{Action, Compiled, Dial, Ringback, Then},
    },
};
use std::time::Duration;

/// A Dial to people. One with a `<Conference>` or a `<Queue>` in it is a verb of its own, which is to be
/// told apart here, before anything else is read.
pub(in crate::xml) fn dial(element: &Element, notes: &mut Notes) -> Compiled {
    if let Some(answers) = queue::of_dial(element, notes) {
        return answers;
    }
    if let Some(noun) = conference::inside(element) {
        return conference::dial(element, noun, notes);
    }
    let mut dial = Dial::new(Vec::new(), Duration::ZERO);
    nouns(element, &mut dial, notes);
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    dial.then = attributes.url("action").map(|url| Then { url, method, redirect: true });
    dial.ring = Some(Duration::from_secs(attributes.whole("timeout", 5..=600, 30).into()));
    let longest = u32::try_from(limits::CONVERSATION.as_secs()).unwrap_or(u32::MAX);
    let limit = attributes.whole("timeLimit", 1..=longest, 14_400);
    dial.time_limit = Duration::from_secs(limit.into());
    dial.caller_id = caller_id(&attributes.text("callerId"));
    let on_bridge = attributes.flag("answerOnBridge", false);
    if attributes.flag("hangupOnStar", false) {
        dial.hang_up_on = Key::new('*').into_iter().collect();
    }
    dial.hang_up_on = dial.hang_up_on.union(attributes.keys("hangupOn", KeySet::NONE));
    if attributes.flag("sequential", false) {
        dial.order = DialOrder::InTurn;
    }
    // KAZOO's.
    let strategies = [("simultaneous", DialOrder::Together), ("single", DialOrder::InTurn)];
    dial.order = attributes.choice("strategy", &strategies, dial.order);
    attributes.accepted(&["continueOnFail"]);
    ring_tone(&mut attributes, &mut dial);
    dial.record = recordings::of_dial(&mut attributes);
    attributes.unsupported("referUrl", "the called side cannot transfer the call to a document");
    attributes.accepted(&["referMethod", "callReason", "events"]);
    attributes.unsupported("passports", "they are not sent");
    attributes.done();
    if dial.legs.is_empty() {
        notes.warn(element.at, "<Dial> has nobody to dial: it fails at once");
    }
    let detail = dial.detail();
    (Action::Dial(dial), detail, Dial::answer(on_bridge))
}

fn nouns(element: &Element, dial: &mut Dial, notes: &mut Notes) {
    let mut elements = element.elements().peekable();
    let text = element.text();
    if elements.peek().is_none() {
        if !text.is_empty() {
            dial.legs.extend(noun::number_leg(&text, element.text_at(), notes));
        }
        return;
    }
    if !text.is_empty() {
        let message = format!("the text {text:?} is not dialled, the nouns are");
        notes.warn(element.text_at(), message);
    }
    for inner in elements {
        for leg in noun::noun(inner, notes) {
            if dial.legs.len() == limits::DIAL_LEGS {
                let message = format!("no more than {} legs are dialled", limits::DIAL_LEGS);
                notes.error(inner.at, message);
                return;
            }
            dial.legs.push(leg);
        }
    }
}

/// Without a tone the caller hears what the called side sends, else plain ringing.
fn ring_tone(attributes: &mut Attributes<'_, '_>, dial: &mut Dial) {
    dial.early_media = true;
    let Some(country) = attributes.given("ringTone") else { return };
    match ring_tone::media(country.trim()) {
        Some(media) => {
            dial.ringback = Ringback::Media(media);
            dial.early_media = false;
        }
        None => {
            let all: Vec<_> = ring_tone::countries().collect();
            let message =
                format!("ringTone={country:?} is ignored; allowed is one of {}", all.join(", "));
            attributes.warn("ringTone", message);
        }
    }
}

/// `client:NAME` shows the name alone.
pub(in crate::xml) fn caller_id(text: &str) -> Option<CallerId> {
    if text.is_empty() {
        return None;
    }
    let number = text.strip_prefix("client:").unwrap_or(text).to_owned();
    Some(CallerId { name: String::new(), number })
}
