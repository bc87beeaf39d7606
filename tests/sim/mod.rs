//! Shared by the tests of the simulated switch.

pub mod conformance;
