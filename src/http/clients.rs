//! The HTTP client, and when it is made anew. It keeps connections open, and asks nobody whether it may
//! use one again; so after a change of the guard's lists all of them are given up.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

/// The client, of some type, for the guard's present lists.
pub(super) struct Clients<C> {
    make: Make<C>,
    /// With the revision of the lists under which all of its connections were judged.
    current: RwLock<(u64, C)>,
}

type Make<C> = Box<dyn Fn() -> C + Send + Sync>;

impl<C: Clone> Clients<C> {
    pub(super) fn new(make: Make<C>) -> Self {
        let current = RwLock::new((0, make()));
        Self { make, current }
    }

    /// The client for lists of this revision.
    pub(super) fn get(&self, revision: u64) -> C {
        if let Some(client) = self.known(revision) {
            return client;
        }
        let client = (self.make)();
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.0 < revision {
            *current = (revision, client);
        }
        current.1.clone()
    }

    fn known(&self, revision: u64) -> Option<C> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.0 >= revision).then(|| current.1.clone())
    }
}

impl<C> fmt::Debug for Clients<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_client_lasts_until_the_lists_change() {
        let made = AtomicU32::new(0);
        let clients = Clients::new(Box::new(move || made.fetch_add(1, Ordering::SeqCst)));
        let got: Vec<_> = [0, 0, 3, 3, 2, 4].map(|n| clients.get(n)).into();
        assert_eq!(got, [0, 0, 1, 1, 1, 2]);
    }
}
