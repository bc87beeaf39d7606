//! When a delivery is tried again, and when it is given up: pure decisions.

use crate::{base::Timestamp, config, store::Outcome};
use std::time::Duration;

/// The operator's schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    first: Duration,
    longest: Duration,
    give_up_after: Duration,
}

/// How a failed attempt wants to be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// With growing pauses, and not before the receiver's own `Retry-After`.
    Backoff {
        /// What the receiver asked for.
        retry_after: Option<Duration>,
    },
    /// With the longest pauses from the start: only the operator can mend it, by changing a list.
    Slowly,
    /// Not at all: nothing can mend it.
    Never,
}

impl Schedule {
    pub(super) fn new(config: &config::Outbox) -> Self {
        let longest = Duration::from_secs(config.retry_longest_s);
        Self {
            first: Duration::from_millis(config.retry_first_ms).min(longest),
            longest,
            give_up_after: Duration::from_secs(config.give_up_after_h * 3600),
        }
    }

    /// After when a failure is the last one, for a delivery that is stored or re-sent now.
    pub(super) fn give_up(&self, now: Timestamp) -> Timestamp {
        now.plus(self.give_up_after)
    }

    /// What follows from a failed attempt.
    ///
    /// `failures` counts this one. The pause is drawn from the whole range up to a ceiling that
    /// doubles with each failure (`jitter` is from 0 to 1), so that deliveries that failed together
    /// do not come back together. The last attempt is made when the time runs out, not before.
    pub(super) fn after_failure(
        &self,
        retry: Retry,
        failures: u32,
        now: Timestamp,
        give_up: Timestamp,
        jitter: f64,
    ) -> Outcome {
        let (ceiling, at_least) = match retry {
            Retry::Never => return Outcome::Dead,
            Retry::Slowly => (self.longest, Duration::ZERO),
            Retry::Backoff { retry_after } => {
                let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
                let ceiling = self.first.saturating_mul(doubled).min(self.longest);
                (ceiling, retry_after.unwrap_or_default().min(self.longest))
            }
        };
        if now >= give_up {
            return Outcome::Dead;
        }
        let pause = ceiling.mul_f64(jitter.clamp(0.0, 1.0)).max(at_least);
        Outcome::Again { due: now.plus(pause).min(give_up) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schedule() -> Schedule {
        Schedule {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(3600),
            give_up_after: Duration::from_secs(72 * 3600),
        }
    }

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);
    const PLAIN: Retry = Retry::Backoff { retry_after: None };

    fn pause(retry: Retry, failures: u32, jitter: f64) -> Duration {
        match schedule().after_failure(retry, failures, NOW, schedule().give_up(NOW), jitter) {
            Outcome::Again { due } => due.since(NOW),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        for (failures, seconds) in
            [(1, 2), (2, 4), (3, 8), (11, 2048), (12, 3600), (40, 3600), (u32::MAX, 3600)]
        {
            assert_eq!(pause(PLAIN, failures, 1.0), Duration::from_secs(seconds), "{failures}");
            assert_eq!(pause(PLAIN, failures, 0.0), Duration::ZERO);
            assert_eq!(pause(PLAIN, failures, 0.5), Duration::from_secs(seconds) / 2);
        }
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_ever() {
        let asks = |seconds| Retry::Backoff { retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(pause(asks(60), 1, 0.3), Duration::from_secs(60));
        assert_eq!(pause(asks(1), 3, 1.0), Duration::from_secs(8));
        assert_eq!(pause(asks(u64::MAX), 1, 0.3), Duration::from_secs(3600));
    }

    #[test]
    fn what_only_the_operator_can_mend_is_tried_slowly() {
        assert_eq!(pause(Retry::Slowly, 1, 1.0), Duration::from_secs(3600));
    }

    #[test]
    fn the_last_attempt_is_made_when_the_time_runs_out() {
        let give_up = NOW.plus(Duration::from_secs(1));
        let outcome = schedule().after_failure(PLAIN, 9, NOW, give_up, 1.0);
        assert_eq!(outcome, Outcome::Again { due: give_up });
        assert_eq!(schedule().after_failure(PLAIN, 9, give_up, give_up, 1.0), Outcome::Dead);
        assert_eq!(schedule().after_failure(Retry::Never, 1, NOW, give_up, 1.0), Outcome::Dead);
    }

    proptest! {
        #[test]
        fn nothing_is_given_up_early_nor_tried_late(
            failures in 1_u32.., jitter in 0.0..1.0, age in 0_u64..100 * 3600,
        ) {
            let give_up = schedule().give_up(NOW);
            let now = NOW.plus(Duration::from_secs(age));
            match schedule().after_failure(PLAIN, failures, now, give_up, jitter) {
                Outcome::Again { due } => prop_assert!(now < give_up && due >= now && due <= give_up),
                Outcome::Dead => prop_assert!(now >= give_up),
                Outcome::Delivered => prop_assert!(false, "a failure is not a delivery"),
            }
        }
    }
}
