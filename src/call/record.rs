//! Recording the caller.

use super::{
    Call, Interrupt, Prompt, RecordEnd, Recording, Step, Track, UploadTarget,
    background::{cannot_write, no_such_format},
    wait::{Completion, Signal},
};
use crate::{
    base::{Happening, Timestamp, limits, phone::KeySet},
    esl::{Api, Command, RecordOrder},
};
use std::{
    collections::HashSet,
    future::pending,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

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

impl Call {
    /// Records the caller until a key, silence, the longest length or the hangup.
    ///
    /// The hangup is not an error here, because there is something to tell the customer; the next
    /// step finds the call over.
    pub async fn record(&mut self, rules: &Record) -> Step<Recording> {
        let recording = self.prepare_record(rules).await?;
        self.record_into(recording, rules).await
    }

    /// Names the recording, and plays the beep. One that cannot be made has [`RecordEnd::Failed`]
    /// already, and why has been told.
    pub async fn prepare_record(&mut self, rules: &Record) -> Step<Recording> {
        let mut recording = self.new_recording(rules.format, 1, Track::Inbound);
        if !self.can_record(&mut recording).await? {
            return Ok(recording);
        }
        if rules.beep {
            self.prompt(&Prompt::play(BEEP), KeySet::NONE).await?;
        }
        recording.began = Timestamp::now();
        recording.end = RecordEnd::Stopped;
        Ok(recording)
    }

    /// Makes a recording that has been prepared.
    pub async fn record_into(
        &mut self,
        mut recording: Recording,
        rules: &Record,
    ) -> Step<Recording> {
        if recording.end == RecordEnd::Failed {
            return Ok(recording);
        }
        let max = rules.max.clamp(Duration::from_secs(1), limits::RECORDING);
        // Our timer ends it to the moment; the switch's own limit counts whole seconds and is there
        // for the case that we are gone (QUIRKS: whole-seconds).
        let limit = max.as_secs() + 2;
        let path = &recording.path;
        let argument = match rules.silence {
            Some(s) => format!("{path} {limit} {} {}", limits::SILENCE_LEVEL, s.as_secs().max(1)),
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
                // The last event may show the figures of a recording beside the call.
                let told = self.told_end_of(&recording.path);
                (RecordEnd::HungUp, told.or_else(|| self.last_event.clone()))
            }
            Err(interrupt) => return Err(interrupt),
        };
        recording.end = end;
        recording.measure(event.as_ref());
        let Recording { path, url, length, bytes, .. } = recording.clone();
        self.tell(Happening::Recorded { path, url, length, bytes });
        if let Some(target) = &rules.upload {
            self.upload(&recording, target).await;
        }
        Ok(recording)
    }

    /// Cuts the silence from the ends of a recording that is over. What keeps us from it is told.
    pub async fn trim(&mut self, recording: &Recording) -> Step<()> {
        let Some(courier) = self.settings.courier.clone() else { return Ok(()) };
        let work = courier.trim(recording);
        let trimmed = match self.is_over() {
            true => work.await,
            false => self.during(work).await?,
        };
        if let Err(message) = trimmed {
            self.tell(Happening::Noted { error: true, message });
        }
        Ok(())
    }

    /// Finds out whether the switch can write this recording, in its format or as wav: it would hang up
    /// where it cannot (QUIRKS: unwritable-recording). Tells why it cannot. A switch that has once
    /// written a format is not asked again.
    async fn can_record(&mut self, recording: &mut Recording) -> Step<bool> {
        let (switch, wanted) = (self.facts.switch.clone(), recording.format);
        loop {
            let format = recording.format;
            let known = self.settings.recorders.known(&switch, format);
            if known || self.try_out(recording).await? {
                self.settings.recorders.remember(&switch, format);
                if format != wanted {
                    let message = no_such_format(wanted);
                    self.tell(Happening::Noted { error: true, message });
                }
                return Ok(true);
            }
            if format == "wav" {
                let message = cannot_write(recording);
                self.tell(Happening::Noted { error: true, message });
                return Ok(false);
            }
            self.change_format(recording, "wav");
        }
    }

    /// Begins and ends a recording beside the call, which tells of its failure. Nothing of it is left.
    async fn try_out(&mut self, recording: &Recording) -> Step<bool> {
        let (uuid, path) = (self.facts.call_id.clone(), recording.path.as_str());
        let order = RecordOrder::Start { limit_s: 0, options: &[] };
        let begun = self.order(&Command::Api(Api::Record { uuid: &uuid, order, path }))?;
        self.api(Api::Record { uuid: &uuid, order: RecordOrder::Stop, path })?;
        let deadline = Instant::now() + limits::ESL_REPLY;
        let reply = |signal| match signal {
            Signal::Reply(ticket, reply) if ticket == begun => {
                Some(reply.text().starts_with("+OK"))
            }
            _ => None,
        };
        Ok(self.wait(Some(deadline), pending(), reply).await?.unwrap_or_default())
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

/// The switches, by host name, that have been found to write recordings of a format.
#[derive(Debug, Default)]
pub struct Recorders(Mutex<HashSet<(String, &'static str)>>);

impl Recorders {
    fn known(&self, switch: &str, format: &'static str) -> bool {
        self.lock().contains(&(switch.to_owned(), format))
    }

    fn remember(&self, switch: &str, format: &'static str) {
        self.lock().insert((switch.to_owned(), format));
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(String, &'static str)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
