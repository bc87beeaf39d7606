//! Record, of either dialect.

use super::{Outcome, Stage, Then};
use crate::{
    base::Happening,
    call::{self, BeginsWhen, RecordEnd, Step},
    xml::{
        recordings::{self, Beside, Reader, Source, Watcher},
        report,
    },
};

/// What is recorded, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Record {
    /// How the recording is made.
    pub rules: call::Record,
    /// Whether silence is cut from its ends.
    pub trim: bool,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
    /// Told of it, its answer ignored: `recordingStatusCallback`, `callbackUrl`.
    pub watcher: Option<Watcher>,
    /// Told its text: `transcribeCallback`, `transcriptionUrl`.
    pub reader: Option<Reader>,
}

impl Record {
    /// A recording that the caller ended by hanging up is told all the same, with `Digits=hangup`
    /// (`reference/twiml.md` 2.0 and 5, 20).
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let watcher = self.watcher.as_ref();
        let mut recording = stage.call.prepare_record(&self.rules).await?;
        if recording.end != RecordEnd::Failed {
            stage.tell_begun(watcher, &recording, Source::Record).await;
            recording = stage.call.record_into(recording, &self.rules).await?;
            stage.call.memory.recording = Some(recording.clone());
        }
        if self.trim && !recording.is_absent() {
            stage.call.trim(&recording).await?;
        }
        let gone = stage.call.is_over();
        let seconds = recording.length.as_secs_f32();
        let told = match recording.end {
            RecordEnd::Key(key) => format!("{seconds:.1} s, ended by {key}"),
            RecordEnd::Silence => format!("{seconds:.1} s, ended by silence"),
            RecordEnd::MaxLength => format!("{seconds:.1} s, the longest allowed"),
            RecordEnd::HungUp => format!("{seconds:.1} s, ended by the hangup"),
            RecordEnd::Stopped => format!("{seconds:.1} s"),
            RecordEnd::Failed => "nothing was recorded".to_owned(),
        };
        stage.tell_ended(watcher, &recording, Source::Record).await;
        stage.transcribe(self.reader.as_ref(), &recording).await;
        let parameters = recordings::action(stage.dialect, &recording);
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, parameters, gone).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        })
    }
}

/// A recording beside the call: Plivo's `recordSession` and `startOnDialAnswer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct RecordBeside {
    /// What is recorded.
    pub beside: Beside,
    /// Whether it begins only when somebody who is dialled answers.
    pub on_answer: bool,
    /// Requested at once.
    pub then: Option<Then>,
}

impl RecordBeside {
    /// The next verb does not wait for it.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let (recording, told) = if self.on_answer {
            let wanted = stage.background(&self.beside);
            let recording = wanted.recording.clone();
            stage.call.record_later(BeginsWhen::Connected, wanted);
            (Some(recording), "begins when somebody answers")
        } else {
            stage.call.keep_sound_flowing();
            stage.call.answer().await?;
            (stage.record_beside(&self.beside).await?, "has begun")
        };
        let Some(recording) = recording else {
            return Ok(Outcome::next("nothing is recorded"));
        };
        let parameters = recordings::action_at_once(&recording);
        Ok(match &self.then {
            Some(then) => then.settle(stage, told.to_owned(), parameters, false).await,
            None => Outcome::next(told),
        })
    }
}

/// Ends a recording beside the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct StopRecording {
    /// The name that it was begun with; empty for the last one.
    pub name: String,
}

impl StopRecording {
    /// What is not under way needs no end.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let which = match self.name.as_str() {
            "" => stage.call.recordings_under_way().pop(),
            name => stage.call.recording_named(name),
        };
        let stopped = match which {
            Some(id) => stage.call.stop_recording(&id).await?,
            None => false,
        };
        if !stopped {
            let message = format!("no recording {:?} is under way", self.name);
            stage.call.tell(Happening::Noted { error: false, message });
        }
        Ok(Outcome::next(if stopped { "the recording has ended" } else { "nothing has ended" }))
    }
}
