//! Standard Webhooks (standardwebhooks.com, version 1.0.0): HMAC-SHA256 over an id, a time and the content.

use crate::{base::Secret, http::request::Hop};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac::{Context, HMAC_SHA256, Key};

/// What the message is: the same at every attempt.
pub(super) const ID_HEADER: &str = "webhook-id";
/// When this attempt was made, seconds since 1970. Receivers refuse what is older than five minutes.
pub(super) const TIME_HEADER: &str = "webhook-timestamp";
/// The signatures.
pub(super) const HEADER: &str = "webhook-signature";

/// Signatures under way, one for each key: what is signed may come in pieces.
pub(super) struct Signatures(Vec<Context>);

impl Signatures {
    /// Begins with the id and the time, seconds since 1970.
    pub(super) fn begin(keys: &[Secret], id: &str, seconds: u64) -> Self {
        let context = |key: &Secret| Context::with_key(&Key::new(HMAC_SHA256, key.bytes()));
        let mut begun = Self(keys.iter().map(context).collect());
        begun.update(format!("{id}.{seconds}.").as_bytes());
        begun
    }

    /// Goes on with a piece of the content.
    pub(super) fn update(&mut self, piece: &[u8]) {
        for context in &mut self.0 {
            context.update(piece);
        }
    }

    /// The header's value: one signature of version 1 for each key, with blanks between them.
    pub(super) fn header(self) -> String {
        let version_1 = |context: Context| format!("v1,{}", STANDARD.encode(context.sign()));
        self.0.into_iter().map(version_1).collect::<Vec<_>>().join(" ")
    }
}

/// What is signed of a request: its body; for a GET, which has none, its query as it travels. A
/// file is signed as the body that it becomes, but piece by piece.
pub(super) fn content(hop: &Hop) -> &[u8] {
    match &hop.body {
        Some(body) => &body.bytes,
        None => hop.url.query().unwrap_or_default().as_bytes(),
    }
}
