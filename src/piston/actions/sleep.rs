//! `sleep` and `noop`.

use super::action::Perform;
use crate::{
    call::Step,
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};
use std::time::Duration;

/// `duration`, `unit`.
#[derive(Debug)]
pub(in crate::piston) struct Sleep {
    length: Duration,
}

impl Sleep {
    const LONGEST: Duration = Duration::from_secs(24 * 3600);
}

impl Perform for Sleep {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let count = fields.integer("duration", 0..=86_400_000).unwrap_or(0);
        let unit: u64 = fields.choice("unit", &units).unwrap_or(1_000);
        let length = Duration::from_millis(count.saturating_mul(unit));
        if length > Self::LONGEST {
            fields.warning("duration", "more than 24 hours; it ends after 24 hours");
        }
        Self { length: length.min(Self::LONGEST) }
    }

    fn about(&self) -> String {
        format!("{:?}", self.length)
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.call.pause(self.length).await?;
        Ok(Ended::go_on("time is up"))
    }
}

/// Waits until the switch has done what it was told so far. Every action here ends when its media
/// has ended, so that only replies are outstanding.
#[derive(Debug)]
pub(in crate::piston) struct Noop;

impl Perform for Noop {
    fn read(_: &mut Fields<'_, '_, '_>) -> Self {
        Self
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        stage.call.catch_up().await?;
        Ok(Ended::go_on("done"))
    }
}
