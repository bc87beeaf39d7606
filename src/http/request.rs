//! What is asked, and what is answered.

use super::{
    HttpError, Signing,
    params::{Params, form_text, json_text},
    url,
};
use crate::{
    base::{Settings, limits, web::FileUpload},
    config::{BodyFormat, Method},
};
use ::http::HeaderMap;
use ::url::Url;
use bytes::Bytes;
use std::{borrow::Cow, time::Duration};

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A body with its content type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Sent as `Content-Type`.
    pub content_type: Cow<'static, str>,
    /// The content.
    pub bytes: Bytes,
}

impl Body {
    /// Parameters as a body.
    pub fn of(format: BodyFormat, params: &Params) -> Self {
        match format {
            BodyFormat::Form => Self { content_type: FORM.into(), bytes: form_text(params).into() },
            BodyFormat::Json => {
                Self { content_type: "application/json".into(), bytes: json_text(params).into() }
            }
        }
    }

    /// Whether it is a form, by its content type.
    pub(super) fn is_form(&self) -> bool {
        self.content_type.split(';').next() == Some(FORM)
    }
}

/// One request to a customer's server.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) hop: Hop,
    pub(super) settings: Option<Settings>,
    pub(super) at_most: usize,
    /// Content types of answers whose bodies are not wanted.
    pub(super) heads_only: &'static [&'static str],
    pub(super) local: Option<String>,
}

impl Hop {
    /// Host and port, for messages.
    pub(super) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// What changes from one redirect to the next.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Body>,
    /// A file in place of a body, with its content type; it has its own method.
    pub(super) file: Option<(FileUpload, String)>,
    /// How it is signed, anew at every attempt.
    pub(super) signing: Option<Signing>,
    /// Whether a redirect may turn this POST into a GET, which leaves the body behind.
    pub(super) may_become_get: bool,
}

impl Request {
    /// A GET. Fails with [`HttpError::Url`] unless `url` is a web address of at most
    /// [`limits::URL_BYTES`].
    pub fn get(url: &str) -> Result<Self, HttpError> {
        Self::new(Method::Get, url::parse(url)?, None)
    }

    /// A POST; fails as [`Request::get`].
    pub fn post(url: &str, body: Body) -> Result<Self, HttpError> {
        Self::new(Method::Post, url::parse(url)?, Some(body))
    }

    /// A request that carries parameters: a GET in its query (after the query that `url` has), a
    /// POST in its body (`reference/piston.md` 2.5). Fails as [`Request::get`].
    pub fn with_parameters(
        method: Method,
        url: &str,
        format: BodyFormat,
        params: &Params,
    ) -> Result<Self, HttpError> {
        match method {
            Method::Post => Self::post(url, Body::of(format, params)),
            Method::Get => {
                let mut url = url::parse(url)?;
                let added = form_text(params);
                if !added.is_empty() {
                    let query = match url.query() {
                        None | Some("") => added,
                        Some(own) => format!("{own}&{added}"),
                    };
                    url.set_query(Some(&query));
                }
                Self::new(Method::Get, url::parse(url.as_str())?, None)
            }
        }
    }

    /// A file on its way to a customer's server. It is opened when it is sent, and streamed; no
    /// redirect leaves it behind. Fails as [`Request::get`].
    pub fn upload(url: &str, file: FileUpload, content_type: &str) -> Result<Self, HttpError> {
        let mut request = Self::new(Method::Post, url::parse(url)?, None)?.body_must_arrive();
        request.hop.file = Some((file, content_type.to_owned()));
        Ok(request)
    }

    fn new(method: Method, url: Url, body: Option<Body>) -> Result<Self, HttpError> {
        let (headers, signing, may_become_get) = (Vec::new(), None, true);
        let hop = Hop { method, url, headers, body, file: None, signing, may_become_get };
        Ok(Self {
            hop,
            settings: None,
            at_most: limits::DOCUMENT_BYTES,
            heads_only: &[],
            local: None,
        })
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hop.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With times, retries and regions of its own. Without, there is one attempt, bounded by
    /// [`limits::PIVOT_REQUEST`].
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// With what `local` means for it: the region of the FreeSWITCH node that holds the call.
    #[must_use]
    pub fn local(mut self, region: Option<&str>) -> Self {
        self.local = region.map(str::to_owned);
        self
    }

    /// Signed at each attempt, and at a redirect within the same host, if the account has a secret for
    /// it.
    #[must_use]
    pub fn signed(mut self, signing: Signing) -> Self {
        self.hop.signing = Some(signing);
        self
    }

    /// With a bound on the answer's body, bytes. The default is [`limits::DOCUMENT_BYTES`].
    #[must_use]
    pub const fn at_most(mut self, bytes: usize) -> Self {
        self.at_most = bytes;
        self
    }

    /// Answers of these content types are complete with their heads: their bodies are left behind, and
    /// bounded by nobody.
    #[must_use]
    pub const fn heads_only(mut self, content_types: &'static [&'static str]) -> Self {
        self.heads_only = content_types;
        self
    }

    /// For a POST whose body has to arrive: a redirect that asks for a GET instead (301, 302, 303)
    /// is not followed but becomes the answer.
    #[must_use]
    pub const fn body_must_arrive(mut self) -> Self {
        self.hop.may_become_get = false;
        self
    }

    /// The URL with its query and fragment, as it is asked for; contains credentials.
    pub fn url(&self) -> &str {
        self.hop.url.as_str()
    }

    /// The method.
    pub const fn method(&self) -> Method {
        self.hop.method
    }
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Where it came from after redirects, without fragment; contains credentials. Relative URLs
    /// in the answer are relative to this.
    pub url: String,
    /// How many redirects were followed.
    pub redirects: usize,
    /// From asking to the whole answer.
    pub took: Duration,
    /// The body.
    pub body: Bytes,
    pub(super) headers: HeaderMap,
}

impl Answer {
    /// A header's first value; `None` if it is missing or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `Content-Type` as received; empty if missing.
    pub fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// All headers in order of arrival, for traces. Bytes that are not ASCII appear as `?`.
    pub fn headers(&self) -> Vec<(String, String)> {
        let show = |bytes: &[u8]| {
            bytes.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect()
        };
        self.headers.iter().map(|(n, v)| (n.as_str().to_owned(), show(v.as_bytes()))).collect()
    }

    /// Whether the status is 200–299.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(method: Method, format: BodyFormat, url: &str) -> Request {
        let params = json!({"Call-ID": "a b", "Digits": {"default": "1"}, "Gone": null});
        Request::with_parameters(method, url, format, params.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_get_carries_parameters_after_its_own_query() {
        for (url, asked) in [
            ("https://h/p", "https://h/p?Call-ID=a+b&Digits[default]=1"),
            ("https://h/p?", "https://h/p?Call-ID=a+b&Digits[default]=1"),
            ("https://h/p?q=%20x&y", "https://h/p?q=%20x&y&Call-ID=a+b&Digits[default]=1"),
            ("https://h/p?q=1#rc=2", "https://h/p?q=1&Call-ID=a+b&Digits[default]=1#rc=2"),
        ] {
            let request = with(Method::Get, BodyFormat::Json, url);
            assert_eq!(request.url(), asked);
            assert!(request.hop.body.is_none());
        }
    }

    #[test]
    fn a_post_carries_parameters_in_its_body() {
        let form = with(Method::Post, BodyFormat::Form, "https://h/p?q=1").hop;
        let body = form.body.unwrap();
        assert_eq!(form.url.as_str(), "https://h/p?q=1");
        assert_eq!(body.content_type, "application/x-www-form-urlencoded");
        assert_eq!(body.bytes, "Call-ID=a+b&Digits[default]=1");
        let body = with(Method::Post, BodyFormat::Json, "https://h/p").hop.body.unwrap();
        assert_eq!(body.content_type, "application/json");
        assert_eq!(body.bytes, r#"{"Call-ID":"a b","Digits":{"default":"1"}}"#);
    }

    #[test]
    fn a_query_that_makes_the_url_too_long_is_refused() {
        let params = json!({"a": "x".repeat(limits::URL_BYTES)});
        let request = Request::with_parameters(
            Method::Get,
            "http://h/",
            BodyFormat::Form,
            params.as_object().unwrap(),
        );
        assert_eq!(request.unwrap_err().kind(), "url");
    }
}
