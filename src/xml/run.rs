//! The executor of both dialects: verb after verb, until one leaves the document or the last has run.

use super::{
    dialect::Dialect,
    document::Document,
    verbs::{Answer, Stage, Verb},
};
use crate::{
    base::{Ask, Happening},
    call::{Call, Interrupt, Step},
};
use futures_util::future::BoxFuture;

/// What the executor needs besides the document and the call.
pub struct Context<'a> {
    /// The names in which follow-up requests tell what happened.
    pub dialect: Dialect,
    /// Verbs that the call may still run (`limits::STEPS_PER_CALL`); counted down.
    pub steps_left: &'a mut u32,
    /// Takes the requests that are made beside the document.
    pub notify: &'a mut dyn Notify,
}

/// Takes requests that are made beside the document and whose answers nobody runs: Plivo's
/// `redirect="false"`, the callbacks of recordings. Their URLs are relative to the document's, like
/// those of [`Exit::Ask`].
pub trait Notify: Send {
    /// Sees to it that the request will be made. The next verb waits for this, so it should only
    /// store.
    fn notify<'a>(&'a mut self, call: &'a mut Call, ask: Ask) -> BoxFuture<'a, ()>;
}

/// How a document was left. A document that hangs up ends with [`Interrupt::HungUp`], like every
/// other end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Another document takes over. An empty URL means the document's own. With `after_hangup` the
    /// caller is gone already, and the answer is not to be run.
    Ask(Ask),
    /// It ran out: both vendors hang up now.
    Ended,
    /// The call has run all the verbs that it may (`limits::STEPS_PER_CALL`).
    OutOfSteps,
}

/// Runs a document on a call.
///
/// Each verb answers the call or does not, as its dialect has it (`reference/twiml.md` 2.0,
/// `reference/plivo.md` 4.0). Errors are the interrupts of the call.
pub async fn run(document: &Document, call: &mut Call, context: Context<'_>) -> Step<Exit> {
    let Context { dialect, steps_left, notify } = context;
    if document.is_empty() {
        // Any answer but a refusal answers the call (`reference/plivo.md` 0, 10).
        call.answer().await?;
        return Ok(Exit::Ended);
    }
    for (index, verb) in document.verbs.iter().enumerate() {
        if *steps_left == 0 {
            let message =
                format!("the call has run too many verbs; it stops before <{}>", verb.name);
            call.tell(Happening::Noted { error: true, message });
            return Ok(Exit::OutOfSteps);
        }
        *steps_left -= 1;
        let more = index + 1 < document.verbs.len();
        let mut beside = Vec::new();
        let first = index == 0;
        let stage = Stage { call: &mut *call, dialect, beside: &mut beside, first, more };
        let exit = step(verb, stage).await;
        // However the verb ended, what it wanted to tell is told.
        for ask in beside {
            notify.notify(call, ask).await;
        }
        if let Some(exit) = exit? {
            return Ok(exit);
        }
        // A recording outlives its caller; no further verb does.
        if call.is_over() {
            return Err(Interrupt::HungUp);
        }
    }
    Ok(Exit::Ended)
}

/// One verb, with its beginning and its end told.
async fn step(verb: &Verb, mut stage: Stage<'_>) -> Step<Option<Exit>> {
    let step = verb.name.to_owned();
    let at = format!("{}:{}", verb.at.0, verb.at.1);
    let detail = verb.detail.clone();
    stage.call.tell(Happening::StepStarted { step: step.clone(), detail, at });
    let ended = perform(verb, &mut stage).await;
    let outcome = match &ended {
        Ok(outcome) => outcome.told.clone(),
        Err(Interrupt::Ordered(_)) => "ended by an order".to_owned(),
        Err(interrupt) => interrupt.to_string(),
    };
    stage.call.tell(Happening::StepEnded { step, outcome });
    ended.map(|outcome| outcome.exit)
}

async fn perform(verb: &Verb, stage: &mut Stage<'_>) -> Step<super::verbs::Outcome> {
    if verb.answer == Answer::Before {
        stage.call.answer().await?;
    }
    let outcome = verb.action.run(stage).await?;
    if verb.answer == Answer::After {
        stage.call.answer().await?;
    }
    Ok(outcome)
}
