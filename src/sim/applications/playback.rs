//! Playing and speaking (`reference/freeswitch.md` 3.2, 3.3).

use crate::sim::{
    channel::{Channel, Passed, Wait},
    events::Whose,
    media::{Clip, Length},
    observe::{Prompt, Seen},
};
use std::time::Duration;

/// Samples that the switch reads ahead of what it plays.
const READ_AHEAD: u64 = 16_384;

/// How a playback ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    Done,
    Broken,
    /// A key ended it.
    Key(char),
    NotFound,
    /// The call is over; `true` if an execute inside the playback ended it.
    Over(bool),
}

/// Which keys end a playback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// These (`any` is every key).
    Of(String),
    /// Every key, which is then an entry's first digit.
    Any,
    /// Keys are left in the queue.
    Left,
}

impl Channel {
    pub(super) async fn playback(&mut self, argument: &str) {
        if argument.is_empty() {
            self.respond_with("PLAYBACK ERROR");
            return;
        }
        let played = self.play(argument, self.terminators()).await;
        self.respond_with(match played {
            Played::NotFound => "FILE NOT FOUND",
            Played::Over(false) => "PLAYBACK ERROR",
            _ => "FILE PLAYED",
        });
    }

    /// `loop_playback +<n> <file>`.
    pub(super) async fn loop_playback(&mut self, argument: &str) {
        let (times, file) = match argument.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
            Some((times, file)) => (times.parse().unwrap_or(1), file),
            None => (1_u32, argument),
        };
        for _ in 0..times {
            if self.play(file, self.terminators()).await != Played::Done {
                break;
            }
        }
    }

    /// Only a hangup or a transfer ends it: a break restarts the file.
    pub(super) async fn endless_playback(&mut self, argument: &str) {
        loop {
            match self.play(argument, Keys::Of(String::new())).await {
                Played::Over(_) | Played::NotFound => break,
                // A file of no length would spin here.
                _ => self.was_broken = false,
            }
            let frame = self.clock.now() + crate::sim::clock::FRAME;
            self.pass(Wait { digits: false, breaks: false, ..Wait::media(Some(frame)) }).await;
        }
    }

    pub(super) async fn speak(&mut self, argument: &str) {
        let variable = |name: &str| self.leg.variables.get(name).unwrap_or_default().to_owned();
        let parts: Vec<&str> = argument.splitn(3, '|').collect();
        let (engine, voice, text) = match parts.as_slice() {
            [engine, voice, text] => {
                ((*engine).to_owned(), (*voice).to_owned(), (*text).to_owned())
            }
            [voice, text] => (variable("tts_engine"), (*voice).to_owned(), (*text).to_owned()),
            _ => (variable("tts_engine"), variable("tts_voice"), argument.to_owned()),
        };
        if engine.is_empty() {
            self.out_of_order();
            return;
        }
        let length = self.options.media.spoken(&engine, &voice, &text);
        let prompt = Prompt::Speech { voice, text };
        self.leg.variables.unset("playback_terminator_used");
        self.hear(&prompt, Some(length), &self.terminators()).await;
    }

    /// `say <lang> <type> <method> [<gender>] <text>`.
    pub(super) async fn say(&mut self, argument: &str) {
        let text = argument.split_ascii_whitespace().skip(3).collect::<Vec<_>>().join(" ");
        let length = self.options.media.spoken("flite", "slt", &text);
        let prompt = Prompt::Speech { voice: "say".to_owned(), text };
        self.hear(&prompt, Some(length), &self.terminators()).await;
    }

    /// Plays a file, stream or list with its events and variables.
    pub(super) async fn play(&mut self, argument: &str, keys: Keys) -> Played {
        let delimiter = self.leg.variables.get("playback_delimiter");
        let mut clips = self.options.media.clips(argument, delimiter);
        // As in the real one, nothing else happens on the channel meanwhile.
        for clip in &mut clips {
            clip.find().await;
        }
        self.leg.variables.unset("playback_terminator_used");
        let found: Vec<Clip> =
            clips.iter().filter(|clip| clip.length != Length::Missing).cloned().collect();
        for clip in clips.iter().filter(|clip| clip.length == Length::Missing) {
            self.observe(Seen::NotFound(clip.prompt.clone()));
        }
        let Some(first) = found.first() else { return Played::NotFound };
        let speech = matches!(first.prompt, Prompt::Speech { .. });
        let kind = if found.len() > 1 { "file_string" } else { first.kind() };
        let headers = [("Playback-File-Type", kind), ("Playback-File-Path", argument)];
        if !speech {
            self.fire("PLAYBACK_START", Whose::Caller, &headers);
        }
        let began = self.clock.now();
        let mut played = Played::Done;
        let mut nested = Duration::ZERO;
        for clip in &found {
            let length = match clip.length {
                Length::Lasts(length) => Some(length),
                _ => None,
            };
            let heard = self.hear(&clip.prompt, length, &keys).await;
            played = heard.0;
            nested += heard.1;
            if played != Played::Done {
                break;
            }
        }
        let total = found.iter().try_fold(Duration::ZERO, |sum, clip| match clip.length {
            Length::Lasts(length) => Some(sum + length),
            _ => None,
        });
        let heard = self.clock.now().saturating_sub(began).saturating_sub(nested);
        if !speech {
            self.set_position(heard, total, played == Played::Done);
            let status = if played == Played::Done { "done" } else { "break" };
            let [kind, path] = headers;
            self.fire("PLAYBACK_STOP", Whose::Caller, &[kind, path, ("Playback-Status", status)]);
        }
        played
    }

    /// Lets the caller hear one thing; also says how long executes inside took.
    async fn hear(
        &mut self,
        prompt: &Prompt,
        length: Option<Duration>,
        keys: &Keys,
    ) -> (Played, Duration) {
        let began = self.clock.now();
        let mut until = length.map(|length| began + length);
        let mut nested = Duration::ZERO;
        let mut inside = false;
        self.observe(Seen::Started(prompt.clone()));
        let played = loop {
            let digits = *keys != Keys::Left;
            match self.pass(Wait { digits, ..Wait::media(until) }).await {
                Passed::Due => break Played::Done,
                Passed::Over => break Played::Over(inside),
                Passed::Broken => break Played::Broken,
                Passed::Digit(key) if self.ends(keys, key) => break Played::Key(key),
                Passed::Nested(took) => {
                    until = until.map(|until| until + took);
                    nested += took;
                    inside = true;
                }
                _ => {}
            }
        };
        let after = self.clock.now().saturating_sub(began).saturating_sub(nested);
        self.observe(match played {
            Played::Done => Seen::Finished(prompt.clone()),
            _ => Seen::Interrupted { prompt: prompt.clone(), after },
        });
        (played, nested)
    }

    fn ends(&mut self, keys: &Keys, key: char) -> bool {
        match keys {
            Keys::Any => true,
            Keys::Left => false,
            Keys::Of(keys) => {
                let ends = keys == "any" || (keys != "none" && keys.contains(key));
                if ends {
                    self.leg.variables.set("playback_terminator_used", key.to_string());
                }
                ends
            }
        }
    }

    /// The keys of `playback_terminators`; `*` if it is not set.
    pub(super) fn terminators(&self) -> Keys {
        let keys = self.leg.variables.get("playback_terminators").unwrap_or("*");
        Keys::Of(keys.to_owned())
    }

    /// Sets the variables that say how far a file was played. Interrupted, the length is where the
    /// switch has read ahead to.
    fn set_position(&mut self, heard: Duration, total: Option<Duration>, done: bool) {
        let samples = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(0) * 8;
        let whole = total.map_or(u64::MAX, samples);
        // Whole frames only.
        let position = if done { whole } else { (samples(heard) / 160 * 160).min(whole) };
        let read = if done { whole } else { ((position / READ_AHEAD + 1) * READ_AHEAD).min(whole) };
        let variables = &mut self.leg.variables;
        variables.set("playback_last_offset_pos", position.to_string());
        variables.set("playback_seconds", (read / 8_000).to_string());
        variables.set("playback_ms", (read / 8).to_string());
        variables.set("playback_samples", read.to_string());
    }

    pub(super) fn respond_with(&mut self, response: &str) {
        self.leg.variables.set("current_application_response", response);
    }
}
