//! Where the time of an attempt goes. The client makes connections by itself, somewhere inside of a
//! request; so the watch of a request travels with its task.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

tokio::task_local! {
    static RUNNING: Stopwatch;
}

/// The watch of one attempt. Clones are the same watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopwatch(Arc<Mutex<Laps>>);

/// Time spent in each phase, over all redirects; `None` for a phase that did not occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Laps {
    pub(super) resolve: Option<Duration>,
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
}

type Phase = fn(&mut Laps) -> &mut Option<Duration>;

pub(super) const RESOLVE: Phase = |laps| &mut laps.resolve;
pub(super) const CONNECT: Phase = |laps| &mut laps.connect;
pub(super) const TLS: Phase = |laps| &mut laps.tls;

impl Stopwatch {
    /// Runs a request on this watch.
    pub(super) async fn over<F: Future>(&self, request: F) -> F::Output {
        RUNNING.scope(self.clone(), request).await
    }

    /// The watch of the request for which a connection is being made.
    pub(super) fn running() -> Self {
        RUNNING.try_with(Self::clone).unwrap_or_default()
    }

    /// Does the work of one phase. Its time counts too when the work is given up half way.
    pub(super) async fn lap<F: Future>(&self, phase: Phase, work: F) -> F::Output {
        let _lap = Lap { watch: self, phase, since: Instant::now() };
        work.await
    }

    pub(super) fn laps(&self) -> Laps {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes back what was counted for a connection that another one forestalled.
    pub(super) fn reset(&self, laps: Laps) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = laps;
    }
}

struct Lap<'w> {
    watch: &'w Stopwatch,
    phase: Phase,
    since: Instant,
}

impl Drop for Lap<'_> {
    fn drop(&mut self) {
        let mut laps = self.watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        *(self.phase)(&mut laps).get_or_insert_default() += self.since.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn phases_add_up_and_count_when_given_up() {
        let watch = Stopwatch::default();
        let sleep = |ms| tokio::time::sleep(Duration::from_millis(ms));
        watch
            .over(async {
                let inner = Stopwatch::running();
                inner.lap(RESOLVE, sleep(3)).await;
                inner.lap(RESOLVE, sleep(4)).await;
                let given_up = inner.lap(CONNECT, sleep(1000));
                tokio::time::timeout(Duration::from_millis(50), given_up).await.unwrap_err();
            })
            .await;
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(watch.laps(), Laps { resolve: ms(7), connect: ms(50), tls: None });
        assert_eq!(Stopwatch::running().laps(), Laps::default());
    }
}
