//! The address of a stream's server.

use super::{Dialect, notes::Notes, tree::At};
use crate::base::limits;

/// Plivo's longest, characters.
const PLIVO: usize = 2_048;

/// Reads it; `None`, with a remark, if nothing can be streamed there. Both vendors take `wss` only; here
/// `ws` will do as well, as `http` does for documents. A query is Twilio's to forbid: it is sent.
pub(super) fn stream_url(
    text: &str,
    at: At,
    dialect: Dialect,
    notes: &mut Notes,
) -> Option<String> {
    let text = text.trim();
    let secure = text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("wss://"));
    let plain = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("ws://"));
    let shown: String = text.chars().take(60).collect();
    if !secure && !plain {
        notes
            .error(at, format!("{shown:?} is no URL that begins with wss://; nothing is streamed"));
        return None;
    }
    let longest = if dialect == Dialect::Plivo { PLIVO } else { limits::URL_BYTES };
    if text.len() > longest {
        notes.error(at, format!("the URL is longer than {longest} bytes; nothing is streamed"));
        return None;
    }
    match url::Url::parse(text) {
        Ok(url) => {
            if plain {
                notes.warn(at, format!("{dialect} takes wss:// only; ws:// is not encrypted"));
            }
            if dialect == Dialect::Twiml && url.query().is_some() {
                let instead = "use <Parameter>";
                notes.warn(at, format!("Twilio takes no query in a stream's URL: {instead}"));
            }
            Some(text.to_owned())
        }
        Err(error) => {
            notes.error(at, format!("{shown:?} is no usable URL ({error}); nothing is streamed"));
            None
        }
    }
}
