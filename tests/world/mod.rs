//! A whole world in one process: a customer's web server, the server, and a simulated switch.

#![allow(clippy::unwrap_used, dead_code)] // a test fails by panicking; not every test uses all of it

use pivot::{
    base::{CallEvent, Happening},
    call::Queues,
    config,
    pivot::Observer,
    server::{Registry, Server},
    sim::{Asked, CallReport, Callees, Caller, Pace, Reply, Switch, Web},
};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// How much faster than life media plays.
const SPEED: u32 = 20;

/// No test waits longer for anything; it then fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub web: Web,
    pub address: SocketAddr,
    pub registry: Registry,
    pub queues: Queues,
    /// Where the API listens, if the configuration has a token.
    pub api: Option<SocketAddr>,
    story: Arc<Mutex<Vec<CallEvent>>>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

/// What became of a call.
pub struct Lived {
    pub report: CallReport,
    pub story: Vec<CallEvent>,
}

impl World {
    /// A server with this configuration on top of what tests need.
    pub async fn with(
        config: &str,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::watched(config, answer, vec![]).await
    }

    pub async fn watched(
        config: &str,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        observers: Vec<Observer>,
    ) -> Self {
        Self::around(Web::start(answer).await.unwrap(), "", config, observers).await
    }

    /// A server for this web server, with its database in this file.
    pub async fn around(web: Web, store: &str, config: &str, mut observers: Vec<Observer>) -> Self {
        let env = [
            ("PIVOT_ESL__LISTEN", "127.0.0.1:0"),
            ("PIVOT_MEDIA__LISTEN", "127.0.0.1:0"),
            ("PIVOT_MEDIA__CACHE", ""),
            ("PIVOT_HTTP__ALLOW_CIDRS", r#"["127.0.0.0/8"]"#),
            ("PIVOT_DIAL__GATEWAYS", r#"["test"]"#),
            ("PIVOT_STORE__PATH", store),
            ("PIVOT_SERVER__DRAIN_S", "1"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = config::load_text("test", config, env).unwrap();
        let story = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&story);
        observers.push(Arc::new(move || {
            let told = Arc::clone(&told);
            Box::new(move |event: &CallEvent| told.lock().unwrap().push(event.clone()))
        }));
        let server = Server::start(config, observers).await.unwrap();
        let (address, registry) = (server.address(), server.registry());
        let queues = server.queues();
        let api = server.api_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { web, address, registry, queues, api, story, stop: Some(stop), running }
    }

    pub fn switch() -> Switch {
        Switch::new(7).pace(Pace::Faster(SPEED)).callees(Callees::default())
    }

    /// A caller for a document of our web server, with a CDR.
    pub fn caller(&self, path: &str) -> Caller {
        Caller::new("+14155550100", "100")
            .variable("pivot_account_id", "acme")
            .variable("pivot_voice_url", self.web.url(path))
            .variable("pivot_cdr_url", self.web.url("/cdr"))
    }

    /// A caller whose callflow is this JSON.
    pub fn caller_with(&self, callflow: &serde_json::Value) -> Caller {
        Caller::new("+14155550100", "100")
            .variable("pivot_callflow", callflow.to_string())
            .variable("pivot_cdr_url", self.web.url("/cdr"))
    }

    /// Makes one call and waits until it is over on both sides.
    pub async fn call(&self, caller: Caller) -> Lived {
        self.call_from(&Self::switch(), caller).await
    }

    pub async fn call_from(&self, switch: &Switch, caller: Caller) -> Lived {
        let before = self.ended();
        let report = timeout(PATIENCE, switch.dial(caller, self.address)).await.unwrap().unwrap();
        let over = async {
            while self.ended() == before || !self.registry.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, over).await.unwrap();
        let story = std::mem::take(&mut *self.story.lock().unwrap());
        Lived { report, story }
    }

    /// The CDR of a call.
    pub async fn cdr(&self, call_id: &str) -> Asked {
        let cdr = self
            .web
            .wait_for(|asked| asked.path == "/cdr" && asked.parameter("Call-ID") == Some(call_id));
        timeout(PATIENCE, cdr).await.unwrap()
    }

    /// Stops the server as SIGTERM does.
    pub fn begin_to_stop(&mut self) {
        self.stop.take();
    }

    pub async fn stopped(self) {
        drop(self.stop);
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
    }

    /// Stops the server and leaves the web server up.
    pub async fn stopped_but_web(self) -> Web {
        drop(self.stop);
        timeout(PATIENCE, self.running).await.unwrap().unwrap();
        self.web
    }

    fn ended(&self) -> usize {
        let ended = |event: &&CallEvent| matches!(event.what, Happening::Ended(_));
        self.story.lock().unwrap().iter().filter(ended).count()
    }
}

impl Lived {
    /// Kinds of failed fetches, in order.
    pub fn failures(&self) -> Vec<&'static str> {
        let kind = |event: &CallEvent| match &event.what {
            Happening::FetchFailed { kind, .. } => Some(*kind),
            _ => None,
        };
        self.story.iter().filter_map(kind).collect()
    }

    /// Names of the steps that ran, in order.
    pub fn steps(&self) -> Vec<String> {
        let step = |event: &CallEvent| match &event.what {
            Happening::StepStarted { step, .. } => Some(step.clone()),
            _ => None,
        };
        self.story.iter().filter_map(step).collect()
    }

    /// What was noted, in order.
    pub fn notes(&self) -> Vec<String> {
        let note = |event: &CallEvent| match &event.what {
            Happening::Noted { message, .. } => Some(message.clone()),
            _ => None,
        };
        self.story.iter().filter_map(note).collect()
    }

    pub fn ends(&self) -> usize {
        self.story.iter().filter(|e| matches!(e.what, Happening::Ended(_))).count()
    }
}
