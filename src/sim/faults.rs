//! Faults made on purpose, from a seed: what a network and a caller can do to a server.

use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Duration;

/// Which faults a call may meet. Everything is drawn from the switch's seed, so a run repeats.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    event_delay: Duration,
    split_writes: bool,
    drop_within: Option<Duration>,
    hang_up_within: Option<Duration>,
}

impl Faults {
    /// No faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Holds events back for up to that long.
    pub fn delay_events(mut self, up_to: Duration) -> Self {
        self.event_delay = up_to;
        self
    }

    /// Splits what the switch writes at random places.
    pub fn split_writes(mut self) -> Self {
        self.split_writes = true;
        self
    }

    /// Breaks the connection at a random moment within that time.
    pub fn drop_connection(mut self, within: Duration) -> Self {
        self.drop_within = Some(within);
        self
    }

    /// The caller hangs up at a random moment within that time.
    pub fn hang_up(mut self, within: Duration) -> Self {
        self.hang_up_within = Some(within);
        self
    }
}

/// The dice of one call, and the faults that they have decided on.
#[derive(Debug)]
pub(super) struct Chance {
    rng: StdRng,
    pub(super) event_delay: Duration,
    pub(super) split_writes: bool,
    pub(super) drop_at: Option<Duration>,
    pub(super) hang_up_at: Option<Duration>,
}

impl Chance {
    pub(super) fn new(seed: u64, faults: &Faults) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut moment = |within: Option<Duration>| {
            within.map(|within| Duration::from_micros(rng.random_range(0..=micros(within))))
        };
        let (drop_at, hang_up_at) = (moment(faults.drop_within), moment(faults.hang_up_within));
        let split_writes = faults.split_writes;
        Self { rng, event_delay: faults.event_delay, split_writes, drop_at, hang_up_at }
    }

    /// A number below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.rng.random_range(0..end.max(1))
    }

    /// How long the next event is held back.
    pub(super) fn delay(&mut self) -> Duration {
        let most = micros(self.event_delay);
        Duration::from_micros(self.rng.random_range(0..=most))
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid().to_string()
    }

    /// A short tag as SIP stacks make them.
    pub(super) fn tag(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"0123456789abcdef";
        let letters = (0..length).map(|_| LETTERS[self.rng.random_range(0..LETTERS.len())]);
        letters.map(char::from).collect()
    }
}

fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats() {
        let faults = Faults::none().drop_connection(Duration::from_secs(9));
        let (mut a, mut b) = (Chance::new(7, &faults), Chance::new(7, &faults));
        assert_eq!(a.drop_at, b.drop_at);
        assert_eq!(a.uuid(), b.uuid());
        assert_ne!(Chance::new(8, &faults).uuid(), Chance::new(7, &faults).uuid());
    }
}
