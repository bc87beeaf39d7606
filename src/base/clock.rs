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

    /// Year and month (from 1) in UTC.
    pub const fn year_and_month(self) -> (u64, u64) {
        let (year, month, _) = self.date();
        (year, month)
    }

    /// `2026-11-27 16:55:20` in UTC.
    pub fn date_time(self) -> String {
        let (year, month, day) = self.date();
        let seconds = self.0 / 1_000_000 % 86_400;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// `2026-11-27 16:55:20.000042` in UTC.
    pub fn date_time_micros(self) -> String {
        format!("{}.{:06}", self.date_time(), self.0 % 1_000_000)
    }

    /// `Fri, 27 Nov 2026 16:55:20 +0000`, as RFC 2822 has it.
    pub fn rfc_2822(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let (year, month, day) = self.date();
        // The first of January 1970 was a Thursday.
        let of_week = DAYS[(self.0 / 86_400_000_000 % 7) as usize];
        let month = MONTHS[(month - 1) as usize % 12];
        let seconds = self.0 / 1_000_000 % 86_400;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{of_week}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
    }

    /// Year, month and day (from 1) in UTC, after Howard Hinnant's `civil_from_days`.
    const fn date(self) -> (u64, u64, u64) {
        // Days since 0000-03-01, in eras of 400 years, so that the leap day is the last of its year.
        let days = self.0 / 86_400_000_000 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        match from_march < 10 {
            true => (era * 400 + year, from_march + 3, day),
            false => (era * 400 + year + 1, from_march - 9, day),
        }
    }

    /// The moment `before` this one; the epoch if there is none.
    pub fn minus(self, before: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(before.as_micros()).unwrap_or(u64::MAX)))
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
    fn a_moment_is_written_as_mails_have_it() {
        let moment = Timestamp::from_micros(1_795_798_520_000_000);
        assert_eq!(moment.date_time(), "2026-11-27 16:55:20");
        assert_eq!(moment.rfc_2822(), "Fri, 27 Nov 2026 16:55:20 +0000");
    }

    #[test]
    fn months_begin_at_midnight_utc() {
        for (seconds, month) in [
            (0, (1970, 1)),
            (951_782_399, (2000, 2)),    // 2000-02-28 23:59:59
            (951_868_799, (2000, 2)),    // 2000-02-29 23:59:59
            (951_868_800, (2000, 3)),    // 2000-03-01
            (1_796_083_199, (2026, 11)), // 2026-11-30 23:59:59
            (1_796_083_200, (2026, 12)), // 2026-12-01
            (4_107_542_400, (2100, 3)),  // 2100-03-01, no leap year
        ] {
            let at = Timestamp::from_micros(seconds * 1_000_000);
            assert_eq!(at.year_and_month(), month, "{seconds}");
        }
    }

    #[test]
    fn a_moment_is_written_as_date_and_time_in_utc() {
        for (seconds, written) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_868_799, "2000-02-29 23:59:59"),
            (951_868_800, "2000-03-01 00:00:00"),
            (1_798_761_599, "2026-12-31 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(Timestamp::from_micros(seconds * 1_000_000).date_time(), written);
        }
        let at = Timestamp::from_micros(1_000_000 * 3_661 + 42);
        assert_eq!(at.date_time_micros(), "1970-01-01 01:01:01.000042");
    }

    #[test]
    fn gregorian_seconds_round_up() {
        assert_eq!(Timestamp::from_micros(0).gregorian_seconds(), GREGORIAN_UNIX_SECONDS);
        assert_eq!(Timestamp::from_micros(1).gregorian_seconds(), GREGORIAN_UNIX_SECONDS + 1);
    }
}
