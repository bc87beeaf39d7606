//! `record_caller`: records what the caller says.

use super::action::Perform;
use crate::{
    call::{Record, RecordEnd, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use std::time::Duration;

/// Every switch can write it. One that cannot open a recording ends the call
/// (`reference/freeswitch.md` 1.16).
const FORMAT: &str = "wav";

/// `format`, `time_limit`, `url`, `method`.
#[derive(Debug)]
pub(in crate::piston) struct RecordCaller {
    rules: Record,
}

impl Perform for RecordCaller {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        if fields.choice("format", &[("mp3", true), ("wav", false)]) == Some(true) {
            fields.warning(
                "format",
                "recorded as wav: a switch without mod_shout would end the call",
            );
        }
        let limit = fields.integer("time_limit", 5..=10_800).unwrap_or(3600);
        fields.parsed("url", |text| match url::Url::parse(text) {
            Ok(_) => Ok(()),
            Err(_) => Err("a URL is allowed".to_owned()),
        });
        fields.choice("method", &[("put", ()), ("post", ())]);
        let kept = "the recording stays on the switch; Recording-Url of the next request names it";
        fields.without_effect("url", kept);
        fields.without_effect("method", kept);
        Self {
            rules: Record { max: Duration::from_secs(limit), format: FORMAT, ..Record::default() },
        }
    }

    fn about(&self) -> String {
        format!("at most {} s of {}", self.rules.max.as_secs(), self.rules.format)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.answer().await?;
        let recording = stage.call.record(&self.rules).await?;
        let why = match recording.end {
            RecordEnd::Key(key) => format!("ended by key {key}"),
            RecordEnd::Silence => "ended by silence".to_owned(),
            RecordEnd::MaxLength => "ended by its limit".to_owned(),
            RecordEnd::HungUp => "ended by the hangup".to_owned(),
        };
        let outcome = format!("{:.1} s, {why}", recording.length.as_secs_f32());
        stage.call.memory.recording = Some(recording);
        Ok(Ended::go_on(outcome))
    }
}
