//! From a number, address or user to FreeSWITCH's dial string, through the operator's templates.
//!
//! The parts that come from outside are types that cannot carry dial-string syntax
//! ([`crate::base::phone`]); everything in braces and brackets is ours.

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
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Sip(uri) => write!(f, "sip:{uri}"),
            Self::User(uri) => uri.fmt(f),
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

    /// The ways to a target, best first: one for each gateway of a number, one for everything else.
    pub(super) fn routes(&self, target: &Target) -> Result<Vec<String>, DialPlanError> {
        let config::Dial { number: template, gateways, sip, user, .. } = &self.settings;
        match target {
            Target::Sip(uri) => Ok(vec![sip.replace("{uri}", &uri.to_string())]),
            Target::User(uri) => {
                let domain =
                    |t: &str| t.replace("{user}", uri.user()).replace("{domain}", uri.host());
                Ok(vec![domain(user)])
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

/// The dial string for legs that ring together. Each has its UUID fixed, so that its events can be
/// told apart and it can be ended by itself.
pub(super) fn together(legs: &[(CallId, String)], ring: Duration, early_media: bool) -> String {
    // Our own timer ends the ringing; the switch's, in whole seconds, is there for the case that we
    // are gone.
    let guard = ring.as_secs() + 3;
    let endpoints: Vec<_> =
        legs.iter().map(|(id, endpoint)| format!("[origination_uuid={id}]{endpoint}")).collect();
    format!(
        "{{originate_timeout={guard},ignore_early_media={}}}{}",
        !early_media,
        endpoints.join(",")
    )
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
        let legs =
            [(CallId::from("u1"), "user/a".to_owned()), (CallId::from("u2"), "user/b".to_owned())];
        assert_eq!(
            together(&legs, Duration::from_secs(20), false),
            "{originate_timeout=23,ignore_early_media=true}\
             [origination_uuid=u1]user/a,[origination_uuid=u2]user/b"
        );
    }
}
