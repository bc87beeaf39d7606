//! Where a redirect leads: decided from the answer alone, so that every hop is judged like a first
//! request. 301, 302 and 303 turn a POST into a GET, 307 and 308 keep it
//! (`reference/piston.md` 2.6).

use super::{HttpError, request::Hop};
use crate::base::web::masked;
use crate::config::Method;
use url::Url;

/// Headers that belong to one host only.
const CREDENTIALS: &[&str] = &["authorization", "cookie", "proxy-authorization"];

/// The next hop after an answer with `status` and a `Location`; `None` if the answer is final.
pub(super) fn next(
    hop: &Hop,
    status: u16,
    location: Option<&str>,
) -> Result<Option<Hop>, HttpError> {
    let keeps_method = match status {
        301..=303 => false,
        307 | 308 => true,
        _ => return Ok(None),
    };
    let Some(location) = location else { return Ok(None) };
    if hop.method == Method::Post && !keeps_method && !hop.may_become_get {
        return Ok(None);
    }
    let not_followed =
        |reason: String| HttpError::Redirect { from: masked(hop.url.as_str()), reason };
    let mut url = hop
        .url
        .join(location)
        .map_err(|error| not_followed(format!("{:?}: {error}", masked(location))))?;
    super::url::judge_scheme(&url).map_err(|error| not_followed(error.to_string()))?;
    if hop.url.scheme() == "https" && url.scheme() == "http" {
        return Err(not_followed(format!("{} is not encrypted", masked(url.as_str()))));
    }
    let (mut headers, mut signing) = (hop.headers.clone(), hop.signing.clone());
    if same_host(&hop.url, &url) {
        if url.username().is_empty() && url.password().is_none() {
            // Both can only fail for URLs without a host.
            _ = url.set_username(hop.url.username());
            _ = url.set_password(hop.url.password());
        }
    } else {
        // The other host could send what is signed back to the first, as ours.
        signing = None;
        headers.retain(|(name, _)| !CREDENTIALS.iter().any(|c| name.eq_ignore_ascii_case(c)));
    }
    let (method, body) = match hop.method {
        Method::Post if keeps_method => (Method::Post, hop.body.clone()),
        _ => (Method::Get, None),
    };
    // A file only goes where the body would.
    let (file, may_become_get) = (hop.file.clone(), hop.may_become_get);
    Ok(Some(Hop { method, url, headers, body, file, signing, may_become_get }))
}

/// Whether credentials for `from` may go to `to`: the same host on the same port, or on the port
/// of https after a redirect from http.
fn same_host(from: &Url, to: &Url) -> bool {
    let upgraded = from.scheme() == "http"
        && to.scheme() == "https"
        && from.port().is_none()
        && to.port().is_none();
    from.host() == to.host()
        && (upgraded
            || (from.scheme() == to.scheme()
                && from.port_or_known_default() == to.port_or_known_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Body, Scheme, Signing};

    fn post(url: &str) -> Hop {
        Hop {
            method: Method::Post,
            url: Url::parse(url).unwrap(),
            headers: vec![
                ("Authorization".to_owned(), "secret".to_owned()),
                ("X-Pivot-Attempt".to_owned(), "1".to_owned()),
            ],
            body: Some(Body { content_type: "text/plain".into(), bytes: "b".into() }),
            file: None,
            signing: Some(Signing { account_id: "acme".to_owned(), scheme: Scheme::Plivo }),
            may_become_get: true,
        }
    }

    #[test]
    fn methods_change_as_browsers_do_it() {
        for (status, method) in [
            (301, Method::Get),
            (302, Method::Get),
            (303, Method::Get),
            (307, Method::Post),
            (308, Method::Post),
        ] {
            let hop = next(&post("http://h/a/b?x=1"), status, Some("c?y=2")).unwrap().unwrap();
            assert_eq!(hop.url.as_str(), "http://h/a/c?y=2");
            assert_eq!(hop.method, method, "{status}");
            assert_eq!(hop.body.is_some(), method == Method::Post, "{status}");
        }
    }

    #[test]
    fn a_body_that_must_arrive_is_not_left_behind() {
        let hop = Hop { may_become_get: false, ..post("http://h/") };
        for (status, followed) in
            [(301, false), (302, false), (303, false), (307, true), (308, true)]
        {
            assert_eq!(next(&hop, status, Some("/x")).unwrap().is_some(), followed, "{status}");
        }
    }

    #[test]
    fn other_answers_are_final() {
        for (status, location) in
            [(200, Some("/x")), (300, Some("/x")), (304, Some("/x")), (404, None), (302, None)]
        {
            assert!(next(&post("http://h/"), status, location).unwrap().is_none(), "{status}");
        }
    }

    #[test]
    fn credentials_stay_with_their_host() {
        for (from, location, to, kept) in [
            ("http://u:p@h/", "/x", "http://u:p@h/x", true),
            ("http://u:p@h/", "https://h/x", "https://u:p@h/x", true),
            ("http://u:p@h/", "http://h:81/x", "http://h:81/x", false),
            ("http://u:p@h/", "//other/x", "http://other/x", false),
            ("http://u:p@h/", "http://a:b@other/x", "http://a:b@other/x", false),
            ("https://u:p@h:8443/", "https://h/x", "https://h/x", false),
        ] {
            let hop = next(&post(from), 307, Some(location)).unwrap().unwrap();
            assert_eq!(hop.url.as_str(), to);
            assert_eq!(hop.headers.len(), if kept { 2 } else { 1 }, "{from} -> {location}");
            assert_eq!(hop.signing.is_some(), kept, "{from} -> {location}");
            assert!(hop.headers.iter().any(|(name, _)| name == "X-Pivot-Attempt"));
        }
    }

    #[test]
    fn some_redirects_are_not_followed() {
        for (from, location, reason) in [
            ("https://h/", "http://h/", "not encrypted"),
            ("http://h/", "file:///etc/passwd", "not http or https"),
            ("http://h/", "http://[", "IPv6"),
        ] {
            let error = next(&post(from), 302, Some(location)).unwrap_err();
            assert_eq!(error.kind(), "redirect");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
