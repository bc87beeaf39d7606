//! What a request tells the customer's web server: three sets of names for the same call.

mod ending;
mod of_call;
mod parties;
mod piston;
mod plivo;
mod twiml;

pub use of_call::{of_call, of_leg};

pub(super) use ending::{hangup, status_callback};
pub(super) use twiml::account_sid;
