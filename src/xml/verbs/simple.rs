//! Waiting, sending keys, and remembering variables.

use super::{Outcome, Stage};
use crate::{
    base::{Ask, Happening, limits},
    call::{DigitString, Step},
    config::Method,
};
use std::time::Duration;

/// Pause and Wait: silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Pause {
    /// How long.
    pub length: Duration,
    /// It ends earlier when the caller has been silent for so long (Plivo).
    pub until_silent: Option<Duration>,
}

impl Pause {
    /// A caller who is not answered yet hears ringing meanwhile.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        if stage.first {
            stage.call.ring().await?;
        }
        // Of a caller who is not answered there is nothing to hear.
        let Some(silent) = self.until_silent.filter(|_| stage.call.is_answered()) else {
            stage.call.pause(self.length).await?;
            return Ok(Outcome::next("done"));
        };
        Ok(Outcome::next(match stage.call.pause_until_silent(self.length, silent).await? {
            true => "the caller was silent",
            false => "done",
        }))
    }
}

/// DTMF, and Play with `digits`: keys for the caller's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct SendKeys {
    /// Which.
    pub keys: DigitString,
    /// How long each sounds.
    pub each: Duration,
    /// Whether the next verb begins with the first of them (Plivo's `async`).
    pub beside: bool,
}

impl SendKeys {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        // With the end of the document the call would end, and the keys with it.
        stage.call.send_digits(&self.keys, self.each, self.beside && stage.more).await?;
        Ok(Outcome::next(format!("sent {}", self.keys)))
    }
}

/// Echo: the caller's own voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Echo {
    /// How long at most.
    pub length: Duration,
}

impl Echo {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        stage.call.echo(self.length).await?;
        Ok(Outcome::next("done"))
    }
}

/// Notify: a request beside the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Notify {
    /// Where.
    pub url: String,
    /// How.
    pub method: Method,
}

impl Notify {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Outcome {
        let (url, method) = (self.url.clone(), self.method);
        let parameters = vec![("Event".to_owned(), "Notify".to_owned())];
        stage.notify(Ask { url, method, parameters, after_hangup: false }).await;
        Outcome::next("told")
    }
}

/// Set and Variable (KAZOO): variables that go with every later request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Set {
    /// Names and values.
    pub variables: Vec<(String, String)>,
}

impl Set {
    pub fn run(&self, stage: &mut Stage<'_>) -> Outcome {
        let mut full = false;
        for (name, value) in &self.variables {
            let vars = &mut stage.call.memory.user_vars;
            if vars.len() >= limits::USER_VARIABLES && !vars.contains_key(name) {
                full = true;
                continue;
            }
            vars.insert(name.clone(), value.as_str().into());
        }
        if full {
            let most = limits::USER_VARIABLES;
            let message = format!("a call keeps {most} variables; the rest is not set");
            stage.call.tell(Happening::Noted { error: true, message });
        }
        Outcome::next("set")
    }
}
