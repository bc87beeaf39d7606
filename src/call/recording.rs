//! What was recorded: its name, where it is, how long it is.

use super::Call;
use crate::{
    base::{RecordingId, Timestamp, phone::Key},
    esl::Event,
};
use std::time::Duration;

/// A recording that was made, or is being made: then it has no length yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its name, unique over all calls.
    pub id: RecordingId,
    /// File name extension.
    pub format: &'static str,
    /// Where it is on the switch.
    pub path: String,
    /// Where the customer finds it.
    pub url: String,
    /// When it began.
    pub began: Timestamp,
    /// Its length, before any trimming.
    pub length: Duration,
    /// Its size, before any trimming.
    pub bytes: u64,
    /// Two if each side of the call has its own.
    pub channels: u8,
    /// Whose voice it holds.
    pub track: Track,
    /// How it ended.
    pub end: RecordEnd,
}

/// Whose voice is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Track {
    /// The caller's.
    Inbound,
    /// What the caller hears.
    Outbound,
    /// Both.
    #[default]
    Both,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// The caller typed this key.
    Key(Key),
    /// The caller was silent for too long.
    Silence,
    /// It had its full length.
    MaxLength,
    /// The caller hung up; there is a recording, but no call any more.
    HungUp,
    /// The document ended it.
    Stopped,
    /// The switch could not make it; why has been told.
    Failed,
}

impl Recording {
    /// Whether there is nothing to listen to: it was not made, or no sound arrived meanwhile.
    pub fn is_absent(&self) -> bool {
        self.length.is_zero()
    }

    /// Takes over length and size from an event that tells of its end.
    pub(super) fn measure(&mut self, event: Option<&Event>) {
        let figure = |name: &str| event.map_or(0, |event| figure(event, name));
        self.length = Duration::from_millis(figure("record_ms"));
        self.bytes = figure("record_file_size");
    }
}

impl Call {
    /// The next recording of this call, named and given a place and a URL. It is not begun by that.
    pub fn new_recording(&mut self, format: &'static str, channels: u8, track: Track) -> Recording {
        self.recordings += 1;
        let id = RecordingId::of_call(&self.facts.call_id, self.recordings);
        let (path, url) = self.place_of(&id, format);
        Recording {
            id,
            format,
            path,
            url,
            began: Timestamp::now(),
            length: Duration::ZERO,
            bytes: 0,
            channels,
            track,
            end: RecordEnd::Failed,
        }
    }

    /// Makes it a recording of another format.
    pub(super) fn change_format(&self, recording: &mut Recording, format: &'static str) {
        (recording.path, recording.url) = self.place_of(&recording.id, format);
        recording.format = format;
    }

    /// The operator's own web server, if there is one; else ours; else only the switch has it.
    fn place_of(&self, id: &RecordingId, format: &'static str) -> (String, String) {
        let path = self.settings.media.recording_path(id, format);
        let offered = || self.settings.courier.as_ref().and_then(|courier| courier.offer(id));
        let url = self.settings.media.recording_url(id, format).or_else(offered);
        let url = url.unwrap_or_else(|| format!("file://{path}"));
        (path, url)
    }
}

pub(super) fn figure(event: &Event, name: &str) -> u64 {
    event.variable(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}
