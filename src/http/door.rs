//! The door itself.

use super::{
    Answer, Asking, HttpError, Incoming, Keyring, Refusal, Request, exchange,
    guard::Guard,
    incoming::Bounds,
    redirect,
    regions::{Egress, Regions},
    request::Hop,
    resolve::{JudgedResolver, Lookup, SystemLookup},
    retry,
    stopwatch::{Laps, Stopwatch},
    tls,
};
use crate::{
    base::{Settings, limits, web},
    config,
};
use http::{Response, header::LOCATION};
use rustls::pki_types::CertificateDer;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// The only way out. Clones share connections, which are kept alive between requests.
#[derive(Clone, Debug)]
pub struct Door {
    pub(super) regions: Arc<Regions>,
    pub(super) guard: Arc<Guard>,
    pub(super) keys: Keyring,
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

    /// As [`Door::send`], but asks as often as the settings of the request say, and gives the answer as
    /// soon as its head is there: the body is taken piece by piece and need not fit into memory. Time and
    /// bound hold for the whole of it; what breaks off in it is not asked for again.
    pub async fn open(&self, request: Request) -> Result<Incoming, HttpError> {
        let settings = self.settings(&request);
        let until = Instant::now() + settings.total;
        let mut made = 0;
        loop {
            made += 1;
            let (_, begun) = self.begin(&request, &settings, made, until).await;
            let left = until.saturating_duration_since(Instant::now());
            let status = begun.as_ref().map(Incoming::status);
            match retry::after(status, made, left, &settings, rand::random()).again {
                Some(pause) => sleep(pause).await,
                None => return begun,
            }
        }
    }

    /// Asks as often as the settings of the request say. Nothing is sent before its first attempt is
    /// awaited.
    pub fn asking(&self, request: Request) -> Asking<'_> {
        Asking::new(self, request)
    }

    /// The names of the headers that sign a request; none if it is not signed.
    pub fn signature_headers(&self, request: &Request) -> Vec<&'static str> {
        request.hop.signing.as_ref().map(|signing| self.keys.headers(signing)).unwrap_or_default()
    }

    /// Time to connect of requests without settings of their own (`http.connect_timeout_ms`).
    pub const fn connect_time(&self) -> Duration {
        self.connect
    }

    pub(super) fn settings(&self, request: &Request) -> Settings {
        let own = request.settings.clone();
        own.unwrap_or_else(|| Settings::once(self.connect, limits::PIVOT_REQUEST))
    }

    /// One attempt, with its redirects, until this moment.
    pub(super) async fn attempt(
        &self,
        request: &Request,
        settings: &Settings,
        number: u32,
        until: Instant,
    ) -> (Trial, Result<Answer, HttpError>) {
        let began = Instant::now();
        let (trial, begun) = self.begin(request, settings, number, until).await;
        let outcome = match begun {
            Ok(incoming) => incoming.whole().await,
            Err(error) => Err(error),
        };
        (Trial { total: began.elapsed(), ..trial }, outcome)
    }

    /// One attempt, with its redirects, up to the head of its answer.
    async fn begin(
        &self,
        request: &Request,
        settings: &Settings,
        number: u32,
        until: Instant,
    ) -> (Trial, Result<Incoming, HttpError>) {
        let (began, watch) = (Instant::now(), Stopwatch::default());
        let (wanted, to) = (settings.region(number), &request.hop.url);
        let (egress, instead_of) = self.regions.choose(wanted, request.local.as_deref(), to);
        let followed = timeout_at(until, self.follow(egress, request, settings, &watch)).await;
        let total = began.elapsed();
        let begun = match followed {
            Ok(Ok((response, hop, redirects))) => {
                let bounds = Bounds::of(request, settings, until);
                Ok(Incoming::new(response, hop, redirects, began, bounds))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => {
                let (host, within) = (request.hop.host(), settings.total);
                Err(HttpError::Timeout { host, within })
            }
        };
        let first_byte = begun.is_ok().then_some(total);
        let (region, laps) = (egress.name.clone(), watch.laps());
        (Trial { region, instead_of, laps, first_byte, total }, begun)
    }

    /// Asks and follows redirects, up to the head of the last answer; gives it with the hop that it
    /// answers and the number of redirects.
    async fn follow(
        &self,
        egress: &Egress,
        request: &Request,
        settings: &Settings,
        watch: &Stopwatch,
    ) -> Result<(Response<hyper::body::Incoming>, Hop, usize), HttpError> {
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
