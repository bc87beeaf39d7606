//! Shared by the tests of the simulated switch; each of them uses a part.
#![allow(dead_code, clippy::unwrap_used)]

pub mod conformance;
pub mod server;
