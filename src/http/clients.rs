//! The HTTP client, and when it is made anew. It keeps connections open, and asks nobody whether it may
//! use one again; so after a change of the guard's lists all of them are given up.

use super::HttpError;
use reqwest::Client;
use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

type Make = Box<dyn Fn() -> Result<Client, HttpError> + Send + Sync>;

/// The client for the guard's present lists.
pub(super) struct Clients {
    make: Make,
    /// With the revision of the lists under which all of its connections were judged.
    current: RwLock<(u64, Client)>,
}

impl Clients {
    pub(super) fn new(make: Make) -> Result<Self, HttpError> {
        let current = RwLock::new((0, make()?));
        Ok(Self { make, current })
    }

    /// The client for lists of this revision.
    pub(super) fn get(&self, revision: u64) -> Result<Client, HttpError> {
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if current.0 >= revision {
                return Ok(current.1.clone());
            }
        }
        let client = (self.make)()?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.0 < revision {
            *current = (revision, client);
        }
        Ok(current.1.clone())
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}
