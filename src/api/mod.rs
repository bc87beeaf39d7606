//! Floor 5: the HTTP API, one file per resource. It reads what the rooms under it keep and changes what
//! an operator may change while calls are up; it does not know the switch.
//!
//! Every request but `GET /health` carries the token of the configuration; a recording's URL carries its
//! own signature. `docs/API.md` describes the
//! routes.

mod auth;
mod client;
mod debug;
mod error;
mod guard;
mod health;
mod listener;
mod metrics;
mod queues;
mod recordings;
mod routes;
mod rules;
mod state;

pub use client::{Client, ClientError, Reply};
pub use error::ApiError;
pub use listener::Listener;
pub use metrics::Metrics;
pub use routes::routes;
pub use rules::{Rules, RulesError};
pub use state::State;
