//! `<Dial>` with `<Number>` and `<User>` (`reference/plivo.md` 4.6).

use super::{keys::split_length, sip_headers, then};
use crate::{
    base::{
        limits,
        phone::{Key, KeySet, Number, SipUri},
    },
    call::{CallerId, Credentials, DigitString, LegDigits},
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        twiml,
        verbs::{Action, Answer, Compiled, Confirm, Dial, Leg, Ringback, Then, Watch, Whom},
    },
};
use std::time::Duration;

/// Keys in one pattern of `digitsMatch`.
const LONGEST_PATTERN: usize = 32;

/// Patterns in one `digitsMatch`.
const MOST_PATTERNS: usize = 50;

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
    dial.headers = headers_of(&mut attributes);
    dial.confirm = confirm(&mut attributes);
    dial.watch = watch(&mut attributes);
    attributes.accepted(&["callType"]);
    attributes.unsupported("machineDetection", "a machine is connected like a person");
    attributes.done();
    if dial.legs.is_empty() {
        notes.warn(element.at, "<Dial> has nobody to dial: it fails at once");
    }
    let detail = dial.detail();
    (Action::Dial(dial), detail, Answer::Never)
}

/// `dialMusic` names a document with prompts, or media; `real` is what the called side sends.
fn music(attributes: &mut Attributes<'_, '_>, dial: &mut Dial) {
    let music = attributes.text("dialMusic");
    let path = music.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match music.as_str() {
        "" | "none" => {}
        "real" => dial.early_media = true,
        _ if path.ends_with(".mp3") || path.ends_with(".wav") => {
            dial.ringback = Ringback::Media(music);
        }
        _ => dial.ringback = Ringback::Document(music),
    }
}

/// What a called party has to do before it is connected. Plivo asks for `confirmSound` beside
/// `confirmKey`; a key alone is awaited in silence.
fn confirm(attributes: &mut Attributes<'_, '_>) -> Option<Confirm> {
    let sound = attributes.url("confirmSound").filter(|url| !url.is_empty());
    let key = attributes.key("confirmKey", KeySet::NONE);
    let key = "0123456789*#".chars().filter_map(Key::new).find(|one| key.contains(*one));
    let within = attributes.whole("confirmTimeout", 1..=600, 120);
    let within = Duration::from_secs(within.into());
    if sound.is_none() && key.is_some() {
        attributes.warn("confirmKey", "without confirmSound the called party hears nothing");
    }
    (sound.is_some() || key.is_some()).then_some(Confirm { sound, key, within })
}

/// `callbackUrl`, and the keys that it is told of.
fn watch(attributes: &mut Attributes<'_, '_>) -> Option<Watch> {
    let url = attributes.url("callbackUrl").filter(|url| !url.is_empty());
    let method = attributes.method("callbackMethod");
    let (caller, callee) =
        (patterns("digitsMatch", attributes), patterns("digitsMatchBLeg", attributes));
    let keys = !(caller.is_empty() && callee.is_empty());
    if url.is_none() && keys {
        let name = if caller.is_empty() { "digitsMatchBLeg" } else { "digitsMatch" };
        attributes.warn(name, "without callbackUrl nobody is told of these keys");
    }
    let to = url.map(|url| Then { url, method, redirect: false });
    to.map(|to| Watch { to, caller, callee })
}

fn patterns(name: &'static str, attributes: &mut Attributes<'_, '_>) -> Vec<String> {
    let text = attributes.text(name);
    let mut patterns = Vec::new();
    for pattern in text.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()) {
        let keys = pattern.chars().all(|c| Key::new(c).is_some());
        if keys && pattern.len() <= LONGEST_PATTERN && patterns.len() < MOST_PATTERNS {
            patterns.push(pattern.to_owned());
        } else {
            let pattern: String = pattern.chars().take(60).collect();
            let message = format!(
                "{pattern:?} is not watched for: up to {MOST_PATTERNS} patterns of {LONGEST_PATTERN} keys are"
            );
            attributes.warn(name, message);
        }
    }
    patterns
}

fn legs(element: &Element, dial: &mut Dial, notes: &mut Notes) {
    for inner in element.elements() {
        let legs = match inner.name.as_str() {
            "Number" | "User" => leg(inner, notes).into_iter().collect(),
            // The nouns of the other dialect may be mixed in.
            "Sip" | "Client" => twiml::noun(inner, notes),
            name => {
                let name: String = name.chars().take(60).collect();
                let message =
                    format!("<{name}> inside <Dial> is ignored: Number and User are dialled");
                notes.error(inner.at, message);
                Vec::new()
            }
        };
        for leg in legs {
            if dial.legs.len() == limits::DIAL_LEGS {
                let message = format!("no more than {} legs are dialled", limits::DIAL_LEGS);
                notes.error(inner.at, message);
                return;
            }
            dial.legs.push(leg);
        }
    }
}

fn leg(element: &Element, notes: &mut Notes) -> Option<Leg> {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let send_digits = send_digits(&mut attributes);
    let headers = headers_of(&mut attributes);
    let (number, name) = (attributes.text("callerId"), attributes.text("callerName"));
    let (username, password) =
        (attributes.text("sipAuthUsername"), attributes.text("sipAuthPassword"));
    for name in
        ["gateways", "gatewayCodecs", "gatewayTimeouts", "gatewayRetries", "extraDialString"]
    {
        attributes.unsupported(name, "the operator's gateways are used");
    }
    attributes.done();
    let text = element.text();
    let whom = match element.name.as_str() {
        "User" if !text.contains('@') => {
            twiml::user_leg(&text, element, notes).map(|leg| leg.whom)?
        }
        kind => {
            let whom = match kind {
                "Number" => Number::parse(&text).map(Whom::Number),
                _ => SipUri::parse(&text).map(Whom::Sip),
            };
            match whom {
                Ok(whom) => whom,
                Err(error) => {
                    notes.error(element.text_at(), format!("{error}; it is not dialled"));
                    return None;
                }
            }
        }
    };
    let caller_id = CallerId { name: name.chars().take(50).collect(), number };
    Some(Leg {
        caller_id: (caller_id != CallerId::default()).then_some(caller_id),
        headers,
        credentials: (!username.is_empty()).then_some(Credentials { username, password }),
        send_digits,
        ..Leg::to(whom)
    })
}

/// `12#@300`: keys, and milliseconds of each.
fn send_digits(attributes: &mut Attributes<'_, '_>) -> Option<LegDigits> {
    let early = attributes.flag("sendOnPreanswer", false);
    attributes.accepted(&["sendDigitsMode"]);
    let text = attributes.text("sendDigits");
    let (keys, length) = split_length(&text);
    if keys.is_empty() {
        return None;
    }
    let Some(ms) = length.filter(|ms| (20..=10_000).contains(ms)) else {
        let message =
            "the length behind @ is a number of milliseconds, 20 to 10000; nothing is sent";
        attributes.warn("sendDigits", message);
        return None;
    };
    match DigitString::parse(keys) {
        Ok(keys) => Some(LegDigits { keys, each: Duration::from_millis(ms), early }),
        Err(error) => {
            attributes.warn("sendDigits", error.to_string());
            None
        }
    }
}

fn headers_of(attributes: &mut Attributes<'_, '_>) -> Vec<(String, String)> {
    let text = attributes.text("sipHeaders");
    let (headers, dropped) = sip_headers::parse(&text);
    for pair in dropped {
        let message = format!("{pair:?} is not sent: write Name=value, letters and digits");
        attributes.warn("sipHeaders", message);
    }
    headers
}
