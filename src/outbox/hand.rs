//! The short way from whoever stores a delivery to the worker that sends it.

use crate::{
    base::{DeliveryId, limits},
    store::{Delivery, NewDelivery},
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// What comes by the short way.
#[derive(Debug)]
pub(super) enum Handed {
    /// A delivery that is stored, and claimed for the worker.
    Stored(Box<Delivery>),
    /// Whoever stored it has gone meanwhile; it may be in the table, claimed.
    Unknown(DeliveryId),
}

/// The way to a running worker; without one, there is none. A clone leads to the same worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand(Arc<Mutex<Option<mpsc::Sender<Handed>>>>);

impl Hand {
    /// A worker begins to listen. The way ends with what this returns.
    pub(super) fn open(&self) -> mpsc::Receiver<Handed> {
        let (give, take) = mpsc::channel(limits::OUTBOX_HANDED);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(give);
        take
    }

    /// Whether a worker listens.
    #[cfg(test)]
    pub(super) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A place for this delivery, if a worker has one.
    pub(super) fn offer(&self, delivery: &NewDelivery) -> Option<Handing> {
        let way = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let place = way.try_reserve_owned().ok()?;
        Some(Handing(Some((place, Box::new(delivery.stored())))))
    }
}

/// A delivery that is about to be stored, and its place with the worker. Dropped while nobody knows
/// whether it was stored, the worker looks.
#[derive(Debug)]
pub(super) struct Handing(Option<(mpsc::OwnedPermit<Handed>, Box<Delivery>)>);

impl Handing {
    /// It is stored: the worker sends it.
    pub(super) fn pass(mut self) {
        if let Some((place, delivery)) = self.0.take() {
            place.send(Handed::Stored(delivery));
        }
    }

    /// It was there already: nothing of it is sent again.
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Handing {
    fn drop(&mut self) {
        if let Some((place, delivery)) = self.0.take() {
            place.send(Handed::Unknown(delivery.id));
        }
    }
}
