//! `detect_speech`, `wait_for_silence`, `detect_audio` and `detect_silence`: what the switch hears of the
//! caller.
//!
//! The recogniser is as FreeSWITCH's own for tests (`mod_test`): a result is JSON, and after each it is
//! deaf until it is told to resume. It understands what the script says.

use crate::sim::{
    channel::{Channel, Passed, Wait},
    clock::FRAME,
};
use serde_json::json;
use std::time::Duration;

/// How long `wait_for_silence` goes on after the silence.
const AFTERWARDS: Duration = Duration::from_millis(500);

/// A recogniser that listens to the caller.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Recogniser {
    grammar: String,
    deaf: bool,
}

/// What a recogniser notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Noticed {
    /// The caller begins to speak.
    Begins,
    /// So far these words.
    Partly(String),
    /// These words, and then silence.
    Wholly(String),
}

impl Channel {
    /// `<engine> <grammar> <name> [<dest>]`, `resume`, `pause`, `stop`, `start-input-timers`.
    pub(super) fn detect_speech(&mut self, argument: &str) {
        let words = super::digits::words(argument);
        let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
        match word(0) {
            "resume" => self.set_deaf(false),
            "pause" => self.set_deaf(true),
            "stop" if self.recogniser.take().is_some() => self.tell_speech("closed", None),
            "stop" | "start-input-timers" | "param" | "grammar" | "nogrammar" | "" => {}
            // An engine that is not loaded is seen in the log alone.
            engine if self.options.media.recognises(engine) && words.len() >= 3 => {
                let grammar = word(1).to_owned();
                self.recogniser = Some(Recogniser { grammar, deaf: false });
            }
            _ => {}
        }
    }

    fn set_deaf(&mut self, deaf: bool) {
        if let Some(recogniser) = &mut self.recogniser {
            recogniser.deaf = deaf;
        }
    }

    /// The caller's words reach the recogniser.
    pub(in crate::sim) fn notice(&mut self, noticed: Noticed) {
        let Some(recogniser) = &mut self.recogniser else { return };
        if recogniser.deaf {
            return;
        }
        let grammar = recogniser.grammar.clone();
        let body = |text: &str| {
            Some(json!({"grammar": grammar, "text": text, "confidence": 87.3}).to_string())
        };
        match noticed {
            Noticed::Begins => self.tell_speech("begin-speaking", None),
            Noticed::Partly(text) => self.tell_speech("detected-partial-speech", body(&text)),
            Noticed::Wholly(text) => {
                recogniser.deaf = true;
                self.tell_speech("detected-speech", body(&text));
            }
        }
    }

    fn tell_speech(&mut self, kind: &str, body: Option<String>) {
        if self.leg.variables.is_true("fire_asr_events") {
            self.fire_speech(kind, body);
        }
    }

    /// `<threshold> <silent frames> <loud frames> <timeout-ms> [<file>]`. Neither keys nor breaks nor
    /// other applications are looked at meanwhile.
    pub(super) async fn wait_for_silence(&mut self, argument: &str) {
        let mut numbers = argument.split_ascii_whitespace().map(|word| word.parse::<u32>().ok());
        let mut number = || numbers.next().flatten();
        let (Some(threshold), Some(frames), Some(_), Some(timeout)) =
            (number(), number(), number(), number())
        else {
            return;
        };
        if threshold == 0 || frames == 0 {
            return;
        }
        let began = self.clock.now();
        let limit = (timeout > 0).then(|| began + Duration::from_millis(timeout.into()));
        loop {
            let quiet = !self.sound && self.sends_rtp;
            let silent = quiet.then(|| self.sound_since.max(began) + FRAME * frames + AFTERWARDS);
            let until = [limit, silent].into_iter().flatten().min();
            let wait = Wait {
                digits: false,
                breaks: false,
                messages: false,
                sound: true,
                ..Wait::media(until)
            };
            match self.pass(wait).await {
                Passed::Due => {
                    let now = self.clock.now();
                    let timed_out = limit.is_some_and(|at| at <= now);
                    self.leg.variables.set("wait_for_silence_timeout", timed_out.to_string());
                    return;
                }
                Passed::Over => return,
                _ => {}
            }
        }
    }

    /// `detect_audio` and `detect_silence`: `<threshold> <frames> <timeout-ms>`. Until it has been loud,
    /// or silent, for more than so many frames; nothing else is looked at meanwhile.
    pub(super) async fn detect(&mut self, loud: bool, argument: &str) {
        let mut numbers = argument.split_ascii_whitespace().map(|word| word.parse::<u32>().ok());
        let mut number = || numbers.next().flatten();
        let (Some(_), Some(frames), Some(timeout)) = (number(), number(), number()) else {
            return;
        };
        let name = if loud { "detect_audio_timeout" } else { "detect_silence_timeout" };
        let began = self.clock.now();
        let limit = (timeout > 0).then(|| began + Duration::from_millis(timeout.into()));
        loop {
            let lasts = self.sound == loud;
            let heard = lasts.then(|| self.sound_since.max(began) + FRAME * (frames + 1));
            let until = [limit, heard].into_iter().flatten().min();
            let wait = Wait {
                digits: false,
                breaks: false,
                messages: false,
                sound: true,
                ..Wait::media(until)
            };
            match self.pass(wait).await {
                Passed::Due => {
                    let timed_out = limit.is_some_and(|at| at <= self.clock.now());
                    self.leg.variables.set(name, timed_out.to_string());
                    return;
                }
                Passed::Over => return,
                _ => {}
            }
        }
    }

    /// `uuid_buglist`: whether a recogniser listens.
    pub(in crate::sim) fn bugs(&self) -> String {
        let bug = match &self.recogniser {
            Some(_) => "<media-bug><function>detect_speech</function></media-bug>\n",
            None => "",
        };
        format!("<media-bugs>\n{bug}</media-bugs>\n")
    }
}
