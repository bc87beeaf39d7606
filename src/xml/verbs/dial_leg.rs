//! One leg of a Dial, and what its called party meets before it is connected.

use super::Then;
use crate::{
    base::phone::{Number, SipUri},
    call::{CallerId, Credentials, Detection, DialPlan, DialTarget, LegDigits, Target},
};

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Leg {
    pub whom: Whom,
    /// Shown to this party instead of what the Dial shows.
    pub caller_id: Option<CallerId>,
    pub headers: Vec<(String, String)>,
    pub credentials: Option<Credentials>,
    pub send_digits: Option<LegDigits>,
    /// Who is told how the leg goes.
    pub status: Option<LegStatus>,
    /// The document that the called party hears before it is connected (TwiML's `url`).
    pub whisper: Option<Then>,
    /// Whether it is found out who has answered.
    pub machine: Option<Machine>,
}

/// Whom a leg goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Whom {
    Number(Number),
    Sip(SipUri),
    /// A user registered at the switch, by name; the domain is the operator's.
    User(String),
    /// Twilio's clients: users by the operator's template for clients.
    Client(String),
}

/// `statusCallback` of a leg (`reference/twiml.md` 1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct LegStatus {
    pub to: Then,
    pub events: Vec<LegEvent>,
}

/// What a leg's `statusCallback` may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum LegEvent {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

/// `machineDetection` of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Machine {
    pub rules: Detection,
    /// Who is told what came of it.
    pub told: Option<Then>,
}

impl Leg {
    /// A leg with nothing of its own.
    pub fn to(whom: Whom) -> Self {
        Self {
            whom,
            caller_id: None,
            headers: Vec::new(),
            credentials: None,
            send_digits: None,
            status: None,
            whisper: None,
            machine: None,
        }
    }

    /// Whom it goes to, as parameters and people name it.
    pub fn shown(&self) -> String {
        match &self.whom {
            Whom::Number(number) => number.to_string(),
            Whom::Sip(uri) => format!("sip:{uri}"),
            Whom::User(name) => name.clone(),
            Whom::Client(name) => format!("client:{name}"),
        }
    }

    /// As the switch is told to dial it; the error says why it cannot be.
    pub fn target(&self, plan: &DialPlan) -> Result<DialTarget, String> {
        let target = match &self.whom {
            Whom::Number(number) => Target::Number(number.clone()),
            Whom::Sip(uri) => Target::Sip(uri.clone()),
            Whom::User(name) => plan.user(name).map_err(|error| error.to_string())?,
            Whom::Client(name) => plan.client(name).map_err(|error| error.to_string())?,
        };
        Ok(DialTarget {
            send_digits: self.send_digits.clone(),
            caller_id: self.caller_id.clone(),
            headers: self.headers.clone(),
            credentials: self.credentials.clone(),
            ..DialTarget::new(target)
        })
    }
}
