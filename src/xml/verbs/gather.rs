//! Gather, GetDigits, GetInput and GetSpeech: prompts, and what the caller types or says.

use super::{Hearing, Outcome, Spoken, Stage, Then};
use crate::{
    call::{Collect, CollectEnd, Prompt, Recognised, Step},
    xml::report,
};

/// What is asked, and what may be typed or said.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Gather {
    /// Heard first; the first key or word ends it.
    pub prompts: Vec<Spoken>,
    /// Whether keys are taken.
    pub keys: bool,
    /// What may be typed.
    pub rules: Collect,
    /// How the caller is listened to; `None` for keys alone.
    pub hearing: Option<Hearing>,
    /// In which of a vendor's forms it is told.
    pub form: Form,
    /// Whether the follow-up is made although nothing was typed or said.
    pub on_empty: bool,
    /// Whether digits and words are left out of what is told about the step.
    pub hide: bool,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// Plivo tells the same in three forms; Twilio has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Form {
    /// Gather and GetDigits.
    Digits,
    /// GetInput.
    Input,
    /// GetSpeech.
    Speech,
}

/// What came in.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) enum Input {
    Keys(String, CollectEnd),
    Words(Recognised),
}

impl Gather {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let prompts = Spoken::in_a_row(&self.prompts);
        let typed_ahead = self.keys && !stage.call.typed_ahead().is_empty();
        match &self.hearing {
            Some(hearing) if !typed_ahead => self.hear(stage, hearing, &prompts).await,
            _ => self.collect(stage, &prompts).await,
        }
    }

    /// Keys alone.
    pub(super) async fn collect(&self, stage: &mut Stage<'_>, prompts: &[Prompt]) -> Step<Outcome> {
        let collected = stage.call.collect(prompts, &self.rules).await?;
        let typed = collected.valid && !collected.digits.is_empty();
        let input = typed.then_some(Input::Keys(collected.digits, collected.end));
        Ok(self.settle(stage, input).await)
    }

    /// Tells what came in, if anything did.
    pub(super) async fn settle(&self, stage: &mut Stage<'_>, input: Option<Input>) -> Outcome {
        let told = match &input {
            None if self.hearing.is_some() => "nothing was typed or said".to_owned(),
            None => "no digits".to_owned(),
            Some(Input::Keys(digits, _)) if self.hide => format!("{} digits", digits.len()),
            Some(Input::Keys(digits, _)) => format!("digits {digits}"),
            Some(Input::Words(_)) if self.hide => "speech".to_owned(),
            Some(Input::Words(words)) => format!("speech {:?}", words.text),
        };
        if input.is_none() && !self.on_empty {
            return Outcome::next(told);
        }
        let parameters = match (self.form, &self.hearing) {
            (Form::Digits, None) => {
                let (digits, end) = match input {
                    Some(Input::Keys(digits, end)) => (digits, Some(end)),
                    _ => (String::new(), None),
                };
                report::digits(stage.dialect, digits, end)
            }
            (form, hearing) => {
                let grammar = hearing.as_ref().map_or("", |hearing| &hearing.asked.grammar);
                report::input(stage.dialect, form, self.keys, input, grammar)
            }
        };
        match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        }
    }
}
