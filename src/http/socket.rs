//! WebSockets to customers' servers: through the same guard and by the same ways out as every request,
//! and signed as their vendor signs the handshake.

use super::{
    Door, HttpError, Signing,
    error::{in_words, innermost},
    exchange::{AGENT, value},
    stopwatch::Stopwatch,
    stream::Stream,
    way,
};
use crate::base::{Region, limits, web::masked};
use http::{
    HeaderName, Uri,
    header::{AUTHORIZATION, HeaderValue, USER_AGENT},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, client::IntoClientRequest, protocol::WebSocketConfig},
};
use url::Url;

/// A WebSocket to a customer's server.
pub type Socket = WebSocketStream<Stream>;

impl Door {
    /// Opens a WebSocket. Redirects are not followed, and nothing is tried twice: sound that comes late
    /// is of no use.
    ///
    /// Fails with [`HttpError::Url`] unless `url` begins with `wss://` or `ws://`.
    pub async fn socket(&self, url: &str, signing: &Signing) -> Result<Socket, HttpError> {
        let (url, address) = addresses(url)?;
        self.guard.judge_url(&address)?;
        let (egress, _) = self.regions.choose(&Region::Nearest, None, &address);
        let host = host(&address);
        let mut request = url.as_str().into_client_request().map_err(|e| bad(&url, &e))?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, text) in self.keys.sign_handshake(signing, &url) {
            let header = HeaderName::from_bytes(name.as_bytes());
            let header = header.map_err(|_| HttpError::Header(name.to_owned()))?;
            headers.append(header, value(name, &text)?);
        }
        if let Some((user, password)) = way::credentials(&address) {
            headers.insert(AUTHORIZATION, way::basic(&user, &password));
        }
        let to = Uri::try_from(address.as_str()).map_err(|e| bad(&url, &e))?;
        let shaken = async {
            let stream = egress.sockets.clone().connect(to, Stopwatch::default()).await?;
            let shaken = client_async_with_config(request, stream, Some(bounds())).await;
            shaken.map(|(socket, _)| socket).map_err(|error| of_handshake(&error, &host))
        };
        let within = limits::STREAM_CONNECT;
        match timeout(within, shaken).await {
            Ok(shaken) => shaken,
            Err(_) => Err(HttpError::ConnectTimeout { host, within }),
        }
    }
}

/// Bounds of what a peer may send, and of what waits to be written.
pub(super) fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(limits::STREAM_READ_BYTES)
        // Sound is written at once; what cannot be is kept by whoever sends it.
        .write_buffer_size(0)
        .max_message_size(Some(limits::STREAM_MESSAGE_BYTES))
        .max_frame_size(Some(limits::STREAM_MESSAGE_BYTES))
}

/// The URL as it is asked for, and as the guard and the connector know it: `https` for `wss`, with its
/// credentials.
fn addresses(text: &str) -> Result<(Url, Url), HttpError> {
    let wrong = |reason: &str| HttpError::Url { url: masked(text), reason: reason.to_owned() };
    if text.len() > limits::URL_BYTES {
        return Err(wrong("it is too long"));
    }
    let mut url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        _ => return Err(wrong("it does not begin with wss:// or ws://")),
    };
    url.set_fragment(None);
    let mut address = url.clone();
    if address.set_scheme(scheme).is_err() || address.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it names no host"));
    }
    // Both can only fail for URLs without a host.
    _ = url.set_username("");
    _ = url.set_password(None);
    Ok((url, address))
}

fn bad(url: &Url, error: &dyn std::error::Error) -> HttpError {
    HttpError::Url { url: masked(url.as_str()), reason: error.to_string() }
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn of_handshake(error: &tungstenite::Error, host: &str) -> HttpError {
    let host = host.to_owned();
    match error {
        tungstenite::Error::Http(response) => {
            let status = response.status().as_u16();
            HttpError::Upgrade { host, reason: format!("it answered {status}") }
        }
        tungstenite::Error::Io(error) => HttpError::Upgrade { host, reason: in_words(error) },
        other => HttpError::Upgrade { host, reason: innermost(other) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_judged_by_the_address_that_it_leads_to() {
        let (url, address) = addresses("wss://user:pw@H.example:8443/a?b=1#c").unwrap();
        assert_eq!(url.as_str(), "wss://h.example:8443/a?b=1");
        assert_eq!(address.as_str(), "https://user:pw@h.example:8443/a?b=1");
        assert_eq!(addresses("ws://0x7f.1/").unwrap().1.as_str(), "http://127.0.0.1/");
        for wrong in ["https://h/", "wss://", "h/a", "file:///etc", "wss:// a/"] {
            assert_eq!(addresses(wrong).unwrap_err().kind(), "url", "{wrong}");
        }
    }
}
