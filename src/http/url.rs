//! Customers' URLs: read once, and sorted by where they lead.

use super::HttpError;
use crate::base::{limits, web::masked};
use ::url::Url;

/// Reads a URL that a customer or a document named. Only `http` and `https` with a host pass.
pub(super) fn parse(text: &str) -> Result<Url, HttpError> {
    let bad = |reason: String| HttpError::Url { url: masked(text), reason };
    if text.len() > limits::URL_BYTES {
        return Err(bad(format!("it is longer than {} bytes", limits::URL_BYTES)));
    }
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    judge_scheme(&url)?;
    Ok(url)
}

/// Refuses every scheme but `http` and `https`.
pub(super) fn judge_scheme(url: &Url) -> Result<(), HttpError> {
    let bad = |reason: String| HttpError::Url { url: masked(url.as_str()), reason };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("its scheme is {:?}, not http or https", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("it names no host".to_owned()));
    }
    Ok(())
}

/// Where a URL leads: `https://host:port`. Deliveries to one destination share its capacity.
/// Something that is not a URL is its own destination.
pub fn destination(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => {
            let port = url.port_or_known_default().map(|p| format!(":{p}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        }
        Err(_) => masked(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_carry_their_port() {
        assert_eq!(destination("HTTPS://u:p@H.example/x"), "https://h.example:443");
        assert_eq!(destination("http://[::1]:8080/"), "http://[::1]:8080");
    }

    #[test]
    fn what_is_no_web_address_is_refused_in_words() {
        for (url, reason) in [
            ("ftp://h/", "not http or https"),
            ("file:///etc/passwd", "not http or https"),
            ("javascript:alert(1)", "not http or https"),
            ("//h/x", "relative URL"),
            ("http://", "host"),
            ("http://a b/", "domain"),
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.kind(), "url");
            assert!(error.to_string().contains(reason), "{url}: {error}");
        }
        let long = format!("http://h/{}", "a".repeat(limits::URL_BYTES));
        assert!(parse(&long).unwrap_err().to_string().contains("longer than 8192 bytes"));
    }
}
