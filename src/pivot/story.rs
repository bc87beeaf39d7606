//! The story of one call as its CDR needs it: told by the call, promised to the customer as soon as
//! somebody wants it, and stored when the call is over.

use crate::{
    base::{CallEvent, DeliveryId, Happening, Sink},
    cdr::{CdrFold, Keeper, NO_RECORD, Record},
    store::{Draft, StoreError},
};
use std::sync::{Arc, Mutex, PoisonError};

/// What the CDR of one call is made from. A clone is the same story.
#[derive(Clone, Debug)]
pub(super) struct Story(Arc<Mutex<Told>>);

#[derive(Debug)]
struct Told {
    fold: CdrFold,
    /// Where the CDR goes: what the dialplan or the configuration says, until a document says more.
    url: String,
    id: DeliveryId,
}

impl Story {
    /// Before the story begins; `url` is the configured receiver, empty for none.
    pub(super) fn new(url: &str) -> Self {
        let told = Told { fold: CdrFold::new(), url: url.to_owned(), id: DeliveryId::fresh() };
        Self(Arc::new(Mutex::new(told)))
    }

    /// The story goes on that an earlier server has heard the beginning of: its record, its id, and where
    /// it goes.
    pub(super) fn take_up(&self, drafts: &[Draft]) {
        let found = drafts.iter().find(|draft| !draft.facts.starts_with(NO_RECORD));
        let record = found.and_then(|draft| Some((draft, Keeper::taken_up(draft)?)));
        if let Some((draft, record)) = record {
            let (url, id) = (draft.url.clone(), draft.id.clone());
            *self.lock() = Told { fold: CdrFold::taken_up(record), url, id };
        }
    }

    /// Notes durably that this call owes a CDR, so that even a crash cannot lose it.
    pub(super) async fn promise(&self, keeper: &Keeper) -> Result<(), StoreError> {
        match self.so_far() {
            Some((id, record, url)) => keeper.promised(&id, &record, &url).await,
            None => Ok(()),
        }
    }

    /// Stores the CDR of a call that is over, if somebody wants it.
    pub(super) async fn keep(&self, keeper: &Keeper) -> Result<(), StoreError> {
        match self.so_far() {
            Some((id, record, url)) => keeper.ended(&id, &record, &url).await,
            None => Ok(()),
        }
    }

    /// The one id of this call's CDR, what is known, and where it goes. The id is there before
    /// anything is stored: a promise that a hangup cuts short may be stored all the same.
    fn so_far(&self) -> Option<(DeliveryId, Record, String)> {
        let told = self.lock();
        let record = told.fold.record()?.clone();
        let url = told.fold.url().unwrap_or(&told.url).to_owned();
        (!url.is_empty()).then(|| (told.id.clone(), record, url))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Story {
    fn tell(&mut self, event: &CallEvent) {
        let mut told = self.lock();
        if let Happening::Created(facts) = &event.what
            && let Some(url) = facts.instructions.get("cdr_url")
        {
            told.url.clone_from(url);
        }
        told.fold.tell(event);
    }
}
