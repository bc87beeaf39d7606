//! The door itself.

use super::{
    HttpError, Refusal, Request,
    clients::Clients,
    guard::Guard,
    redirect,
    request::{Answer, Hop},
    resolve::{JudgedResolver, Lookup, SystemLookup},
};
use crate::{
    base::{limits, web},
    config::{self, Method},
};
use bytes::{Bytes, BytesMut};
use reqwest::{
    Certificate, Client, ClientBuilder, Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// The only way out. Clones share connections, which are kept alive between requests.
#[derive(Clone, Debug)]
pub struct Door {
    clients: Arc<Clients<Client>>,
    guard: Arc<Guard>,
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) connect: Duration,
}

impl Door {
    /// A door with the operator's lists. Fails only if the TLS library cannot be set up.
    pub fn new(config: &config::Http) -> Result<Self, HttpError> {
        Self::assemble(config, Arc::new(SystemLookup::new()), Vec::new())
    }

    /// As [`Door::new`], with another source of addresses and further trusted certificates.
    pub(super) fn assemble(
        config: &config::Http,
        lookup: Arc<dyn Lookup>,
        trusted: Vec<Certificate>,
    ) -> Result<Self, HttpError> {
        // The TLS library keeps one provider per process; whoever comes second finds it there.
        _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Arc::new(Guard::new(config)?);
        let connect = Duration::from_millis(config.connect_timeout_ms);
        let resolver = JudgedResolver { lookup: Arc::clone(&lookup), guard: Arc::clone(&guard) };
        let clients = Clients::new(Box::new(move || {
            let builder = || builder(resolver.clone(), connect);
            builder().tls_certs_merge(trusted.clone()).build().or_else(|error| {
                tracing::warn!(
                    error = %HttpError::of_body(&error, "system"),
                    "no trusted certificates found on this system: every https URL will fail"
                );
                let without = builder().tls_certs_only([]).build();
                without.map_err(|error| HttpError::Setup(error.to_string()))
            })
        }))?;
        Ok(Self { clients: Arc::new(clients), guard, lookup, connect })
    }

    /// Who judges where its requests go.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Asks, follows redirects, and reads the whole answer.
    ///
    /// Any status is an answer. Errors say why there is none; the deadline of the request covers
    /// everything.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let within = request.within;
        let host = host_of(&request.hop);
        match tokio::time::timeout(within, self.follow(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(HttpError::Timeout { host, within }),
        }
    }

    async fn follow(&self, request: Request) -> Result<Answer, HttpError> {
        let asked = Instant::now();
        let Request { mut hop, at_most, .. } = request;
        for redirects in 0..=limits::REDIRECTS {
            let response = self.ask(&hop).await?;
            let status = response.status().as_u16();
            let location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            if let Some(next) = redirect::next(&hop, status, location)? {
                hop = next;
                continue;
            }
            let headers = response.headers().clone();
            let body = read(response, &host_of(&hop), at_most).await?;
            hop.url.set_fragment(None);
            let (url, took) = (hop.url.into(), asked.elapsed());
            return Ok(Answer { status, url, redirects, took, body, headers });
        }
        Err(HttpError::Redirect {
            from: web::masked(hop.url.as_str()),
            reason: format!("more than {} redirects", limits::REDIRECTS),
        })
    }

    /// One request without redirects, up to the head of its answer.
    async fn ask(&self, hop: &Hop) -> Result<Response, HttpError> {
        // The client asks its resolver for names only: addresses are judged here, every hop anew.
        let client = self.clients.get(self.guard.revision())?;
        self.guard.judge_url(&hop.url).map_err(HttpError::Refused)?;
        let mut url = hop.url.clone();
        url.set_fragment(None);
        // The client takes credentials out of the URL and sends them as Basic authorisation.
        let mut request = match hop.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
        };
        request = request.headers(header_map(&hop.headers)?);
        if let Some(body) = &hop.body {
            request = request.header(CONTENT_TYPE, &*body.content_type).body(body.bytes.clone());
        }
        let sent = request.send().await;
        sent.map_err(|error| HttpError::of_exchange(&error, &host_of(hop), self.connect))
    }
}

fn builder(resolver: JudgedResolver, connect: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("pivot/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(resolver))
        .connect_timeout(connect)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .pool_idle_timeout(limits::IDLE_CONNECTION)
        .pool_max_idle_per_host(limits::IDLE_CONNECTIONS_PER_HOST)
}

/// Reads a body up to `at_most` bytes; what is announced as larger is not read at all.
async fn read(mut response: Response, host: &str, at_most: usize) -> Result<Bytes, HttpError> {
    let too_large = || HttpError::TooLarge { host: host.to_owned(), limit: at_most };
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |length| length > at_most) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| HttpError::of_body(&error, host))?
    {
        if body.len() + chunk.len() > at_most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let bad = || HttpError::Header(name.clone());
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        map.append(header, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    Ok(map)
}

/// Host and port, for messages.
fn host_of(hop: &Hop) -> String {
    let host = hop.url.host_str().unwrap_or_default();
    match hop.url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
