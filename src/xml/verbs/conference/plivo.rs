//! Conferences in Plivo's names (`reference/plivo.md` 4.7).

use super::scene::{Event, Parameters, Scene, ask, named};
use crate::{
    base::Ask,
    call::RoomRecording,
    xml::{Dialect, recordings},
};

pub(super) fn requests(scene: &Scene<'_>, event: &Event<'_>) -> Vec<Ask> {
    let guest = scene.guest;
    let (action, mut all) = match event {
        Event::Joined => {
            let first = named([("ConferenceFirstMember", guest.seat.first().to_string())]);
            ("enter", event_named("ConferenceEnter", first))
        }
        Event::Left { last, .. } => {
            let last = named([("ConferenceLastMember", last.to_string())]);
            ("exit", event_named("ConferenceExit", last))
        }
        Event::Digits(row) => {
            let row = named([("ConferenceDigitsMatch", (*row).to_owned())]);
            ("digits", event_named("ConferenceDigitsMatch", row))
        }
        Event::Floor if guest.conference.floor_told => {
            ("floor", event_named("ConferenceFloor", Vec::new()))
        }
        Event::RecordingBegan(recording) => {
            let begun = recordings::action_at_once(&recording.so_far());
            return of_recording(scene, recording, "ConferenceRecordStart", begun);
        }
        Event::Recorded { recording, made } => {
            let made = recordings::facts(Dialect::Plivo, made);
            return of_recording(scene, recording, "ConferenceRecordStop", made);
        }
        _ => return Vec::new(),
    };
    let Some(page) = &guest.conference.callback else { return Vec::new() };
    all.extend(named([("ConferenceAction", action.to_owned())]));
    all.extend(of_room(scene));
    all.extend(named([("ConferenceMemberID", guest.seat.number().to_string())]));
    vec![ask(&page.url, page.method, all)]
}

pub(super) fn of_action(scene: &Scene<'_>) -> Parameters {
    let mut all = of_room(scene);
    all.extend(named([("ConferenceMemberID", scene.guest.seat.number().to_string())]));
    if let Some(recording) = &scene.guest.recording {
        all.extend(named([
            ("RecordUrl", recording.url.clone()),
            ("RecordingID", recordings::plivo_id(&recording.so_far())),
        ]));
    }
    all
}

/// The room's recording is told to whoever wished for it.
fn of_recording(
    scene: &Scene<'_>,
    recording: &RoomRecording,
    event: &str,
    made: Parameters,
) -> Vec<Ask> {
    let Some(watch) = &recording.wish.watch else { return Vec::new() };
    let mut all = event_named(event, made);
    all.extend(named([("ConferenceAction", "record".to_owned())]));
    all.extend(of_room(scene));
    vec![ask(&watch.url, watch.method, all)]
}

fn of_room(scene: &Scene<'_>) -> Parameters {
    named([
        ("ConferenceName", scene.guest.conference.room.clone()),
        ("ConferenceUUID", scene.room().to_owned()),
    ])
}

fn event_named(event: &str, more: Parameters) -> Parameters {
    let mut all = named([("Event", event.to_owned())]);
    all.extend(more);
    all
}
