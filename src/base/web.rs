//! Web addresses of customers: told apart from other text, and shown without their secrets.

use super::limits;
use std::path::PathBuf;
use url::Url;

/// A file that is uploaded: named by whoever wants it sent, read when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUpload {
    /// How.
    pub method: UploadMethod,
    /// Which file, on this machine.
    pub path: PathBuf,
}

/// The HTTP method of an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UploadMethod {
    /// The file becomes what is at the URL.
    #[default]
    Put,
    /// The URL takes the file.
    Post,
}

impl UploadMethod {
    /// As it stands in a request: `PUT`, `POST`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Post => "POST",
        }
    }
}

/// Whether this is an absolute `http` or `https` URL with a host, of at most `limits::URL_BYTES`.
pub fn is_web_address(text: &str) -> bool {
    let fits = text.len() <= limits::URL_BYTES;
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    fits && url.is_some_and(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}

/// The name of media as it may be shown and logged: a web address is masked, all else stands as it is.
pub fn shown(name: &str) -> String {
    if is_web_address(name) { masked(name) } else { name.to_owned() }
}

/// A URL as it may be shown and logged: without user name, password and fragment, and with the names of
/// its query but not their values, which are often tokens.
pub fn masked(text: &str) -> String {
    // Only what is shown is parsed: a pivot request's query is long.
    let (base, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let Ok(mut url) = Url::parse(base) else {
        return masked_text(text);
    };
    let query = rest.strip_prefix('?').and_then(|rest| rest.split('#').next());
    if !url.username().is_empty() || url.password().is_some() {
        // Both can only fail for URLs that have no user part.
        _ = url.set_username("***");
        _ = url.set_password(None);
    }
    with_masked_query(url.into(), query)
}

/// Not an absolute URL; the same parts of it are left out.
fn masked_text(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    let (path, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let path = match path.rsplit_once('@') {
        Some((_, rest)) => format!("***@{rest}"),
        None => path.to_owned(),
    };
    with_masked_query(path, query)
}

fn with_masked_query(mut shown: String, query: Option<&str>) -> String {
    for (index, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, value)) => {
                shown.extend(name.chars().filter(|c| !c.is_control()));
                shown.push_str(if value.is_empty() { "=" } else { "=…" });
            }
            None if pair.is_empty() => {}
            None => shown.push('…'),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (url, shown) in [
            ("https://u:p@h.example/x?q=1#f", "https://***@h.example/x?q=…"),
            ("https://u@h.example/", "https://***@h.example/"),
            ("https://:p@h.example/", "https://***@h.example/"),
            ("https://h.example/a@b", "https://h.example/a@b"),
            ("https://h/p?token=s3cret&x=1&y=", "https://h/p?token=…&x=…&y="),
            ("https://h/p?s3cret", "https://h/p?…"),
            ("https://h/p?a=b=s3cret", "https://h/p?a=…"),
            ("https://h/#s3cret", "https://h/"),
            ("no url u:p@h", "***@h"),
            ("next.php?token=s3cret#x", "next.php?token=…"),
            ("no url", "no url"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn a_web_address_is_absolute_and_leads_to_a_host() {
        for fine in ["http://h", "https://u:p@h.example:1/x?y#z", "HTTP://[::1]:8080/"] {
            assert!(is_web_address(fine), "{fine}");
        }
        for wrong in ["", "nope", "//h/x", "ftp://h/", "mailto:a@h", "http://", "http://a b/"] {
            assert!(!is_web_address(wrong), "{wrong}");
        }
        assert!(!is_web_address(&format!("http://h/{}", "a".repeat(limits::URL_BYTES))));
    }
}
