//! Prompts: what a caller hears, and the keys that end it.

use super::{
    Call, Step,
    channel::Running,
    wait::{Completion, Signal},
};
use crate::{
    base::{
        Happening, limits,
        phone::{Key, KeySet},
        web::shown,
    },
    config,
};
use std::{fmt, future::pending, sync::Arc, time::Duration};
use tokio::time::Instant;

/// One prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// What is heard.
    pub sound: Sound,
    /// How often.
    pub loops: Loops,
}

/// What a prompt consists of.
#[derive(Clone, Debug, PartialEq)]
pub enum Sound {
    /// Media as the document names it; see [`super::MediaPolicy::resolve`].
    Media(String),
    /// Silence of this length; our own timer, the switch plays nothing.
    Silence(Duration),
    /// Text to speech.
    Speech(Speech),
    /// A number, a date, letters …, put together from recorded sounds by FreeSWITCH's `say`.
    Phrase(Phrase),
}

/// Text to speech.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speech {
    /// The text; at most `limits::SPEECH_BYTES` are said.
    pub text: String,
    /// A voice, as the document names it; empty for the language's or the configured one.
    pub voice: String,
    /// A language (`en-US`); empty for the call's.
    pub language: String,
    /// An engine; empty or not allowed by the operator: the configured one.
    pub engine: String,
}

/// What FreeSWITCH's `say` puts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Language of the sounds (`en`).
    pub language: String,
    /// What kind of thing the text is (`number`, `name_spelled`).
    pub kind: String,
    /// How it is said (`pronounced`, `iterated`).
    pub method: String,
    /// Grammatical gender, where the language has one; empty for none.
    pub gender: String,
    /// The text.
    pub text: String,
}

/// How often a prompt is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loops {
    /// So many times; 0 plays nothing.
    Times(u32),
    /// Until a key or the hangup; bounded by `limits::ENDLESS_LOOPS` and `limits::PROMPT`.
    Endless,
}

/// How a prompt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptEnd {
    /// It was heard to its end.
    Done,
    /// The caller typed this key, which is kept with those typed ahead.
    Key(Key),
    /// It could not be played, for this reason.
    Failed(String),
}

impl Prompt {
    /// A sound, played once.
    pub fn once(sound: Sound) -> Self {
        Self { sound, loops: Loops::Times(1) }
    }

    /// A text, said once in the call's language and the configured voice.
    pub fn say(text: impl Into<String>) -> Self {
        Self::once(Sound::Speech(Speech { text: text.into(), ..Speech::default() }))
    }

    /// Media, played once.
    pub fn play(media: impl Into<String>) -> Self {
        Self::once(Sound::Media(media.into()))
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Media(name) => write!(f, "play {}", shown(name)),
            Self::Silence(length) => write!(f, "silence {} ms", length.as_millis()),
            Self::Speech(speech) => write!(f, "say {:?}", speech.text),
            Self::Phrase(phrase) => write!(f, "say {} {:?}", phrase.kind, phrase.text),
        }
    }
}

/// A prompt as the switch is told to play it.
enum Play {
    Application(&'static str, String),
    Silence(Duration),
}

/// What becomes of media that have to be brought first.
enum Brought {
    /// FreeSWITCH plays this.
    Here(String),
    /// There is nothing to play, for this reason.
    Not(String),
    /// The caller did not wait for it.
    Key(Key),
}

impl Call {
    /// Plays a prompt until it ends or the caller types a key of `keys`. Keys typed before do not
    /// count. Media on an unanswered call is early media.
    pub async fn prompt(&mut self, prompt: &Prompt, keys: KeySet) -> Step<PromptEnd> {
        let play = match &prompt.sound {
            Sound::Media(name) => match self.bring(name, keys).await? {
                Brought::Here(media) => Play::Application("playback", media),
                Brought::Not(reason) => return Ok(self.not_played(&prompt.sound, &reason)),
                Brought::Key(key) => return Ok(PromptEnd::Key(key)),
            },
            sound => match self.spoken_by(sound) {
                Some(play) => play,
                None => return Ok(self.not_played(sound, "there is nothing to say")),
            },
        };
        let times = match prompt.loops {
            Loops::Times(times) => times,
            Loops::Endless => limits::ENDLESS_LOOPS,
        };
        let deadline = Instant::now() + limits::PROMPT;
        for _ in 0..times {
            self.tell(Happening::Prompted { prompt: prompt.sound.to_string() });
            let end = match &play {
                Play::Silence(length) => self.silence(*length, keys).await?,
                Play::Application(name, argument) => {
                    match self.play(name, argument, keys, deadline).await? {
                        PromptEnd::Failed(reason) => self.not_played(&prompt.sound, &reason),
                        end => end,
                    }
                }
            };
            if end != PromptEnd::Done || Instant::now() >= deadline {
                return Ok(end);
            }
        }
        Ok(PromptEnd::Done)
    }

    /// Plays prompts one after the other until a key of `keys` is typed. One that cannot be played is
    /// skipped.
    pub async fn prompts(&mut self, prompts: &[Prompt], keys: KeySet) -> Step<PromptEnd> {
        for prompt in prompts {
            if let PromptEnd::Key(key) = self.prompt(prompt, keys).await? {
                return Ok(PromptEnd::Key(key));
            }
        }
        Ok(PromptEnd::Done)
    }

    async fn silence(&mut self, length: Duration, keys: KeySet) -> Step<PromptEnd> {
        let deadline = Some(Instant::now() + length);
        let key = self.wait(deadline, pending(), |signal| key_of(&signal, keys)).await?;
        Ok(key.map_or(PromptEnd::Done, PromptEnd::Key))
    }

    async fn play(
        &mut self,
        application: &'static str,
        argument: &str,
        keys: KeySet,
        deadline: Instant,
    ) -> Step<PromptEnd> {
        let running: Running = self.start(application, argument)?;
        let completion =
            self.completion(&running, Some(deadline), |signal| key_of(&signal, keys)).await?;
        match completion {
            Completion::Instead(key) => {
                self.stop(&running).await?;
                Ok(PromptEnd::Key(key))
            }
            Completion::TimeUp => {
                self.stop(&running).await?;
                Ok(PromptEnd::Done)
            }
            Completion::Done(event) => Ok(match event.get("Application-Response").as_deref() {
                // A file that is not there "plays" without an event (QUIRKS: silent-file-not-found).
                Some("FILE NOT FOUND") => {
                    PromptEnd::Failed(format!("freeswitch finds no such media: {argument}"))
                }
                Some("PLAYBACK ERROR") => {
                    PromptEnd::Failed(format!("freeswitch cannot play {argument}"))
                }
                _ => PromptEnd::Done,
            }),
        }
    }

    fn not_played(&mut self, sound: &Sound, reason: &str) -> PromptEnd {
        self.tell(Happening::Noted { error: false, message: format!("{sound}: {reason}") });
        PromptEnd::Failed(reason.to_owned())
    }

    /// Media as FreeSWITCH can play them; `Err` says why not. What is in the web is fetched meanwhile.
    pub(super) async fn media(&mut self, name: &str) -> Step<Result<String, String>> {
        Ok(match self.bring(name, KeySet::NONE).await? {
            Brought::Here(media) => Ok(media),
            Brought::Not(reason) => Err(reason),
            Brought::Key(_) => Err("a key was typed".to_owned()),
        })
    }

    /// The caller hears nothing while media are fetched, but a key of `keys` counts as if they played.
    async fn bring(&mut self, name: &str, keys: KeySet) -> Step<Brought> {
        let settings = Arc::clone(&self.settings);
        let playable = match settings.media.resolve(name) {
            Ok(playable) => playable,
            Err(error) => return Ok(Brought::Not(error.to_string())),
        };
        let work =
            async { settings.bring(playable).await.map_or_else(Brought::Not, Brought::Here) };
        let key = |signal| key_of(&signal, keys).map(Brought::Key);
        let brought = self.wait(None, work, key).await?;
        Ok(brought.unwrap_or_else(|| Brought::Not("nobody waited for it".to_owned())))
    }

    /// How the switch says a sound that is no media; `None` if there is nothing to say.
    fn spoken_by(&self, sound: &Sound) -> Option<Play> {
        match sound {
            Sound::Media(_) => None,
            Sound::Silence(length) => Some(Play::Silence(*length)),
            Sound::Speech(speech) => {
                let (engine, voice) = self.engine_and_voice(speech);
                let text = spoken(&speech.text);
                let argument = || format!("{engine}|{voice}|{text}");
                (!text.is_empty()).then(|| Play::Application("speak", argument()))
            }
            Sound::Phrase(Phrase { language, kind, method, gender, text }) => {
                let words = [language, kind, method, gender].map(|w| w.replace(' ', "_"));
                let [language, kind, method, gender] = words;
                let text = spoken(text);
                // Without a gender the first of several words would be taken for it.
                let gender =
                    if gender.is_empty() && text.contains(' ') { "neuter" } else { &gender };
                let argument = format!("{language} {kind} {method} {gender} {text}");
                Some(Play::Application("say", argument.replace("  ", " ")))
            }
        }
    }

    /// The engine that the operator allows, and its voice for what the document asks: the voice by
    /// name, then by language, then the configured one.
    fn engine_and_voice(&self, speech: &Speech) -> (&str, &str) {
        let config::Speech { engine, voice, voices, engines } = &self.settings.speech;
        let engine =
            engines.iter().find(|e| e.eq_ignore_ascii_case(&speech.engine)).unwrap_or(engine);
        let language =
            if speech.language.is_empty() { &self.facts.language } else { &speech.language };
        let named = |name: &str| {
            voices.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, voice)| voice)
        };
        let short = language.split('-').next().unwrap_or_default();
        let voice = named(&speech.voice)
            .or_else(|| named(language))
            .or_else(|| named(short))
            .unwrap_or(voice);
        (engine, voice)
    }
}

fn key_of(signal: &Signal, keys: KeySet) -> Option<Key> {
    match signal {
        Signal::Key(key) if keys.contains(*key) => Some(*key),
        _ => None,
    }
}

/// Text as it is given to the engine: white space folded, cut at `limits::SPEECH_BYTES`.
fn spoken(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = text.len().min(limits::SPEECH_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
