//! Floor 1: the only door out. Whatever leaves for a customer's server is a [`Request`] that goes
//! through a [`Door`]: its address is judged, its time and its answer are bounded, and what goes
//! wrong has a name. The room does not know what is fetched, or why.
//!
//! Only this room names the HTTP client library.

mod address;
mod clients;
mod door;
mod error;
mod examine;
mod guard;
mod lists;
mod params;
mod redirect;
mod request;
mod resolve;
mod rule;
#[cfg(test)]
mod tests;
mod url;

pub use address::{Special, special};
pub use door::Door;
pub use error::HttpError;
pub use examine::Examination;
pub use guard::{Guard, Refusal, Source};
pub use lists::Decision;
pub use params::{Params, form_text, json_text, pairs};
pub use request::{Answer, Body, Request};
pub use rule::{Rule, RuleError};
pub use url::destination;

pub use crate::base::web::masked;
