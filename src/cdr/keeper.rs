//! Sees to it that a record which somebody wants is sent exactly as often as it takes, whatever
//! happens to the process in between.

use super::Record;
use crate::{
    base::DeliveryId,
    config::{self, BodyFormat},
    outbox::{Outbox, Parcel},
    store::{Draft, StoreError},
};

/// How the facts of a promise begin that is none of a record: somebody else sees to it after a crash.
pub const NO_RECORD: &str = "{\"callback\":";

/// Keeps records until they are delivered. Clones are handles to the same outbox.
#[derive(Clone, Debug)]
pub struct Keeper {
    outbox: Outbox,
    format: BodyFormat,
}

impl Keeper {
    /// Records go out through `outbox` in the configured format.
    pub fn new(outbox: Outbox, config: &config::Cdr) -> Self {
        Self { outbox, format: config.format }
    }

    /// A call whose record goes to `url` is under way. From the moment this returns the record will
    /// arrive, also after a crash. Promised again, the record may say more, or go elsewhere.
    ///
    /// The caller chooses `id` beforehand and gives it to [`Keeper::ended`] even if it stopped
    /// waiting for this: the promise may have been stored all the same, and only its own id ends it.
    pub async fn promised(
        &self,
        id: &DeliveryId,
        record: &Record,
        url: &str,
    ) -> Result<(), StoreError> {
        let facts =
            serde_json::to_string(record).map_err(|error| StoreError::Row(error.to_string()))?;
        let draft = Draft {
            id: id.clone(),
            call_id: record.call_id().to_owned(),
            account_id: record.account_id().to_owned(),
            url: url.to_owned(),
            facts,
            opened: self.outbox.now(),
        };
        self.outbox.promise(draft).await
    }

    /// The call is over: its record is durable on return and goes out at once. `id` is what the
    /// receiver sees; there need not have been a promise.
    pub async fn ended(
        &self,
        id: &DeliveryId,
        record: &Record,
        url: &str,
    ) -> Result<(), StoreError> {
        self.deliver(id, record, url).await
    }

    /// Sends the records of the calls that were under way when an earlier process died: what was
    /// known of them, with cause `UNKNOWN` and `Interrupted=true`. To be called once, before the
    /// first call is taken. Returns how many there were.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let mut left = self.outbox.store().drafts().await?;
        left.retain(|draft| !draft.facts.starts_with(NO_RECORD));
        for draft in &left {
            self.give_up(draft).await?;
        }
        if !left.is_empty() {
            tracing::warn!(calls = left.len(), "sending CDRs of calls that a crash cut off");
        }
        Ok(left.len())
    }

    /// Sends the record of a call that has not come back to its place in a queue.
    pub async fn abandoned(&self, draft: &Draft) -> Result<(), StoreError> {
        self.give_up(draft).await
    }

    /// A record that is taken up again, of a call that has come back.
    pub fn taken_up(draft: &Draft) -> Option<Record> {
        serde_json::from_str(&draft.facts).ok()
    }

    async fn give_up(&self, draft: &Draft) -> Result<(), StoreError> {
        let mut record = serde_json::from_str(&draft.facts).unwrap_or_else(|error| {
            tracing::warn!(call_id = draft.call_id, %error, "an open call cannot be read");
            Record::of_ids(&draft.call_id, &draft.account_id)
        });
        record.given_up = Some(self.outbox.now());
        self.deliver(&draft.id, &record, &draft.url).await
    }

    async fn deliver(&self, id: &DeliveryId, record: &Record, url: &str) -> Result<(), StoreError> {
        let parcel = Parcel {
            id: id.clone(),
            kind: "cdr",
            call_id: record.call_id().to_owned(),
            account_id: record.account_id().to_owned(),
            url: url.to_owned(),
            body: Some(record.body(self.format, id)),
        };
        self.outbox.keep_promise(parcel).await
    }
}
