//! The variables that mod_sofia and the media core put on a channel as a call proceeds, in the
//! order of the recordings.

use super::{caller::Facts, faults::Chance, leg::Leg, leg::Profile};

/// Address of the simulated switch; everything is on loopback.
pub(super) const HOST: &str = "127.0.0.1";

pub(super) const SIP_PORT: &str = "5060";

/// The caller's channel as it is when the dialplan reaches `socket`.
pub(super) fn inbound(facts: &Facts, argument: &str, now: u64, chance: &mut Chance) -> Leg {
    let uuid = facts.uuid.clone().unwrap_or_else(|| chance.uuid());
    let (number, port) = (&facts.number, facts.port);
    let address = &facts.address;
    let name = format!("sofia/internal/{number}@{address}:{port}");
    let profile = Profile {
        direction: "inbound",
        logical_direction: "inbound",
        username: number.clone(),
        caller_name: facts.name.clone(),
        caller_number: number.clone(),
        original_name: facts.name.clone(),
        original_number: number.clone(),
        address: address.clone(),
        ani: number.clone(),
        destination: facts.dialled.clone(),
        unique_id: uuid.clone(),
        context: "public".to_owned(),
        channel_name: name.clone(),
        profile_created: now,
        created: now,
        ..Profile::default()
    };
    let mut leg = Leg {
        call_uuid: uuid.clone(),
        uuid,
        name,
        profile,
        state: "CS_EXECUTE",
        state_number: 4,
        call_state: "RINGING",
        answer_state: "ringing",
        codec: Some(super::leg::Codec::Pcmu),
        ..Leg::default()
    };
    set_invite(&mut leg, facts, now, chance);
    set_offer(&mut leg, chance);
    let (uuid, dialled) = (leg.uuid.clone(), &facts.dialled);
    leg.variables.set("DP_MATCH", format!("ARRAY::{dialled}|:{dialled}"));
    leg.variables.set("call_uuid", uuid);
    for (name, value) in &facts.variables {
        leg.variables.set(name, &**value);
    }
    leg.variables.set("current_application_data", argument);
    leg.variables.set("current_application", "socket");
    leg.variables.set("socket_host", HOST);
    leg
}

/// What the INVITE says.
fn set_invite(leg: &mut Leg, facts: &Facts, now: u64, chance: &mut Chance) {
    let Facts { number, name: display, dialled, address, port, .. } = facts;
    let port = port.to_string();
    let from = format!("{number}@{address}:{port}");
    let to = format!("{dialled}@{HOST}:{SIP_PORT}");
    let tag = chance.tag(7);
    let full_from = format!("\"{display}\" <sip:{from}>;tag={tag}");
    let branch = chance.tag(8);
    let via = format!("SIP/2.0/UDP {address}:{port};rport={port};branch=z9hG4bK{branch}");
    let call_id = format!("{}@t", chance.tag(9));
    let session = (10_000 + chance.below(20_000)).to_string();
    let (uuid, name) = (leg.uuid.clone(), leg.name.clone());
    let pairs: [(&str, &str); 43] = [
        ("direction", "inbound"),
        ("uuid", &uuid),
        ("session_id", &session),
        ("sip_from_user", number),
        ("sip_from_port", &port),
        ("sip_from_uri", &from),
        ("sip_from_host", address),
        ("video_media_flow", "disabled"),
        ("text_media_flow", "disabled"),
        ("channel_name", &name),
        ("sip_call_id", &call_id),
        ("sip_local_network_addr", HOST),
        ("sip_network_ip", address),
        ("sip_network_port", &port),
        ("sip_invite_stamp", &now.to_string()),
        ("sip_received_ip", address),
        ("sip_received_port", &port),
        ("sip_via_protocol", "udp"),
        ("sip_from_user_stripped", number.trim_start_matches('+')),
        ("sip_from_tag", &tag),
        ("sofia_profile_name", "internal"),
        ("sofia_profile_url", "sip:mod_sofia@127.0.0.1:5060"),
        ("recovery_profile_name", "internal"),
        ("sip_full_via", &via),
        ("sip_from_display", display),
        ("sip_full_from", &full_from),
        ("sip_full_to", &format!("<sip:{to}>")),
        ("sip_req_user", dialled),
        ("sip_req_port", SIP_PORT),
        ("sip_req_uri", &to),
        ("sip_req_host", HOST),
        ("sip_to_user", dialled),
        ("sip_to_port", SIP_PORT),
        ("sip_to_uri", &to),
        ("sip_to_host", HOST),
        ("sip_contact_user", number),
        ("sip_contact_port", &port),
        ("sip_contact_uri", &from),
        ("sip_contact_host", address),
        ("sip_via_host", address),
        ("sip_via_port", &port),
        ("sip_via_rport", &port),
        ("max_forwards", "70"),
    ];
    for (name, value) in pairs {
        if name == "sip_via_host" {
            leg.variables.set("sip_user_agent", facts.user_agent.as_deref().unwrap_or_default());
        }
        leg.variables.set(name, value);
    }
    for (name, value) in &facts.headers {
        leg.variables.set(&format!("sip_h_{name}"), &**value);
    }
}

/// What the SDP offer leads to.
fn set_offer(leg: &mut Leg, chance: &mut Chance) {
    let port = 33_000 + chance.below(20_000);
    let offer = format!(
        "v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    );
    let variables = &mut leg.variables;
    variables.set("switch_r_sdp", offer);
    variables.set("ep_codec_string", "CORE_PCM_MODULE.PCMU@8000h@20i@64000b");
    variables.set("rtp_use_codec_string", "PCMU,PCMA");
    variables.set("remote_video_media_flow", "inactive");
    variables.set("remote_text_media_flow", "inactive");
    variables.set("remote_audio_media_flow", "sendrecv");
    variables.set("audio_media_flow", "sendrecv");
    variables.set("remote_media_ip", HOST);
    variables.set("remote_media_port", port.to_string());
    set_codec(leg);
    leg.variables.set("endpoint_disposition", "RECEIVED");
}

pub(super) fn set_codec(leg: &mut Leg) {
    let pairs = [
        ("rtp_audio_recv_pt", "0"),
        ("rtp_use_codec_name", "PCMU"),
        ("rtp_use_codec_rate", "8000"),
        ("rtp_use_codec_ptime", "20"),
        ("rtp_use_codec_channels", "1"),
        ("rtp_last_audio_codec_string", "PCMU@8000h@20i@1c"),
        ("read_codec", "PCMU"),
        ("original_read_codec", "PCMU"),
        ("read_rate", "8000"),
        ("original_read_rate", "8000"),
        ("write_codec", "PCMU"),
        ("write_rate", "8000"),
        ("dtmf_type", "info"),
    ];
    leg.variables.set_all(pairs.map(|(name, value)| (name, value.to_owned())));
}

/// The caller's media starts: with the answer, or with early media before it.
pub(super) fn start_media(leg: &mut Leg, chance: &mut Chance) {
    if leg.media {
        return;
    }
    leg.media = true;
    let port = 20_000 + 2 * chance.below(10_000);
    let session = 1_795_300_000 + chance.below(30_000);
    let remote = leg.variables.get("remote_media_port").unwrap_or("40000").to_owned();
    leg.variables.set("rtp_local_sdp_str", answer_sdp(session, HOST, port));
    set_local_media(leg, port, chance);
    leg.variables.set("remote_media_ip", HOST);
    leg.variables.set("remote_media_port", remote);
}

pub(super) fn set_local_media(leg: &mut Leg, port: u64, chance: &mut Chance) {
    leg.variables.set("local_media_ip", HOST);
    leg.variables.set("local_media_port", port.to_string());
    leg.variables.set("advertised_media_ip", HOST);
    leg.variables.set("rtp_use_timer_name", "soft");
    leg.variables.set("rtp_use_pt", "0");
    leg.variables.set("rtp_use_ssrc", chance.below(u64::from(u32::MAX)).to_string());
}

pub(super) fn answer_sdp(session: u64, host: &str, port: u64) -> String {
    format!(
        "v=0\r\no=FreeSWITCH {session} {} IN IP4 {host}\r\ns=FreeSWITCH\r\nc=IN IP4 {HOST}\r\n\
         t=0 0\r\nm=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
        session + 1
    )
}

/// The far end got a provisional response: the dialogue has a tag.
pub(super) fn tag_dialogue(leg: &mut Leg, chance: &mut Chance) {
    if leg.variables.get("sip_to_tag").is_none() {
        leg.variables.set("sip_to_tag", chance.tag(13));
    }
}

/// The caller's ACK arrived: the dialogue's headers are set again.
pub(super) fn acknowledge(leg: &mut Leg, chance: &mut Chance) {
    let value = |name: &str| leg.variables.get(name).unwrap_or_default().to_owned();
    let tag = leg.variables.get("sip_to_tag").map(str::to_owned);
    let tag = tag.unwrap_or_else(|| chance.tag(13));
    let full_to = value("sip_full_to");
    let full_to = full_to.split(";tag=").next().unwrap_or_default();
    let pairs = [
        ("sip_to_tag", tag.clone()),
        ("sip_from_tag", value("sip_from_tag")),
        ("sip_cseq", "1".to_owned()),
        ("sip_call_id", value("sip_call_id")),
        ("sip_full_via", value("sip_full_via")),
        ("sip_from_display", value("sip_from_display")),
        ("sip_full_from", value("sip_full_from")),
        ("sip_full_to", format!("{full_to};tag={tag}")),
    ];
    leg.variables.set_all(pairs);
}
