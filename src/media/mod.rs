//! Floor 2: media between the web and the switch. What a document wants to hear from the web is fetched
//! by us, through the one door out, kept in a bounded folder, and served to FreeSWITCH from our own
//! listener; recordings are handed out as URLs that expire. The room does not know calls.

mod cache;
mod error;
mod fetch;
mod folder;
mod freshness;
mod kind;
mod recordings;
mod routes;
#[cfg(test)]
mod tests;
mod trim;

pub use cache::Cache;
pub use error::MediaError;
pub use kind::Kind;
pub use recordings::{Links, NoRecording};
pub use routes::{give, routes};
pub use trim::{TrimError, trim};
