//! `<MultiPartyCall>` (`reference/plivo.md` 4.8): a conference with roles.

use super::conference::{chime, room};
use crate::{
    call::{Hearers, RecordingWish, Watch},
    config::Method,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Chime, Compiled, Conference, Kind, Music, Page, Role, Then},
    },
};
use std::time::Duration;

/// Groups of events.
const EVENTS: [&str; 5] = [
    "mpc-state-changes",
    "participant-state-changes",
    "participant-speak-events",
    "participant-digit-input-events",
    "add-participant-api-events",
];

pub(in crate::xml) fn multi_party_call(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    content::no_elements(element, notes);
    let room = room(element, notes)?;
    let mut attributes = Attributes::of(element, notes);
    let given = role(&mut attributes);
    let role = given.unwrap_or(Role::Customer);
    let mut call = Conference::new(room, Kind::Party(role));
    call.muted = attributes.flag("mute", false);
    call.held = attributes.flag("hold", false);
    call.stays_alone = attributes.flag("stayAlone", false);
    call.ends = attributes.flag("endMpcOnExit", false);
    let for_agent = attributes.flag("waitForAgent", false);
    call.starts = attributes.flag("startMpcOnEnter", true) && (!for_agent || role == Role::Agent);
    // Whom only agents hear.
    if attributes.flag("coachMode", true) && role == Role::Supervisor {
        call.heard_by = Hearers::AllBut(Role::Customer.as_str());
    }
    let limit = attributes.whole("maxDuration", 300..=28_800, 14_400);
    (call.limit, call.limit_ends_room) = (Duration::from_secs(limit.into()), true);
    call.at_most = attributes.whole("maxParticipants", 2..=10, 10);
    let patience = attributes.whole("waitTime", 0..=1_800, 0);
    call.patience = (patience > 0).then(|| Duration::from_secs(patience.into()));
    if let Some(page) = page(&mut attributes, "waitMusicUrl", "waitMusicMethod") {
        call.music = Music::Again(page);
    }
    let agents = page(&mut attributes, "agentHoldMusicUrl", "agentHoldMusicMethod");
    let customers = page(&mut attributes, "customerHoldMusicUrl", "customerHoldMusicMethod");
    call.hold_music = if role == Role::Customer { customers } else { agents };
    let method = method(&mut attributes, "enterSoundMethod");
    call.enter_sound = chime(&mut attributes, "enterSound", Chime::Beep, method);
    let method = self::method(&mut attributes, "exitSoundMethod");
    call.exit_sound = chime(&mut attributes, "exitSound", Chime::TwoBeeps, method);
    call.relays_keys = attributes.flag("relayDTMFInputs", false);
    call.watch = watch(&mut attributes);
    call.recording = recording(&mut attributes);
    let url = attributes.url("onExitActionUrl").filter(|url| !url.is_empty());
    let method = attributes.method("onExitActionMethod");
    call.then = url.map(|url| Then { url, method, redirect: true });
    if given.is_none() {
        let message = "role has to be agent, supervisor or customer; customer is used";
        attributes.warn("role", message);
    }
    attributes.done();
    let detail = format!("{} as {}", call.room, role.as_str());
    Some((Action::Conference(Box::new(call)), detail, Answer::Before))
}

fn role(attributes: &mut Attributes<'_, '_>) -> Option<Role> {
    match attributes.text("role").to_ascii_lowercase().as_str() {
        "agent" => Some(Role::Agent),
        "supervisor" => Some(Role::Supervisor),
        "customer" => Some(Role::Customer),
        _ => None,
    }
}

/// A URL that is asked with GET, unless the other attribute says otherwise.
fn page(
    attributes: &mut Attributes<'_, '_>,
    name: &'static str,
    of_method: &'static str,
) -> Option<Page> {
    let method = method(attributes, of_method);
    let url = attributes.url(name).filter(|url| !url.is_empty());
    url.map(|url| Page { url, method })
}

fn method(attributes: &mut Attributes<'_, '_>, name: &'static str) -> Method {
    match attributes.given(name) {
        None => Method::Get,
        Some(_) => attributes.method(name),
    }
}

fn watch(attributes: &mut Attributes<'_, '_>) -> Option<Watch> {
    let url = attributes.url("statusCallbackUrl").filter(|url| !url.is_empty());
    let method = attributes.method("statusCallbackMethod");
    let events = match attributes.given("statusCallbackEvents") {
        None => vec![EVENTS[0].to_owned(), EVENTS[1].to_owned()],
        Some(text) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            let (fine, bad): (Vec<_>, Vec<_>) = words.partition(|word| EVENTS.contains(word));
            if !bad.is_empty() {
                let message = format!("there are the groups {}", EVENTS.join(", "));
                attributes.warn("statusCallbackEvents", message);
            }
            fine.into_iter().map(str::to_owned).collect()
        }
    };
    url.map(|url| Watch { url, method, events })
}

fn recording(attributes: &mut Attributes<'_, '_>) -> Option<RecordingWish> {
    let records = attributes.flag("record", false);
    // Plivo's own default is mp3, which needs a module that a switch may not have.
    let format = attributes.choice("recordFileFormat", &[("mp3", "mp3"), ("wav", "wav")], "wav");
    let from = attributes.whole("recordMinMemberCount", 1..=2, 1);
    let url = attributes.url("recordingCallbackUrl").filter(|url| !url.is_empty());
    let method = attributes.method("recordingCallbackMethod");
    let watch = url.map(|url| Watch { url, method, events: Vec::new() });
    let from = usize::try_from(from).unwrap_or(1);
    records.then_some(RecordingWish { format, from, watch })
}
