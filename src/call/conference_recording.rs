//! Recordings of conferences: the switch makes them beside its members, and one of those begins them.

use super::{
    Call, Interrupt, RecordEnd, Recording, RecordingWish, RoomNews, RoomRecording, Step, Track,
};
use crate::{
    base::{Happening, limits},
    esl::{ConferenceOrder, RoomName},
};
use std::time::Duration;
use tokio::time::Instant;

impl RoomRecording {
    /// What is known of it while it is being made.
    pub fn so_far(&self) -> Recording {
        let Self { id, path, url, began, wish } = self.clone();
        let (length, bytes, end) = (Duration::ZERO, 0, RecordEnd::HungUp);
        let (format, channels, track) = (wish.format, 1, Track::Both);
        Recording { id, format, path, url, began, length, bytes, channels, track, end }
    }
}

impl Call {
    /// Begins to record a conference. Whether the switch can do so is told by [`RoomNews`].
    pub fn record_conference(
        &mut self,
        room: &RoomName,
        wish: RecordingWish,
    ) -> Step<RoomRecording> {
        let Recording { id, path, url, began, .. } =
            self.new_recording(wish.format, 1, Track::Both);
        self.tell_conference(room, ConferenceOrder::Record(&path))?;
        Ok(RoomRecording { id, path, url, began, wish })
    }

    /// What a recording has become, now that it has ended.
    pub fn conference_recording(
        &mut self,
        recording: &RoomRecording,
        length: Duration,
        bytes: u64,
    ) -> Recording {
        let (path, url) = (recording.path.clone(), recording.url.clone());
        self.tell(Happening::Recorded { path, url, length, bytes });
        Recording { length, bytes, ..recording.so_far() }
    }

    /// Waits a little for the end of a conference's recording: it comes after the last member's own
    /// end (QUIRKS: recordings-without-channel). `None` if it does not come.
    pub async fn conference_recorded(&mut self, path: &str) -> Option<(Duration, u64)> {
        let deadline = Instant::now() + limits::CONFERENCE_RECORDING_END;
        self.conference_news.get_or_insert_with(Box::default);
        loop {
            while let Some(news) = self.next_room_news() {
                if let RoomNews::Recorded { path: ended, length, bytes } = news
                    && ended == path
                {
                    return Some((length, bytes));
                }
            }
            if self.progress.lost.is_some() {
                return None;
            }
            let incoming = tokio::time::timeout_at(deadline, self.link.next()).await.ok()?;
            match incoming {
                // The hangup does not end this wait: it is when most recordings end.
                Ok(incoming) => match self.absorb(incoming) {
                    Ok(_) | Err(Interrupt::HungUp) => {}
                    Err(_) => return None,
                },
                Err(error) => {
                    self.lose(error.to_string());
                    return None;
                }
            }
        }
    }
}
