//! What FreeSWITCH's headers say about a call, in our words.

use crate::{
    base::{CallFacts, EndFacts, HangupCause, Timestamp, WhoHungUp, event::SipParty},
    esl::Index,
};
use std::{collections::BTreeMap, time::Duration};

/// Variables of the dialplan that are instructions to us.
const INSTRUCTION_PREFIX: &str = "variable_pivot_";
/// Variables of the dialplan that are application variables of the call.
const APPLICATION_PREFIX: &str = "variable_cav_";
/// Headers of the INVITE that FreeSWITCH keeps.
const SIP_HEADER_PREFIX: &str = "variable_sip_h_";

/// Headers and variables of the last event that the CDR repeats besides what [`EndFacts`] names.
const RAW: [&str; 30] = [
    "Channel-Name",
    "Channel-State",
    "Channel-Call-State",
    "Answer-State",
    "Presence-ID",
    "Caller-Destination-Number",
    "Other-Leg-Direction",
    "Other-Leg-Caller-ID-Name",
    "Other-Leg-Caller-ID-Number",
    "Other-Leg-Destination-Number",
    "FreeSWITCH-Hostname",
    "variable_sip_to_tag",
    "variable_sip_from_tag",
    "variable_sip_origination_call_uuid",
    "variable_switch_r_sdp",
    "variable_rtp_local_sdp_str",
    "variable_rtp_audio_in_media_packet_count",
    "variable_rtp_audio_in_skip_packet_count",
    "variable_rtp_audio_in_jitter_min_variance",
    "variable_rtp_audio_in_jitter_max_variance",
    "variable_rtp_audio_in_quality_percentage",
    "variable_rtp_audio_in_mos",
    "variable_rtp_audio_out_media_packet_count",
    "variable_rtp_audio_out_skip_packet_count",
    "variable_read_codec",
    "variable_write_codec",
    "variable_last_app",
    "variable_last_arg",
    "variable_sip_term_status",
    "variable_hangup_cause_q850",
];

/// Reads the channel's data at the hand-over (`reference/freeswitch.md` 2.3).
pub(super) fn of_call(channel: &Index<'_>) -> CallFacts {
    let text = |name: &str| channel.get(name).map(|v| v.into_owned()).unwrap_or_default();
    let variable = |name: &str| text(&format!("variable_{name}"));
    let party = |which: &str| SipParty {
        user: variable(&format!("sip_{which}_user")),
        host: variable(&format!("sip_{which}_host")),
        uri: variable(&format!("sip_{which}_uri")),
    };
    let with_prefix = |prefix: &str| -> BTreeMap<String, String> {
        let found = channel.with_prefix(prefix);
        found.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
    };
    let instructions = with_prefix(INSTRUCTION_PREFIX);
    CallFacts {
        call_id: text("Unique-ID"),
        parent: String::new(),
        account_id: instructions.get("account_id").cloned().unwrap_or_default(),
        direction: text("Call-Direction"),
        caller_name: text("Caller-Caller-ID-Name"),
        caller_number: text("Caller-Caller-ID-Number"),
        destination: text("Caller-Destination-Number"),
        from: party("from"),
        to: party("to"),
        request: party("req"),
        sip_call_id: variable("sip_call_id"),
        user_agent: variable("sip_user_agent"),
        network_ip: variable("sip_network_ip").parse().ok(),
        sip_headers: with_prefix(SIP_HEADER_PREFIX),
        verstat: verstat(&variable),
        application_vars: with_prefix(APPLICATION_PREFIX),
        instructions,
        language: variable("default_language"),
        created: micros(&text("Caller-Channel-Created-Time")).unwrap_or_else(Timestamp::now),
        answered: channel.is("Answer-State", "answered"),
        switch: text("FreeSWITCH-Hostname"),
        channel_name: text("Channel-Name"),
        context: text("Caller-Context"),
    }
}

/// The verdict on the caller's number: of the switch itself, or of the carrier before it, who writes it
/// into the caller's address.
fn verstat(variable: &impl Fn(&str) -> String) -> String {
    for name in ["sip_verstat_detailed", "sip_verstat"] {
        let own = variable(name);
        if !own.is_empty() {
            return own;
        }
    }
    let of_carrier = ["sip_P-Asserted-Identity", "sip_full_from"].map(variable);
    let verdict = of_carrier.iter().find_map(|address| address.split_once("verstat="));
    let word = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    verdict.map(|(_, rest)| rest.chars().take_while(word).collect()).unwrap_or_default()
}

/// Reads the end of a call from its `CHANNEL_HANGUP_COMPLETE` (`reference/freeswitch.md` 3.16); with
/// `None`, from what is left when the switch was lost.
pub(super) fn of_end(event: Option<&Index<'_>>, call: &CallFacts, we_hung_up: bool) -> EndFacts {
    let Some(event) = event else { return unconfirmed(call) };
    let text = |name: &str| event.get(name).map(|v| v.into_owned()).unwrap_or_default();
    let variable = |name: &str| text(&format!("variable_{name}"));
    let first = |names: &[&str]| {
        names.iter().map(|name| text(name)).find(|v| !v.is_empty()).unwrap_or_default()
    };
    let moment = |name: &str| micros(&variable(&format!("{name}_uepoch")));
    let (started, ended) = (moment("start").unwrap_or(call.created), moment("end"));
    let ended = ended.unwrap_or_else(Timestamp::now);
    let answered = moment("answer");
    let rang = moment("progress").or(moment("progress_media"));
    EndFacts {
        cause: HangupCause::named(&text("Hangup-Cause")),
        by: who(&variable("sip_hangup_disposition"), we_hung_up),
        hangup_code: first(&[
            "variable_proto_specific_hangup_cause",
            "variable_last_bridge_proto_specific_hangup_cause",
        ]),
        total: ended.since(started),
        billable: answered.map_or(Duration::ZERO, |answered| ended.since(answered)),
        ringing: rang.map_or(Duration::ZERO, |rang| rang.since(started)),
        answered,
        ended,
        confirmed: true,
        caller_id: (
            first(&[
                "variable_origination_caller_id_name",
                "variable_effective_caller_id_name",
                "Caller-Caller-ID-Name",
            ]),
            first(&[
                "variable_origination_caller_id_number",
                "variable_effective_caller_id_number",
                "Caller-Caller-ID-Number",
            ]),
        ),
        callee_id: (
            first(&[
                "variable_origination_callee_id_name",
                "variable_effective_callee_id_name",
                "Caller-Callee-ID-Name",
                "Other-Leg-Callee-ID-Name",
            ]),
            first(&[
                "variable_origination_callee_id_number",
                "variable_effective_callee_id_number",
                "Caller-Callee-ID-Number",
                "Other-Leg-Callee-ID-Number",
            ]),
        ),
        other_leg: first(&["Other-Leg-Unique-ID", "variable_last_bridge_to"]),
        disposition: first(&["variable_originate_disposition", "variable_endpoint_disposition"]),
        raw: RAW
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), event.get(name)?.into_owned())))
            .collect(),
    }
}

fn unconfirmed(call: &CallFacts) -> EndFacts {
    let ended = Timestamp::now();
    EndFacts {
        cause: HangupCause::NORMAL_UNSPECIFIED,
        by: WhoHungUp::Unknown,
        hangup_code: String::new(),
        total: ended.since(call.created),
        billable: Duration::ZERO,
        ringing: Duration::ZERO,
        answered: None,
        ended,
        confirmed: false,
        caller_id: (call.caller_name.clone(), call.caller_number.clone()),
        callee_id: (String::new(), String::new()),
        other_leg: String::new(),
        disposition: String::new(),
        raw: BTreeMap::new(),
    }
}

fn who(disposition: &str, we_hung_up: bool) -> WhoHungUp {
    match disposition {
        "recv_bye" | "recv_cancel" | "recv_refuse" => WhoHungUp::Caller,
        _ if we_hung_up => WhoHungUp::Us,
        _ => WhoHungUp::Switch,
    }
}

/// A moment in microseconds; FreeSWITCH writes 0 for "never".
fn micros(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|micros| *micros > 0).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esl::{Event, Headers, Message};
    use bytes::BytesMut;
    use tokio_util::codec::Decoder;

    fn events(recording: &str) -> Vec<Event> {
        let text = std::fs::read_to_string(format!("fixtures/esl/{recording}.jsonl")).unwrap();
        let mut stream = BytesMut::new();
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if line["from"] == "switch" {
                stream.extend_from_slice(line["data"].as_str().unwrap().as_bytes());
            }
        }
        let mut codec = crate::esl::FrameCodec::default();
        let mut events = Vec::new();
        while let Some(frame) = codec.decode(&mut stream).unwrap() {
            match Message::read(frame).unwrap() {
                Message::Event(event) => events.push(event),
                Message::Reply(reply) => {
                    let headers: Headers = reply.into_headers();
                    events.extend(headers.get("Unique-ID").is_some().then(|| headers.into()));
                }
                _ => {}
            }
        }
        events
    }

    #[test]
    fn a_call_is_known_from_its_connect_reply() {
        let call = of_call(&events("unicode-caller")[0].index());
        assert_eq!(call.direction, "inbound");
        assert!(!call.caller_name.is_ascii(), "{}", call.caller_name);
        assert!(call.sip_headers.keys().any(|name| name.starts_with("X-")));
        assert!(call.network_ip.unwrap().is_loopback());
        assert!(!call.answered && call.created.micros() > 0);
    }

    #[test]
    fn the_end_is_known_from_the_last_event() {
        let all = events("answer-playback-hangup");
        let last = all.iter().find(|e| e.name() == "CHANNEL_HANGUP_COMPLETE").unwrap();
        let end = of_end(Some(&last.index()), &of_call(&all[0].index()), true);
        assert_eq!((end.cause, end.by), (HangupCause::NORMAL_CLEARING, WhoHungUp::Us));
        assert!(end.billable > Duration::ZERO && end.billable <= end.total);

        let all = events("caller-cancel");
        let last = all.iter().find(|e| e.name() == "CHANNEL_HANGUP_COMPLETE").unwrap();
        let end = of_end(Some(&last.index()), &of_call(&all[0].index()), false);
        assert_eq!((end.cause, end.by), (HangupCause::ORIGINATOR_CANCEL, WhoHungUp::Caller));
        assert_eq!(end.billable, Duration::ZERO);
    }
}
