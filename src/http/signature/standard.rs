//! Standard Webhooks (standardwebhooks.com, version 1.0.0): HMAC-SHA256 over an id, a time and the content.

use super::mac::mac;
use crate::{base::Secret, http::request::Hop};
use ring::hmac::HMAC_SHA256;

/// What the message is: the same at every attempt.
pub(super) const ID_HEADER: &str = "webhook-id";
/// When this attempt was made, seconds since 1970. Receivers refuse what is older than five minutes.
pub(super) const TIME_HEADER: &str = "webhook-timestamp";
/// The signatures.
pub(super) const HEADER: &str = "webhook-signature";

/// The header's value: one signature of version 1 for each key, with blanks between them.
pub(super) fn signatures(keys: &[Secret], id: &str, seconds: u64, content: &[u8]) -> String {
    let text = [format!("{id}.{seconds}.").as_bytes(), content].concat();
    let all: Vec<_> =
        keys.iter().map(|k| format!("v1,{}", mac(HMAC_SHA256, k.bytes(), &text))).collect();
    all.join(" ")
}

/// What is signed of a request: its body; for a GET, which has none, its query as it travels.
pub(super) fn content(hop: &Hop) -> &[u8] {
    match &hop.body {
        Some(body) => &body.bytes,
        None => hop.url.query().unwrap_or_default().as_bytes(),
    }
}
