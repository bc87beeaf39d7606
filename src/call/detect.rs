//! Who has answered: a person says a word or two and waits, a machine talks on.

use super::{Call, Step};
use crate::{base::limits, esl::Event};
use std::time::Duration;
use tokio::time::Instant;

/// Level from which on a frame counts as speech: the mean of its samples, as the switch counts it.
const LOUD: u32 = 200;

/// Frames of speech that are a voice and not a click.
const VOICE: u32 = 3;

/// One frame of audio.
const FRAME: Duration = Duration::from_millis(20);

/// How a machine is told from a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detection {
    /// Whether a machine is heard out.
    pub message_end: bool,
    /// Longest time for all.
    pub timeout: Duration,
    /// Whoever speaks longer is a machine.
    pub speech: Duration,
    /// Silence that ends what is said.
    pub speech_end: Duration,
    /// Longest silence before anything is said.
    pub silence: Duration,
}

/// Who has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detected {
    /// A person.
    Human,
    /// A machine, which still talks.
    MachineStart,
    /// A machine, which has been heard out.
    MachineEndSilence,
    /// A machine, which still talks though its time is over.
    MachineEndOther,
    /// Nothing was said, or not in time.
    Unknown,
}

impl Call {
    /// Listens to whoever has answered, who hears nothing meanwhile. Gives who it is, and how long
    /// it took to know.
    pub async fn detect(&mut self, rules: &Detection) -> Step<(Detected, Duration)> {
        let began = Instant::now();
        let end = began + rules.timeout;
        let detected = self.listen(rules, end).await?;
        Ok((detected, began.elapsed()))
    }

    async fn listen(&mut self, rules: &Detection, end: Instant) -> Step<Detected> {
        let left = |most: Duration| most.min(end.saturating_duration_since(Instant::now()));
        if !self.hears_voice(left(rules.silence)).await? {
            return Ok(Detected::Unknown);
        }
        let most = left(rules.speech + rules.speech_end);
        if self.hears_silence(rules.speech_end, most).await? {
            return Ok(Detected::Human);
        }
        if most < rules.speech + rules.speech_end {
            return Ok(Detected::Unknown);
        }
        if !rules.message_end {
            return Ok(Detected::MachineStart);
        }
        match self.hears_silence(rules.speech_end, left(limits::DETECTION)).await? {
            true => Ok(Detected::MachineEndSilence),
            false => Ok(Detected::MachineEndOther),
        }
    }

    /// Whether somebody speaks before the time is over.
    async fn hears_voice(&mut self, within: Duration) -> Step<bool> {
        if within.is_zero() {
            return Ok(false);
        }
        let argument = format!("{LOUD} {VOICE} {}", within.as_millis());
        let heard = self.run("detect_audio", &argument, within + limits::APPLICATION_GRACE).await?;
        Ok(in_time(&heard, "detect_audio_timeout"))
    }

    /// Whether it is silent for that long before the time is over.
    async fn hears_silence(&mut self, length: Duration, within: Duration) -> Step<bool> {
        if within.is_zero() {
            return Ok(false);
        }
        let frames = length.as_millis() / FRAME.as_millis();
        let argument = format!("{LOUD} {frames} {}", within.as_millis());
        let heard =
            self.run("detect_silence", &argument, within + limits::APPLICATION_GRACE).await?;
        Ok(in_time(&heard, "detect_silence_timeout"))
    }
}

fn in_time(completion: &Event, variable: &str) -> bool {
    completion.variable(variable).is_some_and(|timeout| timeout == "false")
}
