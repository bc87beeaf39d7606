//! The API that answers a command: that of the running server, or, when none runs, one of this process
//! alone over the same database. So a command has one way to do its work, and the database one owner.

use crate::{
    api::{self, Client, ClientError, Listener, Metrics, Reply, Rules, RulesError},
    base::Secret,
    call::Queues,
    config::Config,
    http::{Door, HttpError},
    media::Links,
    store::{Store, StoreError},
};
use serde_json::Value;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Why a command finds no API.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    /// A server has the database, but is not to be asked.
    #[error(
        "a server is running that has no api at {0}: set api.token in its configuration, use the \
         same configuration here, and restart it"
    )]
    Mute(SocketAddr),
    /// The database is in the memory of a process that is not there.
    #[error("no server is running, and store.path is empty: the change would be forgotten at once")]
    Forgotten,
    /// What is there is not the API.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The database cannot be used.
    #[error("cannot use the database (store.path): {0}")]
    Store(#[from] StoreError),
    /// The stored rules cannot be read.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Not even loopback can be listened on.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] io::Error),
    /// The API has refused what it was asked.
    #[error("{0}")]
    Refused(String),
}

/// An API that a command can ask.
pub(super) struct OwnApi {
    client: Client,
    alone: Option<Alone>,
}

/// The API of this process alone.
struct Alone {
    store: Store,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl OwnApi {
    /// Finds the API. `changes` says whether the command wants to change something, which needs a
    /// database that outlives it.
    pub(super) async fn reach(config: &Config, changes: bool) -> Result<Self, Unreachable> {
        if !config.api.token.is_empty() {
            let client = Client::new(config.api.listen, config.api.token.clone());
            match client.ask("GET", "/health", None).await {
                Ok(_) => return Ok(Self { client, alone: None }),
                Err(ClientError::Connect { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let path = &config.store.path;
        let store = match (changes, path.as_os_str().is_empty()) {
            (true, true) => return Err(Unreachable::Forgotten),
            (false, _) if !path.exists() => Store::in_memory().await?,
            _ => Store::open(&config.store).await.map_err(|error| match error {
                StoreError::InUse(_) => Unreachable::Mute(config.api.listen),
                other => other.into(),
            })?,
        };
        Self::alone(config, store).await
    }

    async fn alone(config: &Config, store: Store) -> Result<Self, Unreachable> {
        let door = Door::new(&config.http)?;
        let rules = Rules::new(store.clone(), Arc::clone(door.guard()));
        rules.load().await?;
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let token = Secret::new(uuid::Uuid::new_v4().to_string().into_bytes());
        let client = Client::new(listener.address()?, token.clone());
        let (stop, draining) = (CancellationToken::new(), CancellationToken::new());
        let (metrics, kept) = (Metrics::default(), store.clone());
        let links = Links::new(&config.media, &config.api);
        let queues = Queues::default();
        let state = api::State { token, store, door, rules, links, queues, metrics, draining };
        let serving = tokio::spawn(listener.serve(api::routes(state), stop.clone()));
        Ok(Self { client, alone: Some(Alone { store: kept, stop, serving }) })
    }

    /// Asks; what is no success is an error in the API's own words.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Unreachable> {
        let Reply { status, body } = self.client.ask(method, path, body).await?;
        match (200..300).contains(&status) {
            true => Ok(body),
            false => Err(Unreachable::Refused(match body["error"]["message"].as_str() {
                Some(message) => message.to_owned(),
                None => format!("the api answered {status}"),
            })),
        }
    }

    /// Closes what was opened.
    pub(super) async fn close(self) {
        if let Some(Alone { store, stop, serving }) = self.alone {
            stop.cancel();
            if let Err(error) = serving.await {
                tracing::warn!(%error, "the api of this command did not end in order");
            }
            store.close().await;
        }
    }
}
