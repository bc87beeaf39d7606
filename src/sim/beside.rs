//! Recordings beside what a channel does: `uuid_record` and `record_session`
//! (`reference/freeswitch.md` 3.6).

use super::{channel::Channel, clock::next_frame, events::Whose, observe::Seen};
use std::time::Duration;

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct SessionRecording {
    path: String,
    began: Duration,
    /// When the switch ends it by itself.
    until: Option<Duration>,
    channels: u64,
    /// Whose voices it holds, for people.
    holds: String,
    /// Sound has been written. Until then it is no file.
    written: bool,
}

impl Channel {
    /// `record_session`, `uuid_record start`: `<path> [<limit> [{<options>}]]`. `false` if it cannot be
    /// written.
    pub(super) fn start_session_recording(&mut self, argument: &str) -> bool {
        let mut words = argument.split_ascii_whitespace();
        let path = words.next().unwrap_or_default();
        let limit = words.next().and_then(|word| word.parse::<u64>().ok()).filter(|s| *s > 0);
        let options = words.next().unwrap_or_default().to_owned();
        if path.is_empty() || !self.options.media.can_record(path) {
            return false;
        }
        self.pre_answer();
        if self.session_recordings.iter().any(|known| known.path == path) {
            return true;
        }
        let option = |name: &str| options.contains(&format!("{name}=true"));
        let set = |name: &str| option(name) || self.leg.variables.is_true(name);
        let stereo = set("RECORD_STEREO");
        let voices = match (set("RECORD_READ_ONLY"), set("RECORD_WRITE_ONLY")) {
            (true, false) => "what the caller says",
            (false, true) => "what the caller hears",
            _ => "both sides",
        };
        let now = self.clock.now();
        self.session_recordings.push(SessionRecording {
            path: path.to_owned(),
            began: now,
            until: limit.map(|limit| self.clock.whole_seconds(now, limit)),
            channels: if stereo { 2 } else { 1 },
            holds: format!("{voices}{}", if stereo { ", apart" } else { "" }),
            written: false,
        });
        self.fire("RECORD_START", Whose::Caller, &[("Record-File-Path", path)]);
        true
    }

    /// `stop_record_session`, `uuid_record stop`; `all` stops all. `false` if there was none.
    pub(super) fn stop_session_recordings(&mut self, path: &str) -> bool {
        let all = path == "all";
        let recordings = std::mem::take(&mut self.session_recordings);
        let (stopped, kept): (Vec<_>, Vec<_>) =
            recordings.into_iter().partition(|known| all || known.path == path);
        self.session_recordings = kept;
        let any = !stopped.is_empty();
        for recording in stopped {
            self.end_session_recording(recording);
        }
        any
    }

    /// Whether this file is being recorded.
    pub(super) fn records_session(&self, path: &str) -> bool {
        self.session_recordings.iter().any(|known| known.path == path)
    }

    /// Writes the first frames, and ends what has its longest length.
    pub(super) fn drive_recordings(&mut self, now: Duration) {
        let mut begun = Vec::new();
        for recording in self.session_recordings.iter_mut().filter(|known| !known.written) {
            if next_frame(recording.began) <= now {
                recording.written = true;
                begun.push(Seen::RecordingBeside {
                    path: recording.path.clone(),
                    holds: recording.holds.clone(),
                });
            }
        }
        begun.into_iter().for_each(|seen| self.observe(seen));
        let due = |known: &SessionRecording| known.until.is_some_and(|until| until <= now);
        while let Some(at) = self.session_recordings.iter().position(due) {
            let recording = self.session_recordings.remove(at);
            self.end_session_recording(recording);
        }
    }

    /// When [`Self::drive_recordings`] has something to do.
    pub(super) fn next_of_recordings(&self) -> Option<Duration> {
        let moments = self
            .session_recordings
            .iter()
            .flat_map(|known| [(!known.written).then(|| next_frame(known.began)), known.until]);
        moments.flatten().min()
    }

    /// One without sound is discarded.
    fn end_session_recording(&mut self, recording: SessionRecording) {
        let SessionRecording { path, began, channels, written, .. } = recording;
        if !written {
            self.leg.variables.set("RECORD_DISCARDED", "true");
            self.fire_stop(&path, "empty-file");
            return;
        }
        let length = self.clock.now().saturating_sub(began);
        self.set_recorded(length, channels);
        let samples = u64::try_from(length.as_millis() / 20).unwrap_or(0) * 160;
        if let Err(error) = self.options.media.keep_recording(&path, samples, channels) {
            self.observe(Seen::Fault(format!("{path} cannot be written: {error}")));
        }
        let cause = if self.ended.is_some() { "success-silence" } else { "success-maxtime" };
        self.fire_stop(&path, cause);
        self.observe(Seen::Recorded { path, length });
    }

    fn fire_stop(&mut self, path: &str, cause: &str) {
        let extra = [("Record-File-Path", path), ("Record-Completion-Cause", cause)];
        self.fire("RECORD_STOP", Whose::Caller, &extra);
    }
}
