//! Wiring: the listener, the calls' tasks, the outbox worker; starting, draining and stopping them.

mod error;
mod logging;
mod media;
mod registry;
mod serve;
mod trace;

pub use error::ServerError;
pub use logging::start as start_logging;
pub use registry::Registry;
pub use serve::Server;
pub use trace::Trace;
