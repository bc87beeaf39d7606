//! How one URL is asked: its times, its retries, and where the request leaves from. A customer says so
//! in the URL's fragment (`#ct=2000&rc=3`), which never travels.
//!
//! Which settings a URL has is decided here and nowhere else:
//!
//! | URL | its settings |
//! |---|---|
//! | documents in Plivo's format: answer, fallback, `action`, `<Redirect>`, whatever an order names | [`Settings::plivo`] |
//! | the same in Twilio's format | [`Settings::twilio`] |
//! | the same in Piston's format | [`Settings::piston`]: `req_timeout_ms` counts, the fragment does not |
//! | what is stored and then delivered: `cdr_url`, `callbackUrl` and other callbacks | [`Settings::delivery`] |
//! | audio that is played | [`Settings::audio`]: fixed values, no fragment |
//! | recordings that are uploaded | [`Settings::upload`]: fixed values, no fragment |
//!
//! Facts: `reference/seeds/004`, `reference/plivo.md` 2, `reference/twiml.md` 1.9.

use super::{
    fragment::{self, Complaint},
    limits,
};
use std::{fmt, time::Duration};

/// How one URL is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time for look-up, TCP connection and TLS handshake of one attempt.
    pub connect: Duration,
    /// Time until the answer begins once the request is sent, and longest gap between its parts.
    pub read: Duration,
    /// Time for everything: all attempts and the pauses between them.
    pub total: Duration,
    /// Attempts after the first one.
    pub retries: u32,
    /// Which failures are tried again.
    pub policy: RetryPolicy,
    /// Where the request leaves from: one for each attempt in turn; never empty.
    pub regions: Vec<Region>,
}

/// Which failures are tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// `4xx`: answers with status 400–499.
    pub client_errors: bool,
    /// `5xx`: answers with status 500–599.
    pub server_errors: bool,
    /// `ct`: no connection.
    pub connect: bool,
    /// `rt`: a connection, but no answer.
    pub read: bool,
}

/// Where a request leaves from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Region {
    /// From where the host is nearest, as measured.
    Nearest,
    /// From the region of the FreeSWITCH node that holds the call.
    Local,
    /// From this one (`http.egress.NAME`).
    Named(String),
}

/// What a dialect allows and takes for granted.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) connect: Number,
    pub(super) read: Number,
    pub(super) total: Number,
    pub(super) retries: Number,
    pub(super) policy: RetryPolicy,
    /// Keys that name a region.
    pub(super) region_keys: &'static [&'static str],
    /// How many regions such a key may name.
    pub(super) most_regions: usize,
    /// Whether `sni` is a key.
    pub(super) sni: bool,
}

/// A range with its default; times in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) least: u64,
    pub(super) most: u64,
    pub(super) default: u64,
}

const fn number(least: u64, most: u64, default: u64) -> Number {
    Number { least, most, default }
}

/// The time to read has no bound of its own; `total` bounds it.
const UNBOUNDED: Duration = Duration::from_millis(u64::MAX);

const PLIVO: Rules = Rules {
    connect: number(100, 10_000, 2_000),
    read: number(100, 40_000, 40_000),
    total: number(100, 55_000, 55_000),
    retries: number(0, 5, 1),
    policy: RetryPolicy { connect: true, read: true, ..RetryPolicy::NONE },
    region_keys: &["er"],
    most_regions: 1,
    sni: false,
};

const TWILIO: Rules = Rules {
    connect: number(100, 10_000, 5_000),
    read: number(100, 15_000, 15_000),
    total: number(100, 15_000, 15_000),
    retries: number(0, 5, 1),
    policy: RetryPolicy { connect: true, ..RetryPolicy::NONE },
    region_keys: &["e"],
    most_regions: limits::EGRESSES,
    sni: true,
};

impl Settings {
    /// For documents in Plivo's format: `ct rt tt rc rp er`.
    pub fn plivo(url: &str) -> (Self, Vec<Complaint>) {
        fragment::read(url, &PLIVO)
    }

    /// For documents in Twilio's format: `ct rt tt rc rp e sni`, and never more than 15 seconds.
    pub fn twilio(url: &str) -> (Self, Vec<Complaint>) {
        fragment::read(url, &TWILIO)
    }

    /// For documents in Piston's format: one attempt with the time of `req_timeout_ms`. A fragment that
    /// holds settings is complained about, because it has no effect.
    pub fn piston(connect: Duration, total: Duration, url: &str) -> (Self, Vec<Complaint>) {
        (Self::once(connect, total), fragment::without_effect(url, &PLIVO))
    }

    /// For what is stored and then delivered: `ct rt tt` bound one attempt and `er` (or `e`) says where
    /// it leaves from. `rc` and `rp` are left to the outbox, which tries for days.
    pub fn delivery(connect: Duration, total: Duration, url: &str) -> (Self, Vec<Complaint>) {
        let rules = Rules {
            connect: PLIVO.connect.or(connect),
            read: PLIVO.read.or(UNBOUNDED),
            total: PLIVO.total.or(total),
            region_keys: &["er", "e"],
            most_regions: TWILIO.most_regions,
            sni: true,
            ..PLIVO
        };
        let (settings, complaints) = fragment::read(url, &rules);
        (Self { retries: 0, policy: RetryPolicy::NONE, ..settings }, complaints)
    }

    /// For audio that is played, whatever its URL says: connect 2 s, read 120 s, one retry, policy
    /// `all` (`reference/seeds/004`, Inapplicable URLs).
    pub fn audio() -> Self {
        Self {
            connect: Duration::from_secs(2),
            read: Duration::from_secs(120),
            total: limits::AUDIO_REQUEST,
            retries: 1,
            policy: RetryPolicy::ALL,
            regions: vec![Region::Nearest],
        }
    }

    /// For one attempt to upload a recording: how long it takes depends on the file.
    pub fn upload(connect: Duration) -> Self {
        Self::once(connect, limits::UPLOAD)
    }

    /// One attempt, bounded by these times.
    pub fn once(connect: Duration, total: Duration) -> Self {
        let (retries, policy) = (0, RetryPolicy::NONE);
        let regions = vec![Region::Nearest];
        Self { connect, read: UNBOUNDED, total, retries, policy, regions }
    }

    /// Where the attempt of this number (from 1) leaves from.
    pub fn region(&self, attempt: u32) -> &Region {
        let turn = usize::try_from(attempt.saturating_sub(1)).unwrap_or_default();
        self.regions.get(turn % self.regions.len().max(1)).unwrap_or(&Region::Nearest)
    }
}

impl Rules {
    pub(super) fn defaults(&self) -> Settings {
        Settings {
            connect: self.connect.time(),
            read: self.read.time(),
            total: self.total.time(),
            retries: u32::try_from(self.retries.default).unwrap_or_default(),
            policy: self.policy,
            regions: vec![Region::Nearest],
        }
    }
}

impl Number {
    /// The same range with another default, which may lie outside it.
    fn or(&self, default: Duration) -> Self {
        Self { default: u64::try_from(default.as_millis()).unwrap_or(u64::MAX), ..*self }
    }

    const fn time(&self) -> Duration {
        Duration::from_millis(self.default)
    }
}

impl RetryPolicy {
    /// `all`.
    pub const ALL: Self =
        Self { client_errors: true, server_errors: true, connect: true, read: true };
    /// Nothing is tried again.
    pub const NONE: Self =
        Self { client_errors: false, server_errors: false, connect: false, read: false };

    /// Adds what one word of `rp` stands for; `false` if it stands for nothing.
    pub(super) fn add(&mut self, word: &str) -> bool {
        match word {
            "4xx" => self.client_errors = true,
            "5xx" => self.server_errors = true,
            "ct" => self.connect = true,
            "rt" => self.read = true,
            "all" => *self = Self::ALL,
            _ => return false,
        }
        true
    }
}

impl fmt::Display for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (self.client_errors, "4xx"),
            (self.server_errors, "5xx"),
            (self.connect, "ct"),
            (self.read, "rt"),
        ];
        let named: Vec<_> = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        f.write_str(&named.join(","))
    }
}

impl Region {
    /// `nearest`, `local`, or the name of a region; `None` if it cannot be one.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "nearest" => Some(Self::Nearest),
            "local" => Some(Self::Local),
            name => is_region_name(name).then(|| Self::Named(name.to_owned())),
        }
    }
}

/// Whether a region may be called so: letters, digits, `-` and `_`, at most 64.
pub fn is_region_name(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&word.len())
        && word.bytes().all(plain)
        && !matches!(word, "nearest" | "local")
}
