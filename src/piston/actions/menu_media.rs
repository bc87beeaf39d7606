//! What a menu plays.

use crate::{
    base::phone::KeySet,
    call::{Prompt, PromptEnd, Sound, Step},
    piston::{fields::Fields, json::Kind, stage::Stage},
};

use super::tts;

/// One of a menu's prompts.
#[derive(Clone, Debug)]
pub(super) enum MenuMedia {
    /// Nothing.
    Silent,
    /// What the document names.
    Given(Sound),
    /// The usual one.
    Usual(Usual),
}

/// A prompt for menus that bring none: one of FreeSWITCH's own sounds, or the words where that is
/// not installed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    sound: &'static str,
    words: &'static str,
}

/// Where the menu has no greeting.
pub(super) const GREETING: Usual =
    Usual { sound: "ivr/ivr-enter_ext", words: "Please enter an extension." };
/// After an entry that leads nowhere.
pub(super) const INVALID: Usual =
    Usual { sound: "ivr/ivr-that_was_an_invalid_entry", words: "That was an invalid entry." };
/// When there are no tries left.
pub(super) const EXIT: Usual =
    Usual { sound: "voicemail/vm-abort", words: "We could not understand your entry." };
/// Before the call goes on somewhere.
pub(super) const TRANSFER: Usual =
    Usual { sound: "ivr/ivr-hold_connect_call", words: "Please hold while I connect your call." };
/// Before the call ends.
pub(super) const GOODBYE: Usual = Usual { sound: "voicemail/vm-goodbye", words: "Goodbye." };

impl MenuMedia {
    /// Reads a prompt: a media id, an object with `text` (and `voice`, `language`, `engine`), `false`
    /// for silence, `true` or nothing for the usual one.
    pub(super) fn read(fields: &mut Fields<'_, '_, '_>, key: &'static str, usual: Usual) -> Self {
        let Some(value) = fields.value(key) else { return Self::Usual(usual) };
        match &value.value {
            Kind::Boolean(false) => Self::Silent,
            Kind::Boolean(true) => Self::Usual(usual),
            Kind::Text(id) if id.trim().is_empty() => Self::Usual(usual),
            Kind::Text(id) => Self::Given(Sound::Media(id.clone())),
            Kind::Object(_) => fields
                .nested(key, |speech| Self::Given(Sound::Speech(tts::speech(speech))))
                .unwrap_or(Self::Usual(usual)),
            Kind::Null | Kind::Number(_) | Kind::List(_) => {
                let found = value.describe();
                let allowed = "a media id, {\"text\": …}, true or false is allowed";
                fields.error(key, format!("found {found}; {allowed}"));
                Self::Silent
            }
        }
    }

    /// Plays it; any key ends it and is kept.
    pub(super) async fn play(&self, stage: &mut Stage<'_>) -> Step<()> {
        match self {
            Self::Silent => Ok(()),
            Self::Given(sound) => {
                stage.call.prompt(&Prompt::once(sound.clone()), KeySet::ALL).await?;
                Ok(())
            }
            Self::Usual(usual) => usual.play(stage).await,
        }
    }
}

impl Usual {
    pub(super) async fn play(self, stage: &mut Stage<'_>) -> Step<()> {
        let sound = Prompt::play(self.sound);
        if let PromptEnd::Failed(_) = stage.call.prompt(&sound, KeySet::ALL).await? {
            stage.call.prompt(&Prompt::say(self.words), KeySet::ALL).await?;
        }
        Ok(())
    }
}
