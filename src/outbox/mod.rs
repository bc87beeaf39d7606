//! Floor 1: durable deliveries. What a customer must learn is stored first and sent afterwards, at
//! least once, until the receiver confirms it with a 2xx or its time has run out; what was given
//! up stays visible and can be sent again. The room does not know what a CDR is.

mod attempt;
mod hand;
mod handle;
mod schedule;
#[cfg(test)]
mod tests;
mod transcript;
mod worker;

pub use handle::{Outbox, Parcel};
pub use transcript::Transcript;
pub use worker::Worker;
