//! Simulated time: a clock on tokio's (so that tests can pause it) which may run faster.

use crate::base::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// One frame of audio: the rhythm in which a channel looks at its queue
/// (`reference/freeswitch.md` 2.7).
pub(super) const FRAME: Duration = Duration::from_millis(20);

/// How fast simulated time passes. Everything the simulator waits for (media, ringing, the
/// script's pauses, the switch's own limits) is divided; the stamps in events show simulated time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// A second takes a second.
    #[default]
    Real,
    /// A second takes 1/n second.
    Faster(u32),
}

/// The clock of one call. Moments are durations since the call began.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    began: Instant,
    epoch: Timestamp,
    factor: u32,
}

impl Clock {
    /// Starts now; `epoch` is the wall-clock moment that events will show for it.
    pub(super) fn start(pace: Pace, epoch: Timestamp) -> Self {
        let factor = match pace {
            Pace::Real => 1,
            Pace::Faster(n) => n.max(1),
        };
        Self { began: Instant::now(), epoch, factor }
    }

    /// Simulated time since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.began.elapsed() * self.factor
    }

    /// When a simulated moment comes in real time. Never early.
    pub(super) fn instant(&self, at: Duration) -> Instant {
        self.began + at / self.factor + Duration::from_nanos(1)
    }

    /// A length of real time as simulated time: for what depends on how fast the server is.
    pub(super) fn real(&self, length: Duration) -> Duration {
        length * self.factor
    }

    /// Wall-clock moment, microseconds since 1970.
    pub(super) fn micros(&self, at: Duration) -> u64 {
        self.epoch.plus(at).micros()
    }

    /// The moment at which FreeSWITCH's whole-second clock has counted `seconds` since `from`:
    /// up to one second early, as the switch is (`reference/freeswitch.md` 1.15).
    pub(super) fn whole_seconds(&self, from: Duration, seconds: u64) -> Duration {
        let counted = self.micros(from) / 1_000_000 + seconds;
        let micros = (counted * 1_000_000).saturating_sub(self.epoch.micros());
        Duration::from_micros(micros).max(from)
    }
}

/// The first frame boundary after a moment.
pub(super) fn next_frame(at: Duration) -> Duration {
    let frame = FRAME.as_micros();
    let frames = at.as_micros() / frame + 1;
    FRAME * u32::try_from(frames).unwrap_or(u32::MAX)
}

/// A moment as FreeSWITCH writes it: `2026-11-22 11:36:28` (the simulator's zone is UTC).
pub(super) fn stamp(micros: u64) -> String {
    let (year, month, day) = civil(micros);
    let second = micros / 1_000_000 % 86_400;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}")
}

/// The same in the form of `Event-Date-GMT`: `Sun, 22 Nov 2026 11:36:28 GMT`.
pub(super) fn gmt(micros: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = civil(micros);
    let days = micros / 86_400_000_000;
    let weekday = DAYS.get((days % 7) as usize).copied().unwrap_or("Thu");
    let month = MONTHS.get(month as usize - 1).copied().unwrap_or("Jan");
    let second = micros / 1_000_000 % 86_400;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year} {h:02}:{m:02}:{s:02} GMT")
}

/// Year, month and day of a moment (proleptic Gregorian calendar, years since 1970).
fn civil(micros: u64) -> (u64, u64, u64) {
    let days = micros / 86_400_000_000 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_written_as_freeswitch_does() {
        let micros = 1_795_347_388_009_335;
        assert_eq!(stamp(micros), "2026-11-22 11:36:28");
        assert_eq!(gmt(micros), "Sun, 22 Nov 2026 11:36:28 GMT");
    }

    #[test]
    fn whole_seconds_come_up_to_a_second_early() {
        let clock = Clock::start(Pace::Real, Timestamp::from_micros(1_700_000_000_400_000));
        let two = clock.whole_seconds(Duration::from_millis(300), 2);
        assert_eq!(two, Duration::from_millis(1_600));
    }

    #[test]
    fn frames_are_twenty_milliseconds() {
        assert_eq!(next_frame(Duration::from_millis(1)), Duration::from_millis(20));
        assert_eq!(next_frame(Duration::from_millis(20)), Duration::from_millis(40));
    }
}
