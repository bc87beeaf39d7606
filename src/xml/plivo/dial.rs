//! `<Dial>` with `<Number>` and `<User>` (`reference/plivo.md` 4.6).

use super::{keys::split_length, sip_headers, then};
use crate::{
    base::{
        limits,
        phone::{Key, Number, SipUri},
    },
    call::{CallerId, DigitString},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Dial, Leg, Whom},
    },
};
use std::time::Duration;

/// It does not answer the call; the first leg that answers does.
pub(in crate::xml) fn dial(element: &Element, notes: &mut Notes) -> Compiled {
    content::no_text(element, notes);
    let mut dial = Dial::new(Vec::new(), Duration::ZERO);
    legs(element, &mut dial, notes);
    let mut attributes = Attributes::of(element, notes);
    dial.then = then::then(&mut attributes);
    if attributes.flag("hangupOnStar", false) {
        dial.hang_up_on = Key::new('*').into_iter().collect();
    }
    let limit = attributes.whole("timeLimit", 1..=86_400, 14_400);
    dial.time_limit = Duration::from_secs(limit.into());
    let ring = attributes.whole_if_given("timeout", 1..=600);
    dial.ring = ring.map(|seconds| Duration::from_secs(seconds.into()));
    let number = attributes.text("callerId");
    let name: String = attributes.text("callerName").chars().take(50).collect();
    dial.caller_id = (!number.is_empty() || !name.is_empty()).then_some(CallerId { name, number });
    music(&mut attributes, &mut dial);
    let headers = attributes.text("sipHeaders");
    headers_of(&headers, "sipHeaders", &mut attributes, &mut dial);
    attributes.unsupported("confirmSound", "a leg is connected as soon as it answers");
    attributes.unsupported("confirmKey", "a leg is connected as soon as it answers");
    attributes.accepted(&["confirmTimeout", "callType", "digitsMatchBLeg"]);
    attributes.unsupported("digitsMatch", "the keys are not told");
    attributes.unsupported("callbackUrl", "only action is requested, at the end");
    attributes.accepted(&["callbackMethod"]);
    attributes.unsupported("machineDetection", "a machine is connected like a person");
    attributes.done();
    if dial.legs.is_empty() {
        notes.warn(element.at, "<Dial> has nobody to dial: it fails at once");
    }
    let detail = dial.detail();
    (Action::Dial(dial), detail, Answer::Never)
}

/// `dialMusic` names a document with prompts, which this release does not fetch; `real` is what the
/// called side sends, and media itself can be played.
fn music(attributes: &mut Attributes<'_, '_>, dial: &mut Dial) {
    let music = attributes.text("dialMusic");
    let path = music.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match music.as_str() {
        "" | "none" => {}
        "real" => dial.early_media = true,
        _ if path.ends_with(".mp3") || path.ends_with(".wav") => dial.ringback = Some(music),
        _ => attributes.warn(
            "dialMusic",
            "a document with music is not fetched: the caller hears ringing; name an mp3 or wav",
        ),
    }
}

fn legs(element: &Element, dial: &mut Dial, notes: &mut Notes) {
    for inner in element.elements() {
        let leg = match inner.name.as_str() {
            "Number" | "User" => leg(inner, dial, notes),
            // The nouns of the other dialect may be mixed in.
            "Sip" | "Client" => {
                let noun = twiml::noun(inner, notes);
                dial.headers.extend(noun.headers);
                noun.leg
            }
            name => {
                let name: String = name.chars().take(60).collect();
                let message =
                    format!("<{name}> inside <Dial> is ignored: Number and User are dialled");
                notes.error(inner.at, message);
                None
            }
        };
        if dial.legs.len() == limits::DIAL_LEGS && leg.is_some() {
            let message = format!("no more than {} legs are dialled", limits::DIAL_LEGS);
            notes.error(inner.at, message);
            return;
        }
        dial.legs.extend(leg);
    }
}

fn leg(element: &Element, dial: &mut Dial, notes: &mut Notes) -> Option<Leg> {
    content::no_elements(element, notes);
    let several = dial.legs.len();
    let mut attributes = Attributes::of(element, notes);
    let send_digits = attributes.text("sendDigits");
    let send_digits = match split_length(&send_digits).0 {
        "" => None,
        keys => match DigitString::parse(keys) {
            Ok(keys) => Some(keys),
            Err(error) => {
                attributes.warn("sendDigits", error.to_string());
                None
            }
        },
    };
    attributes.unsupported("sendOnPreanswer", "the keys are sent once the leg has answered");
    attributes.accepted(&["sendDigitsMode"]);
    let headers = attributes.text("sipHeaders");
    headers_of(&headers, "sipHeaders", &mut attributes, dial);
    if !headers.is_empty() && several > 0 {
        attributes.warn("sipHeaders", "these headers go to every leg of the <Dial>");
    }
    for name in ["callerId", "callerName"] {
        attributes.unsupported(name, "the caller id of the <Dial> is shown");
    }
    for name in ["sipAuthUsername", "sipAuthPassword"] {
        attributes.unsupported(name, "the switch's own credentials are used");
    }
    for name in
        ["gateways", "gatewayCodecs", "gatewayTimeouts", "gatewayRetries", "extraDialString"]
    {
        attributes.unsupported(name, "the operator's gateways are used");
    }
    attributes.done();
    let text = element.text();
    if element.name == "User" && !text.contains('@') {
        return twiml::user_leg(&text, element, send_digits, notes);
    }
    let whom = match element.name.as_str() {
        "Number" => Number::parse(&text).map(Whom::Number),
        _ => SipUri::parse(&text).map(Whom::Sip),
    };
    match whom {
        Ok(whom) => Some(Leg { whom, send_digits }),
        Err(error) => {
            notes.error(element.text_at(), format!("{error}; it is not dialled"));
            None
        }
    }
}

fn headers_of(text: &str, name: &str, attributes: &mut Attributes<'_, '_>, dial: &mut Dial) {
    let (headers, dropped) = sip_headers::parse(text);
    for pair in dropped {
        attributes
            .warn(name, format!("{pair:?} is not sent: write Name=value, letters and digits"));
    }
    dial.headers.extend(headers);
}
