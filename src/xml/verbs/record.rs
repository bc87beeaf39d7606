//! Record, of either dialect.

use super::{Outcome, Stage, Then};
use crate::{
    call::{self, RecordEnd, Step},
    xml::report,
};

/// What is recorded, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Record {
    /// How the recording is made.
    pub rules: call::Record,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
    /// Told when the file is ready, its answer ignored: `recordingStatusCallback`, `callbackUrl`.
    pub ready: Option<Then>,
}

impl Record {
    /// A recording that the caller ended by hanging up is told all the same, with `Digits=hangup`
    /// (`reference/twiml.md` 2.0 and 5, 20).
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let recording = stage.call.record(&self.rules).await?;
        let gone = recording.end == RecordEnd::HungUp;
        stage.call.memory.recording = Some(recording.clone());
        let seconds = recording.length.as_secs_f32();
        let told = match recording.end {
            RecordEnd::Key(key) => format!("{seconds:.1} s, ended by {key}"),
            RecordEnd::Silence => format!("{seconds:.1} s, ended by silence"),
            RecordEnd::MaxLength => format!("{seconds:.1} s, the longest allowed"),
            RecordEnd::HungUp => format!("{seconds:.1} s, ended by the hangup"),
        };
        if let Some(ready) = &self.ready {
            let parameters = report::recording_ready(stage.dialect, &recording);
            ready.settle(stage, String::new(), parameters, gone).await;
        }
        let parameters = report::recording(stage.dialect, &recording);
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, parameters, gone).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        })
    }
}
