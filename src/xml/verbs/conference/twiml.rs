//! Conferences in Twilio's names (`reference/twiml.md` 2.7.3).

use super::{
    guest::Way,
    scene::{Event, Parameters, Scene, ask, named},
};
use crate::{
    base::{Ask, Timestamp, sid},
    call::{Hearers, RecordEnd, Recording, RoomEnd, RoomRecording},
    xml::{Dialect, recordings},
};
use std::time::{Duration, UNIX_EPOCH};

pub(super) fn requests(scene: &Scene<'_>, event: &Event<'_>) -> Vec<Ask> {
    let pair = |on: bool, yes: &'static str, no: &'static str| if on { yes } else { no };
    let of_room = match event {
        Event::Joined => participant(scene, "join", "participant-join", Vec::new()),
        Event::Began => room(scene, "start", "conference-start", Vec::new()),
        Event::Muted(on) => {
            let name = pair(*on, "participant-mute", "participant-unmute");
            participant(scene, "mute", name, Vec::new())
        }
        Event::Held(on) => {
            let name = pair(*on, "participant-hold", "participant-unhold");
            participant(scene, "hold", name, Vec::new())
        }
        Event::Talking(on) => {
            let name = pair(*on, "participant-speech-start", "participant-speech-stop");
            participant(scene, "speaker", name, Vec::new())
        }
        Event::Left { why, .. } => {
            let more = named([
                ("ParticipantCallStatus", pair(why.is_some(), "in-progress", "completed").into()),
                ("ReasonParticipantLeft", reason_left(*why).to_owned()),
            ]);
            participant(scene, "leave", "participant-leave", more)
        }
        Event::Ended { why, by } => {
            let (reason, words) = reason_ended(*why);
            let mut more =
                named([("ReasonConferenceEnded", reason.to_owned()), ("Reason", words.into())]);
            if let Some(call) = by.filter(|call| !call.is_empty()) {
                more.extend(named([("CallSidEndingConference", sid::call(call))]));
            }
            room(scene, "end", "conference-end", more)
        }
        Event::RecordingBegan(recording) => {
            return of_recording(scene, recording, "in-progress", &recording.so_far());
        }
        Event::NotRecorded(recording) => {
            let made = Recording { end: RecordEnd::Failed, ..recording.so_far() };
            return of_recording(scene, recording, "absent", &made);
        }
        Event::Recorded { recording, made } => {
            let status = if made.is_absent() { "absent" } else { "completed" };
            return of_recording(scene, recording, status, made);
        }
        Event::Floor | Event::Key(_) | Event::Digits(_) => None,
    };
    of_room.into_iter().collect()
}

/// `DialCallStatus` is `answered`; there is no dialled leg to tell of.
pub(super) fn of_action(scene: &Scene<'_>, way: &Way) -> Parameters {
    let refused = matches!(way, Way::Refused | Way::NoMusic(_));
    let mut all = named([
        ("DialCallStatus", if refused { "failed" } else { "answered" }.to_owned()),
        ("DialBridged", scene.guest.was_inside.to_string()),
    ]);
    if let Some(recording) = &scene.guest.recording {
        all.extend(named([("RecordingUrl", recording.url.clone())]));
    }
    all
}

fn participant(scene: &Scene<'_>, word: &str, name: &str, more: Parameters) -> Option<Ask> {
    let (guest, conference) = (scene.guest, scene.guest.conference);
    let mut all = named([
        ("Muted", guest.muted.to_string()),
        ("Hold", guest.held.to_string()),
        ("Coaching", (conference.heard_by != Hearers::All).to_string()),
        ("EndConferenceOnExit", conference.ends.to_string()),
        ("StartConferenceOnEnter", conference.starts.to_string()),
    ]);
    if let Hearers::Only(call) = &conference.heard_by {
        all.extend(named([("CallSidToCoach", sid::call(call))]));
    }
    if let Some(label) = &conference.label {
        all.extend(named([("ParticipantLabel", label.clone())]));
    }
    all.extend(more);
    room(scene, word, name, all)
}

/// An event, if the first participant has asked for its kind.
fn room(scene: &Scene<'_>, word: &str, name: &str, more: Parameters) -> Option<Ask> {
    let watch = scene.guest.seat.watch()?;
    if !watch.events.iter().any(|wanted| wanted == word) {
        return None;
    }
    let mut all = named([
        ("ConferenceSid", sid::conference(scene.room())),
        ("FriendlyName", scene.guest.conference.room.clone()),
        ("SequenceNumber", scene.guest.seat.next_sequence().to_string()),
        ("Timestamp", rfc_2822(Timestamp::now())),
        ("StatusCallbackEvent", name.to_owned()),
    ]);
    all.extend(more);
    Some(ask(&watch.url, watch.method, all))
}

fn of_recording(
    scene: &Scene<'_>,
    recording: &RoomRecording,
    status: &str,
    made: &Recording,
) -> Vec<Ask> {
    let Some(watch) = &recording.wish.watch else { return Vec::new() };
    if !watch.events.iter().any(|wanted| wanted == status) {
        return Vec::new();
    }
    let mut all = recordings::facts(Dialect::Twiml, made);
    if status == "in-progress" {
        all.retain(|(name, _)| name != "RecordingDuration");
    }
    all.extend(named([
        ("RecordingStatus", status.to_owned()),
        ("RecordingChannels", made.channels.to_string()),
        ("RecordingSource", "Conference".to_owned()),
        ("RecordingStartTime", rfc_2822(recording.began)),
        ("ConferenceSid", sid::conference(scene.room())),
        ("FriendlyName", scene.guest.conference.room.clone()),
    ]));
    vec![ask(&watch.url, watch.method, all)]
}

fn reason_left(why: Option<&Way>) -> &'static str {
    match why {
        None => "participant_hung_up",
        Some(Way::Key(_)) => "participant_left_by_key",
        Some(Way::TimeUp) => "time_limit_reached",
        Some(Way::Over(_)) => "moderator_ended_conference",
        Some(Way::Alone) => "last_participant",
        Some(Way::PutOut) => "participant_removed",
        Some(Way::Refused | Way::NoMusic(_)) => "participant_error",
    }
}

fn reason_ended(why: Option<RoomEnd>) -> (&'static str, &'static str) {
    match why {
        Some(RoomEnd::WithMember) => (
            "participant-with-end-conference-on-exit-left",
            "Participant with endConferenceOnExit left",
        ),
        Some(RoomEnd::TimeLimit) => ("conference-ended-via-api", "The time limit was reached"),
        Some(RoomEnd::Empty) | None => ("last-participant-left", "Last participant left"),
    }
}

fn rfc_2822(at: Timestamp) -> String {
    let moment = UNIX_EPOCH + Duration::from_micros(at.micros());
    httpdate::fmt_http_date(moment).replace("GMT", "+0000")
}
