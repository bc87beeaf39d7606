//! The story of one call as its CDR needs it: told by the call, promised to the customer as soon as
//! somebody wants it, and stored when the call is over.

use crate::{
    base::{CallEvent, DeliveryId, Sink},
    cdr::{CdrFold, Keeper, Record},
    store::StoreError,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What the CDR of one call is made from. A clone is the same story.
#[derive(Clone, Debug, Default)]
pub(super) struct Story(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    fold: CdrFold,
    promised: Option<DeliveryId>,
}

impl Story {
    /// Notes durably that this call owes a CDR, so that even a crash cannot lose it.
    pub(super) async fn promise(&self, keeper: &Keeper) -> Result<(), StoreError> {
        let Some((record, url, promised)) = self.so_far() else { return Ok(()) };
        let id = match promised {
            Some(id) => keeper.changed(&id, &record, &url).await.map(|()| id)?,
            None => keeper.opened(&record, &url).await?,
        };
        self.lock().promised = Some(id);
        Ok(())
    }

    /// Stores the CDR of a call that is over, if somebody wants it.
    pub(super) async fn keep(&self, keeper: &Keeper) -> Result<(), StoreError> {
        let Some((record, url, promised)) = self.so_far() else { return Ok(()) };
        keeper.ended(promised, &record, &url).await?;
        Ok(())
    }

    fn so_far(&self) -> Option<(Record, String, Option<DeliveryId>)> {
        let told = self.lock();
        let record = told.fold.record()?.clone();
        Some((record, told.fold.url()?.to_owned(), told.promised.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Story {
    fn tell(&mut self, event: &CallEvent) {
        self.lock().fold.tell(event);
    }
}
