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
    /// There is no document, or no further one, for this reason.
    Failed(String),
}

impl Stage<'_> {
    /// Fetches a document and runs it within the running verb. What it asks for is followed: a
    /// `<Redirect>`, the `action` of a Gather. Verbs that are not `allowed` are left out, with a remark.
    ///
    /// Boxed, because a verb inside may hold a document in turn.
    pub(super) async fn run_inside(&mut self, ask: Ask, allowed: &[&str]) -> Step<InsideEnd> {
        let mut from = self.url.to_owned();
        let mut ask = ask;
        loop {
            let fetched = Box::pin(self.desk.document(self.call, &from, ask)).await?;
            let Inside { document, url } = match fetched {
                Ok(inside) => inside,
                Err(reason) => return Ok(InsideEnd::Failed(reason)),
            };
            let mut stage = Stage {
                call: self.call,
                dialect: self.dialect,
                url: &url,
                steps_left: self.steps_left,
                desk: self.desk,
                first: true,
                more: false,
            };
            match Box::pin(perform_all(&document, &mut stage, Some(allowed))).await? {
                Exit::Ask(next) => ask = next,
                Exit::Ended => return Ok(InsideEnd::RanOut),
                Exit::OutOfSteps => {
                    return Ok(InsideEnd::Failed("the call has run too many verbs".to_owned()));
                }
            }
            from = url;
        }
    }
}
