//! The running server.

use super::{
    Registry, ServerError, Trace,
    media::{self, Media},
};
use crate::{
    api::{self, Metrics, Rules},
    base::limits,
    call::{self, Order},
    cdr,
    config::Config,
    debug,
    esl::{Arrival, EslError, Listener, Session},
    http::{Door, Keyring},
    media::Links,
    outbox::Outbox,
    piston::Library,
    pivot::{self, House, Observer},
    store::Store,
    stream::{ModuleListener, Streams, Studio},
};
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long calls may take to say sorry once the drain time is over, and deliveries under way to end.
const LAST_WORDS: Duration = Duration::from_secs(15);

/// How often a server that drains looks whether somebody is left who does more than wait in a queue.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long to wait before a broken outbox worker is started again.
const WORKER_PAUSE: Duration = Duration::from_secs(1);

/// A server that has everything it needs and listens, but takes no call before [`Server::run`].
pub struct Server {
    listener: Listener,
    address: SocketAddr,
    house: Arc<House>,
    outbox: Outbox,
    registry: Registry,
    api: Option<Api>,
    media: Option<Media>,
    streams: Arc<Streams>,
    modules: Option<ModuleListener>,
    draining: CancellationToken,
    drain: Duration,
}

/// The API's side of the server.
struct Api {
    listener: api::Listener,
    address: SocketAddr,
    state: api::State,
}

impl Server {
    /// Opens the database, reads the callflow files and binds the listener. CDRs of calls that a
    /// crash cut off become deliveries here.
    pub async fn start(config: Config, observers: Vec<Observer>) -> Result<Self, ServerError> {
        let door = Door::new(&config.http)?.with_keys(Keyring::new(&config.accounts));
        let library = match config.callflows.dir.as_os_str().is_empty() {
            true => Library::default(),
            false => Library::load(&config.callflows.dir)?,
        };
        let store = Store::open(&config.store).await?;
        let rules = Rules::new(store.clone(), Arc::clone(door.guard()));
        rules.load().await?;
        let debug = debug::Keeper::start(store.clone())?;
        let outbox = Outbox::new(store, &config.outbox).transcribing(&config.transcription);
        let cdrs = cdr::Keeper::new(outbox.clone(), &config.cdr);
        cdrs.recover().await?;
        pivot::recover(&outbox).await?;
        let listen = |source| ServerError::Listen { address: config.esl.listen, source };
        let listener = Listener::bind(&config.esl).await.map_err(listen)?;
        let address = listener.address().map_err(listen)?;
        let metrics = Metrics::default();
        let counted = metrics.clone();
        let mut all: Vec<Observer> =
            vec![Arc::new(|| Box::<Trace>::default()), Arc::new(move || Box::new(counted.clone()))];
        all.extend(observers);
        let media = Media::open(&config.media, door.clone()).await?;
        let courier = media::courier(&config, outbox.clone(), media.as_ref());
        let listen = |source| ServerError::ListenStream { address: config.stream.listen, source };
        let (streams, modules) =
            Streams::open(&config.stream, door.clone()).await.map_err(listen)?;
        let settings = call::Settings::new(&config)
            .with_courier(Arc::new(courier))
            .with_studio(Arc::clone(&streams) as Arc<dyn Studio>);
        let house = House {
            calls: Arc::new(settings),
            door,
            library: Arc::new(library),
            outbox: outbox.clone(),
            cdrs,
            debug,
            lobby: pivot::Lobby::default(),
            observers: all,
            config,
        };
        pivot::recall_queues(&house).await?;
        let draining = CancellationToken::new();
        let api = Api::bind(&house, rules, metrics, draining.clone()).await?;
        let drain = Duration::from_secs(house.config.server.drain_s);
        let registry = Registry::default();
        Ok(Self {
            listener,
            address,
            house: Arc::new(house),
            outbox,
            registry,
            api,
            media,
            streams,
            modules,
            draining,
            drain,
        })
    }

    /// Where FreeSWITCH finds it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the API's clients find it; `None` if it is off.
    pub fn api_address(&self) -> Option<SocketAddr> {
        self.api.as_ref().map(|api| api.address)
    }

    /// The calls that are up.
    pub fn registry(&self) -> Registry {
        self.registry.clone()
    }

    /// Callers who wait.
    pub fn queues(&self) -> call::Queues {
        self.house.calls.queues.clone()
    }

    /// The deliveries.
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// Takes calls until `stop` is done, then drains: the listener is closed, so that FreeSWITCH tries
    /// its next host; calls may end by themselves for `server.drain_s`, after which they are told that
    /// we are sorry; callers in queues go back to the dialplan as soon as nobody else is left; deliveries under way are finished. The API answers, and media are served, until
    /// there is no call left.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, house, outbox, registry, api, media, draining, drain, .. } = self;
        let (streams, modules) = (self.streams, self.modules);
        let (outbox_stop, stopping) = watch::channel(());
        let deliveries = tokio::spawn(deliver(outbox.clone(), house.door.clone(), stopping));
        let tidying = tokio::spawn(tidy(Arc::clone(&house)));
        let callless = CancellationToken::new();
        let answering = tokio::spawn(answer(api, media, modules, callless.clone()));
        let calls = TaskTracker::new();
        tokio::pin!(stop);
        loop {
            let arrival = tokio::select! {
                () = &mut stop => break,
                arrival = listener.accept() => arrival,
            };
            match arrival {
                Arrival::Call(stream, place) => {
                    calls.spawn(take(Arc::clone(&house), registry.clone(), stream, place));
                }
                Arrival::TooMany(stream, place) => {
                    calls.spawn(async move {
                        let peer = stream.peer_addr().ok();
                        match Session::refuse(Box::new(stream)).await {
                            Ok(()) => {}
                            Err(EslError::NotACall) => tracing::debug!(?peer, "not a call"),
                            Err(error) => {
                                tracing::warn!(?peer, %error, "a call could not be refused in order");
                            }
                        }
                        drop(place);
                    });
                }
            }
        }
        draining.cancel();
        drop(listener);
        calls.close();
        tracing::info!(calls = registry.len(), drain_s = drain.as_secs(), "draining");
        let only_waiting = || registry.len() == house.calls.queues.waiting();
        if timeout(drain, ended(&calls, only_waiting)).await.is_err() {
            tracing::warn!(calls = registry.len(), "calls are still up after the drain time");
        }
        if !registry.is_empty() {
            registry.order_all(&Order::Drain);
            if timeout(LAST_WORDS, calls.wait()).await.is_err() {
                tracing::error!(calls = registry.len(), "calls did not end; leaving them");
            }
        }
        if timeout(LAST_WORDS, streams.ended()).await.is_err() {
            tracing::warn!("media streams did not end; leaving them");
        }
        callless.cancel();
        if let Err(error) = answering.await {
            tracing::error!(%error, "the listeners did not end in order");
        }
        tidying.abort();
        drop(outbox_stop);
        match timeout(LAST_WORDS, deliveries).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the outbox worker did not end in order"),
            Err(_) => tracing::warn!("deliveries are still under way; they go on after a restart"),
        }
        if timeout(LAST_WORDS, house.debug.close()).await.is_err() {
            tracing::warn!("the last debug records are not stored");
        }
        outbox.store().close().await;
        tracing::info!("stopped");
    }
}

impl Api {
    /// Binds the API's listener, if there is to be an API.
    async fn bind(
        house: &House,
        rules: Rules,
        metrics: Metrics,
        draining: CancellationToken,
    ) -> Result<Option<Self>, ServerError> {
        let settings = &house.config.api;
        if settings.token.is_empty() {
            return Ok(None);
        }
        let listen = |source| ServerError::ListenApi { address: settings.listen, source };
        let listener = api::Listener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.address().map_err(listen)?;
        let state = api::State {
            token: settings.token.clone(),
            store: house.outbox.store().clone(),
            door: house.door.clone(),
            rules,
            links: Links::new(&house.config.media, &house.config.api),
            queues: house.calls.queues.clone(),
            metrics,
            draining,
        };
        Ok(Some(Self { listener, address, state }))
    }
}

/// Answers the API's clients, the switches that fetch media and their modules, until `stop`.
async fn answer(
    api: Option<Api>,
    media: Option<Media>,
    modules: Option<ModuleListener>,
    stop: CancellationToken,
) {
    let clients = async {
        if let Some(Api { listener, state, .. }) = api {
            listener.serve(api::routes(state), stop.clone()).await;
        }
    };
    let switches = async {
        if let Some(media) = media {
            media.serve(stop.clone()).await;
        }
    };
    let sound = async {
        if let Some(modules) = modules {
            modules.serve(stop.clone()).await;
        }
    };
    tokio::join!(clients, switches, sound);
}

/// Ends when all calls have ended, or those that are left only wait.
async fn ended(calls: &TaskTracker, only_waiting: impl Fn() -> bool) {
    while timeout(LOOK_AGAIN, calls.wait()).await.is_err() && !only_waiting() {}
}

/// Looks again and again for places in queues that nobody has come back to.
async fn tidy(house: Arc<House>) {
    loop {
        sleep(limits::PLACES_TIDIED).await;
        if let Err(error) = pivot::tidy_places(&house).await {
            tracing::error!(%error, "old places in queues cannot be forgotten");
        }
    }
}

/// Delivers until the other end of `stopping` is dropped.
async fn deliver(outbox: Outbox, door: Door, stopping: watch::Receiver<()>) {
    let stopped = stopping.clone();
    let worker = || {
        let mut stopping = stopping.clone();
        let worker = outbox.worker(door.clone());
        // Nothing is ever sent: an error says that the sender is gone.
        worker.run(async move { while stopping.changed().await.is_ok() {} })
    };
    insist(worker, || stopped.has_changed().is_err()).await;
}

/// Runs a task that must not end before `stopped`, and starts it again if it does: a panic in it must
/// not end the deliveries in silence.
async fn insist<T>(task: impl Fn() -> T, stopped: impl Fn() -> bool)
where
    T: Future<Output = ()> + Send + 'static,
{
    loop {
        let ended = tokio::spawn(task()).await;
        match ended {
            Ok(()) if stopped() => return,
            Ok(()) => tracing::error!("the outbox worker has ended; it is started again"),
            Err(error) => {
                tracing::error!(%error, "the outbox worker broke down; it is started again");
                if stopped() {
                    return;
                }
            }
        }
        sleep(WORKER_PAUSE).await;
    }
}

/// One connection of FreeSWITCH.
async fn take(
    house: Arc<House>,
    registry: Registry,
    stream: TcpStream,
    place: OwnedSemaphorePermit,
) {
    let (peer, here) = (stream.peer_addr().ok(), stream.local_addr().ok());
    let session = match Session::open(Box::new(stream), Some(place)).await {
        Ok(session) => session.reached_at(here),
        Err(EslError::NotACall) => return tracing::debug!(?peer, "not a call"),
        Err(error) => return tracing::error!(?peer, %error, "a call could not be taken over"),
    };
    let entered = |call: &call::Call, orders| registry.enter(call.facts().id(), orders);
    let attended = match session.leg_token() {
        Some(word) => Box::pin(pivot::attend_leg(&house, session, &word)).await,
        None => pivot::attend(&house, session, entered).await,
    };
    if let Err(error) = attended {
        tracing::error!(?peer, %error, "a call could not be taken over");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_breaks_down_is_started_again_until_the_stop() {
        let runs = Arc::new(AtomicU32::new(0));
        let task = || {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move { assert_eq!(run, 2, "as the test wants") }
        };
        insist(task, || runs.load(Ordering::SeqCst) > 2).await;
        assert_eq!(runs.load(Ordering::SeqCst), 3);
    }
}
#[cfg(test)]
mod size {
    use super::*;

    /// Ten thousand idle calls are ten thousand of these.
    const CALL: usize = 6 * 1024;

    fn of<A, B, C, D, F: Future>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_call_needs_little_memory_of_its_own() {
        assert!(of(take) <= CALL, "{} bytes", of(take));
    }
}
