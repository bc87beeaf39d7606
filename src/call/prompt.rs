//! Prompts: what a caller hears, and the keys that end it.

use super::{
    Call, Step,
    channel::Running,
    voices::Chosen,
    wait::{Completion, Signal},
};
use crate::base::{
    Happening, limits,
    phone::{Key, KeySet},
    web::shown,
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
    /// Text with SSML in it.
    Marked(Marked),
}

/// Text with SSML in it, in the two forms in which it may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Marked {
    /// For an engine that takes SSML.
    pub ssml: Speech,
    /// For all others: what the markup becomes when it is text, silence and tones.
    pub plain: Vec<Sound>,
}

/// Text to speech.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Speech {
    /// The text; at most `limits::SPEECH_BYTES` are said, of SSML `limits::SSML_BYTES`.
    pub text: String,
    /// Whether the text is SSML, from `<speak>` to `</speak>`.
    pub markup: bool,
    /// A voice, as the document names it; empty for the language's or the configured one.
    pub voice: String,
    /// A language (`en-US`); empty for the call's.
    pub language: String,
    /// Another language of this part of a text; the voice changes if there is one for it.
    pub part_language: String,
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
    /// The caller began to speak, and somebody listens ([`Call::begin_to_listen`]).
    Spoken,
    /// It could not be played, for this reason.
    Failed(String),
}

impl Loops {
    /// How often that is.
    pub const fn times(self) -> u32 {
        match self {
            Self::Times(times) => times,
            Self::Endless => limits::ENDLESS_LOOPS,
        }
    }
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
            Self::Marked(marked) => write!(f, "say {:?}", marked.text()),
        }
    }
}

/// What is unusual is shown where it is there.
impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Speech");
        shown.field("text", &self.text).field("voice", &self.voice);
        shown.field("language", &self.language).field("engine", &self.engine);
        if self.markup {
            shown.field("markup", &self.markup);
        }
        if !self.part_language.is_empty() {
            shown.field("part_language", &self.part_language);
        }
        shown.finish()
    }
}

impl Marked {
    /// The words, for a person.
    pub fn text(&self) -> String {
        let texts = self.plain.iter().filter_map(|sound| match sound {
            Sound::Speech(speech) => Some(speech.text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join(" … ")
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
    Cut(PromptEnd),
}

impl Call {
    /// Plays a prompt until it ends or the caller types a key of `keys`. Keys typed before do not
    /// count. Media on an unanswered call is early media.
    pub async fn prompt(&mut self, prompt: &Prompt, keys: KeySet) -> Step<PromptEnd> {
        let Sound::Marked(marked) = &prompt.sound else { return self.sound(prompt, keys).await };
        if marked.ssml.text.len() <= limits::SSML_BYTES && self.takes_ssml(&marked.ssml) {
            let sound = Sound::Speech(marked.ssml.clone());
            return self.sound(&Prompt { sound, loops: prompt.loops }, keys).await;
        }
        let deadline = Instant::now() + limits::PROMPT;
        for _ in 0..prompt.loops.times() {
            for sound in &marked.plain {
                let end = self.sound(&Prompt::once(sound.clone()), keys).await?;
                if let PromptEnd::Key(_) | PromptEnd::Spoken = end {
                    return Ok(end);
                }
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(PromptEnd::Done)
    }

    /// Plays what is one sound for the switch.
    async fn sound(&mut self, prompt: &Prompt, keys: KeySet) -> Step<PromptEnd> {
        self.prompt_until(prompt, keys, Instant::now() + limits::PROMPT).await
    }

    /// Plays what is one sound for the switch, not beyond `deadline`.
    pub async fn prompt_until(
        &mut self,
        prompt: &Prompt,
        keys: KeySet,
        deadline: Instant,
    ) -> Step<PromptEnd> {
        let play = match &prompt.sound {
            Sound::Media(name) => match self.bring(name, keys).await? {
                Brought::Here(media) => Play::Application("playback", media),
                Brought::Not(reason) => return Ok(self.not_played(&prompt.sound, &reason)),
                Brought::Cut(end) => return Ok(end),
            },
            sound => match self.spoken_by(sound) {
                Some(play) => play,
                None => return Ok(self.not_played(sound, "there is nothing to say")),
            },
        };
        for _ in 0..prompt.loops.times() {
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
            let end = self.prompt(prompt, keys).await?;
            if let PromptEnd::Key(_) | PromptEnd::Spoken = end {
                return Ok(end);
            }
        }
        Ok(PromptEnd::Done)
    }

    async fn silence(&mut self, length: Duration, keys: KeySet) -> Step<PromptEnd> {
        let deadline = Some(Instant::now() + length);
        let cut = self.wait(deadline, pending(), |signal| cut_by(&signal, keys)).await?;
        Ok(cut.unwrap_or(PromptEnd::Done))
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
            self.completion(&running, Some(deadline), |signal| cut_by(&signal, keys)).await?;
        match completion {
            Completion::Instead(end) => {
                self.stop(&running).await?;
                Ok(end)
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
            Brought::Cut(_) => Err("a key was typed".to_owned()),
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
        let cut = |signal| cut_by(&signal, keys).map(Brought::Cut);
        let brought = self.wait(None, work, cut).await?;
        Ok(brought.unwrap_or_else(|| Brought::Not("nobody waited for it".to_owned())))
    }

    /// How the switch says a sound that is no media; `None` if there is nothing to say.
    fn spoken_by(&self, sound: &Sound) -> Option<Play> {
        match sound {
            Sound::Media(_) | Sound::Marked(_) => None,
            Sound::Silence(length) => Some(Play::Silence(*length)),
            Sound::Speech(speech) => {
                let Chosen { engine, voice } = self.engine_and_voice(speech);
                let text = match speech.markup {
                    true => markup(&speech.text),
                    false if self.takes_ssml(speech) => wrapped(&spoken(&speech.text)),
                    false => spoken(&speech.text),
                };
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
}

/// What ends a prompt before its time.
fn cut_by(signal: &Signal, keys: KeySet) -> Option<PromptEnd> {
    match signal {
        Signal::Key(key) if keys.contains(*key) => Some(PromptEnd::Key(*key)),
        Signal::Said => Some(PromptEnd::Spoken),
        _ => None,
    }
}

/// Text as it is given to the engine: white space folded, cut at `limits::SPEECH_BYTES`.
fn spoken(text: &str) -> String {
    let mut text = harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut end = text.len().min(limits::SPEECH_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// SSML as it is given to the engine.
fn markup(ssml: &str) -> String {
    harmless(&ssml.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Text for an engine that takes SSML, which would read a `<` as the beginning of an element.
fn wrapped(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<speak>{}</speak>", ssml_text(text))
}

/// Text as it stands in SSML. There are no numbers in the references: the switch says every `#` in a
/// text as "pound".
pub fn ssml_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Takes the switch's own syntax out of a text (QUIRKS: speech-parameters). Braces at its beginning
/// would be the engine's parameters, and `${…}` would be replaced in an engine's command line, outside
/// the quotes.
fn harmless(text: &str) -> String {
    text.trim_start_matches([' ', '{']).replace("${", "$ {")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_no_syntax_of_the_switch() {
        for (text, said) in [
            ("  Hello\n world ", "Hello world"),
            ("{voice=$(id)}hello ${voice}", "voice=$(id)}hello $ {voice}"),
            ("{ {{a=b}x", "a=b}x"),
            ("{", ""),
            ("$${x} ${${y}}", "$$ {x} $ {$ {y}}"),
            ("a {b} | 'c'", "a {b} | 'c'"),
        ] {
            assert_eq!(spoken(text), said);
        }
        assert_eq!(spoken(&"é".repeat(limits::SPEECH_BYTES)).len(), limits::SPEECH_BYTES);
        assert_eq!(wrapped("a < b & c"), "<speak>a &lt; b &amp; c</speak>");
        assert_eq!(wrapped(""), "");
    }
}
