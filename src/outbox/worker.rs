//! The worker: claims what is due, sends it, writes down how it went.

use super::{
    attempt::{Verdict, attempt},
    hand::Handed,
    handle::Outbox,
    schedule::Retry,
};
use crate::{
    base::{DeliveryId, Timestamp, limits},
    http::{Door, masked},
    store::{Attempt, Delivery, Outcome, StoreError},
};
use std::{collections::HashMap, time::Duration};
use tokio::{
    sync::mpsc,
    task::{Id, JoinError, JoinSet},
    time::{self, Instant},
};

/// How long to wait before the database is asked again after it failed.
const AFTER_STORE_ERROR: Duration = Duration::from_secs(1);

/// How often old rows are deleted.
const HOUSEKEEPING: Duration = Duration::from_secs(3600);

/// Sends what is due. See [`Outbox::worker`].
#[derive(Debug)]
pub struct Worker {
    outbox: Outbox,
    door: Door,
    /// Each gives when the delivery is tried again, if it is.
    attempts: JoinSet<Option<Timestamp>>,
    under_way: HashMap<Id, (DeliveryId, String)>,
    /// Whether something due was left in the table because there was no room for it.
    left: bool,
    cleaned: Option<Timestamp>,
}

impl Worker {
    pub(super) fn new(outbox: Outbox, door: Door) -> Self {
        let (attempts, under_way) = (JoinSet::new(), HashMap::new());
        Self { outbox, door, attempts, under_way, left: false, cleaned: None }
    }

    /// Works until `stop` resolves; then takes on nothing new, waits for the attempts under way (at
    /// most [`limits::OUTBOX_DRAIN`]) and returns. What was cut off is tried again by the next
    /// worker under the same id.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut hand = self.outbox.hand().open();
        // When the table is asked next. What comes by hand is not looked for there.
        let mut look = Instant::now();
        loop {
            if look <= Instant::now() {
                look = match self.start_what_is_due().await {
                    Ok(sleep) => Instant::now() + sleep,
                    Err(StoreError::Closed) => break,
                    Err(error) => {
                        tracing::error!(%error, "deliveries cannot be read");
                        Instant::now() + AFTER_STORE_ERROR
                    }
                };
            }
            let outbox = self.outbox.clone();
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = self.attempts.join_next_with_id() => {
                    look = look.min(self.next_look(ended));
                }
                Some(handed) = hand.recv() => match self.take(handed).await {
                    Ok(()) => {}
                    Err(StoreError::Closed) => break,
                    Err(error) => tracing::error!(%error, "a delivery waits for its claim to end"),
                },
                () = outbox.woken() => {
                    // What else is stored in the same moment is claimed with it.
                    time::sleep(limits::OUTBOX_GATHER).await;
                    look = Instant::now();
                }
                () = time::sleep_until(look) => {}
            }
        }
        self.refuse(hand).await;
        if time::timeout(limits::OUTBOX_DRAIN, self.finish()).await.is_err() {
            let left = self.under_way.len();
            tracing::warn!(left, "stopped with deliveries under way; they are sent again later");
        }
    }

    /// Starts attempts for everything due that there is room for. Returns how long nothing else
    /// will be due.
    pub(super) async fn start_what_is_due(&mut self) -> Result<Duration, StoreError> {
        self.clean().await?;
        loop {
            // A claim costs a flush to disk. What ended meanwhile makes room in the same one, or a
            // slow disk would send one delivery at a time.
            while let Some(ended) = self.attempts.try_join_next_with_id() {
                self.forget(ended);
            }
            self.left = false;
            let free = limits::DELIVERIES_AT_ONCE.saturating_sub(self.under_way.len());
            let (busy, room) = self.room();
            if free == 0 {
                self.left = true;
                return Ok(limits::OUTBOX_POLL);
            }
            let now = self.outbox.now();
            match self.outbox.store().next_due(now, &busy).await? {
                Some(due) if due <= now => {}
                next => {
                    self.left = !busy.is_empty();
                    let sleep = next.map_or(limits::OUTBOX_POLL, |due| due.since(now));
                    return Ok(sleep.min(limits::OUTBOX_POLL));
                }
            }
            let until = now.plus(self.outbox.claim_time());
            for delivery in self.outbox.store().claim(now, until, free.min(room), &busy).await? {
                self.start(delivery);
            }
        }
    }

    /// Waits for the attempts under way.
    pub(super) async fn finish(&mut self) {
        while let Some(ended) = self.attempts.join_next_with_id().await {
            self.forget(ended);
        }
    }

    /// Starts what came by hand; without room for it, it waits in the table like all others.
    async fn take(&mut self, handed: Handed) -> Result<(), StoreError> {
        match handed {
            Handed::Stored(delivery) if self.has_room_for(&delivery.destination) => {
                self.start(*delivery);
            }
            Handed::Stored(delivery) => {
                self.left = true;
                self.outbox.store().release(&delivery.id).await?;
            }
            Handed::Unknown(id) => {
                self.outbox.store().release(&id).await?;
                self.outbox.wake();
            }
        }
        Ok(())
    }

    /// Nobody takes what is still on its way: the next worker finds it in the table.
    async fn refuse(&self, mut hand: mpsc::Receiver<Handed>) {
        hand.close();
        while let Some(handed) = hand.recv().await {
            let id = match handed {
                Handed::Stored(delivery) => delivery.id,
                Handed::Unknown(id) => id,
            };
            // The next process gives all claims back.
            if self.outbox.store().release(&id).await.is_err() {
                return;
            }
        }
    }

    /// When the table has to be asked because of this attempt's end.
    fn next_look(&mut self, ended: Result<(Id, Option<Timestamp>), JoinError>) -> Instant {
        let again = self.forget(ended);
        if self.left {
            return Instant::now();
        }
        let sleep = again.map_or(limits::OUTBOX_POLL, |due| due.since(self.outbox.now()));
        Instant::now() + sleep
    }

    fn start(&mut self, delivery: Delivery) {
        // A claim that ran out during a long upload, or while its outcome could not be written down,
        // comes back here.
        if self.under_way.values().any(|(id, _)| *id == delivery.id) {
            return;
        }
        let key = (delivery.id.clone(), delivery.destination.clone());
        let task = self.attempts.spawn(deliver(self.outbox.clone(), self.door.clone(), delivery));
        self.under_way.insert(task.id(), key);
    }

    /// Gives when the delivery is tried again, if that is known.
    fn forget(&mut self, ended: Result<(Id, Option<Timestamp>), JoinError>) -> Option<Timestamp> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let known = self.under_way.remove(&id);
        match (ended, known) {
            (Ok((_, again)), _) => again,
            (Err(error), Some((delivery, _))) => {
                tracing::error!(delivery.id = %delivery, %error, "an attempt broke off; it is repeated");
                None
            }
            (Err(_), None) => None,
        }
    }

    fn has_room_for(&self, destination: &str) -> bool {
        let there = self.under_way.values().filter(|(_, other)| other == destination).count();
        self.under_way.len() < limits::DELIVERIES_AT_ONCE
            && there < limits::DELIVERIES_PER_DESTINATION
    }

    /// Destinations that may get nothing more now, and how many each other one may surely get.
    fn room(&self) -> (Vec<String>, usize) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (_, destination) in self.under_way.values() {
            *counts.entry(destination).or_default() += 1;
        }
        let (busy, others): (Vec<_>, Vec<_>) =
            counts.into_iter().partition(|&(_, n)| n >= limits::DELIVERIES_PER_DESTINATION);
        let most = others.into_iter().map(|(_, n)| n).max().unwrap_or(0);
        let busy = busy.into_iter().map(|(destination, _)| destination.to_owned()).collect();
        (busy, limits::DELIVERIES_PER_DESTINATION - most)
    }

    /// Deletes old rows now and then.
    async fn clean(&mut self) -> Result<(), StoreError> {
        let now = self.outbox.now();
        if self.cleaned.is_some_and(|last| now.since(last) < HOUSEKEEPING) {
            return Ok(());
        }
        self.cleaned = Some(now);
        let before = |age: Duration| {
            let age = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
            Timestamp::from_micros(now.micros().saturating_sub(age))
        };
        let (delivered, dead) = (before(self.outbox.keep_delivered()), before(limits::DEAD_KEPT));
        while self.outbox.store().purge(delivered, dead).await? >= limits::PURGED_AT_ONCE as u64 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// One attempt, from sending to writing down. Gives when the next one is due.
async fn deliver(outbox: Outbox, door: Door, mut delivery: Delivery) -> Option<Timestamp> {
    let number = delivery.attempts + 1;
    let written = outbox.transcriber().write(&mut delivery).await;
    if let Ok(true) = written
        && let Err(error) = outbox.store().rewrite(&delivery).await
    {
        // It would be written again, should this attempt fail.
        tracing::error!(delivery.id = %delivery.id, %error, "a transcript cannot be stored");
    }
    let at = outbox.now();
    let verdict = match written {
        Ok(_) => attempt(&door, &delivery, number, outbox.timeout()).await,
        Err(error) => Verdict::Failed { status: None, error, retry: Retry::Never },
    };
    let now = outbox.now();
    let took = now.since(at);
    let (row, outcome) = match verdict {
        Verdict::Confirmed(status) => {
            tracing::debug!(delivery.id = %delivery.id, status, attempt = number, "delivered");
            let row = Attempt { number, at, took, status: Some(status), error: None };
            (row, Outcome::Delivered)
        }
        Verdict::Failed { status, error, retry } => {
            let failures = delivery.failures + 1;
            let jitter = rand::random();
            let outcome =
                outbox.schedule().after_failure(retry, failures, now, delivery.give_up, jitter);
            report(&delivery, number, &error, outcome, now);
            (Attempt { number, at, took, status, error: Some(error) }, outcome)
        }
    };
    write_down(&outbox, &delivery.id, row, outcome).await;
    match outcome {
        Outcome::Again { due } => Some(due),
        Outcome::Delivered | Outcome::Dead => None,
    }
}

fn report(delivery: &Delivery, attempt: u32, error: &str, outcome: Outcome, now: Timestamp) {
    let (id, kind, url) = (&delivery.id, &delivery.kind, masked(&delivery.url));
    match outcome {
        Outcome::Again { due } => {
            let again_in_ms = due.since(now).as_millis();
            tracing::info!(
                delivery.id = %id, kind, url, attempt, error, again_in_ms,
                "delivery failed; it is tried again"
            );
        }
        Outcome::Dead | Outcome::Delivered => tracing::error!(
            delivery.id = %id, kind, url, attempt, error,
            "delivery given up; it can be re-sent"
        ),
    }
}

/// Insists: as long as an outcome is not on disk, a 2xx could be forgotten and the delivery be sent
/// again.
async fn write_down(outbox: &Outbox, id: &DeliveryId, attempt: Attempt, outcome: Outcome) {
    let mut pause = AFTER_STORE_ERROR;
    loop {
        match outbox.store().finish(id, attempt.clone(), outcome).await {
            Ok(()) => return,
            Err(StoreError::Closed) => {
                tracing::error!(delivery.id = %id, "database closed before an attempt was stored");
                return;
            }
            Err(error) => {
                tracing::error!(delivery.id = %id, %error, "an attempt cannot be stored yet");
                time::sleep(pause).await;
                pause = (pause * 2).min(limits::CLAIM_GRACE);
            }
        }
    }
}
