//! `resources` and `offnet`: a number, through the gateways.

use super::action::Perform;
use crate::{
    base::{
        HangupCause,
        phone::{KeySet, Number},
    },
    call::{Dial, DialOutcome, DialStatus, Prompt, PromptEnd, Rejection, Sound, Step, Target},
    piston::{
        fields::Fields,
        json::Kind,
        stage::{Ended, Stage},
    },
};
use std::time::Duration;

/// `to_did`, `timeout`, `ringback`, `ignore_early_media`, `custom_sip_headers`, `emit_account_id`,
/// `do_not_normalize`, `bypass_e164`, and what concerns the choice of a carrier.
#[derive(Debug)]
pub(in crate::piston) struct Offnet {
    to: Option<String>,
    ring: Option<Duration>,
    ringback: Option<String>,
    early_media: bool,
    headers: Vec<(String, String)>,
    account_header: bool,
    /// Whether the number goes out as it is written.
    verbatim: bool,
}

/// Keys about carriers, which the configured gateways decide here.
const CARRIER_KEYS: [&str; 7] = [
    "use_local_resources",
    "hunt_account_id",
    "caller_id_type",
    "format_from_uri",
    "from_uri_realm",
    "resource_type",
    "dynamic_flags",
];

impl Perform for Offnet {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let to = fields.parsed("to_did", |text| match Number::parse(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err("a number of digits, letters and + * # _ is allowed".to_owned()),
        });
        fields.boolean("use_local_resources");
        fields.boolean("format_from_uri");
        for key in ["hunt_account_id", "caller_id_type", "from_uri_realm", "resource_type"] {
            fields.text(key);
        }
        for key in ["dynamic_flags", "outbound_flags"] {
            fields.texts(key);
        }
        for key in CARRIER_KEYS.into_iter().chain(["outbound_flags"]) {
            fields.without_effect(key, "the configured gateways carry every number");
        }
        let plain = fields.boolean("do_not_normalize").unwrap_or(false);
        let bypass = fields.boolean("bypass_e164").unwrap_or(false);
        Self {
            to,
            ring: fields.integer("timeout", 1..=3600).map(Duration::from_secs),
            ringback: fields.text("ringback").map(str::to_owned),
            early_media: !fields.boolean("ignore_early_media").unwrap_or(false),
            headers: headers(fields),
            account_header: fields.boolean("emit_account_id").unwrap_or(false),
            verbatim: plain || bypass,
        }
    }

    fn about(&self) -> String {
        self.to.clone().unwrap_or_else(|| "the dialled number".to_owned())
    }

    fn leads_to(&self, key: &str) -> bool {
        let cause = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        key.starts_with("sip:") || key.chars().all(cause)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let facts = stage.call.facts();
        let wanted = self.to.as_ref().or(stage.caller.hunted.as_ref());
        let wanted = wanted.unwrap_or(&facts.destination).clone();
        let number = Number::parse(&wanted).map(|number| self.normal(number.as_str()));
        let Ok(number) = number.and_then(|number| Number::parse(&number)) else {
            stage.note(format!("{wanted:?} is not a number to dial"));
            let cause = HangupCause::INVALID_NUMBER_FORMAT;
            return failed(stage, cause, "", "not a number").await;
        };
        let dial = self.dial(number, stage);
        let outcome = stage.call.dial(&dial).await?;
        if outcome.status == DialStatus::Answered {
            let talked = format!("talked {:.1} s", outcome.talked.as_secs_f32());
            return Ok(Ended::stop(Some(outcome.cause), talked));
        }
        let DialOutcome { cause, sip, problem, .. } = outcome;
        if let Some(problem) = problem {
            stage.note(problem);
        }
        failed(stage, cause, &sip, "not answered").await
    }
}

impl Offnet {
    fn dial(&self, number: Number, stage: &Stage<'_>) -> Dial {
        let call = &stage.call;
        let ring = self.ring.unwrap_or_else(|| call.settings().dial.ring_time());
        let shown = call.memory.caller_id.clone();
        let account = call.facts().account_id.clone();
        let account = self.account_header.then(|| ("X-Account-ID".to_owned(), account));
        Dial {
            caller_id: Some(shown).filter(|id| !id.name.is_empty() || !id.number.is_empty()),
            ringback: self.ringback.clone().map(Sound::Media).into_iter().collect(),
            early_media: self.early_media,
            headers: self.headers.iter().cloned().chain(account).collect(),
            ..Dial::new(vec![Target::Number(number)], ring)
        }
    }

    /// The international prefix `00` as `+`. A national number is left to the gateway, which knows
    /// its country.
    fn normal(&self, number: &str) -> String {
        match number.strip_prefix("00") {
            Some(rest) if !self.verbatim && is_international(rest) => format!("+{rest}"),
            _ => number.to_owned(),
        }
    }
}

fn is_international(rest: &str) -> bool {
    (7..=15).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_digit())
        && !rest.starts_with('0')
}

fn headers(fields: &mut Fields<'_, '_, '_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for member in fields.object("custom_sip_headers").map(|o| o.0.as_slice()).unwrap_or_default() {
        let ours = member.key.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        match &member.value.value {
            Kind::Text(value) if ours => headers.push((member.key.clone(), value.clone())),
            Kind::Text(_) => fields.warning(
                "custom_sip_headers",
                format!("{:?} is left out: only X- headers are sent", member.key),
            ),
            _ => fields.error(
                "custom_sip_headers",
                format!("{:?}: found {}; a text is allowed", member.key, member.value.describe()),
            ),
        }
    }
    headers
}

/// After a failure: the child of the cause, of the SIP code, then `_`; without any of them the
/// caller is refused as the called party refused us (`reference/piston.md` 1.6, 1.7).
async fn failed(stage: &mut Stage<'_>, cause: HangupCause, sip: &str, what: &str) -> Step<Ended> {
    // A leg that we ended ourselves has a bare code.
    let sip = match sip {
        "" => "sip:600".to_owned(),
        code if code.starts_with("sip:") => code.to_owned(),
        code => format!("sip:{code}"),
    };
    let outcome = format!("{what}: {cause} ({sip})");
    for key in [cause.as_str(), sip.as_str(), "_"] {
        if stage.leads(key) {
            return Ok(Ended::at(key, outcome));
        }
    }
    match response(&cause) {
        Some(code) if !stage.call.is_answered() => {
            Err(stage.call.reject(&Rejection::new(code, "")).await)
        }
        code => {
            if stage.call.is_answered() {
                hear_why(stage, code).await?;
            }
            Ok(Ended::stop(Some(cause), outcome))
        }
    }
}

/// What a caller whose call was answered already hears instead of a SIP status.
async fn hear_why(stage: &mut Stage<'_>, code: Option<u16>) -> Step<()> {
    const BUSY: &str = "tone_stream://%(500,500,480,620);loops=5";
    const REORDER: &str = "tone_stream://%(250,250,480,620);loops=10";
    const SOUND: &str = "ivr/ivr-call_cannot_be_completed_as_dialed";
    let tone = match code {
        Some(486) => BUSY,
        Some(404 | 484 | 488) => {
            let sound = Prompt::play(SOUND);
            if let PromptEnd::Failed(_) = stage.call.prompt(&sound, KeySet::NONE).await? {
                let words = Prompt::say("Your call cannot be completed as dialed.");
                stage.call.prompt(&words, KeySet::NONE).await?;
            }
            return Ok(());
        }
        _ => REORDER,
    };
    stage.call.prompt(&Prompt::play(tone), KeySet::NONE).await?;
    Ok(())
}

/// The SIP status for a cause (`reference/piston.md` 1.7); `None` where the switch decides.
fn response(cause: &HangupCause) -> Option<u16> {
    Some(match cause.as_str() {
        "MANDATORY_IE_MISSING" | "MANDATORY_IE_LENGTH_ERROR" => 400,
        "OUTGOING_CALL_BARRED"
        | "INCOMING_CALL_BARRED"
        | "BEARERCAPABILITY_NOTAUTH"
        | "BEARERCAPABILITY_NOTAVAIL" => 403,
        "UNALLOCATED_NUMBER" | "NO_ROUTE_DESTINATION" | "NO_ROUTE_TRANSIT_NET" => 404,
        "NO_USER_RESPONSE" => 408,
        "NUMBER_CHANGED" | "REDIRECTION_TO_NEW_DESTINATION" => 410,
        "NO_ANSWER" | "SUBSCRIBER_ABSENT" | "NORMAL_UNSPECIFIED" => 480,
        "EXCHANGE_ROUTING_ERROR" => 483,
        "INVALID_NUMBER_FORMAT" => 484,
        "USER_BUSY" | "PROGRESS_TIMEOUT" => 486,
        "ORIGINATOR_CANCEL" => 487,
        "BEARERCAPABILITY_NOTIMPL" | "INCOMPATIBLE_DESTINATION" => 488,
        "UNKNOWN" => 500,
        "FACILITY_NOT_IMPLEMENTED" | "SERVICE_NOT_IMPLEMENTED" => 501,
        "DESTINATION_OUT_OF_ORDER" => 502,
        "NORMAL_CIRCUIT_CONGESTION"
        | "NETWORK_OUT_OF_ORDER"
        | "NORMAL_TEMPORARY_FAILURE"
        | "SWITCH_CONGESTION"
        | "REQUESTED_CHAN_UNAVAIL" => 503,
        "RECOVERY_ON_TIMER_EXPIRE" | "MEDIA_TIMEOUT" => 504,
        "FACILITY_REJECTED" => 510,
        "CALL_REJECTED" => 603,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_international_prefix_is_rewritten() {
        let offnet = |verbatim| Offnet {
            to: None,
            ring: None,
            ringback: None,
            early_media: true,
            headers: vec![],
            account_header: false,
            verbatim,
        };
        assert_eq!(offnet(false).normal("004930123456"), "+4930123456");
        assert_eq!(offnet(true).normal("004930123456"), "004930123456");
        for national in ["0301234567", "00", "0012", "4155550100", "0113496000"] {
            assert_eq!(offnet(false).normal(national), national);
        }
    }
}
