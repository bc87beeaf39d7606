//! Signatures under the requests to customers' servers, so that these know whom they hear: Plivo's V3,
//! Twilio's, and Standard Webhooks. One file per scheme, each a few pure functions; the keyring knows the
//! secrets and puts the headers together.

mod keyring;
mod mac;
mod plivo;
mod standard;
#[cfg(test)]
mod tests;
mod twilio;

pub use keyring::{Keyring, Scheme, Signing};
