//! `play`: plays media.

use super::action::Perform;
use crate::{
    base::phone::KeySet,
    call::{Loops, Prompt, PromptEnd, Sound, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// `id`, `answer`, `terminators`, `loop_count`, `endless_playback`.
#[derive(Debug)]
pub(in crate::piston) struct Play {
    prompt: Option<Prompt>,
    answer: bool,
    keys: KeySet,
}

impl Perform for Play {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let id = fields.text("id").filter(|id| !id.trim().is_empty());
        if id.is_none() {
            fields.remark("no \"id\": nothing is played");
        }
        let loops = loops(fields);
        Self {
            prompt: id.map(|id| Prompt { sound: Sound::Media(id.to_owned()), loops }),
            answer: fields.boolean("answer").unwrap_or(true),
            keys: fields.keys("terminators").unwrap_or(KeySet::KEYPAD),
        }
    }

    fn about(&self) -> String {
        self.prompt.as_ref().map(|prompt| prompt.sound.to_string()).unwrap_or_default()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let Some(prompt) = &self.prompt else { return Ok(Ended::go_on("nothing to play")) };
        if self.answer {
            stage.answer().await?;
        }
        let end = stage.call.prompt(prompt, self.keys).await?;
        Ok(Ended::go_on(heard(&end)))
    }
}

/// `loop_count` and `endless_playback`.
pub(super) fn loops(fields: &mut Fields<'_, '_, '_>) -> Loops {
    let times = fields.integer("loop_count", 1..=u64::from(u32::MAX)).unwrap_or(1);
    match fields.boolean("endless_playback").unwrap_or(false) {
        true => Loops::Endless,
        false => Loops::Times(u32::try_from(times).unwrap_or(u32::MAX)),
    }
}

/// How a prompt ended, for a person.
pub(super) fn heard(end: &PromptEnd) -> String {
    match end {
        PromptEnd::Done => "heard to the end".to_owned(),
        PromptEnd::Key(key) => format!("ended by key {key}"),
        PromptEnd::Spoken => "ended by speech".to_owned(),
        PromptEnd::Failed(reason) => format!("not played: {reason}"),
    }
}
