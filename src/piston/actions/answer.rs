//! `answer` and `hangup`: neither has keys of its own.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Next, Stage},
    },
};

/// Answers the caller.
#[derive(Debug)]
pub(in crate::piston) struct Answer;

impl Perform for Answer {
    fn read(_: &mut Fields<'_, '_, '_>) -> Self {
        Self
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let outcome = if stage.call.is_answered() { "was answered already" } else { "answered" };
        stage.call.answer().await?;
        Ok(Ended::go_on(outcome))
    }
}

/// Ends the call, whatever flow is saved.
#[derive(Debug)]
pub(in crate::piston) struct Hangup;

impl Perform for Hangup {
    fn read(_: &mut Fields<'_, '_, '_>) -> Self {
        Self
    }

    fn leads_to(&self, _: &str) -> bool {
        false
    }

    async fn run(&self, _: &mut Stage<'_>) -> Step<Ended> {
        Ok(Ended { next: Next::HangUp, outcome: "hanging up".to_owned() })
    }
}
