//! The nouns of `<Dial>` (`reference/twiml.md` 2.7, `reference/piston.md` 2.9.2).

use crate::{
    base::phone::{Number, SipUri},
    call::DigitString,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Leg, Whom},
    },
};

/// Nouns that this release does not dial, and what they would reach.
const NOT_DIALLED: [(&str, &str); 6] = [
    ("Conference", "conferences"),
    ("Queue", "queues"),
    ("Application", "applications"),
    ("Sim", "SIM cards"),
    ("WhatsApp", "WhatsApp"),
    ("Device", "devices by their id"),
];

/// What one noun adds to a Dial.
#[derive(Debug, Default)]
pub(in crate::xml) struct Noun {
    pub leg: Option<Leg>,
    pub headers: Vec<(String, String)>,
}

/// Reads one noun; a remark says why it is not dialled.
pub(in crate::xml) fn noun(element: &Element, notes: &mut Notes) -> Noun {
    match element.name.as_str() {
        "Number" => number(element, notes),
        "Sip" => sip(element, notes),
        "Client" | "User" => user(element, notes),
        name => {
            match NOT_DIALLED.iter().find(|(known, _)| *known == name) {
                Some((_, what)) => {
                    let message = format!("<{name}> is not dialled: {what} are not supported");
                    notes.warn(element.at, message);
                }
                None => {
                    let name: String = name.chars().take(60).collect();
                    let message = format!(
                        "<{name}> inside <Dial> is ignored: Number, Sip, Client and User are dialled"
                    );
                    notes.error(element.at, message);
                }
            }
            Noun::default()
        }
    }
}

/// A telephone number, as the text of a Dial or a Number.
pub(super) fn number_leg(
    text: &str,
    at: crate::xml::tree::At,
    send_digits: Option<DigitString>,
    notes: &mut Notes,
) -> Option<Leg> {
    match Number::parse(text) {
        Ok(number) => Some(Leg { whom: Whom::Number(number), send_digits }),
        Err(error) => {
            notes.error(at, format!("{error}; it is not dialled"));
            None
        }
    }
}

fn number(element: &Element, notes: &mut Notes) -> Noun {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let send_digits = send_digits(&mut attributes);
    leg_attributes(&mut attributes);
    attributes.unsupported("byoc", "the operator's gateways are used");
    attributes.done();
    let leg = number_leg(&element.text(), element.text_at(), send_digits, notes);
    Noun { leg, headers: Vec::new() }
}

fn sip(element: &Element, notes: &mut Notes) -> Noun {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    leg_attributes(&mut attributes);
    let send_digits = send_digits(&mut attributes);
    for name in ["username", "password"] {
        attributes.unsupported(name, "the switch's own credentials are used");
    }
    attributes.done();
    match sip_address(element, notes) {
        Some((uri, headers)) => {
            Noun { leg: Some(Leg { whom: Whom::Sip(uri), send_digits }), headers }
        }
        None => Noun::default(),
    }
}

/// A SIP address with the headers in its query; a remark says why there is none.
pub(super) fn sip_address(
    element: &Element,
    notes: &mut Notes,
) -> Option<(SipUri, Vec<(String, String)>)> {
    let text = element.text();
    let at = element.text_at();
    let (address, query) = text.split_once('?').unwrap_or((&text, ""));
    // Twilio's region chooses one of its own edges.
    let mut address = address.to_owned();
    if let Some(region) = address.split(';').find(|part| part.starts_with("region=")) {
        notes.warn(at, format!("{region} is ignored"));
        address = address.replace(&format!(";{region}"), "");
    }
    let mut headers = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-")) {
            headers.push((name.into_owned(), value.into_owned()));
        } else {
            let name: String = name.chars().take(60).collect();
            notes.warn(at, format!("the header {name} is not sent: only X- headers are"));
        }
    }
    match SipUri::parse(&address) {
        Ok(uri) => Some((uri, headers)),
        Err(error) => {
            notes.error(at, format!("{error}; it is not dialled"));
            None
        }
    }
}

/// Twilio's Client and KAZOO's User: somebody registered at the switch.
fn user(element: &Element, notes: &mut Notes) -> Noun {
    let mut name = element.text();
    for inner in element.elements() {
        match inner.name.as_str() {
            "Identity" => name = inner.text(),
            "Parameter" => notes.warn(inner.at, "<Parameter> is not passed on to the client"),
            other => notes.warn(inner.at, format!("<{other}> is ignored here")),
        }
    }
    let mut attributes = Attributes::of(element, notes);
    leg_attributes(&mut attributes);
    let send_digits = send_digits(&mut attributes);
    attributes.unsupported("clientNotificationUrl", "nobody is notified");
    attributes.done();
    Noun { leg: user_leg(&name, element, send_digits, notes), headers: Vec::new() }
}

/// A leg to somebody registered at the switch, in either dialect.
pub(in crate::xml) fn user_leg(
    name: &str,
    element: &Element,
    send_digits: Option<DigitString>,
    notes: &mut Notes,
) -> Option<Leg> {
    let name = name.trim();
    // Any domain makes the check complete; the real one is the operator's.
    let whole = if name.contains('@') { name.to_owned() } else { format!("{name}@localhost") };
    match SipUri::parse(&whole) {
        Ok(_) => Some(Leg { whom: Whom::User(name.to_owned()), send_digits }),
        Err(_) => {
            let name: String = name.chars().take(60).collect();
            let message = format!("{name:?} is not the name of a user; it is not dialled");
            notes.error(element.text_at(), message);
            None
        }
    }
}

fn send_digits(attributes: &mut Attributes<'_, '_>) -> Option<DigitString> {
    let text = attributes.given("sendDigits")?;
    match DigitString::parse(text) {
        Ok(digits) => Some(digits),
        Err(error) => {
            attributes.warn("sendDigits", error.to_string());
            None
        }
    }
}

/// What all nouns may have and this release does not do (`reference/twiml.md` 2.7.1).
fn leg_attributes(attributes: &mut Attributes<'_, '_>) {
    attributes.unsupported("url", "the leg is connected as soon as it answers");
    attributes.accepted(&["method"]);
    attributes.unsupported("statusCallback", "the leg's progress is not told");
    attributes.accepted(&["statusCallbackEvent", "statusCallbackMethod"]);
    attributes.unsupported("machineDetection", "a machine is connected like a person");
    attributes.accepted(&[
        "machineDetectionTimeout",
        "machineDetectionSpeechThreshold",
        "machineDetectionSpeechEndThreshold",
        "machineDetectionSilenceTimeout",
        "amdStatusCallback",
        "amdStatusCallbackMethod",
    ]);
}
