//! What all schemes share: a keyed hash, written in Base64.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac::{Algorithm, Key, sign};

/// The MAC of a text, in Base64 with padding.
pub(super) fn mac(algorithm: Algorithm, key: &[u8], text: &[u8]) -> String {
    STANDARD.encode(sign(&Key::new(algorithm, key), text))
}
