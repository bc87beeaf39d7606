//! Who comes, waits, goes in and goes, in every order.

use super::*;
use crate::{
    base::{RecordingId, Timestamp},
    call::{Order, Orders},
};
use proptest::prelude::*;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Somebody who starts the room, ends nothing, and stays.
fn somebody(call: &str) -> (Entrant, Receiver<Order>) {
    let (orders, taken) = Orders::channel();
    let entrant = Entrant {
        call: call.to_owned(),
        label: None,
        role: "",
        orders,
        starts: true,
        ends: false,
        stays_alone: true,
        waits_alone: false,
        at_most: 250,
        heard_by: Hearers::All,
        watch: None,
        recording: None,
    };
    (entrant, taken)
}

fn enter(rooms: &Arc<Rooms>, entrant: Entrant) -> Seat {
    rooms.enter("acme", "room", entrant).unwrap()
}

#[test]
fn a_room_begins_with_the_second_once_a_starter_has_come() {
    let rooms = Arc::new(Rooms::default());
    let (first, mut orders) = somebody("a");
    let first = enter(&rooms, Entrant { starts: false, ..first });
    let (second, _) = somebody("b");
    let second = enter(&rooms, Entrant { starts: false, ..second });
    assert!(first.first() && !second.first() && !second.begins());
    assert_eq!(second.standing(), Standing::Waits);
    assert!(orders.try_recv().is_err());
    let third = enter(&rooms, somebody("c").0);
    assert!(third.begins());
    assert_eq!(orders.try_recv(), Ok(Order::Summons));
    assert_eq!((first.standing(), third.standing()), (Standing::Inside, Standing::Inside));
    assert_eq!(first.name(), third.name());
    // The same name of another account is another room.
    let other = rooms.enter("other", "room", somebody("d").0).unwrap();
    assert_ne!(other.name(), first.name());
}

#[test]
fn a_member_that_ends_the_room_takes_all_along_whichever_way_it_goes() {
    let rooms = Arc::new(Rooms::default());
    let (moderator, _) = somebody("m");
    let moderator = enter(&rooms, Entrant { ends: true, ..moderator });
    let (other, mut orders) = somebody("o");
    let other = enter(&rooms, other);
    drop(moderator);
    assert_eq!(other.standing(), Standing::Over(RoomEnd::WithMember));
    assert_eq!(orders.try_recv(), Ok(Order::Summons));
    // Whoever comes now finds a new room.
    let late = enter(&rooms, somebody("l").0);
    assert_eq!(late.standing(), Standing::Waits);
    let gone = other.leave();
    assert!(gone.last && gone.ended_by.as_deref() == Some("m"));
    assert_eq!(gone.ended, Some(RoomEnd::WithMember));
    drop(other);
    assert!(rooms.enter("acme", "room", somebody("x").0).unwrap().begins());
}

#[test]
fn whoever_is_left_alone_stays_waits_or_goes() {
    let rooms = Arc::new(Rooms::default());
    for (stays, waits, standing) in [
        (true, false, Standing::Inside),
        (true, true, Standing::Waits),
        (false, false, Standing::Dismissed),
    ] {
        let (one, _orders) = somebody("a");
        let one = enter(&rooms, Entrant { stays_alone: stays, waits_alone: waits, ..one });
        assert_eq!(one.standing(), Standing::Waits);
        let two = enter(&rooms, somebody("b").0);
        one.joined(1);
        two.joined(2);
        drop(two);
        assert_eq!(one.standing(), standing);
        let again = enter(&rooms, somebody("c").0);
        assert_eq!(again.begins(), waits);
    }
}

#[test]
fn full_rooms_taken_labels_and_missing_pupils_are_refused() {
    let rooms = Arc::new(Rooms::default());
    let (one, _orders) = somebody("a");
    let _one = enter(&rooms, Entrant { label: Some("x".to_owned()), ..one });
    let refused = |entrant: Entrant| rooms.enter("acme", "room", entrant).unwrap_err();
    let two = || somebody("b").0;
    assert_eq!(refused(Entrant { at_most: 1, ..two() }), EnterError::Full);
    let label = Some("x".to_owned());
    assert_eq!(refused(Entrant { label, ..two() }), EnterError::LabelTaken("x".to_owned()));
    let heard_by = Hearers::Only("z".to_owned());
    assert_eq!(refused(Entrant { heard_by, ..two() }), EnterError::NobodyToCoach("z".to_owned()));
}

#[test]
fn a_coach_is_heard_by_its_pupil_alone() {
    let rooms = Arc::new(Rooms::default());
    let pupil = enter(&rooms, somebody("pupil").0);
    let other = enter(&rooms, somebody("other").0);
    let (coach, _orders) = somebody("coach");
    let coach = enter(&rooms, Entrant { heard_by: Hearers::Only("pupil".to_owned()), ..coach });
    assert_eq!(pupil.joined(1).silences, []);
    assert_eq!(coach.joined(3).silences, []);
    assert_eq!(other.joined(2).silences, [(3, 2)]);
    let late = enter(&rooms, somebody("late").0);
    assert_eq!(late.joined(4).silences, [(3, 4)]);
}

#[test]
fn a_recording_begins_once_and_is_told_once() {
    let rooms = Arc::new(Rooms::default());
    let wish = RecordingWish { format: "wav", from: 2, watch: None };
    let (one, _orders) = somebody("a");
    let one = enter(&rooms, Entrant { recording: Some(wish.clone()), ..one });
    let two = enter(&rooms, somebody("b").0);
    assert_eq!(one.joined(1).record, None);
    assert_eq!(two.joined(2).record, Some(wish.clone()));
    assert!(two.is_recorded());
    let (id, began) = (RecordingId::of_call("a", 1), Timestamp::now());
    let (path, url) = ("/r".to_owned(), String::new());
    two.recording_runs(RoomRecording { id, path, url, began, wish });
    one.leave();
    assert!(two.leave().recording.is_some());
    assert!(one.take_recording("/other").is_none());
    assert!(one.take_recording("/r").is_some());
    assert!(two.take_recording("/r").is_none());
}

proptest! {
    /// Whatever comes and goes, in whatever order: nobody who waits is forgotten, and no room is left.
    #[test]
    fn nobody_is_forgotten(steps in prop::collection::vec((0_u8..4, any::<[bool; 4]>(), 0_usize..6), 1..60)) {
        let rooms = Arc::new(Rooms::default());
        let mut seated: Vec<(Seat, Receiver<Order>, Standing)> = Vec::new();
        for (step, [starts, ends, stays_alone, waits_alone], at) in steps {
            if step < 2 || seated.is_empty() {
                let (entrant, orders) = somebody("c");
                let entrant = Entrant { starts, ends, stays_alone, waits_alone, ..entrant };
                let seat = enter(&rooms, entrant);
                let standing = seat.standing();
                seated.push((seat, orders, standing));
            } else {
                let gone = seated.swap_remove(at % seated.len());
                if step == 2 { gone.0.end_room(RoomEnd::TimeLimit); }
                drop(gone);
            }
            for (seat, orders, known) in &mut seated {
                let now = seat.standing();
                let told = orders.try_recv().is_ok();
                while orders.try_recv().is_ok() {}
                prop_assert!(now == *known || told, "{known:?} became {now:?} unheard");
                *known = now;
            }
        }
        drop(seated);
        prop_assert!(!rooms.enter("acme", "room", somebody("x").0).unwrap().begins());
    }
}
