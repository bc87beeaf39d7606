//! One request without redirects, and its answer: `connect` and `read` of the settings are kept here.

use super::{HttpError, Keyring, request::Hop, stopwatch::Stopwatch, stream::Heard, upload, way};
use crate::{
    base::{Settings, web::masked},
    config::Method,
};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::client::legacy::{
    Client,
    connect::{Connected, capture_connection},
};
use std::pin::pin;
use tokio::time::{Instant, timeout};

/// What a request carries: nothing, bytes, or a file piece by piece.
pub(super) type Payload = UnsyncBoxBody<Bytes, HttpError>;

/// The HTTP client on one way out; keeps connections.
pub(super) type Wire = Client<super::connector::Connector, Payload>;

/// Sends a request and waits for the head of its answer: `connect` for the connection, then `read` for
/// something to arrive, again and again as long as parts of a head do.
pub(super) async fn ask(
    wire: &Wire,
    keys: &Keyring,
    hop: &Hop,
    settings: &Settings,
    watch: &Stopwatch,
) -> Result<http::Response<Incoming>, HttpError> {
    let host = hop.host();
    let mut request = request(hop, keys).await?;
    let mut captured = capture_connection(&mut request);
    let (asked, laps) = (Instant::now(), watch.laps());
    let mut answer = pin!(watch.over(wire.request(request)));
    let connection =
        async { captured.wait_for_connection_metadata().await.as_ref().and_then(heard) };
    let connected = async {
        tokio::select! {
            biased;
            heard = connection => Ok(heard),
            early = &mut answer => Err(early),
        }
    };
    let heard = match timeout(settings.connect, connected).await {
        Ok(Ok(heard)) => heard,
        Ok(Err(early)) => {
            return early.map_err(|error| HttpError::of_exchange(&error, &host, false));
        }
        Err(_) => return Err(HttpError::ConnectTimeout { host, within: settings.connect }),
    };
    if heard.as_ref().is_some_and(|heard| heard.before(asked)) {
        // A kept connection was free before the one that was being made for us.
        watch.reset(laps);
    }
    let bytes = || heard.as_ref().map_or(0, Heard::bytes);
    let before = bytes();
    loop {
        let so_far = bytes();
        match timeout(settings.read, &mut answer).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => {
                return Err(HttpError::of_exchange(&error, &host, bytes() > before));
            }
            Err(_) if bytes() > so_far => {}
            Err(_) if so_far > before => return Err(HttpError::stalled(&host, settings.read)),
            Err(_) => return Err(HttpError::ReadTimeout { host, within: settings.read }),
        }
    }
}

/// What goes over the wire: the URL without fragment and credentials; these as Basic authorisation,
/// unless the request brings its own. Signed at this moment.
async fn request(hop: &Hop, keys: &Keyring) -> Result<http::Request<Payload>, HttpError> {
    let bad_url = |reason: String| HttpError::Url { url: masked(hop.url.as_str()), reason };
    let mut url = hop.url.clone();
    url.set_fragment(None);
    let signature = keys.sign(hop, &mut url).await?;
    // Both can only fail for URLs without a host.
    _ = url.set_username("");
    _ = url.set_password(None);
    let uri = Uri::try_from(url.as_str()).map_err(|error| bad_url(error.to_string()))?;
    let mut request = match &hop.file {
        Some((file, content_type)) => upload::request(file, content_type).await?,
        None => of_body(hop)?,
    };
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    for (name, text) in hop.headers.iter().chain(&signature) {
        let header = HeaderName::from_bytes(name.as_bytes());
        let header = header.map_err(|_| HttpError::Header(name.clone()))?;
        headers.append(header, value(name, text)?);
    }
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    if let Some((user, password)) = way::credentials(&hop.url) {
        headers.entry(AUTHORIZATION).or_insert_with(|| way::basic(&user, &password));
    }
    Ok(request)
}

/// The method with the body.
fn of_body(hop: &Hop) -> Result<http::Request<Payload>, HttpError> {
    let bytes = hop.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default();
    let whole = Full::new(bytes).map_err(|never| match never {});
    let mut request = http::Request::new(whole.boxed_unsync());
    *request.method_mut() = match hop.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    if let Some(body) = &hop.body {
        let content_type = value(CONTENT_TYPE.as_str(), &body.content_type)?;
        request.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    Ok(request)
}

/// How requests name who sends them.
pub(super) const AGENT: &str = concat!("pivot/", env!("CARGO_PKG_VERSION"));

pub(super) fn value(name: &str, text: &str) -> Result<HeaderValue, HttpError> {
    HeaderValue::from_str(text).map_err(|_| HttpError::Header(name.to_owned()))
}

fn heard(connected: &Connected) -> Option<Heard> {
    let mut extras = http::Extensions::new();
    connected.get_extras(&mut extras);
    extras.remove()
}
