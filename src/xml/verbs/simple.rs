//! Waiting, sending keys, and remembering variables.

use super::{Outcome, Stage};
use crate::{
    base::{Happening, limits},
    call::{DigitString, Step},
};
use std::time::Duration;

/// Pause and Wait: silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Pause {
    /// How long.
    pub length: Duration,
}

impl Pause {
    /// A caller who is not answered yet hears ringing meanwhile.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        if stage.first {
            stage.call.ring().await?;
        }
        stage.call.pause(self.length).await?;
        Ok(Outcome::next("done"))
    }
}

/// DTMF, and Play with `digits`: keys for the caller's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct SendKeys {
    /// Which.
    pub keys: DigitString,
    /// How long each sounds.
    pub each: Duration,
}

impl SendKeys {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        stage.call.send_digits(&self.keys, self.each).await?;
        Ok(Outcome::next(format!("sent {}", self.keys)))
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
