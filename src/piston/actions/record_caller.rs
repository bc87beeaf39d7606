//! `record_caller`: records what the caller says.

use super::action::Perform;
use crate::{
    base::web::{UploadMethod, is_web_address},
    call::{Record, RecordEnd, Step, UploadTarget},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use std::time::Duration;

/// `format`, `time_limit`, `url`, `method`.
#[derive(Debug)]
pub(in crate::piston) struct RecordCaller {
    rules: Record,
}

impl Perform for RecordCaller {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        // Every switch can write wav; one that cannot open a recording ends the call
        // (`reference/freeswitch.md` 1.16).
        let format = fields.choice("format", &[("mp3", "mp3"), ("wav", "wav")]).unwrap_or("wav");
        if format == "mp3" {
            fields.warning("format", "the switch needs mod_shout for it, else the call ends");
        }
        let limit = fields.integer("time_limit", 5..=10_800).unwrap_or(3600);
        let url = fields.parsed("url", |text| match is_web_address(text) {
            true => Ok(text.to_owned()),
            false => Err("a URL that begins with http:// or https:// is allowed".to_owned()),
        });
        let methods = [("put", UploadMethod::Put), ("post", UploadMethod::Post)];
        let method = fields.choice("method", &methods).unwrap_or_default();
        let upload = url.map(|url| UploadTarget { url, method });
        let max = Duration::from_secs(limit);
        Self { rules: Record { max, format, upload, ..Record::default() } }
    }

    fn about(&self) -> String {
        format!("at most {} s of {}", self.rules.max.as_secs(), self.rules.format)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.answer().await?;
        let recording = Box::pin(stage.call.record(&self.rules)).await?;
        let why = match recording.end {
            RecordEnd::Key(key) => format!("ended by key {key}"),
            RecordEnd::Silence => "ended by silence".to_owned(),
            RecordEnd::MaxLength => "ended by its limit".to_owned(),
            RecordEnd::HungUp => "ended by the hangup".to_owned(),
            RecordEnd::Stopped => "ended".to_owned(),
            RecordEnd::Failed => "nothing was recorded".to_owned(),
        };
        let outcome = format!("{:.1} s, {why}", recording.length.as_secs_f32());
        if recording.end != RecordEnd::Failed {
            stage.call.memory.recording = Some(recording);
        }
        Ok(Ended::go_on(outcome))
    }
}
