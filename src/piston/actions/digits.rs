//! `collect_dtmf`, `flush_dtmf`, `send_dtmf`.
//!
//! Collections live in the call's memory and go to the web server as `Digits`. Keys that nobody has
//! taken yet, such as those typed during a `play`, belong to `default`.

use super::action::Perform;
use crate::{
    base::{
        limits,
        phone::{Key, KeySet},
    },
    call::{Collect, CollectEnd, DigitString, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use std::time::Duration;

/// The collection of keys that nobody has taken.
const DEFAULT: &str = "default";

/// Longest name of a collection, characters.
const NAME: usize = 128;

/// `max_digits`, `timeout`, `interdigit_timeout`, `terminator`, `terminators`, `collection_name`.
#[derive(Debug)]
pub(in crate::piston) struct CollectDtmf {
    rules: Collect,
    collection: String,
}

impl Perform for CollectDtmf {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let most = limits::TYPED_AHEAD as u64;
        let max = fields.integer("max_digits", 1..=u64::MAX).unwrap_or(1);
        if max > most {
            fields.warning("max_digits", format!("at most {most} digits are collected"));
        }
        let mut time = |key, or| {
            let ms = fields.integer(key, 1..=u64::MAX).unwrap_or(or);
            Duration::from_millis(ms).min(limits::PROMPT)
        };
        let (first_digit, inter_digit) = (time("timeout", 5000), time("interdigit_timeout", 2000));
        let one = fields.parsed("terminator", terminator);
        let several = fields.keys("terminators");
        if one.is_some() && several.is_some() {
            fields.warning("terminators", "has no effect beside \"terminator\"");
        }
        let hash = || Key::new('#').into_iter().collect();
        Self {
            rules: Collect {
                first_digit,
                inter_digit,
                min: 0,
                max: u32::try_from(max.min(most)).ok(),
                terminators: one.or(several).unwrap_or_else(hash),
                ..Collect::default()
            },
            collection: collection(fields),
        }
    }

    fn about(&self) -> String {
        let max = self.rules.max.unwrap_or_default();
        format!("up to {max} digits into {:?}", self.collection)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.answer().await?;
        let collected = stage.call.collect(&[], &self.rules).await?;
        let collections = &mut stage.call.memory.collections;
        if collections.len() == limits::COLLECTIONS && !collections.contains_key(&self.collection) {
            let most = limits::COLLECTIONS;
            stage.note(format!("a call keeps {most} collections; these digits are not kept"));
        } else {
            collections.insert(self.collection.clone(), collected.digits.clone());
        }
        let end = match collected.end {
            CollectEnd::Timeout => " (time is up)",
            _ => "",
        };
        Ok(Ended::go_on(format!("digits {:?}{end}", collected.digits)))
    }
}

/// `collection_name`.
#[derive(Debug)]
pub(in crate::piston) struct FlushDtmf {
    collection: String,
}

impl Perform for FlushDtmf {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        Self { collection: collection(fields) }
    }

    fn about(&self) -> String {
        format!("{:?}", self.collection)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.call.memory.collections.remove(&self.collection);
        if self.collection == DEFAULT {
            stage.call.take_typed_ahead();
        }
        Ok(Ended::go_on("forgotten"))
    }
}

/// `digits`, `duration_ms`.
#[derive(Debug)]
pub(in crate::piston) struct SendDtmf {
    digits: Option<DigitString>,
    each: Duration,
}

impl Perform for SendDtmf {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let digits = fields.parsed("digits", |text| {
            let allowed = "0-9 * # A-D, w (half a second) and W (a second) are allowed";
            DigitString::parse(text).map_err(|_| allowed.to_owned())
        });
        if !fields.has("digits") {
            fields.missing("digits", "they are what is sent");
        }
        let ms = fields.integer_or_text("duration_ms", 20..=10_000).unwrap_or(2000);
        Self { digits, each: Duration::from_millis(ms) }
    }

    fn about(&self) -> String {
        self.digits.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        if let Some(digits) = &self.digits {
            stage.call.send_digits(digits, self.each, false).await?;
        }
        Ok(Ended::go_on("sent"))
    }
}

fn collection(fields: &mut Fields<'_, '_, '_>) -> String {
    fields.text_of("collection_name", 1..=NAME).unwrap_or(DEFAULT).to_owned()
}

fn terminator(text: &str) -> Result<KeySet, String> {
    let key = match text.len() {
        1 => KeySet::parse(text),
        _ => None,
    };
    let ordinary = |set: &KeySet| KeySet::KEYPAD.union(*set) == KeySet::KEYPAD;
    key.filter(ordinary).ok_or_else(|| "one key, 0 to 9, * or #, is allowed".to_owned())
}
