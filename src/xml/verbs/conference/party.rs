//! MultiPartyCalls in Plivo's names (`reference/plivo.md` 4.8).

use super::{
    scene::{Event, Parameters, Scene, ask, named},
    verb::Role,
};
use crate::{
    base::{Ask, Timestamp},
    call::Hearers,
};

const OF_PARTY: &str = "mpc-state-changes";
const OF_PARTICIPANT: &str = "participant-state-changes";
const OF_SPEECH: &str = "participant-speak-events";
const OF_DIGITS: &str = "participant-digit-input-events";

pub(super) fn requests(scene: &Scene<'_>, role: Role, event: &Event<'_>) -> Vec<Ask> {
    let pair = |on: bool, yes: &'static str, no: &'static str| if on { yes } else { no };
    let digit = |key: &str| named([("DigitInput", key.to_owned())]);
    match event {
        Event::Joined => {
            let mut all = Vec::new();
            if scene.guest.seat.first() {
                all.extend(status(scene, None, OF_PARTY, "MPCInitialized", Vec::new()));
            }
            all.extend(status(scene, Some(role), OF_PARTICIPANT, "ParticipantJoin", Vec::new()));
            all
        }
        Event::Began => status(scene, None, OF_PARTY, "MPCStart", Vec::new()),
        Event::Left { .. } => {
            status(scene, Some(role), OF_PARTICIPANT, "ParticipantExit", Vec::new())
        }
        Event::Ended { .. } => status(scene, None, OF_PARTY, "MPCEnd", Vec::new()),
        Event::Muted(on) => {
            let name = pair(*on, "ParticipantMute", "ParticipantUnmute");
            status(scene, Some(role), OF_PARTICIPANT, name, Vec::new())
        }
        Event::Held(on) => {
            let name = pair(*on, "ParticipantHold", "ParticipantUnhold");
            status(scene, Some(role), OF_PARTICIPANT, name, Vec::new())
        }
        Event::Talking(on) => {
            let name = pair(*on, "ParticipantSpeakStart", "ParticipantSpeakStop");
            status(scene, Some(role), OF_SPEECH, name, Vec::new())
        }
        Event::Key(key) => {
            let key = digit(&key.to_string());
            status(scene, Some(role), OF_DIGITS, "ParticipantDigitInput", key)
        }
        Event::RecordingBegan(recording) => {
            of_recording(scene, recording, "MPCRecordingInitiated", Vec::new())
        }
        Event::NotRecorded(recording) => {
            of_recording(scene, recording, "MPCRecordingFailed", Vec::new())
        }
        Event::Recorded { recording, made } => {
            let ended = named([
                ("RecordingDuration", made.length.as_secs().to_string()),
                ("RecordingEndTime", Timestamp::now().date_time()),
            ]);
            of_recording(scene, recording, "MPCRecordingCompleted", ended)
        }
        Event::Floor | Event::Digits(_) => Vec::new(),
    }
}

/// What `onExitActionUrl` is told.
pub(super) fn of_exit(scene: &Scene<'_>, role: Role) -> Parameters {
    named([
        ("MPCUUID", scene.room().to_owned()),
        ("MPCFriendlyName", scene.guest.conference.room.clone()),
        ("MemberID", scene.guest.seat.number().to_string()),
        ("ParticipantCallUUID", scene.facts.call_id.clone()),
        ("ParticipantJoinTime", scene.guest.came.date_time()),
        ("ParticipantEndTime", Timestamp::now().date_time()),
        ("ParticipantRole", role.as_str().to_owned()),
    ])
}

/// A status event, if the first participant has asked for its group; `role` is that of the participant
/// that it is about.
fn status(
    scene: &Scene<'_>,
    role: Option<Role>,
    group: &str,
    name: &str,
    more: Parameters,
) -> Vec<Ask> {
    let guest = scene.guest;
    let Some(watch) = guest.seat.watch() else { return Vec::new() };
    if !watch.events.iter().any(|wanted| wanted == group) {
        return Vec::new();
    }
    let lasted = guest.seat.lasted().as_secs();
    let mut all = named([
        ("EventName", name.to_owned()),
        ("EventTimestamp", Timestamp::now().date_time()),
        ("MPCUUID", scene.room().to_owned()),
        ("MPCName", guest.conference.room.clone()),
    ]);
    if let Some(role) = role {
        let coaches = guest.conference.heard_by != Hearers::All;
        all.extend(named([
            ("MemberID", guest.seat.number().to_string()),
            ("ParticipantRole", role.as_str().to_owned()),
            ("ParticipantCallUUID", scene.facts.call_id.clone()),
            ("ParticipantCoachMode", coaches.to_string()),
        ]));
    }
    if name == "MPCEnd" {
        all.extend(named([
            ("MPCDuration", lasted.to_string()),
            ("MPCBilledDuration", lasted.to_string()),
            ("MPCBilledAmount", "0".to_owned()),
        ]));
    }
    all.extend(more);
    vec![ask(&watch.url, watch.method, all)]
}

fn of_recording(
    scene: &Scene<'_>,
    recording: &crate::call::RoomRecording,
    name: &str,
    more: Parameters,
) -> Vec<Ask> {
    let Some(watch) = &recording.wish.watch else { return Vec::new() };
    let mut all = named([
        ("EventName", name.to_owned()),
        ("EventTimestamp", Timestamp::now().date_time()),
        ("MPCName", scene.guest.conference.room.clone()),
        ("MPCUUID", scene.room().to_owned()),
        ("RecordingUUID", recording.id.to_string()),
        ("RecordingURL", recording.url.clone()),
        ("RecordingFormat", recording.wish.format.to_owned()),
        ("RecordingStartTime", recording.began.date_time()),
        ("SequenceNumber", scene.guest.seat.next_sequence().to_string()),
    ]);
    all.extend(more);
    vec![ask(&watch.url, watch.method, all)]
}
