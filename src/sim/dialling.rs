//! The variables of a dialled channel as its call proceeds, in the order of the recordings.

use super::{
    faults::Chance,
    invite::{HOST, SIP_PORT, answer_sdp, set_codec, set_local_media},
    leg::{Codec, Leg, OtherLeg, Profile},
};

/// What the switch knows about a leg that it dials.
pub(super) struct Dialling<'a> {
    pub(super) caller: &'a Leg,
    /// User part, or the number at a gateway.
    pub(super) user: &'a str,
    /// `user@host[:port]`.
    pub(super) uri: &'a str,
    /// Channel name: `sofia/internal/user@host`.
    pub(super) name: String,
    pub(super) uuid: String,
    pub(super) caller_name: String,
    pub(super) caller_number: String,
    /// Variables of the dial string, and exported ones.
    pub(super) variables: Vec<(String, String)>,
    pub(super) now: u64,
}

/// A dialled channel as it is when the INVITE goes out.
pub(super) fn outbound(dialling: Dialling<'_>, chance: &mut Chance) -> Leg {
    let Dialling { caller, user, uri, name, uuid, now, .. } = dialling;
    let profile = Profile {
        direction: "outbound",
        logical_direction: "outbound",
        username: caller.profile.username.clone(),
        original_name: dialling.caller_name.clone(),
        original_number: dialling.caller_number.clone(),
        caller_name: dialling.caller_name,
        caller_number: dialling.caller_number,
        callee: Some(("Outbound Call".to_owned(), user.to_owned())),
        address: caller.profile.address.clone(),
        ani: caller.profile.ani.clone(),
        destination: user.to_owned(),
        unique_id: uuid.clone(),
        context: caller.profile.context.clone(),
        channel_name: name.clone(),
        profile_created: now,
        created: now,
        ..Profile::default()
    };
    let other = OtherLeg { kind: "originator", profile: caller.profile.without_moments() };
    let mut leg = Leg {
        uuid: uuid.clone(),
        name: name.clone(),
        profile,
        outbound: true,
        state: "CS_INIT",
        state_number: 2,
        call_state: "DOWN",
        answer_state: "ringing",
        call_uuid: caller.uuid.clone(),
        other: Some(Box::new(other)),
        ..Leg::default()
    };
    let a = &caller.uuid;
    let host = uri.split_once('@').map_or(uri, |(_, host)| host);
    let offer = caller.variables.get("switch_r_sdp").unwrap_or_default();
    let port = (20_000 + 2 * chance.below(10_000)).to_string();
    let local = answer_sdp(1_795_300_000 + chance.below(30_000), HOST, 20_000);
    let variables = &mut leg.variables;
    variables.set("direction", "outbound");
    variables.set("is_outbound", "true");
    variables.set("uuid", uuid);
    variables.set("session_id", (10_000 + chance.below(20_000)).to_string());
    variables.set("sip_local_network_addr", HOST);
    variables.set("sip_profile_name", "internal");
    variables.set("text_media_flow", "disabled");
    variables.set("channel_name", name);
    variables.set("sip_destination_url", format!("sip:{uri}"));
    let (headers, others): (Vec<_>, Vec<_>) =
        dialling.variables.iter().partition(|(name, _)| name.starts_with("sip_h_"));
    for (name, value) in headers {
        variables.set(name, &**value);
    }
    variables.set("max_forwards", "69");
    variables.set("originator_codec", "PCMU@8000h@20i");
    variables.set("originator", &**a);
    variables.set("signal_bond", &**a);
    variables.set("switch_m_sdp", offer);
    variables.set("call_uuid", &**a);
    for (name, value) in others {
        variables.set(name, &**value);
    }
    variables.set("originate_early_media", "true");
    variables.set("originating_leg_uuid", &**a);
    variables.set("originate_endpoint", "sofia");
    variables.set("rtp_use_codec_string", "PCMU@8000h@20i");
    variables.set("local_media_ip", HOST);
    variables.set("local_media_port", port);
    variables.set("advertised_media_ip", HOST);
    variables.set("audio_media_flow", "sendrecv");
    variables.set("video_media_flow", "inactive");
    variables.set("rtp_local_sdp_str", local);
    variables.set("sip_outgoing_contact_uri", "<sip:mod_sofia@127.0.0.1:5060>");
    variables.set("sip_req_uri", uri);
    variables.set("sip_to_host", host);
    variables.set("sip_from_host", HOST);
    variables.set("sofia_profile_name", "internal");
    variables.set("recovery_profile_name", "internal");
    variables.set("sofia_profile_url", "sip:mod_sofia@127.0.0.1:5060");
    leg
}

/// The callee's phone has responded for the first time.
pub(super) fn respond(leg: &mut Leg, chance: &mut Chance) {
    leg.state = "CS_CONSUME_MEDIA";
    leg.state_number = 7;
    if leg.variables.get("sip_reply_host").is_some() {
        return;
    }
    let user = leg.profile.destination.clone();
    if let Some((name, _)) = leg.profile.callee.as_mut() {
        name.clone_from(&user);
    }
    let uri = leg.variables.get("sip_req_uri").unwrap_or_default().to_owned();
    let host = uri.split_once('@').map_or(uri.as_str(), |(_, host)| host);
    let (host, port) = host.split_once(':').unwrap_or((host, SIP_PORT));
    let via = format!("SIP/2.0/UDP {HOST};rport=5060;branch=z9hG4bK{}", chance.tag(13));
    let (number, display) = (&leg.profile.caller_number, &leg.profile.caller_name);
    let from = format!("{number}@{HOST}");
    let (from_tag, to_tag) = (chance.tag(13), chance.tag(13));
    let pairs = [
        ("sip_local_network_addr", HOST.to_owned()),
        ("sip_reply_host", host.to_owned()),
        ("sip_reply_port", port.to_owned()),
        ("sip_network_ip", host.to_owned()),
        ("sip_network_port", port.to_owned()),
        ("sip_user_agent", "simulated-phone/1.0".to_owned()),
        ("sip_allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO".to_owned()),
        ("sip_recover_contact", format!("<sip:{uri};transport=udp>")),
        ("sip_full_via", via.clone()),
        ("sip_recover_via", via),
        ("sip_from_display", display.clone()),
        ("sip_full_from", format!("\"{display}\" <sip:{from}>;tag={from_tag}")),
        ("sip_full_to", format!("<sip:{uri}>;tag={to_tag}")),
        ("sip_from_user", number.clone()),
        ("sip_from_uri", from),
        ("sip_from_host", HOST.to_owned()),
        ("sip_to_user", user.clone()),
        ("sip_to_port", port.to_owned()),
        ("sip_to_uri", uri.clone()),
        ("sip_to_host", host.to_owned()),
        ("sip_contact_params", "transport=udp".to_owned()),
        ("sip_contact_user", user),
        ("sip_contact_port", port.to_owned()),
        ("sip_contact_uri", uri.clone()),
        ("sip_contact_host", host.to_owned()),
        ("sip_to_tag", to_tag),
        ("sip_from_tag", from_tag),
        ("sip_cseq", (100_000_000 + chance.below(50_000_000)).to_string()),
        ("sip_call_id", chance.uuid()),
    ];
    leg.variables.set_all(pairs);
}

/// The callee's phone refuses: the addresses of the response are set (again).
pub(super) fn reject(leg: &mut Leg, chance: &mut Chance) {
    if leg.variables.get("sip_call_id").is_none() {
        leg.variables.set("sip_call_id", chance.uuid());
    }
    let value = |name: &str, default: &str| leg.variables.get(name).unwrap_or(default).to_owned();
    let pairs = [
        ("sip_local_network_addr", HOST.to_owned()),
        ("sip_reply_host", value("sip_reply_host", HOST)),
        ("sip_reply_port", value("sip_reply_port", SIP_PORT)),
        ("sip_network_ip", value("sip_network_ip", HOST)),
        ("sip_network_port", value("sip_network_port", SIP_PORT)),
    ];
    leg.variables.set_all(pairs);
}

/// The callee's phone sends early media: at first only its SDP is known.
pub(super) fn offer_early(leg: &mut Leg, chance: &mut Chance) {
    let session = 1_795_300_000 + chance.below(30_000);
    let remote = 20_000 + 2 * chance.below(10_000);
    leg.variables.set("switch_r_sdp", answer_sdp(session, "192.0.2.10", remote));
    leg.variables.set("ep_codec_string", "CORE_PCM_MODULE.PCMU@8000h@20i@64000b");
    leg.variables.set("endpoint_disposition", "EARLY MEDIA");
}

/// The callee's SDP arrived: with early media or the answer.
pub(super) fn respond_with_media(leg: &mut Leg, chance: &mut Chance) {
    if leg.media {
        return;
    }
    leg.media = true;
    leg.codec = Some(Codec::Pcmu);
    let remote = 20_000 + 2 * chance.below(10_000);
    let port = leg.variables.get("local_media_port").and_then(|p| p.parse().ok());
    let session = 1_795_300_000 + chance.below(30_000);
    leg.variables.set("switch_r_sdp", answer_sdp(session, "192.0.2.10", remote));
    leg.variables.set("ep_codec_string", "CORE_PCM_MODULE.PCMU@8000h@20i@64000b");
    leg.variables.set("rtp_use_codec_string", "PCMU@8000h@20i");
    leg.variables.set("remote_video_media_flow", "inactive");
    leg.variables.set("remote_text_media_flow", "inactive");
    leg.variables.set("remote_audio_media_flow", "sendrecv");
    set_codec(leg);
    set_local_media(leg, port.unwrap_or(20_000), chance);
    leg.variables.set("remote_media_ip", HOST);
    leg.variables.set("remote_media_port", remote.to_string());
}
