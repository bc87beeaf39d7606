//! Called parties that come to us before they are connected, each expected by the call that dials it.

use super::Request;
use crate::{base::Happening, config::ReqFormat, xml::LegPlan};
use dashmap::DashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// How much of what a party meets is kept until its call looks at it.
const STORY: usize = 256;

/// The parties that are expected.
#[derive(Clone, Default)]
pub struct Lobby(Arc<DashMap<Uuid, Awaited>>);

/// What a party meets, and how its documents are asked for.
pub(super) struct Awaited {
    pub(super) plan: LegPlan,
    /// How the document was asked for whose verb dials.
    pub(super) request: Request,
    pub(super) follows: ReqFormat,
    /// Where that document came from.
    pub(super) from: String,
    pub(super) story: mpsc::Sender<Happening>,
}

/// Expects a party until it is dropped.
struct Expecting(Lobby, Uuid);

impl Lobby {
    /// Expects a party; gives the word by which it is known, what it tells, and what ends the waiting.
    pub(super) fn expect(
        &self,
        plan: LegPlan,
        request: &Request,
        follows: ReqFormat,
        from: &str,
    ) -> (Uuid, mpsc::Receiver<Happening>, Box<dyn Send>) {
        let token = Uuid::new_v4();
        let (story, told) = mpsc::channel(STORY);
        let (request, from) = (request.clone(), from.to_owned());
        self.0.insert(token, Awaited { plan, request, follows, from, story });
        (token, told, Box::new(Expecting(self.clone(), token)))
    }

    /// The party that says this word has come; it comes once.
    pub(super) fn arrived(&self, word: &str) -> Option<Awaited> {
        let token = Uuid::try_parse(word).ok()?;
        self.0.remove(&token).map(|(_, awaited)| awaited)
    }
}

impl Drop for Expecting {
    fn drop(&mut self) {
        self.0.0.remove(&self.1);
    }
}
