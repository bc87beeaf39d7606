//! The door itself.

use super::{
    Answer, Asking, HttpError, Keyring, Refusal, Request, exchange,
    guard::Guard,
    redirect,
    regions::{Egress, Regions},
    request::Hop,
    resolve::{JudgedResolver, Lookup, SystemLookup},
    stopwatch::{Laps, Stopwatch},
    tls,
};
use crate::{
    base::{Settings, limits, web},
    config,
};
use http::{Response, header::LOCATION};
use hyper::body::Incoming;
use rustls::pki_types::CertificateDer;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// The only way out. Clones share connections, which are kept alive between requests.
#[derive(Clone, Debug)]
pub struct Door {
    regions: Arc<Regions>,
    guard: Arc<Guard>,
    keys: Keyring,
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) connect: Duration,
}

/// What is known of one attempt beside its outcome.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) region: String,
    pub(super) instead_of: Option<String>,
    pub(super) laps: Laps,
    pub(super) first_byte: Option<Duration>,
    pub(super) total: Duration,
}

impl Door {
    /// A door with the operator's lists and regions. Fails only if the TLS library cannot be set up.
    pub fn new(config: &config::Http) -> Result<Self, HttpError> {
        Self::assemble(config, Arc::new(SystemLookup::new()), Vec::new())
    }

    /// As [`Door::new`], with another source of addresses and further trusted certificates.
    pub(super) fn assemble(
        config: &config::Http,
        lookup: Arc<dyn Lookup>,
        trusted: Vec<CertificateDer<'static>>,
    ) -> Result<Self, HttpError> {
        let guard = Arc::new(Guard::new(config)?);
        let resolver = JudgedResolver { lookup: Arc::clone(&lookup), guard: Arc::clone(&guard) };
        let regions = Regions::new(config, resolver, &tls::configure(trusted)?)?;
        let connect = Duration::from_millis(config.connect_timeout_ms);
        let keys = Keyring::default();
        Ok(Self { regions, guard, keys, lookup, connect })
    }

    /// The same door with secrets for requests that are to be signed. Without, nothing is.
    #[must_use]
    pub fn with_keys(mut self, keys: Keyring) -> Self {
        self.keys = keys;
        self
    }

    /// Who judges where its requests go.
    pub const fn guard(&self) -> &Arc<Guard> {
        &self.guard
    }

    /// Asks once, follows redirects, and reads the whole answer.
    ///
    /// Any status is an answer. Errors say why there is none; the time of the request covers
    /// everything.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let settings = self.settings(&request);
        let until = Instant::now() + settings.total;
        self.attempt(&request, &settings, 1, until).await.1
    }

    /// Asks as often as the settings of the request say. Nothing is sent before its first attempt is
    /// awaited.
    pub fn asking(&self, request: Request) -> Asking<'_> {
        Asking::new(self, request)
    }

    /// Time to connect of requests without settings of their own (`http.connect_timeout_ms`).
    pub const fn connect_time(&self) -> Duration {
        self.connect
    }

    pub(super) fn settings(&self, request: &Request) -> Settings {
        let own = request.settings.clone();
        own.unwrap_or_else(|| Settings::once(self.connect, request.within))
    }

    /// One attempt, with its redirects, until this moment.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        settings: &Settings,
        number: u32,
        until: Instant,
    ) -> (Trial, Result<Answer, HttpError>) {
        let (began, watch, mut first_byte) = (Instant::now(), Stopwatch::default(), None);
        let (wanted, to) = (settings.region(number), &request.hop.url);
        let (egress, instead_of) = self.regions.choose(wanted, request.local.as_deref(), to);
        let answer = async {
            let (response, hop, redirects) = self.follow(egress, request, settings, &watch).await?;
            first_byte = Some(began.elapsed());
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let (host, at_most) = (hop.host(), request.at_most);
            let body = exchange::read(response.into_body(), &host, at_most, settings.read).await?;
            let mut url = hop.url;
            url.set_fragment(None);
            let took = began.elapsed();
            Ok(Answer { status, url: url.into(), redirects, took, body, headers })
        };
        let outcome = match timeout_at(until, answer).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let (host, within) = (request.hop.host(), settings.total);
                Err(HttpError::Timeout { host, within })
            }
        };
        let (region, laps, total) = (egress.name.clone(), watch.laps(), began.elapsed());
        (Trial { region, instead_of, laps, first_byte, total }, outcome)
    }

    /// Asks and follows redirects, up to the head of the last answer; gives it with the hop that it
    /// answers and the number of redirects.
    async fn follow(
        &self,
        egress: &Egress,
        request: &Request,
        settings: &Settings,
        watch: &Stopwatch,
    ) -> Result<(Response<Incoming>, Hop, usize), HttpError> {
        let mut hop = request.hop.clone();
        for redirects in 0..=limits::REDIRECTS {
            // What the URL alone tells is judged before anything is done; addresses of its name
            // when they are known. Every hop anew.
            let wire = egress.wire(self.guard.revision());
            self.guard.judge_url(&hop.url)?;
            let response = exchange::ask(&wire, &self.keys, &hop, settings, watch).await?;
            let location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            match redirect::next(&hop, response.status().as_u16(), location)? {
                Some(next) => hop = next,
                None => return Ok((response, hop, redirects)),
            }
        }
        Err(HttpError::Redirect {
            from: web::masked(hop.url.as_str()),
            reason: format!("more than {} redirects", limits::REDIRECTS),
        })
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
