//! How the client gets a connection: look up and judge, connect, shake hands.

use super::{
    HttpError,
    resolve::JudgedResolver,
    stopwatch::{CONNECT, RESOLVE, Stopwatch, TLS},
    stream::Stream,
    way::Way,
};
use futures_util::future::BoxFuture;
use http::{Uri, uri::Scheme};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    io,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

/// Makes connections on one way out.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) way: Way,
    pub(super) resolver: JudgedResolver,
    pub(super) tls: Arc<ClientConfig>,
}

impl Connector {
    pub(super) async fn connect(self, to: Uri, watch: Stopwatch) -> Result<Stream, HttpError> {
        let (host, port, secure) = parts(&to);
        let place = || to.authority().map(ToString::to_string).unwrap_or_default();
        let judged = self.resolver.addresses(host);
        let addresses = match host.parse::<IpAddr>() {
            Ok(_) => judged.await?, // nothing is looked up
            Err(_) => watch.lap(RESOLVE, judged).await?,
        };
        let connected = watch.lap(CONNECT, self.way.open(&addresses, port)).await;
        let tcp = connected.map_err(|reason| HttpError::Connect { host: place(), reason })?;
        if !secure {
            return Ok(Stream::plain(tcp));
        }
        let failed = |reason: String| HttpError::Tls { host: place(), reason };
        let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(e.to_string()))?;
        let handshake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp);
        let tls = watch.lap(TLS, handshake).await.map_err(|error| failed(of_handshake(&error)))?;
        Ok(Stream::secure(tls))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, HttpError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (connector, watch) = (self.clone(), Stopwatch::running());
        Box::pin(async move { connector.connect(to, watch).await.map(TokioIo::new) })
    }
}

/// Host without brackets, port, and whether TLS is spoken there.
fn parts(to: &Uri) -> (&str, u16, bool) {
    let host = to.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let secure = to.scheme() == Some(&Scheme::HTTPS);
    (host, to.port_u16().unwrap_or(if secure { 443 } else { 80 }), secure)
}

fn of_handshake(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the connection was closed in the handshake".to_owned(),
        _ => error.to_string(),
    }
}
