//! Where requests leave from: one way out for each region, or a single direct one.

use super::{
    HttpError, clients::Clients, connector::Connector, exchange::Wire, nearest::Nearest,
    resolve::JudgedResolver, url::destination, way::Way,
};
use crate::{
    base::{Region, limits},
    config,
};
use futures_util::future::join_all;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use std::{fmt, sync::Arc};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout},
};
use url::Url;

/// The name of the way out where no regions are configured.
pub(super) const DIRECT: &str = "direct";

/// One way out.
pub(super) struct Egress {
    pub(super) name: String,
    wires: Clients<Wire>,
    way: Way,
    /// Makes connections that are no client's: for WebSockets, which speak no HTTP/2.
    pub(super) sockets: Connector,
}

impl Egress {
    /// The client, with connections that were judged by lists of this revision of the guard.
    pub(super) fn wire(&self, revision: u64) -> Wire {
        self.wires.get(revision)
    }
}

/// All ways out, never none.
pub(super) struct Regions {
    egresses: Vec<Egress>,
    /// The one that is taken before anything is measured: the node's own region, or the first one.
    own: usize,
    /// Whether regions are configured at all, and what `local` means here.
    configured: bool,
    local: String,
    nearest: Nearest,
    resolver: JudgedResolver,
}

impl Regions {
    pub(super) fn new(
        config: &config::Http,
        resolver: JudgedResolver,
        tls: &Arc<ClientConfig>,
    ) -> Result<Arc<Self>, HttpError> {
        let mut no_http2 = ClientConfig::clone(tls);
        no_http2.alpn_protocols = vec![b"http/1.1".to_vec()];
        let no_http2 = Arc::new(no_http2);
        let egress = |name: &str, way: Way| {
            let connector =
                Connector { way: way.clone(), resolver: resolver.clone(), tls: Arc::clone(tls) };
            let sockets = Connector { tls: Arc::clone(&no_http2), ..connector.clone() };
            let wires = Clients::new(Box::new(move || wire(connector.clone())));
            Egress { name: name.to_owned(), wires, way, sockets }
        };
        let mut egresses = Vec::with_capacity(config.egress.len().max(1));
        for (name, configured) in &config.egress {
            let way = Way::of(configured).map_err(|error| {
                HttpError::Setup(format!("the proxy of http.egress.{name}: {error}"))
            })?;
            egresses.push(egress(name, way));
        }
        let configured = !egresses.is_empty();
        if !configured {
            egresses.push(egress(DIRECT, Way::Direct(None)));
        }
        let local = config.region.clone();
        let own = egresses.iter().position(|egress| egress.name == local).unwrap_or_default();
        let nearest = Nearest::new();
        Ok(Arc::new(Self { egresses, own, configured, local, nearest, resolver }))
    }

    /// The way out for a request to this URL, and the region that was wanted if there is no such one.
    /// `local` is the region of the node that holds the call, where it is not this one's.
    pub(super) fn choose(
        self: &Arc<Self>,
        wanted: &Region,
        local: Option<&str>,
        to: &Url,
    ) -> (&Egress, Option<String>) {
        let name = match wanted {
            Region::Nearest => return (self.nearest(to), None),
            Region::Local => local.unwrap_or(&self.local),
            Region::Named(name) => name,
        };
        if let Some(egress) = self.egresses.iter().find(|egress| egress.name == name) {
            return (egress, None);
        }
        let missing = match wanted {
            // Where all leave by one way, it is the local one.
            Region::Local if !self.configured => None,
            Region::Local => Some("local".to_owned()),
            _ => Some(name.to_owned()),
        };
        (self.nearest(to), missing)
    }

    /// The nearest as far as it is known; what is not, or not any more, is measured in the background.
    fn nearest(self: &Arc<Self>, to: &Url) -> &Egress {
        let own = &self.egresses[self.own];
        if self.egresses.len() == 1 {
            return own;
        }
        let destination = destination(to.as_str());
        let (best, due) = self.nearest.look(&destination);
        if let Some(permit) = due {
            tokio::spawn(Arc::clone(self).measure(destination, to.clone(), permit));
        }
        best.and_then(|best| self.egresses.get(best)).unwrap_or(own)
    }

    /// Connects to the host by every way out, and remembers which was the fastest. The name is looked
    /// up once, and judged like that of any request.
    async fn measure(self: Arc<Self>, destination: String, to: Url, _permit: OwnedSemaphorePermit) {
        let host = to.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = to.port_or_known_default().unwrap_or(80);
        let addresses = self.resolver.addresses(host).await.unwrap_or_default();
        let took = join_all(self.egresses.iter().map(async |egress| {
            let began = Instant::now();
            let opened = timeout(limits::NEAREST_CONNECT, egress.way.open(&addresses, port)).await;
            matches!(opened, Ok(Ok(_))).then(|| began.elapsed())
        }));
        let took = took.await.into_iter().enumerate();
        let reached = took.filter_map(|(at, took)| Some((took?, at))).min();
        let name = reached.and_then(|(_, at)| Some(self.egresses.get(at)?.name.as_str()));
        tracing::debug!(destination, nearest = name.unwrap_or("unreachable"), "region measured");
        self.nearest.learn(&destination, reached.map(|(_, at)| at));
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.egresses.iter().map(|egress| &egress.name)).finish()
    }
}

fn wire(connector: Connector) -> Wire {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limits::IDLE_CONNECTION)
        .pool_max_idle_per_host(limits::IDLE_CONNECTIONS_PER_HOST)
        .build(connector)
}
