//! Twilio's signature (`reference/twiml.md` 1.8): HMAC-SHA1 over the URL and the fields of a form. What is
//! no form is bound to the URL by a hash in its query.

use super::mac::mac;
use crate::{base::Secret, http::Body};
use ring::{
    digest::{SHA256, digest},
    hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
};
use std::{collections::BTreeSet, fmt::Write};
use url::Url;

/// The signature's header.
pub(super) const HEADER: &str = "X-Twilio-Signature";

/// The parameter that carries the hash of a body that is no form.
const BODY_HASH: &str = "bodySHA256";

/// The header's value. It has room for one signature only.
pub(super) fn signature(token: &Secret, text: &str) -> String {
    mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.bytes(), text.as_bytes())
}

/// The text that is signed: the URL with its query, and the fields of a form, sorted, each once.
///
/// The user part and the fragment are left out, and for https and wss the port: the vendor's verifiers try both
/// with and without.
pub(super) fn text(url: &Url, body: Option<&Body>) -> String {
    let mut signed = url.clone();
    signed.set_fragment(None);
    // These can only fail for URLs without a host.
    _ = signed.set_username("");
    _ = signed.set_password(None);
    if matches!(signed.scheme(), "https" | "wss") {
        _ = signed.set_port(None);
    }
    let mut text = String::from(signed);
    if let Some(form) = body.filter(|body| body.is_form()) {
        let fields: BTreeSet<_> = form_urlencoded::parse(&form.bytes).collect();
        text.extend(fields.iter().flat_map(|(name, value)| [name.as_ref(), value]));
    }
    text
}

/// Puts the hash of a body that is no form into the query, in the place of another request's.
pub(super) fn bind_body(url: &mut Url, body: &Body) {
    if body.is_form() {
        return;
    }
    let query = url.query().unwrap_or_default().to_owned();
    let is_hash = |pair: &&str| pair.split('=').next() == Some(BODY_HASH);
    let mut query: String =
        query.split('&').filter(|pair| !is_hash(pair)).collect::<Vec<_>>().join("&");
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(BODY_HASH);
    query.push('=');
    for byte in digest(&SHA256, &body.bytes).as_ref() {
        // Writing to a string cannot fail.
        _ = write!(query, "{byte:02x}");
    }
    url.set_query(Some(&query));
}
