//! Documents that are run inside a verb: what a caller hears who waits, what a called party hears
//! before it is connected.

use super::{
    run::{Exit, Inside, perform_all},
    verbs::Stage,
};
use crate::{base::Ask, call::Step};

/// How a document inside a verb ended. The hangup and orders from outside end the verb as well, as
/// errors do everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InsideEnd {
    /// It has run out.
    RanOut,
    /// It leaves the queue that it is heard in.
    Left,
    /// There is no document, or no further one, for this reason.
    Failed(String),
}

/// A document that is run inside a verb.
pub(super) struct Wanted<'a> {
    /// The request.
    pub ask: Ask,
    /// The document that asks: the URL may be relative to it.
    pub from: &'a str,
    /// The verbs that it may have.
    pub allowed: &'a [&'a str],
    /// What every request tells besides; asked anew for each.
    pub tells: &'a (dyn Fn() -> Vec<(String, String)> + Send + Sync),
}

impl Stage<'_> {
    /// Fetches a document and runs it within the running verb. What it asks for is followed: a
    /// `<Redirect>`, the `action` of a Gather. Verbs that are not `allowed` are left out, with a remark.
    ///
    /// Boxed, because a verb inside may hold a document in turn.
    pub(super) async fn run_inside(&mut self, ask: Ask, allowed: &[&str]) -> Step<InsideEnd> {
        let from = self.url;
        self.run_wanted(Wanted { ask, from, allowed, tells: &Vec::new }).await
    }

    /// The same, for somebody who says more about it.
    pub(super) async fn run_wanted(&mut self, wanted: Wanted<'_>) -> Step<InsideEnd> {
        let Wanted { mut ask, from, allowed, tells } = wanted;
        let mut from = from.to_owned();
        loop {
            ask.parameters.extend(tells());
            let fetched = Box::pin(self.desk.document(self.call, &from, ask)).await?;
            let inside = match fetched {
                Ok(inside) => inside,
                Err(reason) => return Ok(InsideEnd::Failed(reason)),
            };
            match self.run_fetched(&inside, allowed).await? {
                Exit::Ask(next) => ask = next,
                Exit::Ended => return Ok(InsideEnd::RanOut),
                Exit::Left => return Ok(InsideEnd::Left),
                Exit::OutOfSteps => {
                    return Ok(InsideEnd::Failed("the call has run too many verbs".to_owned()));
                }
            }
            from = inside.url;
        }
    }

    /// Runs a document that has been fetched, within the running verb.
    pub(super) async fn run_fetched(&mut self, inside: &Inside, allowed: &[&str]) -> Step<Exit> {
        let mut stage = Stage {
            call: self.call,
            dialect: self.dialect,
            url: &inside.url,
            steps_left: self.steps_left,
            desk: self.desk,
            first: true,
            more: false,
        };
        Box::pin(perform_all(&inside.document, &mut stage, Some(allowed), 0)).await
    }
}
