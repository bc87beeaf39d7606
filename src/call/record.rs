//! Recording the caller.

use super::{
    Call, Interrupt, Prompt, Step, UploadTarget,
    wait::{Completion, Signal},
};
use crate::{
    base::{
        Happening, RecordingId, limits,
        phone::{Key, KeySet},
    },
    esl::Event,
};
use std::time::Duration;
use tokio::time::Instant;

/// Mean sample value under which the caller counts as silent (`reference/freeswitch.md` 3.5).
const SILENCE_THRESHOLD: u32 = 200;

/// A beep of half a second at 440 Hz, as KAZOO's and the vendors' are.
const BEEP: &str = "tone_stream://%(500,0,440)";

/// What is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Longest recording; bounded by `limits::RECORDING`.
    pub max: Duration,
    /// So much silence ends it; whole seconds count, `None` for never.
    pub silence: Option<Duration>,
    /// Keys that end it.
    pub keys: KeySet,
    /// Whether the caller hears a beep first.
    pub beep: bool,
    /// File name extension: `wav`, or `mp3` where the switch has mod_shout.
    pub format: &'static str,
    /// Where the recording is uploaded; `None` for nowhere.
    pub upload: Option<UploadTarget>,
}

impl Default for Record {
    /// An hour at most, five seconds of silence, any key, with a beep.
    fn default() -> Self {
        Self {
            max: Duration::from_secs(3600),
            silence: Some(Duration::from_secs(5)),
            keys: KeySet::KEYPAD,
            beep: true,
            format: "wav",
            upload: None,
        }
    }
}

/// A recording that was made.
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
    /// Its length.
    pub length: Duration,
    /// Its size.
    pub bytes: u64,
    /// How it ended.
    pub end: RecordEnd,
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
}

impl Call {
    /// Records the caller until a key, silence, the longest length or the hangup.
    ///
    /// The hangup is not an error here, because there is something to tell the customer; the next
    /// step finds the call over.
    pub async fn record(&mut self, rules: &Record) -> Step<Recording> {
        if rules.beep {
            self.prompt(&Prompt::play(BEEP), KeySet::NONE).await?;
        }
        let max = rules.max.clamp(Duration::from_secs(1), limits::RECORDING);
        self.recordings += 1;
        let id = RecordingId::of_call(&self.facts.call_id, self.recordings);
        let path = self.settings.media.recording_path(&id, rules.format);
        // Our timer ends it to the moment; the switch's own limit counts whole seconds and is there
        // for the case that we are gone (QUIRKS: whole-seconds).
        let limit = max.as_secs() + 2;
        let argument = match rules.silence {
            Some(s) => format!("{path} {limit} {SILENCE_THRESHOLD} {}", s.as_secs().max(1)),
            None => format!("{path} {limit}"),
        };
        let running = self.start("record", &argument)?;
        let deadline = Some(Instant::now() + max);
        let key = |signal| match signal {
            Signal::Key(key) if rules.keys.contains(key) => Some(key),
            _ => None,
        };
        let (end, event) = match self.completion(&running, deadline, key).await {
            Ok(Completion::Done(event)) => {
                let silent = event.variable("silence_hits_exhausted").as_deref() == Some("true");
                (if silent { RecordEnd::Silence } else { RecordEnd::MaxLength }, Some(event))
            }
            Ok(Completion::Instead(key)) => {
                // The key has done its work; it is no input for the next step.
                self.typed.take_last();
                (RecordEnd::Key(key), self.stop(&running).await.ok())
            }
            Ok(Completion::TimeUp) => (RecordEnd::MaxLength, Some(self.stop(&running).await?)),
            Err(Interrupt::HungUp) => {
                let patience = Duration::from_secs(self.settings.linger_s.into());
                self.hear_out(Instant::now() + patience).await;
                (RecordEnd::HungUp, self.last_event.clone())
            }
            Err(interrupt) => return Err(interrupt),
        };
        let figure = |name: &str| event.as_ref().map_or(0, |event| figure(event, name));
        let (length, bytes) =
            (Duration::from_millis(figure("record_ms")), figure("record_file_size"));
        let url = self.url_of(&id, rules.format, &path);
        self.tell(Happening::Recorded { path: path.clone(), url: url.clone(), length, bytes });
        let recording = Recording { id, format: rules.format, path, url, length, bytes, end };
        if let Some(target) = &rules.upload {
            self.upload(&recording, target).await;
        }
        Ok(recording)
    }

    /// The operator's own web server, if there is one; else ours; else only the switch has it.
    pub(super) fn url_of(&self, id: &RecordingId, format: &str, path: &str) -> String {
        let offered = || self.settings.courier.as_ref().and_then(|courier| courier.offer(id));
        self.settings
            .media
            .recording_url(id, format)
            .or_else(offered)
            .unwrap_or_else(|| format!("file://{path}"))
    }

    /// Stores that a recording is to be uploaded. Not cut short by the hangup, which is when most
    /// recordings end.
    async fn upload(&mut self, recording: &Recording, target: &UploadTarget) {
        let taken = match &self.settings.courier {
            Some(courier) => courier.take(&self.facts, recording, target).await,
            None => Err("nobody uploads recordings here".to_owned()),
        };
        if let Err(reason) = taken {
            let message = format!("the recording will not be uploaded: {reason}");
            self.tell(Happening::Noted { error: true, message });
        }
    }
}

fn figure(event: &Event, name: &str) -> u64 {
    event.variable(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}
