//! Ways out: from a local address, or through a proxy. Each is given judged addresses, never names: no
//! proxy looks up what was judged here.

use super::error::{in_words, innermost};
use crate::config;
use base64::prelude::{BASE64_STANDARD, Engine};
use http::{HeaderValue, Uri, uri::InvalidUri};
use hyper_util::client::legacy::connect::{
    HttpConnector,
    dns::Name,
    proxy::{SocksV5, Tunnel},
};
use percent_encoding::percent_decode_str;
use std::{
    convert::Infallible,
    error::Error,
    future::{Ready, ready},
    io,
    net::{IpAddr, SocketAddr},
    task::{Context, Poll},
    vec,
};
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

/// How TCP connections are made.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// By ourselves, from this address or from any.
    Direct(Option<IpAddr>),
    /// Through a proxy that takes `CONNECT`.
    Connect { proxy: Uri, credentials: Option<HeaderValue> },
    /// Through a SOCKS 5 proxy.
    Socks { proxy: Uri, credentials: Option<(String, String)> },
}

impl Way {
    /// The configured way.
    pub(super) fn of(egress: &config::Egress) -> Result<Self, InvalidUri> {
        let Some(url) = egress.proxy.as_ref().map(config::ProxyUrl::url) else {
            return Ok(Self::Direct(egress.source));
        };
        let host = url.host_str().unwrap_or_default();
        Ok(match url.scheme() {
            "socks5" => Self::Socks {
                proxy: format!("http://{host}:{}", url.port().unwrap_or(1080)).parse()?,
                credentials: credentials(url),
            },
            _ => Self::Connect {
                proxy: format!("http://{host}:{}", url.port().unwrap_or(80)).parse()?,
                credentials: credentials(url).map(|(user, password)| basic(&user, &password)),
            },
        })
    }

    /// Connects to one of these addresses. Fails with what a person needs to know.
    pub(super) async fn open(&self, addresses: &[IpAddr], port: u16) -> Result<TcpStream, String> {
        match self {
            Self::Direct(source) => direct(*source, addresses, port).await,
            Self::Connect { proxy, credentials } => {
                let mut tunnel = Tunnel::new(proxy.clone(), HttpConnector::new());
                if let Some(credentials) = credentials {
                    tunnel = tunnel.with_auth(credentials.clone());
                }
                first_of(addresses, port, |to| tunnel.call(to)).await
            }
            Self::Socks { proxy, credentials } => {
                let mut socks = SocksV5::new(proxy.clone(), HttpConnector::new());
                if let Some((user, password)) = credentials {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                first_of(addresses, port, |to| socks.call(to)).await
            }
        }
    }
}

type TokioStream = hyper_util::rt::TokioIo<TcpStream>;

/// Tries the addresses in the way of happy eyeballs (RFC 8305): the other family has its chance early.
async fn direct(
    source: Option<IpAddr>,
    addresses: &[IpAddr],
    port: u16,
) -> Result<TcpStream, String> {
    let mut connector = HttpConnector::new_with_resolver(Judged(addresses.to_vec()));
    connector.set_local_address(source);
    connector.set_nodelay(true);
    // The host is not looked at: there is nothing to look up.
    let to = Uri::try_from(format!("http://judged:{port}")).map_err(|error| error.to_string())?;
    connector.call(to).await.map(TokioStream::into_inner).map_err(|error| reason(&error))
}

/// Asks a proxy for one address after the other.
async fn first_of<F, E>(
    addresses: &[IpAddr],
    port: u16,
    mut connect: impl FnMut(Uri) -> F,
) -> Result<TcpStream, String>
where
    F: Future<Output = Result<TokioStream, E>>,
    E: Error + 'static,
{
    let mut failure = "it has no address".to_owned();
    for address in addresses {
        let to = format!("http://{}", SocketAddr::new(*address, port));
        let to = Uri::try_from(to).map_err(|error| error.to_string())?;
        match connect(to).await {
            Ok(stream) => return Ok(stream.into_inner()),
            Err(error) => failure = format!("the proxy says: {}", reason(&error)),
        }
    }
    Err(failure)
}

fn reason(error: &(dyn Error + 'static)) -> String {
    match super::error::find::<io::Error>(error) {
        Some(io) => in_words(io),
        None => innermost(error),
    }
}

/// User and password of a URL, decoded.
pub(super) fn credentials(url: &Url) -> Option<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let password = url.password().unwrap_or_default();
    (!url.username().is_empty() || !password.is_empty())
        .then(|| (decoded(url.username()), decoded(password)))
}

/// The header value of Basic authorisation, marked as a secret.
pub(super) fn basic(user: &str, password: &str) -> HeaderValue {
    let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
    // Base64 is visible ASCII.
    let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// The addresses that were judged, for whatever name.
#[derive(Clone)]
struct Judged(Vec<IpAddr>);

impl Service<Name> for Judged {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        let addresses: Vec<_> = self.0.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        ready(Ok(addresses.into_iter()))
    }
}
