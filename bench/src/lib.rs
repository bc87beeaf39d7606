//! What the benches and the peer servers share. `README.md` says what is measured, and how.

pub mod recordings;
pub mod script;
