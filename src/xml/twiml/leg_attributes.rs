//! What all nouns that are dialled may have (`reference/twiml.md` 2.7.1).

use crate::{
    call::{Detection, DigitString, LegDigits},
    xml::{
        attributes::Attributes,
        verbs::{Leg, LegEvent, LegStatus, Machine, Then},
    },
};
use std::time::Duration;

/// Length of a key.
const KEY: Duration = Duration::from_millis(200);

/// Reads what all nouns have; what a leg has of it is put into it by the function that comes back.
pub(super) fn read(attributes: &mut Attributes<'_, '_>) -> impl FnOnce(&mut Leg) + use<> {
    let whisper = asked(attributes, "url", "method");
    let status = status(attributes);
    let machine = machine(attributes);
    let send_digits = send_digits(attributes);
    move |leg| {
        leg.whisper = whisper;
        leg.status = status;
        leg.machine = machine;
        leg.send_digits = send_digits;
    }
}

fn send_digits(attributes: &mut Attributes<'_, '_>) -> Option<LegDigits> {
    let text = attributes.given("sendDigits")?;
    match DigitString::parse(text) {
        Ok(keys) => Some(LegDigits { keys, each: KEY, early: false }),
        Err(error) => {
            attributes.warn("sendDigits", error.to_string());
            None
        }
    }
}

fn status(attributes: &mut Attributes<'_, '_>) -> Option<LegStatus> {
    let to = asked(attributes, "statusCallback", "statusCallbackMethod");
    let text = attributes.text("statusCallbackEvent");
    let mut events = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        match word {
            "initiated" => events.push(LegEvent::Initiated),
            "ringing" => events.push(LegEvent::Ringing),
            "answered" => events.push(LegEvent::Answered),
            "completed" => events.push(LegEvent::Completed),
            _ => {
                let word: String = word.chars().take(60).collect();
                let message = format!(
                    "{word:?} is no event; allowed are initiated, ringing, answered and completed"
                );
                attributes.warn("statusCallbackEvent", message);
            }
        }
    }
    if events.is_empty() {
        events.push(LegEvent::Completed);
    }
    to.map(|to| LegStatus { to, events })
}

/// `machineDetection` and its family. The times are those of Twilio's REST interface.
fn machine(attributes: &mut Attributes<'_, '_>) -> Option<Machine> {
    let modes = [("Enable", Some(false)), ("DetectMessageEnd", Some(true))];
    let mode = attributes.choice("machineDetection", &modes, None);
    let told = asked(attributes, "amdStatusCallback", "amdStatusCallbackMethod");
    let timeout = attributes.whole("machineDetectionTimeout", 3..=60, 30);
    let mut ms =
        |name, range, default| Duration::from_millis(attributes.whole(name, range, default).into());
    let speech = ms("machineDetectionSpeechThreshold", 1_000..=6_000, 2_400);
    let speech_end = ms("machineDetectionSpeechEndThreshold", 500..=5_000, 1_200);
    let silence = ms("machineDetectionSilenceTimeout", 2_000..=10_000, 5_000);
    let timeout = Duration::from_secs(timeout.into());
    let rules = |message_end| Detection { message_end, timeout, speech, speech_end, silence };
    mode.map(|message_end| Machine { rules: rules(message_end), told })
}

/// A URL with its method; an empty one is none.
fn asked(
    attributes: &mut Attributes<'_, '_>,
    url: &'static str,
    method: &'static str,
) -> Option<Then> {
    let url = attributes.url(url).filter(|url| !url.is_empty());
    let method = attributes.method(method);
    url.map(|url| Then { url, method, redirect: false })
}
