//! Plivo's signature V3 (`reference/plivo.md` 3): HMAC-SHA256 over the URL, the parameters and a nonce.

use super::mac::mac;
use crate::{base::Secret, config::Method, http::Body};
use rand::Rng;
use ring::hmac::HMAC_SHA256;
use serde_json::Value;

/// The signature of the account that the call belongs to.
pub(super) const HEADER: &str = "X-Plivo-Signature-V3";
/// The signature of its main account; the same one if it has no other.
pub(super) const MAIN_HEADER: &str = "X-Plivo-Signature-Ma-V3";
/// The nonce that both contain.
pub(super) const NONCE_HEADER: &str = "X-Plivo-Signature-V3-Nonce";

/// A name and a value, decoded.
pub(super) type Pair = (String, String);

/// The header's value: one signature for each token, with commas between them and no blanks, so that a
/// receiver may know any one of the tokens.
pub(super) fn signatures(tokens: &[Secret], text: &str) -> String {
    let all: Vec<_> = tokens.iter().map(|t| mac(HMAC_SHA256, t.bytes(), text.as_bytes())).collect();
    all.join(",")
}

/// The text that is signed (3.1). `parameters` are those of the body; those of the query are in `url`.
///
/// Nothing is escaped in it and names are sorted by their bytes, so two different requests could have the
/// same text: that is Plivo's design, and its verifiers'.
pub(super) fn text(method: Method, url: &str, mut parameters: Vec<Pair>, nonce: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut text = without_path_parameters(base).to_owned();
    let mut query: Vec<Pair> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if method == Method::Get {
        query.append(&mut parameters);
    }
    query.sort();
    parameters.sort();
    if !(query.is_empty() && parameters.is_empty()) {
        text.push('?');
    }
    let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    text.push_str(&pairs.join("&"));
    if !(query.is_empty() || parameters.is_empty()) {
        text.push('.');
    }
    text.push_str(&run_together(&parameters));
    text.push('.');
    text.push_str(nonce);
    text
}

/// The address that is signed in the handshake of a WebSocket: `http`, whatever its scheme.
pub(super) fn socket_address(url: &url::Url) -> String {
    let rest = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    format!("http://{rest}")
}

/// A nonce as Plivo makes it: twenty decimal digits.
pub(super) fn nonce() -> String {
    let mut random = rand::rng();
    (0..20).map(|_| char::from(random.random_range(b'0'..=b'9'))).collect()
}

/// The parameters of a body as they are signed. Plivo itself only sends forms; of a JSON object they are
/// what its Python library makes of the same object.
pub(super) fn parameters(body: Option<&Body>) -> Vec<Pair> {
    match body {
        Some(body) if body.is_form() => form_urlencoded::parse(&body.bytes).into_owned().collect(),
        Some(body) => of_json(&serde_json::from_slice(&body.bytes).unwrap_or_default()),
        None => Vec::new(),
    }
}

fn of_json(object: &Value) -> Vec<Pair> {
    let fields = object.as_object().into_iter().flatten();
    let pairs = fields.flat_map(|(name, value)| match value {
        Value::Array(items) => items.iter().map(|item| (name.clone(), plain(item))).collect(),
        single => vec![(name.clone(), plain(single))],
    });
    pairs.collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => {
            let mut inner = of_json(value);
            inner.sort();
            run_together(&inner)
        }
        other => other.to_string(),
    }
}

fn run_together(pairs: &[Pair]) -> String {
    pairs.iter().flat_map(|(name, value)| [name.as_str(), value]).collect()
}

/// Leaves `;parameters` of the last path segment out, as Plivo's libraries do.
fn without_path_parameters(base: &str) -> &str {
    let last = base.rfind('/').unwrap_or_default();
    let end = base[last..].find(';').map_or(base.len(), |at| last + at);
    &base[..end]
}
