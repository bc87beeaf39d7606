//! What the rest of the program holds of the outbox.

use super::{
    hand::{Hand, Handing},
    schedule::Schedule,
    transcript::Transcriber,
    worker::Worker,
};
use crate::{
    base::{DeliveryId, Timestamp, limits, web::FileUpload},
    config,
    http::{Body, Door, destination},
    store::{Draft, NewDelivery, Resent, Store, StoreError},
};
use bytes::Bytes;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::Notify;

/// The wall clock; tests bring their own.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Something to be delivered.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its id, which travels with every attempt. A second parcel of the same id is not stored.
    pub id: DeliveryId,
    /// What it is, for people: `cdr`. If it begins with `plivo_` or `twiml_`, it is signed as that vendor
    /// signs, otherwise by Standard Webhooks.
    pub kind: &'static str,
    /// The call it is about; may be empty.
    pub call_id: String,
    /// The customer it belongs to; may be empty.
    pub account_id: String,
    /// Where it goes. Whether that address may be reached is judged at each attempt.
    pub url: String,
    /// What is posted; `None` is a GET, whose parameters are in the URL.
    pub body: Option<Body>,
}

/// The outbox. Clones are handles to the same one.
#[derive(Clone)]
pub struct Outbox {
    store: Store,
    schedule: Schedule,
    timeout: Duration,
    keep_delivered: Duration,
    wake: Arc<Notify>,
    hand: Hand,
    transcriber: Transcriber,
    clock: Clock,
}

impl Outbox {
    /// An outbox whose rows live in `store`.
    pub fn new(store: Store, config: &config::Outbox) -> Self {
        Self::with_clock(store, config, Arc::new(Timestamp::now))
    }

    /// As [`Outbox::new`], on another clock.
    pub(super) fn with_clock(store: Store, config: &config::Outbox, clock: Clock) -> Self {
        Self {
            store,
            schedule: Schedule::new(config),
            timeout: Duration::from_millis(config.timeout_ms),
            keep_delivered: Duration::from_secs(config.keep_delivered_h * 3600),
            wake: Arc::new(Notify::new()),
            hand: Hand::default(),
            transcriber: Transcriber::new(&config::Transcription::OFF),
            clock,
        }
    }

    /// With a command that writes the texts of recordings.
    #[must_use]
    pub fn transcribing(self, settings: &config::Transcription) -> Self {
        Self { transcriber: Transcriber::new(settings), ..self }
    }

    /// Stores a parcel; on return it will be sent, whatever happens to the process.
    pub async fn enqueue(&self, parcel: Parcel) -> Result<(), StoreError> {
        self.store_and_wake(self.row(parcel)).await
    }

    /// As [`Outbox::enqueue`], for a file in place of the parcel's body. It is read at each attempt;
    /// until it has arrived, it has to stay where it is.
    pub async fn enqueue_file(
        &self,
        parcel: Parcel,
        file: FileUpload,
        content_type: &'static str,
    ) -> Result<(), StoreError> {
        let content_type = content_type.into();
        self.store_and_wake(NewDelivery { content_type, file: Some(file), ..self.row(parcel) })
            .await
    }

    /// As [`Outbox::enqueue`], for what uses the capacity of another destination first.
    pub(super) async fn enqueue_at(
        &self,
        parcel: Parcel,
        destination: &str,
    ) -> Result<(), StoreError> {
        let destination = destination.to_owned();
        self.store_and_wake(NewDelivery { destination, ..self.row(parcel) }).await
    }

    async fn store_and_wake(&self, row: NewDelivery) -> Result<(), StoreError> {
        let (row, handing) = self.hold(row);
        let stored = self.store.enqueue(row).await?;
        self.pass_on(stored, handing);
        Ok(())
    }

    /// What is stored now goes to the worker without a detour over the table, if it has room: stored as
    /// claimed, it costs neither the claim nor the look for it.
    fn hold(&self, row: NewDelivery) -> (NewDelivery, Option<Handing>) {
        let until = row.created.plus(self.claim_time());
        let held = NewDelivery { claimed_until: Some(until), ..row };
        match self.hand.offer(&held) {
            Some(handing) => (held, Some(handing)),
            None => (NewDelivery { claimed_until: None, ..held }, None),
        }
    }

    /// It is safe on disk. What was there already is somebody else's.
    fn pass_on(&self, stored: bool, handing: Option<Handing>) {
        match handing {
            Some(handing) if stored => handing.pass(),
            Some(handing) => handing.keep(),
            None => self.wake(),
        }
    }

    /// Remembers that a call under way owes somebody a parcel.
    pub async fn promise(&self, draft: Draft) -> Result<(), StoreError> {
        self.store.open_call(draft).await
    }

    /// Replaces the promise of the same id by its parcel, in one transaction.
    pub async fn keep_promise(&self, parcel: Parcel) -> Result<(), StoreError> {
        let (row, handing) = self.hold(self.row(parcel));
        let stored = self.store.close_call(row).await?;
        self.pass_on(stored, handing);
        Ok(())
    }

    /// Makes a delivery due now, with its whole time before it. One that has been confirmed is not
    /// sent again.
    pub async fn resend(&self, id: &DeliveryId) -> Result<Resent, StoreError> {
        let now = (self.clock)();
        let resent = self.store.resend(id, now, self.schedule.give_up(now)).await?;
        self.wake();
        Ok(resent)
    }

    /// The worker that sends. One per process.
    pub fn worker(&self, door: Door) -> Worker {
        Worker::new(self.clone(), door)
    }

    /// The rows: to look up and to list.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(super) const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// How long one attempt may take whose URL says nothing else.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) const fn keep_delivered(&self) -> Duration {
        self.keep_delivered
    }

    /// How long a claim holds: longer than any attempt may take.
    pub(super) fn claim_time(&self) -> Duration {
        self.timeout.max(limits::DELIVERY_ATTEMPT) + limits::CLAIM_GRACE
    }

    /// Has the worker look into the table.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Who writes the texts of recordings.
    pub(super) const fn transcriber(&self) -> &Transcriber {
        &self.transcriber
    }

    /// Where the one worker gets what has just been stored.
    pub(super) const fn hand(&self) -> &Hand {
        &self.hand
    }

    /// Resolves when something was stored since it was last awaited.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    fn row(&self, parcel: Parcel) -> NewDelivery {
        let now = self.now();
        // A row without a content type is a GET.
        let body = parcel.body.unwrap_or(Body { content_type: "".into(), bytes: Bytes::new() });
        NewDelivery {
            id: parcel.id,
            kind: parcel.kind,
            call_id: parcel.call_id,
            account_id: parcel.account_id,
            destination: destination(&parcel.url),
            url: parcel.url,
            content_type: body.content_type,
            body: body.bytes,
            file: None,
            created: now,
            due: now,
            give_up: self.schedule.give_up(now),
            claimed_until: None,
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("schedule", &self.schedule).finish_non_exhaustive()
    }
}
