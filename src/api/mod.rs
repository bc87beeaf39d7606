//! Floor 5: the HTTP API, one file per resource. It reads what the rooms under it keep and changes what
//! an operator may change while calls are up; it does not know the switch.
//!
//! Every request but `GET /health` carries the token of the configuration. `docs/API.md` describes the
//! routes.

mod auth;
mod error;
mod health;
mod listener;
mod metrics;
mod routes;
mod state;

pub use error::ApiError;
pub use listener::Listener;
pub use metrics::Metrics;
pub use routes::routes;
pub use state::State;
