//! The cache: which files are at hand, for how long, and which go when there is no more room.

use super::{
    MediaError,
    fetch::{Bounds, Fetched, fetch},
    folder::{Entry, Folder, Key},
};
use crate::{
    base::{Timestamp, limits, web::masked},
    config,
    http::Door,
};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The wall clock; tests bring their own.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One fetch that several calls may wait for. It ends when nobody does any more.
type Flight = BoxFuture<'static, Result<String, MediaError>>;

/// Files of the web, at hand. Clones are handles to the same cache.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    door: Door,
    folder: Folder,
    bounds: Bounds,
    /// Bytes of all files.
    room: u64,
    /// How long a file is kept that nobody plays.
    age: Duration,
    clock: Clock,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    entries: HashMap<Key, Entry>,
    /// Files that were replaced: the switch may have been told of them a moment ago.
    replaced: Vec<(Timestamp, String, u64)>,
    flights: HashMap<Key, WeakShared<Flight>>,
}

impl Cache {
    /// A cache in the folder `media.cache`, filled through `door`. Fails if the folder cannot be used.
    pub fn open(settings: &config::Media, door: Door) -> Result<Self, MediaError> {
        Self::with_clock(settings, door, Arc::new(Timestamp::now))
    }

    /// As [`Cache::open`], on another clock.
    pub(super) fn with_clock(
        settings: &config::Media,
        door: Door,
        clock: Clock,
    ) -> Result<Self, MediaError> {
        let (folder, entries) = Folder::open(&settings.cache)?;
        let megabytes = |n: u64| n.saturating_mul(1024 * 1024);
        let age = Duration::from_secs(settings.cache_age_h.saturating_mul(3600));
        let bounds = Bounds {
            file: usize::try_from(megabytes(settings.file_mb)).unwrap_or(usize::MAX),
            usual: Duration::from_secs(settings.fresh_s),
            longest: age,
        };
        let room = megabytes(settings.cache_mb);
        let index = Mutex::new(Index { entries, ..Index::default() });
        Ok(Self(Arc::new(Inner { door, folder, bounds, room, age, clock, index })))
    }

    /// Gives the name of a file with what is at `url`: at once if the copy is fresh, otherwise after
    /// asking its server. Calls that want the same file at the same time wait for one request.
    pub async fn fetch(&self, url: &str) -> Result<String, MediaError> {
        let key = Key::of(url);
        if let Some(name) = self.fresh(&key).await {
            return Ok(name);
        }
        self.flight(key, url).await
    }

    /// Where the file of this name is; `None` for a name that is not one of ours.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.0.folder.path_of(name)
    }

    /// Deletes what is too old and what has been replaced, now and then, for ever.
    pub async fn keep_tidy(&self) {
        let mut often = tokio::time::interval(limits::MEDIA_TIDYING);
        loop {
            often.tick().await;
            self.tidy().await;
        }
    }

    /// A copy that may be played without asking. One whose file somebody deleted is none.
    async fn fresh(&self, key: &Key) -> Option<String> {
        let now = (self.0.clock)();
        let name = {
            let mut index = self.index();
            let entry = index.entries.get_mut(key)?;
            if !entry.reusable || entry.fresh_until <= now {
                return None;
            }
            entry.used = now;
            entry.name.clone()
        };
        let there = tokio::fs::try_exists(self.file(&name)?).await.unwrap_or(false);
        there.then_some(name)
    }

    /// The one request under way for a URL.
    fn flight(&self, key: Key, url: &str) -> Shared<Flight> {
        let mut index = self.index();
        if let Some(flight) = index.flights.get(&key).and_then(WeakShared::upgrade) {
            return flight;
        }
        index.flights.retain(|_, flight| flight.upgrade().is_some());
        let renewal = self.clone().renew(key.clone(), url.to_owned());
        let flight: Shared<Flight> = renewal.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            index.flights.insert(key, weak);
        }
        flight
    }

    async fn renew(self, key: Key, url: String) -> Result<String, MediaError> {
        let Inner { door, folder, bounds, clock, .. } = &*self.0;
        let known = self.at_hand(&key).await;
        let fetched = fetch(door, &url, known.as_ref(), folder, *bounds).await;
        let now = clock();
        let entry = match (fetched, known) {
            (Ok(Fetched::File(new)), _) => Entry {
                name: folder.keep(&new.draft, new.kind)?,
                bytes: new.draft.bytes,
                etag: new.etag,
                last_modified: new.last_modified,
                fresh_until: now.plus(new.freshness.fresh),
                reusable: new.freshness.reusable,
                stale_is_better: new.freshness.stale_is_better,
                used: now,
            },
            (Ok(Fetched::Same(freshness)), Some(known)) => {
                Entry { fresh_until: now.plus(freshness.fresh), used: now, ..known }
            }
            (Ok(Fetched::Same(_)), None) => return Err(MediaError::Status(304)),
            (Err(error), Some(known)) if error.may_pass() && known.stale_is_better => {
                let url = masked(&url);
                tracing::info!(url, %error, "playing an older copy: its web server fails");
                return Ok(known.name);
            }
            (Err(error), _) => return Err(error),
        };
        let name = entry.name.clone();
        // Known before anything else is awaited: a hangup must not leave a file that nobody knows.
        self.enter(key.clone(), entry.clone());
        if let Err(error) = folder.note(&key, &entry).await {
            tracing::warn!(%error, "a media file will not be known after a restart");
        }
        self.tidy().await;
        Ok(name)
    }

    /// What there is to compare with.
    async fn at_hand(&self, key: &Key) -> Option<Entry> {
        let entry = self.index().entries.get(key).filter(|entry| entry.reusable).cloned()?;
        let there = tokio::fs::try_exists(self.file(&entry.name)?).await.unwrap_or(false);
        there.then_some(entry)
    }

    fn enter(&self, key: Key, entry: Entry) {
        let now = entry.used;
        let mut index = self.index();
        let name = entry.name.clone();
        if let Some(old) = index.entries.insert(key, entry)
            && old.name != name
        {
            index.replaced.push((now, old.name, old.bytes));
        }
    }

    async fn tidy(&self) {
        let now = (self.0.clock)();
        let (keys, names) = self.index().clear_out(now, self.0.age, self.0.room);
        for key in keys {
            self.0.folder.forget(&key).await;
        }
        for name in names {
            self.0.folder.delete(&name).await;
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// Takes out what is too old, and then the least recently played until the rest has room; gives the
    /// notes and the files to be deleted.
    fn clear_out(&mut self, now: Timestamp, age: Duration, room: u64) -> (Vec<Key>, Vec<String>) {
        let old: Vec<_> = self
            .replaced
            .extract_if(.., |(since, ..)| now.since(*since) >= limits::MEDIA_GRACE)
            .map(|(_, name, _)| name)
            .collect();
        let (mut keys, mut names) = (Vec::new(), old);
        let mut by_use: Vec<_> =
            self.entries.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
        by_use.sort_by_key(|(used, _)| *used);
        // What must not be kept is there only for the switch to fetch.
        let age_of = |entry: &Entry| if entry.reusable { age } else { limits::MEDIA_GRACE };
        let mut bytes: u64 = self.entries.values().map(|entry| entry.bytes).sum();
        bytes += self.replaced.iter().map(|(.., bytes)| bytes).sum::<u64>();
        for (used, key) in by_use {
            let crowded = bytes > room || self.entries.len() > limits::MEDIA_FILES;
            // The newest stays, whatever its size: it is about to be played.
            let pushed_out = crowded && self.entries.len() > 1;
            let goes = |entry: &Entry| pushed_out || now.since(used) >= age_of(entry);
            if self.entries.get(&key).is_some_and(goes)
                && let Some(entry) = self.entries.remove(&key)
            {
                bytes -= entry.bytes;
                names.push(entry.name);
                keys.push(key);
            }
        }
        (keys, names)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}
