//! Wall-clock moments. Waiting is done on tokio's clock, which tests can pause; this type is
//! only for moments that are written down.

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds from the start of the Gregorian year 0 to the Unix epoch: KAZOO's timestamps count
/// from there (`reference/piston.md`, conventions).
pub const GREGORIAN_UNIX_SECONDS: u64 = 62_167_219_200;

/// Microseconds since the Unix epoch: the unit of FreeSWITCH's own times.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// This moment.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whole Gregorian seconds, rounded up as KAZOO does.
    pub const fn gregorian_seconds(self) -> u64 {
        self.0.div_ceil(1_000_000) + GREGORIAN_UNIX_SECONDS
    }

    /// Time passed since an earlier moment; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The moment `after` this one.
    pub fn plus(self, after: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(after.as_micros()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gregorian_seconds_round_up() {
        assert_eq!(Timestamp::from_micros(0).gregorian_seconds(), GREGORIAN_UNIX_SECONDS);
        assert_eq!(Timestamp::from_micros(1).gregorian_seconds(), GREGORIAN_UNIX_SECONDS + 1);
    }
}
