//! `tts`: says a text.

use super::{action::Perform, play::heard};
use crate::{
    base::phone::KeySet,
    call::{Loops, Prompt, Sound, Speech, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// Engines that the format knows. One that the operator has not allowed is replaced by the
/// configured one.
const ENGINES: [(&str, &str); 4] = [
    ("flite", "flite"),
    ("google", "google"),
    ("ispeech", "ispeech"),
    ("voicefabric", "voicefabric"),
];

/// `text`, `voice`, `language`, `engine`, `terminators`, `endless_playback`.
#[derive(Debug)]
pub(in crate::piston) struct Tts {
    prompt: Prompt,
    keys: KeySet,
}

impl Perform for Tts {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let endless = fields.boolean("endless_playback").unwrap_or(false);
        Self {
            prompt: Prompt {
                sound: Sound::Speech(speech(fields)),
                loops: if endless { Loops::Endless } else { Loops::Times(1) },
            },
            keys: fields.keys("terminators").unwrap_or(KeySet::KEYPAD),
        }
    }

    fn about(&self) -> String {
        self.prompt.sound.to_string()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.answer().await?;
        let end = stage.call.prompt(&self.prompt, self.keys).await?;
        Ok(Ended::go_on(heard(&end)))
    }
}

/// `text`, `voice`, `language`, `engine`.
pub(super) fn speech(fields: &mut Fields<'_, '_, '_>) -> Speech {
    let text = fields.text_of("text", 1..=1000);
    if !fields.has("text") {
        fields.missing("text", "it is what is said");
    }
    Speech {
        text: text.unwrap_or_default().to_owned(),
        voice: fields.text("voice").unwrap_or("female").to_owned(),
        language: fields.text("language").unwrap_or_default().to_owned(),
        engine: fields.choice("engine", &ENGINES).unwrap_or_default().to_owned(),
        ..Speech::default()
    }
}
