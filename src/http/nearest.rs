//! Which way out is nearest to a destination: what was measured, remembered for a while.

use crate::base::limits;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// The memory. At most [`limits::NEAREST_KNOWN`] destinations, none older than
/// [`limits::NEAREST_AGE`] without being measured anew.
pub(super) struct Nearest {
    known: Mutex<HashMap<String, Known>>,
    measurements: Arc<Semaphore>,
}

struct Known {
    /// Number of the way out; `None` if it is not known, or none reaches the destination.
    best: Option<usize>,
    /// When it was last measured, or began to be.
    since: Instant,
    measuring: bool,
}

impl Nearest {
    pub(super) fn new() -> Self {
        let measurements = Arc::new(Semaphore::new(limits::NEAREST_MEASURED_AT_ONCE));
        Self { known: Mutex::default(), measurements }
    }

    /// The best way out that is known for a destination; and the permit to measure it, if that is due
    /// and there are not too many measurements. Whoever gets the permit says what came of it.
    pub(super) fn look(&self, destination: &str) -> (Option<usize>, Option<OwnedSemaphorePermit>) {
        let (now, mut known) = (Instant::now(), self.lock());
        let found = known.get(destination);
        let best = found.and_then(|known| known.best);
        if found.is_some_and(|known| known.measuring || now - known.since < limits::NEAREST_AGE) {
            return (best, None);
        }
        let permit = Arc::clone(&self.measurements).try_acquire_owned().ok();
        if permit.is_some() {
            make_room(&mut known, destination);
            known.insert(destination.to_owned(), Known { best, since: now, measuring: true });
        }
        (best, permit)
    }

    /// Remembers what was measured.
    pub(super) fn learn(&self, destination: &str, best: Option<usize>) {
        let known = Known { best, since: Instant::now(), measuring: false };
        let mut all = self.lock();
        make_room(&mut all, destination);
        all.insert(destination.to_owned(), known);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the oldest if a further one would be too many.
fn make_room(known: &mut HashMap<String, Known>, destination: &str) {
    if known.len() < limits::NEAREST_KNOWN || known.contains_key(destination) {
        return;
    }
    let oldest = known.iter().min_by_key(|(_, known)| known.since);
    if let Some(oldest) = oldest.map(|(destination, _)| destination.clone()) {
        known.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_destination_is_measured_once_and_again_when_it_is_old() {
        let nearest = Nearest::new();
        let (best, permit) = nearest.look("a");
        assert!(best.is_none() && permit.is_some());
        assert!(nearest.look("a").1.is_none(), "it is being measured");
        nearest.learn("a", Some(2));
        drop(permit);
        tokio::time::advance(limits::NEAREST_AGE / 2).await;
        assert!(matches!(nearest.look("a"), (Some(2), None)));
        tokio::time::advance(limits::NEAREST_AGE / 2).await;
        let (best, permit) = nearest.look("a");
        assert!(best == Some(2) && permit.is_some(), "the old one serves while it is measured");
    }

    #[tokio::test(start_paused = true)]
    async fn the_memory_and_the_measurements_are_bounded() {
        let nearest = Nearest::new();
        let permits: Vec<_> = (0..limits::NEAREST_MEASURED_AT_ONCE + 3)
            .filter_map(|n| nearest.look(&format!("{n}")).1)
            .collect();
        assert_eq!(permits.len(), limits::NEAREST_MEASURED_AT_ONCE);
        for n in 0..2 * limits::NEAREST_KNOWN {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
            nearest.learn(&format!("d{n}"), Some(1));
        }
        assert_eq!(nearest.lock().len(), limits::NEAREST_KNOWN);
        assert!(nearest.look(&format!("d{}", 2 * limits::NEAREST_KNOWN - 1)).0.is_some());
        assert!(nearest.look("d0").0.is_none());
    }
}
