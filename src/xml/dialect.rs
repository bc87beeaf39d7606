//! The two dialects, and which one a document is written in.

use super::tree::Element;
use std::fmt;

/// A family of XML verbs, and the names in which follow-up requests tell what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Twilio's, with KAZOO's additions (`<Set>`, `<Variable>`).
    Twiml,
    /// Plivo's.
    Plivo,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twiml => "TwiML",
            Self::Plivo => "Plivo XML",
        })
    }
}

/// Elements that only one dialect has (`reference/twiml.md` 2, `reference/plivo.md` 4.0 and 4.10).
const TWIML_ELEMENTS: [&str; 22] = [
    "Say",
    "Pause",
    "Gather",
    "Reject",
    "Enqueue",
    "Leave",
    "Refer",
    "Start",
    "Stop",
    "Connect",
    "Pay",
    "Echo",
    "Sms",
    "Queue",
    "Set",
    "Variable",
    "Sip",
    "Client",
    "Application",
    "Sim",
    "WhatsApp",
    "Device",
];
const PLIVO_ELEMENTS: [&str; 11] = [
    "Speak",
    "Wait",
    "GetDigits",
    "GetInput",
    "PreAnswer",
    "DTMF",
    "MultiPartyCall",
    "Message",
    "SIPTransfer",
    "Notify",
    "GetSpeech",
];

/// Attributes that tell the dialect of a verb that both have.
const TWIML_ATTRIBUTES: [&str; 8] = [
    "answerOnBridge",
    "sequential",
    "recordingStatusCallback",
    "transcribe",
    "trim",
    "digits",
    "statusCallback",
    "ringTone",
];
const PLIVO_ATTRIBUTES: [&str; 10] = [
    "redirect",
    "callbackUrl",
    "callbackMethod",
    "fileFormat",
    "recordSession",
    "dialMusic",
    "confirmSound",
    "sipHeaders",
    "callerName",
    "schedule",
];

impl Dialect {
    /// The dialect that the elements and attributes of a document belong to; `assumed` if they
    /// belong to both, or to neither.
    pub(super) fn of_document(root: &Element, assumed: Self) -> Self {
        let (mut twiml, mut plivo) = (false, false);
        let nested = root.elements().flat_map(Element::elements);
        for element in root.elements().chain(nested) {
            let name = element.name.as_str();
            let has = |names: &[&str]| names.iter().any(|n| element.attribute(n).is_some());
            twiml |= TWIML_ELEMENTS.contains(&name) || has(&TWIML_ATTRIBUTES);
            plivo |= PLIVO_ELEMENTS.contains(&name) || has(&PLIVO_ATTRIBUTES);
        }
        // Both have a conference, in different places.
        twiml |= root.elements().any(|e| e.elements().any(|inner| inner.name == "Conference"));
        plivo |= root.elements().any(|e| e.name == "Conference");
        match (twiml, plivo) {
            (true, false) => Self::Twiml,
            (false, true) => Self::Plivo,
            _ => assumed,
        }
    }
}
