//! The executor of both dialects: verb after verb, until one leaves the document or the last has run.

use super::{
    dialect::Dialect,
    document::Document,
    leg_plan::LegPlan,
    verbs::{Answer, Stage, Verb},
};
use crate::{
    base::{Address, Ask, CallFacts, Happening, Timestamp},
    call::{Call, Interrupt, QueueId, Step},
    config::Method,
};
use futures_util::future::BoxFuture;
use std::{future::ready, net::SocketAddr, sync::Arc};
use tokio::sync::mpsc;

/// What the executor needs besides the document and the call.
pub struct Context<'a> {
    /// The names in which follow-up requests tell what happened.
    pub dialect: Dialect,
    /// Where the document came from; its relative URLs are relative to this.
    pub url: &'a str,
    /// Verbs that the call may still run (`limits::STEPS_PER_CALL`); counted down.
    pub steps_left: &'a mut u32,
    /// The way to the customer's web server while a verb runs.
    pub desk: &'a mut dyn Desk,
}

/// The way to the customer's web server while a verb runs. `from` is the address of the document that
/// asks: URLs may be relative to it.
pub trait Desk: Send {
    /// Sees to it that a request is made whose answer nobody runs: Plivo's `redirect="false"`, status
    /// callbacks. The verb waits for this, so it should only store.
    fn notify<'a>(&'a mut self, call: &'a mut Call, from: &'a str, ask: Ask) -> BoxFuture<'a, ()>;

    /// The address of a request that is made later, when the document may be gone
    /// ([`crate::call::Letter`]). The error says in words why there is none.
    fn address(&self, from: &str, url: &str, method: Method) -> Result<Address, String>;
    /// What the customer calls this call and its account, in a dialect's way.
    fn names(&self, call: &Call, dialect: Dialect) -> Names;

    /// Takes what is to be told to a URL from now on, also when the call is over, with those of the
    /// call's own parameters that are in `own`. `None` if the URL is none; that has been told.
    fn post(
        &mut self,
        call: &mut Call,
        from: &str,
        url: &str,
        method: Method,
        own: &'static [&'static str],
    ) -> Option<Post>;

    /// Fetches a document that is run inside the verb: what a caller hears who waits, what a called
    /// party hears before it is connected. The error says in words why there is none; the failure has
    /// been told.
    fn document<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        ask: Ask,
    ) -> BoxFuture<'a, Step<Result<Inside, String>>>;

    /// As [`Self::notify`], about a leg that the call has dialled.
    fn notify_of<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        leg: &'a CallFacts,
        ask: Ask,
    ) -> BoxFuture<'a, ()> {
        tracing::debug!(parent = %leg.parent, "told of the call instead of its leg");
        self.notify(call, from, ask)
    }

    /// Expects the party of a leg that is about to be dialled: when it has answered, it comes to us and
    /// meets this before it is connected. `None` if it cannot find us.
    fn expect(&mut self, call: &Call, from: &str, plan: LegPlan) -> Option<Expected> {
        let (call, leg) = (&call.facts().call_id, &plan.facts.destination);
        tracing::debug!(%call, %from, %leg, "nobody can come to this desk");
        None
    }

    /// Since when a caller waits whom an earlier server has left in this queue; told once.
    fn came_back(&mut self, _call: &Call, _queue: &QueueId) -> Option<Timestamp> {
        None
    }

    /// Sees to it that a caller who begins to wait comes back to its place if this server ends.
    fn keep_place<'a>(
        &'a mut self,
        _call: &'a mut Call,
        _place: PlaceToKeep<'a>,
    ) -> BoxFuture<'a, Step<()>> {
        Box::pin(ready(Ok(())))
    }

    /// The caller waits no longer: nothing is kept.
    fn give_up_place<'a>(&'a mut self, _call: &'a mut Call) -> BoxFuture<'a, ()> {
        Box::pin(ready(()))
    }
}

/// A called party that is expected, until this is dropped.
pub struct Expected {
    /// The word by which it is known.
    pub token: uuid::Uuid,
    /// Where it finds us.
    pub address: SocketAddr,
    /// What it tells of what it meets.
    pub story: mpsc::Receiver<Happening>,
    /// Whatever has to be undone when it is expected no more.
    pub until: Box<dyn Send>,
}

/// What a caller would come back to.
#[derive(Clone, Copy, Debug)]
pub struct PlaceToKeep<'a> {
    /// The queue.
    pub queue: &'a QueueId,
    /// Since when the caller waits.
    pub joined: Timestamp,
    /// Where the verb stands in its document, line and column.
    pub verb: (u32, u32),
    /// Verbs that the call may still run.
    pub steps_left: u32,
}

/// Tells a customer's web server something; done when it is stored.
pub type Post = Arc<dyn Fn(Vec<(String, String)>) -> BoxFuture<'static, ()> + Send + Sync>;

/// What a customer calls a call and its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// `CA…`, or the channel's UUID.
    pub call: String,
    /// `AC…`, or our own name of it.
    pub account: String,
}

/// A document that is run inside a verb.
#[derive(Clone, Debug, PartialEq)]
pub struct Inside {
    /// The document.
    pub document: Document,
    /// Where it came from.
    pub url: String,
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
    /// It leaves the queue that it is heard in; only of documents inside a verb.
    Left,
    /// The call has run all the verbs that it may (`limits::STEPS_PER_CALL`).
    OutOfSteps,
}

/// Runs a document on a call.
///
/// Each verb answers the call or does not, as its dialect has it (`reference/twiml.md` 2.0,
/// `reference/plivo.md` 4.0). Errors are the interrupts of the call.
pub async fn run(document: &Document, call: &mut Call, context: Context<'_>) -> Step<Exit> {
    run_from(document, 0, call, context).await
}

/// Runs a document from its `first` verb on; those before it have been run.
pub async fn run_from(
    document: &Document,
    first: usize,
    call: &mut Call,
    context: Context<'_>,
) -> Step<Exit> {
    let Context { dialect, url, steps_left, desk } = context;
    let mut stage = Stage { call, dialect, url, steps_left, desk, first: true, more: false };
    if document.is_empty() {
        // Any answer but a refusal answers the call (`reference/plivo.md` 0, 10).
        stage.call.answer().await?;
        return Ok(Exit::Ended);
    }
    perform_all(document, &mut stage, None, first).await
}

/// Verb after verb, from `first` on; with `allowed`, other verbs are left out.
pub(super) async fn perform_all(
    document: &Document,
    stage: &mut Stage<'_>,
    allowed: Option<&[&str]>,
    first: usize,
) -> Step<Exit> {
    for (index, verb) in document.verbs.iter().enumerate().skip(first) {
        if let Some(allowed) = allowed
            && !allowed.contains(&verb.name)
        {
            let (line, column) = verb.at;
            let message =
                format!("{line}:{column}: <{}> is left out of such a document", verb.name);
            stage.call.tell(Happening::Noted { error: true, message });
            continue;
        }
        if *stage.steps_left == 0 {
            let message =
                format!("the call has run too many verbs; it stops before <{}>", verb.name);
            stage.call.tell(Happening::Noted { error: true, message });
            return Ok(Exit::OutOfSteps);
        }
        *stage.steps_left -= 1;
        stage.more = index + 1 < document.verbs.len();
        stage.first = index == 0;
        match step(verb, stage).await? {
            Some(Exit::Left) if allowed.is_none() => {
                let message = format!("{}:{}: there is no queue to leave", verb.at.0, verb.at.1);
                stage.call.tell(Happening::Noted { error: true, message });
            }
            Some(exit) => return Ok(exit),
            None => {}
        }
        // A recording outlives its caller; no further verb does.
        if stage.call.is_over() {
            return Err(Interrupt::HungUp);
        }
    }
    Ok(Exit::Ended)
}

/// One verb, with its beginning and its end told.
async fn step(verb: &Verb, stage: &mut Stage<'_>) -> Step<Option<Exit>> {
    let step = verb.name.to_owned();
    let at = format!("{}:{}", verb.at.0, verb.at.1);
    let detail = verb.detail.clone();
    stage.call.tell(Happening::StepStarted { step: step.clone(), detail, at });
    let ended = perform(verb, stage).await;
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
