//! Collecting digits: one piece of code for Gather, GetDigits, menu and collect_dtmf.

use super::{Call, Prompt, PromptEnd, Step, wait::Signal};
use crate::base::{
    limits,
    phone::{Key, KeySet},
};
use std::{future::pending, time::Duration};
use tokio::time::Instant;

/// What is to be collected.
#[derive(Clone, Debug, PartialEq)]
pub struct Collect {
    /// Time for the first digit, from the end of the prompts.
    pub first_digit: Duration,
    /// Time for each further digit.
    pub inter_digit: Duration,
    /// Fewest digits of a valid entry.
    pub min: u32,
    /// The entry is complete with so many digits; `None` for no bound but `limits::TYPED_AHEAD`.
    pub max: Option<u32>,
    /// Keys that end the entry; they are not part of it.
    pub terminators: KeySet,
    /// Keys that an entry may hold; another makes it invalid at once.
    pub allowed: KeySet,
    /// How often the caller may try, at least once.
    pub tries: u32,
    /// Played after an invalid entry.
    pub invalid: Option<Prompt>,
}

impl Default for Collect {
    /// Any digits up to `#`, five seconds each, one try.
    fn default() -> Self {
        Self {
            first_digit: Duration::from_secs(5),
            inter_digit: Duration::from_secs(5),
            min: 1,
            max: None,
            terminators: Key::new('#').into_iter().collect(),
            allowed: KeySet::ALL,
            tries: 1,
            invalid: None,
        }
    }
}

/// What was collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The digits, without the terminator.
    pub digits: String,
    /// How the last entry ended.
    pub end: CollectEnd,
    /// Whether the entry keeps the rules (length and keys).
    pub valid: bool,
}

/// How an entry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectEnd {
    /// With this terminator.
    Terminator(Key),
    /// With its last possible digit.
    Full,
    /// The time for a digit was up.
    Timeout,
    /// With this key, which an entry may not hold.
    Refused(Key),
}

impl Call {
    /// Plays the prompts and collects what the caller types. The first key ends the prompts; keys
    /// typed ahead count, and then the prompts are not played. Gives the first valid entry, or the
    /// last one of all tries.
    pub async fn collect(&mut self, prompts: &[Prompt], rules: &Collect) -> Step<Collected> {
        let mut tries_left = rules.tries.max(1);
        loop {
            let entry = self.entry(prompts, rules).await?;
            tries_left -= 1;
            if entry.valid || tries_left == 0 {
                return Ok(entry);
            }
            if let Some(invalid) = &rules.invalid {
                self.prompt(invalid, KeySet::NONE).await?;
            }
        }
    }

    async fn entry(&mut self, prompts: &[Prompt], rules: &Collect) -> Step<Collected> {
        if self.typed.is_empty() {
            let end = self.prompts(prompts, KeySet::ALL).await?;
            debug_assert!(!matches!(end, PromptEnd::Failed(_)));
        }
        let longest = rules.max.map_or(limits::TYPED_AHEAD, |max| max as usize);
        let mut digits = String::new();
        let end = loop {
            let patience = if digits.is_empty() { rules.first_digit } else { rules.inter_digit };
            match self.key(patience).await? {
                None => break CollectEnd::Timeout,
                Some(key) if rules.terminators.contains(key) => break CollectEnd::Terminator(key),
                Some(key) if !rules.allowed.contains(key) => break CollectEnd::Refused(key),
                Some(key) => digits.push(key.char()),
            }
            if digits.len() >= longest {
                break CollectEnd::Full;
            }
        };
        let valid = digits.len() >= rules.min as usize && !matches!(end, CollectEnd::Refused(_));
        Ok(Collected { digits, end, valid })
    }

    /// The next key, typed ahead or within `patience`.
    pub async fn key(&mut self, patience: Duration) -> Step<Option<Key>> {
        if self.typed.is_empty() {
            let deadline = Some(Instant::now() + patience);
            let typed = |signal| matches!(signal, Signal::Key(_)).then_some(());
            self.wait(deadline, pending(), typed).await?;
        }
        Ok(self.typed.take())
    }
}
