//! Redirect, Hangup and Reject: the ways out of a document.

use super::{Outcome, Stage};
use crate::{
    base::{Ask, EndReason, HangupCause},
    call::Step,
    config::Method,
    xml::Exit,
};
use std::time::Duration;

/// Redirect: another document takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Redirect {
    /// Where; empty for the document's own URL.
    pub url: String,
    /// How.
    pub method: Method,
    /// Variables to set first (KAZOO).
    pub set: super::Set,
}

impl Redirect {
    pub fn run(&self, stage: &mut Stage<'_>) -> Outcome {
        self.set.run(stage);
        let (url, method) = (self.url.clone(), self.method);
        let ask = Ask { url, method, parameters: Vec::new(), after_hangup: false };
        Outcome { told: "another document".to_owned(), exit: Some(Exit::Ask(ask)) }
    }
}

/// Hangup of either dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Hangup {
    /// At once.
    Now,
    /// Plivo: at once; a caller who is not answered is refused with this cause. Without a reason
    /// that is so for the first element only (`reference/plivo.md` 0, 8).
    Refusing(Option<HangupCause>),
    /// Plivo: after so long; what follows runs meanwhile, and nothing following means at once.
    Scheduled(Duration),
}

impl Hangup {
    pub fn is_scheduled(&self) -> bool {
        matches!(self, Self::Scheduled(_))
    }

    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let unanswered = !stage.call.is_answered();
        let (cause, reason) = match self {
            Self::Scheduled(after) if stage.more => {
                stage.call.hang_up_after(*after, HangupCause::ALLOTTED_TIMEOUT);
                return Ok(Outcome::next(format!("hangs up in {} s", after.as_secs())));
            }
            Self::Refusing(Some(cause)) if unanswered => (cause.clone(), refused(cause)),
            Self::Refusing(None) if unanswered && stage.first => {
                (HangupCause::CALL_REJECTED, refused(&HangupCause::CALL_REJECTED))
            }
            _ => (HangupCause::NORMAL_CLEARING, EndReason::Verb),
        };
        stage.call.memory.end = Some(reason);
        Err(stage.call.hang_up(&cause).await)
    }
}

/// Reject: refuses a call that is not answered, and ends one that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Reject {
    /// What the caller's side is told.
    pub cause: HangupCause,
}

impl Reject {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let (cause, reason) = match stage.call.is_answered() {
            true => (&HangupCause::NORMAL_CLEARING, EndReason::Verb),
            false => (&self.cause, refused(&self.cause)),
        };
        stage.call.memory.end = Some(reason);
        Err(stage.call.hang_up(cause).await)
    }
}

fn refused(cause: &HangupCause) -> EndReason {
    EndReason::Refused { busy: *cause == HangupCause::USER_BUSY }
}
