//! Shared by the tests of the simulated switch; each of them uses a part.
#![allow(dead_code, clippy::unwrap_used)]

pub mod conformance;
pub mod server;

use pivot::{
    base::Timestamp,
    sim::{Caller, Switch},
};
use std::time::Duration;

pub const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub const fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn switch() -> Switch {
    Switch::new(7).epoch(Timestamp::from_micros(1_795_347_388_000_000))
}

pub fn caller() -> Caller {
    Caller::new("+4930111", "+4930222")
}
