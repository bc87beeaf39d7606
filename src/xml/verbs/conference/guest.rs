//! One participant, from its coming to its leaving.

use super::{
    inside::Inside,
    keys::KeyWatch,
    scene::{Event, Scene},
    sounds::{Chimes, Heard},
    verb::Conference,
};
use crate::{
    base::{Ask, Timestamp, phone::Key},
    call::{
        Call, Hearers, Interrupt, Order, Recording, Room, RoomEnd, RoomRecording, Seat, Standing,
        StayEnd, Step,
    },
    xml::{Desk, verbs::Stage},
};
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};

/// A participant.
pub(super) struct Guest<'c> {
    pub conference: &'c Conference,
    pub seat: Seat,
    /// Where the document came from.
    pub from: String,
    pub came: Timestamp,
    pub chimes: Chimes,
    pub keys: KeyWatch,
    pub muted: bool,
    pub held: bool,
    /// Whether it ever was in the conference.
    pub was_inside: bool,
    /// The last recording of the room that was told of, or runs.
    pub recording: Option<Arc<RoomRecording>>,
}

/// How a stay ended, the hangup and orders aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Key(Key),
    TimeUp,
    /// All others had left.
    Alone,
    Over(RoomEnd),
    PutOut,
    Refused,
    /// The document with what is heard while waiting could not be had.
    NoMusic(String),
}

impl<'c> Guest<'c> {
    pub fn new(conference: &'c Conference, seat: Seat, from: &str) -> Self {
        Self {
            conference,
            seat,
            from: from.to_owned(),
            came: Timestamp::now(),
            chimes: Chimes::default(),
            keys: KeyWatch::new(&conference.keys_told),
            muted: conference.muted,
            held: conference.held,
            was_inside: false,
            recording: None,
        }
    }

    /// Waits and takes part, as the room goes.
    pub async fn stay(&mut self, stage: &mut Stage<'_>) -> Step<Way> {
        self.tell(stage.call, stage.desk, &Event::Joined).await;
        if self.seat.begins() {
            self.tell(stage.call, stage.desk, &Event::Began).await;
        }
        let end = Instant::now() + self.conference.limit;
        self.chimes = Chimes::fetch(self.conference, stage).await?;
        let patience = self.conference.patience.map(|patience| Instant::now() + patience);
        loop {
            // Before the look at where it stands: a summons that comes sooner is forgotten.
            stage.call.await_summons(true);
            match self.seat.standing() {
                Standing::Over(why) => return Ok(Way::Over(why)),
                Standing::Dismissed => return Ok(Way::Alone),
                Standing::Waits => {
                    let until = patience.map_or(end, |patience| patience.min(end));
                    if let Some(way) = self.wait(stage, until).await? {
                        return Ok(way);
                    }
                }
                Standing::Inside => {
                    stage.call.await_summons(false);
                    if let Some(way) = self.take_part(stage, end).await? {
                        return Ok(way);
                    }
                }
            }
        }
    }

    /// Outside, with its music, until it is summoned or its time is up.
    async fn wait(&mut self, stage: &mut Stage<'_>, until: Instant) -> Step<Option<Way>> {
        let orders = stage.call.orders();
        let mut music = Box::pin(self.conference.music.play(stage));
        let (heard, in_time) = tokio::select! {
            heard = &mut music => (heard, true),
            // What is heard ends as by a summons, so that its steps have ends.
            () = sleep_until(until) => {
                orders.give(Order::Summons);
                ((&mut music).await, false)
            }
        };
        drop(music);
        // One more would end what ends the music.
        stage.call.await_summons(false);
        match heard {
            Err(Interrupt::Ordered(Order::Summons)) => {
                stage.call.settle().await?;
                Ok((!in_time).then_some(Way::TimeUp))
            }
            Err(interrupt) => Err(interrupt),
            Ok(Heard::Nothing(reason)) => Ok(Some(Way::NoMusic(reason))),
        }
    }

    async fn take_part(&mut self, stage: &mut Stage<'_>, end: Instant) -> Step<Option<Way>> {
        let mut room = Room::new(self.seat.name());
        // Whom not all may hear is heard by nobody until that is arranged.
        room.muted = self.conference.muted || self.conference.heard_by != Hearers::All;
        room.relays_keys = self.conference.relays_keys;
        room.exit_sound.clone_from(&self.chimes.exit);
        room.leave_on = self.conference.leave_on;
        room.limit = end.saturating_duration_since(Instant::now());
        let ends_room = self.conference.limit_ends_room;
        let mut inside = Inside { guest: &mut *self, desk: &mut *stage.desk };
        let stay = stage.call.confer(&room, &mut inside).await;
        self.seat.stepped_out();
        Ok(match stay?.end {
            StayEnd::Key(key) => Some(Way::Key(key)),
            StayEnd::TimeLimit => {
                if ends_room {
                    self.seat.end_room(RoomEnd::TimeLimit);
                }
                Some(Way::TimeUp)
            }
            StayEnd::Refused => Some(Way::Refused),
            // Where it stands says why.
            StayEnd::Wished => None,
            StayEnd::PutOut => (self.seat.standing() == Standing::Inside).then_some(Way::PutOut),
        })
    }

    /// Leaves the room, and tells what there is to tell of that: also after a hangup.
    pub async fn depart(&mut self, stage: &mut Stage<'_>, stay: &Step<Way>) {
        if let Err(Interrupt::Ordered(_)) = stay {
            // Whoever gave the order finds the call outside; what is lost on the way, it finds as well.
            drop(stage.call.settle().await);
        }
        self.recording = self.seat.recording().or(self.recording.take());
        let departure = self.seat.leave();
        let why = stay.as_ref().ok();
        self.tell(stage.call, stage.desk, &Event::Left { why, last: departure.last }).await;
        if let Some(recording) = &departure.recording {
            let ended = stage.call.conference_recorded(&recording.path).await;
            if let Some(recording) = self.seat.take_recording(&recording.path) {
                // Nobody has heard how long it is: as long as it has been running.
                let since = || (Timestamp::now().since(recording.began), 0);
                let (length, bytes) = ended.unwrap_or_else(since);
                let made = stage.call.conference_recording(&recording, length, bytes);
                self.tell_recorded(stage.call, stage.desk, &recording, &made).await;
            }
        }
        if departure.last {
            let event = Event::Ended { why: departure.ended, by: departure.ended_by.as_deref() };
            self.tell(stage.call, stage.desk, &event).await;
        }
    }

    /// That a recording is there.
    pub async fn tell_recorded(
        &mut self,
        call: &mut Call,
        desk: &mut dyn Desk,
        recording: &Arc<RoomRecording>,
        made: &Recording,
    ) {
        self.recording = Some(Arc::clone(recording));
        self.tell(call, desk, &Event::Recorded { recording, made }).await;
    }

    /// Makes the requests that an event asks for.
    pub async fn tell(&self, call: &mut Call, desk: &mut dyn Desk, event: &Event<'_>) {
        let asks: Vec<Ask> = self.scene(call).requests(event);
        for ask in asks {
            desk.notify(call, &self.from, ask).await;
        }
    }

    pub fn scene<'s>(&'s self, call: &'s Call) -> Scene<'s> {
        Scene { guest: self, facts: call.facts() }
    }
}
