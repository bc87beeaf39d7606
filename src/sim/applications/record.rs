//! Recording the caller (`reference/freeswitch.md` 3.5).

use super::playback::Keys;
use crate::sim::{
    channel::{Channel, Passed, Wait},
    events::Whose,
    leg::Codec,
    observe::Seen,
};
use std::time::Duration;

/// Seconds of silence that end a recording if only the threshold is given.
const SILENCE_SECONDS: u64 = 3;

impl Channel {
    /// `<path> [<limit> [<threshold> [<silence-seconds>]]]`
    pub(super) async fn record(&mut self, argument: &str) {
        let mut words = argument.split_ascii_whitespace();
        let path = words.next().unwrap_or_default().to_owned();
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        let (limit, threshold, silence) = (number(), number(), number());
        if !self.options.media.can_record(&path) {
            self.out_of_order();
            return;
        }
        let began = self.clock.now();
        let limit = limit.filter(|limit| *limit > 0);
        let limit = limit.map(|limit| self.clock.whole_seconds(began, limit + 1));
        let quiet = threshold
            .filter(|threshold| *threshold > 0)
            .map(|_| Duration::from_secs(silence.filter(|s| *s > 0).unwrap_or(SILENCE_SECONDS)));
        self.begin_recording(&path);
        let mut nested = Duration::ZERO;
        let keys = self.terminators();
        loop {
            let silent_until =
                quiet.filter(|_| !self.sound).map(|quiet| self.sound_since.max(began) + quiet);
            let until = [limit, silent_until].into_iter().flatten().min();
            match self.pass(Wait { sound: true, ..Wait::media(until) }).await {
                Passed::Due => {
                    let now = self.clock.now();
                    if silent_until.is_some_and(|at| at <= now) {
                        self.leg.variables.set("silence_hits_exhausted", "true");
                    }
                    break;
                }
                Passed::Over | Passed::Broken => break,
                Passed::Digit(key) if self.terminates(&keys, key) => break,
                Passed::Nested(took) => nested += took,
                _ => {}
            }
        }
        let length = self.clock.now().saturating_sub(began).saturating_sub(nested);
        self.end_recording(&path, length);
    }

    fn begin_recording(&mut self, path: &str) {
        let variables = &mut self.leg.variables;
        variables.unset("playback_terminator_used");
        variables.set("silence_hits_exhausted", "false");
        variables.set("read_codec", "L16");
        variables.set("read_rate", "8000");
        self.leg.codec = Some(Codec::L16);
        self.fire("RECORD_START", Whose::Caller, &[("Record-File-Path", path)]);
        self.observe(Seen::Recording(path.to_owned()));
    }

    fn end_recording(&mut self, path: &str, length: Duration) {
        let length = if self.sends_rtp { length } else { Duration::ZERO };
        self.set_recorded(length, 1);
        if let Err(error) = self.options.media.keep_recording(path, samples(length), 1) {
            self.observe(Seen::Fault(format!("{path} cannot be written: {error}")));
        }
        self.fire("RECORD_STOP", Whose::Caller, &[("Record-File-Path", path)]);
        self.leg.codec = Some(Codec::Pcmu);
        self.leg.variables.set("read_codec", "PCMU");
        self.leg.variables.set("read_rate", "8000");
        self.observe(Seen::Recorded { path: path.to_owned(), length });
    }

    /// What the channel's variables say of the last recording.
    pub(in crate::sim) fn set_recorded(&mut self, length: Duration, channels: u64) {
        let samples = samples(length);
        // Two bytes each, after a 44-byte header.
        let size = (44 + 2 * samples * channels).to_string();
        let variables = &mut self.leg.variables;
        variables.set("record_record_file_size", &*size);
        variables.set("record_file_size", size);
        variables.set("record_seconds", (samples / 8_000).to_string());
        variables.set("record_ms", (samples / 8).to_string());
        variables.set("record_samples", samples.to_string());
    }

    fn terminates(&mut self, keys: &Keys, key: char) -> bool {
        let Keys::Of(keys) = keys else { return false };
        let ends = keys == "any" || (keys != "none" && keys.contains(key));
        if ends {
            self.leg.variables.set("playback_terminator_used", key.to_string());
        }
        ends
    }
}

/// Whole frames of 160 samples.
fn samples(length: Duration) -> u64 {
    u64::try_from(length.as_millis() / 20).unwrap_or(0) * 160
}
