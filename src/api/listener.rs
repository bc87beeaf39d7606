//! A listener of our own: bounded in connections and in patience, and ended in order.

use crate::base::limits;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use ipnet::IpNet;
use std::{io, net::SocketAddr, pin::pin, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long to wait after a failed `accept`: it fails again at once while descriptors are scarce.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// A bound listener that serves nobody before [`Listener::serve`].
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// Who may connect; `None` for everybody.
    allowed: Option<Vec<IpNet>>,
}

impl Listener {
    /// Takes the address.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, allowed: None })
    }

    /// For these networks only. Strangers are closed without a word.
    #[must_use]
    pub fn only_for(self, networks: Vec<IpNet>) -> Self {
        Self { allowed: Some(networks), ..self }
    }

    /// Where it listens: the port is known even if the configuration left it open.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn admits(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        self.allowed.as_ref().is_none_or(|nets| nets.iter().any(|net| net.contains(&peer)))
    }

    /// Serves until `stop`; requests under way may then take [`limits::API_DRAIN`] longer.
    pub async fn serve(self, routes: Router, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(limits::API_CONNECTIONS));
        let connections = TaskTracker::new();
        while let Some(Ok(place)) =
            stop.run_until_cancelled(Arc::clone(&places).acquire_owned()).await
        {
            match stop.run_until_cancelled(self.socket.accept()).await {
                Some(Ok((_, peer))) if !self.admits(peer) => {
                    tracing::warn!(%peer, "connection refused: the address is not allowed here");
                }
                Some(Ok((stream, _))) => {
                    let (routes, stop) = (routes.clone(), stop.clone());
                    connections.spawn(async move {
                        converse(stream, routes, stop).await;
                        drop(place);
                    });
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
                None => break,
            }
        }
        connections.close();
        if timeout(limits::API_DRAIN, connections.wait()).await.is_err() {
            tracing::warn!("requests are still under way; leaving them");
        }
    }
}

/// One connection, with as many requests as its client likes.
async fn converse(stream: TcpStream, routes: Router, stop: CancellationToken) {
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::API_REQUEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        // A client that goes away, or is slow: nothing that an operator could do.
        tracing::debug!(%error, "a connection ended out of order");
    }
}
