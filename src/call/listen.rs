//! Listening to what a caller says: FreeSWITCH's `detect_speech` runs beside prompts and silence, so
//! that the first word ends the prompts, whichever of them is playing, and a key may come first.

use super::{Asked, Call, Prompt, PromptEnd, Recognised, Step, wait::Signal};
use crate::{
    base::{Happening, limits, phone::KeySet},
    esl::{Api, Command, Event, EventName},
};
use std::{collections::VecDeque, future::pending, time::Duration};
use tokio::time::Instant;

/// What a recogniser reports.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// The caller has begun to speak.
    Begun,
    /// So far these words.
    Partial(Recognised),
    /// These words; no words if nothing was understood.
    Final(Recognised),
    /// The recogniser has gone.
    Closed,
}

/// What the recogniser has reported and nobody has taken; there while somebody listens.
#[derive(Debug, Default)]
pub(super) struct Ear(VecDeque<Said>);

/// What came first.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A key; it is typed ahead.
    Key,
    /// The caller speaks, and so far these words were understood.
    Partial(Recognised),
    /// These words were said.
    Speech(Recognised),
    /// Nothing, or nothing that could be understood.
    Nothing,
}

/// A caller being listened to.
#[derive(Debug)]
pub struct Listening {
    keys: KeySet,
    silence: Duration,
    longest: Duration,
    /// Until when something must be heard.
    deadline: Option<Instant>,
    speaks: bool,
    last: Recognised,
}

impl Call {
    /// Whether the operator has a recogniser.
    pub fn has_recogniser(&self) -> bool {
        !self.settings.speech.recogniser.is_empty()
    }

    /// Begins to listen; `false`, and told, if the switch has no such recogniser. A key of `keys` ends
    /// it. The caller may be silent for `silence` from the end of the prompts.
    pub async fn begin_to_listen(
        &mut self,
        asked: &Asked,
        keys: KeySet,
        silence: Duration,
    ) -> Step<Option<Listening>> {
        let settings = self.settings.clone();
        let (speech, call_id) = (&settings.speech, self.facts.call_id.clone());
        self.order_blindly(&Command::Subscribe(&[EventName::DetectedSpeech]))?;
        self.set_variable("fire_asr_events", Some("true"));
        for (name, value) in asked.parameters(speech, &call_id) {
            self.set_variable(&parameter(&name), Some(&value));
        }
        let grammar = asked.grammar(speech, &call_id).replace('\'', "");
        let argument = format!("{} '{grammar}' pivot", speech.recogniser);
        self.ear = Some(Ear::default());
        self.run("detect_speech", &argument, limits::APPLICATION_GRACE).await?;
        // The application says nothing of its success (QUIRKS: recogniser-silent).
        let listening = self.ask(Api::BugList { uuid: &call_id }).await?;
        if !listening.contains("detect_speech") {
            let message = format!(
                "speech is not recognised: freeswitch has no recogniser {:?}, or it takes no {grammar:?}",
                speech.recogniser
            );
            self.tell(Happening::Noted { error: true, message });
            self.listen_no_more(asked).await?;
            return Ok(None);
        }
        Ok(Some(Listening {
            keys,
            silence,
            longest: asked.longest.min(limits::SPEECH_HEARD),
            deadline: None,
            speaks: false,
            last: Recognised::default(),
        }))
    }

    /// Plays prompts until the caller speaks or types.
    pub async fn listen_through(
        &mut self,
        listening: &mut Listening,
        prompts: &[Prompt],
    ) -> Step<()> {
        let end = self.prompts(prompts, listening.keys).await?;
        if end == PromptEnd::Done {
            // Its own patience begins now, if the operator's grammar told it to wait.
            self.run("detect_speech", "start-input-timers", limits::APPLICATION_GRACE).await?;
        }
        listening.deadline = Some(Instant::now() + listening.silence);
        Ok(())
    }

    /// Waits for what comes next. After [`Heard::Partial`] there is more to come.
    pub async fn hear(&mut self, listening: &mut Listening) -> Step<Heard> {
        loop {
            let said = self.ear.as_mut().and_then(|ear| ear.0.pop_front());
            if let Some(said) = said {
                if let Some(heard) = self.understand(listening, said).await? {
                    return Ok(heard);
                }
                continue;
            }
            if !listening.speaks && !listening.keys.is_empty() && !self.typed.is_empty() {
                return Ok(Heard::Key);
            }
            let (keys, speaks) = (listening.keys, listening.speaks);
            let come = self
                .wait(listening.deadline, pending(), |signal| match signal {
                    Signal::Said => Some(()),
                    Signal::Key(key) if !speaks && keys.contains(key) => Some(()),
                    _ => None,
                })
                .await?;
            if come.is_none() {
                // Who speaks for too long has said what was understood so far.
                let last = std::mem::take(&mut listening.last);
                return Ok(if last.text.is_empty() { Heard::Nothing } else { Heard::Speech(last) });
            }
        }
    }

    async fn understand(&mut self, listening: &mut Listening, said: Said) -> Step<Option<Heard>> {
        let now = Instant::now();
        let nothing = match &said {
            Said::Final(words) => words.text.is_empty(),
            Said::Closed => true,
            Said::Begun | Said::Partial(_) => false,
        };
        if !listening.speaks && !nothing {
            listening.speaks = true;
            listening.deadline = Some(now + listening.longest);
        }
        match said {
            Said::Begun => Ok(None),
            Said::Partial(words) if words.text.is_empty() || words == listening.last => Ok(None),
            Said::Partial(words) => {
                listening.last = words.clone();
                Ok(Some(Heard::Partial(words)))
            }
            Said::Final(words) if !words.text.is_empty() => {
                // Keys that were typed meanwhile do not count.
                if !listening.keys.is_empty() {
                    self.typed.clear();
                }
                Ok(Some(Heard::Speech(words)))
            }
            // A cough, or the recogniser's own patience: the caller has ours.
            Said::Final(_) => {
                if std::mem::take(&mut listening.speaks) {
                    listening.deadline = Some(now + listening.silence);
                }
                listening.last = Recognised::default();
                self.run("detect_speech", "resume", limits::APPLICATION_GRACE).await?;
                Ok(None)
            }
            Said::Closed => {
                let message = "the recogniser has gone".to_owned();
                self.tell(Happening::Noted { error: true, message });
                Ok(Some(Heard::Nothing))
            }
        }
    }

    /// Ceases to listen.
    pub async fn listen_no_more(&mut self, asked: &Asked) -> Step<()> {
        self.run("detect_speech", "stop", limits::APPLICATION_GRACE).await?;
        self.forget_recogniser(asked)
    }

    /// Ceases to listen when something else has ended the verb: nothing is waited for.
    pub fn listen_no_more_at_once(&mut self, asked: &Asked) -> Step<()> {
        self.start("detect_speech", "stop")?;
        self.forget_recogniser(asked)
    }

    fn forget_recogniser(&mut self, asked: &Asked) -> Step<()> {
        self.ear = None;
        let settings = self.settings.clone();
        let call_id = self.facts.call_id.clone();
        for (name, _) in asked.parameters(&settings.speech, &call_id) {
            self.set_variable(&parameter(&name), None);
        }
        self.order_blindly(&Command::Unsubscribe(&[EventName::DetectedSpeech]))
    }

    /// Waits until the caller has been silent for `silent`, at most for `longest`; whether that was so.
    /// No key ends it, and those typed meanwhile are kept (QUIRKS: silence-half-second).
    pub async fn pause_until_silent(&mut self, longest: Duration, silent: Duration) -> Step<bool> {
        const FRAME: Duration = Duration::from_millis(20);
        const AFTERWARDS: Duration = Duration::from_millis(500);
        const THRESHOLD: u32 = 200;
        let frames = (silent.saturating_sub(AFTERWARDS).as_millis() / FRAME.as_millis()).max(1);
        let argument = format!("{THRESHOLD} {frames} 0 {}", longest.as_millis());
        let patience = longest + limits::APPLICATION_GRACE;
        let ended = self.run("wait_for_silence", &argument, patience).await?;
        Ok(ended.variable("wait_for_silence_timeout").as_deref() == Some("false"))
    }

    /// Takes note of a `DETECTED_SPEECH` event; `false` if nobody listens.
    pub(super) fn overhear(&mut self, event: &Event) -> bool {
        let Some(ear) = &mut self.ear else { return false };
        let words = || Recognised::read(&String::from_utf8_lossy(event.body()));
        let said = match event.get("Speech-Type").as_deref() {
            Some("begin-speaking") => Said::Begun,
            Some("detected-partial-speech") => Said::Partial(words()),
            Some("detected-speech") => Said::Final(words()),
            Some("closed") => Said::Closed,
            _ => return false,
        };
        if ear.0.len() < limits::SPEECH_EVENTS {
            ear.0.push_back(said);
        }
        true
    }
}

/// A channel variable that FreeSWITCH gives the recogniser as a parameter.
fn parameter(name: &str) -> String {
    format!("asr_json_param_{name}")
}
