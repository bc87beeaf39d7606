//! Floor 1: the only door out. Whatever leaves for a customer's server is a [`Request`] that goes
//! through a [`Door`]: its address is judged, its time and its answer are bounded, it is tried again
//! as its settings say, and what goes wrong has a name. The room does not know what is fetched, or why.
//!
//! Only this room names the HTTP client library. Inwards from the door: `asking` (attempts and pauses,
//! decided by `retry`), `door` (one attempt with its redirects), `exchange` (one request and its answer),
//! `signature` (whom it comes from), `regions` (which way out), `clients` (kept connections), `connector`
//! (look up and judge, connect, TLS), `way` (the socket).

mod address;
mod asking;
mod clients;
mod connector;
mod door;
mod error;
mod examine;
mod exchange;
mod guard;
mod incoming;
mod lists;
mod nearest;
mod params;
mod redirect;
mod regions;
mod request;
mod resolve;
mod retry;
mod rule;
mod signature;
mod socket;
mod stopwatch;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod upload;
mod url;
mod way;

pub use address::{Special, special};
pub use asking::Asking;
pub use door::Door;
pub use error::HttpError;
pub use examine::Examination;
pub use guard::{Guard, Refusal, Source};
pub use incoming::Incoming;
pub use lists::Decision;
pub use params::{Params, form_text, json_text, pairs};
pub use request::{Answer, Body, Request};
pub use rule::{Rule, RuleError};
pub use signature::{Keyring, Scheme, Signing};
pub use socket::Socket;
pub use url::destination;

pub use crate::base::{Attempt, Settings, web::masked};
