//! Where modules of the switch bring their sound: a listener of our own for WebSockets. Who may connect
//! is on a list; which stream a connection is for stands in its path, as a word that nobody guesses and
//! that counts once.

use super::source::ModuleSocket;
use crate::base::limits;
use dashmap::DashMap;
use ipnet::IpNet;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode},
        protocol::WebSocketConfig,
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

/// How long to wait after a failed `accept`: it fails again at once while descriptors are scarce.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// The header in which a client says which protocols it speaks.
const PROTOCOL: &str = "sec-websocket-protocol";

/// Streams whose modules have not connected yet, by their words.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected(Arc<DashMap<String, oneshot::Sender<ModuleSocket>>>);

/// A stream that is expected; forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    expected: Expected,
    pub(super) word: String,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.expected.0.remove(&self.word);
    }
}

impl Expected {
    /// Expects one connection.
    pub(super) fn one(&self) -> (Ticket, oneshot::Receiver<ModuleSocket>) {
        let (give, arriving) = oneshot::channel();
        let word = Uuid::new_v4().simple().to_string();
        self.0.insert(word.clone(), give);
        (Ticket { expected: self.clone(), word }, arriving)
    }
}

/// A bound listener that takes nobody before [`ModuleListener::serve`].
#[derive(Debug)]
pub struct ModuleListener {
    socket: TcpListener,
    allowed: Vec<IpNet>,
    expected: Expected,
}

impl ModuleListener {
    pub(super) async fn bind(
        address: SocketAddr,
        allowed: Vec<IpNet>,
        expected: Expected,
    ) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, allowed, expected })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Takes modules' connections until `stop`.
    pub async fn serve(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(limits::STREAM_NEWCOMERS));
        let newcomers = TaskTracker::new();
        while let Some(Ok(place)) =
            stop.run_until_cancelled(Arc::clone(&places).acquire_owned()).await
        {
            match stop.run_until_cancelled(self.socket.accept()).await {
                Some(Ok((_, peer))) if !self.admits(peer) => {
                    tracing::warn!(%peer, "a module is refused: the address is not allowed here");
                }
                Some(Ok((stream, peer))) => {
                    let expected = self.expected.clone();
                    newcomers.spawn(async move {
                        let entered = timeout(limits::STREAM_CONNECT, enter(stream, &expected));
                        match entered.await {
                            Ok(Ok(())) => {}
                            Ok(Err(error)) => tracing::debug!(%peer, %error, "no module"),
                            Err(_) => tracing::debug!(%peer, "a module was too slow"),
                        }
                        drop(place);
                    });
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a module's connection could not be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
                None => break,
            }
        }
    }

    fn admits(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        self.allowed.iter().any(|net| net.contains(&peer))
    }
}

/// Takes one connection and gives it to its stream.
#[allow(clippy::result_large_err)] // the library's own type
async fn enter(stream: TcpStream, expected: &Expected) -> Result<(), String> {
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let mut stream_of = None;
    let greet = |request: &Request, mut response: Response| {
        let word = request.uri().path().rsplit('/').next().unwrap_or_default();
        stream_of = expected.0.remove(word).map(|(_, give)| give);
        if stream_of.is_none() {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::NOT_FOUND;
            return Err(refusal);
        }
        // A client that names protocols wants to hear one of them.
        let first = request.headers().get(PROTOCOL).and_then(|names| names.to_str().ok());
        let first = first.and_then(|names| names.split(',').next()).map(str::trim);
        if let Some(Ok(first)) = first.map(HeaderValue::from_str) {
            response.headers_mut().insert(PROTOCOL, first);
        }
        Ok(response)
    };
    let bounds = WebSocketConfig::default()
        .read_buffer_size(limits::STREAM_READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(limits::STREAM_MESSAGE_BYTES)
        .max_message_size(Some(limits::STREAM_MESSAGE_BYTES))
        .max_frame_size(Some(limits::STREAM_MESSAGE_BYTES));
    let socket = accept_hdr_async_with_config(stream, greet, Some(bounds)).await;
    let socket = socket.map_err(|error| error.to_string())?;
    match stream_of {
        // A stream that has ended meanwhile does not take it any more; then it is closed.
        Some(give) => _ = give.send(socket),
        None => return Err("it is for no stream".to_owned()),
    }
    Ok(())
}
