//! Say, Speak and Play: something that the caller hears.

use super::{Outcome, Stage};
use crate::{
    base::{limits, phone::KeySet},
    call::{Call, Loops, Prompt, PromptEnd, Sound, Step},
};
use tokio::time::Instant;

/// Sounds in a row, once or several times.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Spoken {
    /// What is heard.
    pub sounds: Vec<Sound>,
    /// How often all of them.
    pub loops: Loops,
    /// Keys that end it (KAZOO's `terminators`).
    pub keys: KeySet,
}

impl Spoken {
    /// A sound, as often as `loops` says, that no key ends.
    pub fn new(sounds: Vec<Sound>, loops: Loops) -> Self {
        Self { sounds, loops, keys: KeySet::NONE }
    }

    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let told = match self.play(stage.call).await? {
            PromptEnd::Done => "done".to_owned(),
            PromptEnd::Key(key) => format!("ended by {key}"),
            PromptEnd::Spoken => "ended by speech".to_owned(),
            PromptEnd::Failed(reason) => format!("not played: {reason}"),
        };
        Ok(Outcome::next(told))
    }

    async fn play(&self, call: &mut Call) -> Step<PromptEnd> {
        if let [sound] = self.sounds.as_slice() {
            let prompt = Prompt { sound: sound.clone(), loops: self.loops };
            return call.prompt(&prompt, self.keys).await;
        }
        let deadline = Instant::now() + limits::PROMPT;
        for _ in 0..self.loops.times() {
            for sound in &self.sounds {
                let end = call.prompt(&Prompt::once(sound.clone()), self.keys).await?;
                if end != PromptEnd::Done {
                    return Ok(end);
                }
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(PromptEnd::Done)
    }

    /// The prompts inside a Gather, in a row; the bound is that of a document.
    pub fn in_a_row(all: &[Self]) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        for spoken in all {
            if let [sound] = spoken.sounds.as_slice() {
                prompts.push(Prompt { sound: sound.clone(), loops: spoken.loops });
                continue;
            }
            for _ in 0..spoken.loops.times() {
                if prompts.len() >= limits::DOCUMENT_NODES {
                    return prompts;
                }
                prompts.extend(spoken.sounds.iter().cloned().map(Prompt::once));
            }
        }
        prompts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_loops_stay_within_a_bound() {
        let two = vec![Sound::Media("a".to_owned()), Sound::Media("b".to_owned())];
        let all = vec![Spoken::new(two, Loops::Endless); 100];
        let prompts = Spoken::in_a_row(&all);
        assert!(
            prompts.len() >= limits::DOCUMENT_NODES && prompts.len() < limits::DOCUMENT_NODES + 2
        );
    }
}
