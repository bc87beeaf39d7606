//! What a participant does about what happens while it is in.

use super::{guest::Guest, scene::Event};
use crate::{
    call::{Call, ConferenceOrder, Hearers, RoomAttendant, RoomNews, Standing, Step, Wish},
    xml::Desk,
};
use futures_util::{FutureExt, future::BoxFuture};
use std::sync::Arc;

/// Attends a participant's stay.
pub(super) struct Inside<'i, 'c> {
    pub guest: &'i mut Guest<'c>,
    pub desk: &'i mut dyn Desk,
}

impl RoomAttendant for Inside<'_, '_> {
    fn news<'a>(&'a mut self, call: &'a mut Call, news: RoomNews) -> BoxFuture<'a, Step<Wish>> {
        Box::pin(async move {
            self.heed(call, news).await?;
            let stays = self.guest.seat.standing() == Standing::Inside;
            Ok(if stays { Wish::Stay } else { Wish::Leave })
        })
    }

    fn called(&mut self) -> BoxFuture<'_, ()> {
        self.guest.seat.called().boxed()
    }
}

impl Inside<'_, '_> {
    async fn heed(&mut self, call: &mut Call, news: RoomNews) -> Step<()> {
        let event = match news {
            RoomNews::Joined(member) => return self.joined(call, member).await,
            RoomNews::Muted(on) => {
                if self.guest.muted == on {
                    return Ok(());
                }
                self.guest.muted = on;
                Event::Muted(on)
            }
            RoomNews::Held(on) => {
                self.guest.held = on;
                Event::Held(on)
            }
            RoomNews::Talking(on) => Event::Talking(on),
            RoomNews::Floor => Event::Floor,
            RoomNews::Key(key) => {
                // Keys are for the room, not for the verb that follows.
                call.take_typed_ahead();
                self.tell(call, &Event::Key(key)).await;
                if let Some(row) = self.guest.keys.typed(key) {
                    self.tell(call, &Event::Digits(&row)).await;
                }
                return Ok(());
            }
            RoomNews::Recorded { path, length, bytes } => {
                if let Some(recording) = self.guest.seat.take_recording(&path) {
                    let made = call.conference_recording(&recording, length, bytes);
                    self.guest.tell_recorded(call, &mut *self.desk, &recording, &made).await;
                }
                return Ok(());
            }
            RoomNews::NotRecorded { path } => {
                if let Some(recording) = self.guest.seat.take_recording(&path) {
                    self.tell(call, &Event::NotRecorded(&recording)).await;
                }
                return Ok(());
            }
            RoomNews::Called => return Ok(()),
        };
        self.tell(call, &event).await;
        Ok(())
    }

    async fn joined(&mut self, call: &mut Call, member: u32) -> Step<()> {
        self.guest.was_inside = true;
        let (name, joining) = (self.guest.seat.name(), self.guest.seat.joined(member));
        for (mouth, ear) in joining.silences {
            call.tell_conference(&name, ConferenceOrder::KeepSilent(mouth, ear))?;
        }
        if self.guest.conference.heard_by != Hearers::All && !self.guest.muted {
            call.tell_conference(&name, ConferenceOrder::Mute(member, false))?;
        }
        if self.guest.held {
            let media = self.guest.chimes.hold.as_deref();
            call.tell_conference(&name, ConferenceOrder::Deafen(member, true))?;
            call.tell_conference(&name, ConferenceOrder::Hold(member, media))?;
        }
        for media in &self.guest.chimes.enter {
            call.tell_conference(&name, ConferenceOrder::Play { media, to: None })?;
        }
        // Many members make many replies.
        call.catch_up().await?;
        if let Some(wish) = joining.record {
            let recording = call.record_conference(&name, wish)?;
            self.guest.seat.recording_runs(recording.clone());
            let recording = Arc::new(recording);
            self.guest.recording = Some(Arc::clone(&recording));
            self.tell(call, &Event::RecordingBegan(&recording)).await;
        }
        Ok(())
    }

    async fn tell(&mut self, call: &mut Call, event: &Event<'_>) {
        self.guest.tell(call, &mut *self.desk, event).await;
    }
}
