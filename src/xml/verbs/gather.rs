//! Gather, GetDigits and GetInput: prompts, and what the caller types.

use super::{Outcome, Spoken, Stage, Then};
use crate::{
    base::phone::KeySet,
    call::{Collect, CollectEnd, Step},
    xml::report,
};

/// What is asked, and what may be typed.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Gather {
    /// Heard first; the first key ends it.
    pub prompts: Vec<Spoken>,
    /// What may be typed.
    pub rules: Collect,
    /// What is listened to.
    pub source: Source,
    /// Whether the follow-up is made although nothing was typed.
    pub on_empty: bool,
    /// Whether the digits are left out of what is told about the step.
    pub hide: bool,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// What a Gather listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Source {
    /// Keys.
    Keys,
    /// Speech alone: nothing is recognised, so nothing is ever heard.
    Speech,
}

impl Gather {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let prompts = Spoken::in_a_row(&self.prompts);
        if self.source == Source::Speech {
            stage.call.prompts(&prompts, KeySet::NONE).await?;
            stage.call.pause(self.rules.first_digit).await?;
            return Ok(self.settle(stage, "nothing was recognised", String::new(), None).await);
        }
        let collected = stage.call.collect(&prompts, &self.rules).await?;
        if !collected.valid {
            return Ok(self.settle(stage, "no digits", String::new(), None).await);
        }
        let told = match self.hide {
            true => format!("{} digits", collected.digits.len()),
            false => format!("digits {}", collected.digits),
        };
        Ok(self.settle(stage, &told, collected.digits, Some(collected.end)).await)
    }

    async fn settle(
        &self,
        stage: &mut Stage<'_>,
        told: &str,
        digits: String,
        end: Option<CollectEnd>,
    ) -> Outcome {
        if digits.is_empty() && !self.on_empty {
            return Outcome::next(told);
        }
        let parameters = report::digits(stage.dialect, digits, end);
        match &self.then {
            Some(then) => then.settle(stage, told.to_owned(), parameters, false).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        }
    }
}
