//! From a number, address or user to FreeSWITCH's dial string, through the operator's templates.
//!
//! The parts that come from outside are types that cannot carry dial-string syntax
//! ([`crate::base::phone`]); everything in braces and brackets is ours.

use super::{Gate, dial_target::Value};
use crate::{
    base::{
        CallId,
        phone::{Number, SipUri},
    },
    config,
};
use std::{fmt, time::Duration};

/// Whom to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A telephone number, through the gateways.
    Number(Number),
    /// A SIP address.
    Sip(SipUri),
    /// A user registered at the switch.
    User(SipUri),
    /// A client, where the operator has a template for them.
    Client(SipUri),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Sip(uri) => write!(f, "sip:{uri}"),
            Self::User(uri) | Self::Client(uri) => uri.fmt(f),
        }
    }
}

/// The operator's templates.
#[derive(Clone, Debug)]
pub struct DialPlan {
    settings: config::Dial,
}

/// Why somebody cannot be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialPlanError {
    /// The template wants a gateway and there is none.
    #[error("no gateway is configured: set dial.gateways, or a dial.number without {{gateway}}")]
    NoGateway,
}

impl DialPlan {
    /// Takes the templates from `[dial]`.
    pub fn new(settings: &config::Dial) -> Self {
        Self { settings: settings.clone() }
    }

    /// How long to ring when a document does not say.
    pub fn ring_time(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_s.into())
    }

    /// A user of the configured domain, or of its own (`alice`, `alice@example.com`).
    pub fn user(&self, text: &str) -> Result<Target, crate::base::phone::AddressError> {
        let named = match text.contains('@') {
            true => text.to_owned(),
            false => format!("{}@{}", text.trim(), self.settings.user_domain),
        };
        SipUri::parse(&named).map(Target::User)
    }

    /// One of Twilio's clients, by the operator's template: `user/alice@domain`, unless it says
    /// something else.
    pub fn client(&self, text: &str) -> Result<Target, crate::base::phone::AddressError> {
        match (self.user(text)?, self.settings.client.is_empty()) {
            (Target::User(uri), false) => Ok(Target::Client(uri)),
            (user, _) => Ok(user),
        }
    }

    /// The ways to a target, best first: one for each gateway of a number, one for everything else.
    pub(super) fn routes(&self, target: &Target) -> Result<Vec<String>, DialPlanError> {
        let config::Dial { number: template, gateways, sip, user, client, .. } = &self.settings;
        match target {
            Target::Sip(uri) => Ok(vec![sip.replace("{uri}", &uri.to_string())]),
            Target::User(uri) | Target::Client(uri) => {
                let template = if matches!(target, Target::Client(_)) { client } else { user };
                let named = template.replace("{user}", uri.user());
                Ok(vec![named.replace("{domain}", uri.host())])
            }
            Target::Number(number) => {
                let template = template.replace("{number}", number.as_str());
                if !template.contains("{gateway}") {
                    return Ok(vec![template]);
                }
                if gateways.is_empty() {
                    return Err(DialPlanError::NoGateway);
                }
                Ok(gateways.iter().map(|g| template.replace("{gateway}", g)).collect())
            }
        }
    }
}

/// One leg in a dial string.
pub(super) struct LegString {
    pub(super) id: CallId,
    pub(super) endpoint: String,
    pub(super) variables: Vec<(String, Value)>,
    pub(super) gate: Option<Gate>,
}

/// The dial string for legs that ring together. Each has its UUID fixed, so that its events can be
/// told apart and it can be ended by itself.
pub(super) fn together(legs: &[LegString], ring: Duration, early_media: bool) -> String {
    // Our own timer ends the ringing; the switch's, in whole seconds, is there for the case that we
    // are gone.
    let guard = ring.as_secs() + GUARD;
    let gates = legs.iter().filter_map(|leg| leg.gate.as_ref());
    // The time of all legs together goes on while one is in a gate (QUIRKS: gate-counts-as-ringing).
    let whole = guard + gates.map(|gate| gate.patience.as_secs()).max().unwrap_or(0);
    let endpoints: Vec<_> = legs.iter().map(|leg| leg.written(guard)).collect();
    format!(
        "{{originate_timeout={whole},ignore_early_media={}}}{}",
        !early_media,
        endpoints.join(",")
    )
}

/// How much longer than we the switch waits, seconds.
const GUARD: u64 = 3;

impl LegString {
    fn written(&self, guard: u64) -> String {
        let mut text = format!("[origination_uuid={}", self.id);
        for (name, value) in &self.variables {
            text.push_str(&format!(",{name}={value}"));
        }
        if let Some(Gate { token, address, .. }) = &self.gate {
            // The switch reads the port behind the last colon, so an IPv6 address needs no brackets.
            let (ip, port) = (address.ip(), address.port());
            text.push_str(&format!(
                ",leg_timeout={guard},group_confirm_timeout=0,group_confirm_key=exec,\
                 group_confirm_file=socket {ip}:{port} async full,pivot_leg={token}"
            ));
        }
        text.push(']');
        text.push_str(&self.endpoint);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> DialPlan {
        DialPlan::new(&config::load_text("", text, []).unwrap().dial)
    }

    #[test]
    fn a_number_has_a_route_through_each_gateway() {
        let number = Target::Number(Number::parse("+1 415 555 0100").unwrap());
        let two = plan("[dial]\ngateways = [\"a\", \"b\"]\n");
        assert_eq!(
            two.routes(&number).unwrap(),
            ["sofia/gateway/a/+14155550100", "sofia/gateway/b/+14155550100"]
        );
        assert_eq!(plan("").routes(&number), Err(DialPlanError::NoGateway));
        let direct = plan("[dial]\nnumber = \"sofia/external/{number}@sbc.example\"\n");
        assert_eq!(direct.routes(&number).unwrap(), ["sofia/external/+14155550100@sbc.example"]);
    }

    #[test]
    fn users_get_the_configured_domain() {
        let plan = plan("[dial]\nuser_domain = \"pbx.example\"\n");
        let user = plan.user("alice").unwrap();
        assert_eq!(plan.routes(&user).unwrap(), ["user/alice@pbx.example"]);
        assert!(plan.user("a,b").is_err());
    }

    #[test]
    fn legs_that_ring_together_have_their_own_ids() {
        let leg = |id: &str, endpoint: &str| LegString {
            id: CallId::from(id),
            endpoint: endpoint.to_owned(),
            variables: Vec::new(),
            gate: None,
        };
        let mut legs = [leg("u1", "user/a"), leg("u2", "user/b")];
        assert_eq!(
            together(&legs, Duration::from_secs(20), false),
            "{originate_timeout=23,ignore_early_media=true}\
             [origination_uuid=u1]user/a,[origination_uuid=u2]user/b"
        );
        legs[0].gate = Some(Gate {
            token: uuid::Uuid::nil(),
            address: "[::1]:8084".parse().unwrap(),
            patience: Duration::from_secs(60),
        });
        legs[1].variables = vec![("sip_h_X-A".to_owned(), Value::new("1,2").unwrap())];
        assert_eq!(
            together(&legs, Duration::from_secs(20), false),
            "{originate_timeout=83,ignore_early_media=true}\
             [origination_uuid=u1,leg_timeout=23,group_confirm_timeout=0,group_confirm_key=exec,\
             group_confirm_file=socket ::1:8084 async full,\
             pivot_leg=00000000-0000-0000-0000-000000000000]user/a,\
             [origination_uuid=u2,sip_h_X-A=1\\,2]user/b"
        );
    }
}
