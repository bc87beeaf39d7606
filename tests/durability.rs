//! `kill -9` loses nothing: a child process promises CDRs, stores deliveries and sends them, and is
//! killed at a random moment, again and again on the same database. Whatever it said was stored
//! must arrive at least once, with one and the same content, and not again after its 2xx was
//! written down. `SEED=n` repeats a run.

// A test may panic; the lint's exemption does not reach the helpers of an integration test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use axum::{Router, extract::State, http::StatusCode};
use pivot::{
    base::{CallEvent, CallFacts, DeliveryId, EndFacts, HangupCause, Happening, Sink, Timestamp},
    cdr::{CdrFold, Keeper},
    config::{self, BodyFormat},
    http::{Body, Door},
    outbox::{Outbox, Parcel},
    store::{Filter, Store},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinSet;

const DATABASE: &str = "PIVOT_DURABILITY_DATABASE";
const RECEIVER: &str = "PIVOT_DURABILITY_RECEIVER";
const ROUNDS: usize = 8;
/// How long nothing may arrive before the worker is taken to have stopped sending. Attempts take
/// five seconds at most, and pauses one.
const STANDSTILL: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_loses_nothing() {
    // The child is this very test, started again with the variables set.
    match (std::env::var_os(DATABASE), std::env::var(RECEIVER)) {
        (Some(database), Ok(url)) => child(PathBuf::from(database), &url).await,
        _ => parent().await,
    }
}

// ── the child ────────────────────────────────────────────────────────────────────────────────

async fn child(database: PathBuf, url: &str) {
    let (outbox, keeper) = open(&database).await;
    keeper.recover().await.unwrap();
    tokio::spawn(outbox.worker(door()).run(std::future::pending()));
    let mut all = JoinSet::new();
    for _ in 0..4 {
        all.spawn(calls(outbox.clone(), keeper.clone(), url.to_owned()));
    }
    // They go on until the kill, unless something is wrong.
    all.join_next().await.unwrap().unwrap();
}

/// Calls without end: one opened, the one before it ended, and something else to deliver.
async fn calls(outbox: Outbox, keeper: Keeper, url: String) -> Infallible {
    let mut before: Option<(DeliveryId, CdrFold)> = None;
    loop {
        let mut fold = CdrFold::new();
        fold.tell(&event(Happening::Created(Arc::default())));
        let opened = DeliveryId::fresh();
        keeper.promised(&opened, fold.record().unwrap(), &url).await.unwrap();
        say(&opened);
        if let Some((opened, mut fold)) = before.replace((opened, fold)) {
            fold.tell(&event(Happening::Ended(Arc::new(ending()))));
            keeper.ended(&opened, fold.record().unwrap(), &url).await.unwrap();
        }
        let id = DeliveryId::fresh();
        let body = Body { content_type: "text/plain".into(), bytes: id.to_string().into() };
        let (call_id, account_id) = (String::new(), String::new());
        let parcel = Parcel {
            id: id.clone(),
            kind: "other",
            call_id,
            account_id,
            url: url.clone(),
            body: Some(body),
        };
        outbox.enqueue(parcel).await.unwrap();
        say(&id);
    }
}

/// From now on, this delivery must not be lost.
fn say(id: &DeliveryId) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "@{id}").and_then(|()| out.flush()).expect("the parent has not gone");
}

fn event(what: Happening) -> CallEvent {
    CallEvent { at: Timestamp::now(), what }
}

fn ending() -> EndFacts {
    let created = CallFacts::default().created;
    EndFacts {
        cause: HangupCause::NORMAL_CLEARING,
        by: pivot::base::WhoHungUp::Caller,
        hangup_code: String::new(),
        total: Duration::from_secs(1),
        billable: Duration::ZERO,
        ringing: Duration::ZERO,
        answered: None,
        ended: created,
        confirmed: true,
        caller_id: Default::default(),
        callee_id: Default::default(),
        other_leg: String::new(),
        disposition: String::new(),
        raw: BTreeMap::new(),
    }
}

// ── the parent ───────────────────────────────────────────────────────────────────────────────

/// What the receiver got: id to bodies, one per attempt.
type Received = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

async fn parent() {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random);
    eprintln!("seed={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pivot.sqlite");
    let received = Received::default();
    let url = receiver(Arc::clone(&received)).await;

    let mut owed = BTreeSet::new();
    let mut confirmed: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let kill_after = random.random_range(1..120);
        let (database_, url_) = (database.clone(), url.clone());
        let said = tokio::task::spawn_blocking(move || run_child(&database_, &url_, kill_after));
        owed.extend(said.await.unwrap());
        check_not_repeated(&confirmed, &received, seed);
        confirmed = confirmed_in(&database, &received).await;
    }
    assert!(owed.len() > ROUNDS, "the children did something");

    let (outbox, keeper) = open(&database).await;
    keeper.recover().await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(outbox.worker(door()).run(async { _ = stopped.await }));
    all_sent(outbox.store(), seed).await;
    stop.send(()).unwrap();
    worker.await.unwrap();

    check_not_repeated(&confirmed, &received, seed);
    assert_eq!(outbox.store().counts().await.unwrap().dead, 0, "seed={seed}");
    assert!(outbox.store().drafts().await.unwrap().is_empty(), "seed={seed}");
    let received = received.lock().unwrap();
    for id in &owed {
        let bodies = received.get(id).unwrap_or_else(|| panic!("{id} was lost; seed={seed}"));
        // A call has one end: what a repeat says is what was said before.
        assert!(bodies.iter().all(|body| body == &bodies[0]), "{id}: {bodies:?}; seed={seed}");
    }
    let cut_off = received.values().filter(|b| b[0].contains("Hangup-Cause=UNKNOWN")).count();
    let ended = received.values().filter(|b| b[0].contains("Hangup-Cause=NORMAL_CLEARING")).count();
    assert!(cut_off > 0 && ended > 0, "{cut_off} cut off, {ended} ended; seed={seed}");
}

/// Waits until nothing is due any more, however long a slow disk takes: only a standstill fails.
async fn all_sent(store: &Store, seed: u64) {
    let mut left = u64::MAX;
    while left > 0 {
        let fewer = async {
            loop {
                match store.counts().await.unwrap().due {
                    due if due < left => break due,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        left = tokio::time::timeout(STANDSTILL, fewer)
            .await
            .unwrap_or_else(|_| panic!("{left} are never sent; seed={seed}"));
    }
}

/// Starts a child, lets it say so many ids, kills it, and returns all that it said.
fn run_child(database: &Path, url: &str, kill_after: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill_nine_loses_nothing", "--exact", "--nocapture"])
        .env(DATABASE, database)
        .env(RECEIVER, url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    for line in lines {
        let line = line.unwrap();
        // What is not ours comes from the test harness, which may not end its line.
        said.extend(line.split_once('@').map(|(_, id)| id.to_owned()));
        if said.len() == kill_after {
            // SIGKILL. What it said before that is still in the pipe.
            child.kill().unwrap();
        }
    }
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(9), "the child went on until the kill: {ended}");
    // The last line may be cut off.
    said.retain(|id| id.len() == DeliveryId::fresh().as_str().len());
    said
}

/// Deliveries whose 2xx is written down, with how often they had arrived by then.
async fn confirmed_in(database: &Path, received: &Received) -> BTreeMap<String, usize> {
    let (outbox, _) = open(database).await;
    let state = Some(pivot::store::State::Delivered);
    let mut confirmed = BTreeMap::new();
    let mut before = None;
    loop {
        let page = Filter { state, before, limit: 500, ..Filter::default() };
        let rows = outbox.store().deliveries(page).await.unwrap();
        let Some(last) = rows.last() else { break };
        before = Some(last.id.clone());
        for row in rows {
            let times = received.lock().unwrap().get(row.id.as_str()).map_or(0, Vec::len);
            confirmed.insert(row.id.to_string(), times);
        }
    }
    outbox.store().close().await;
    confirmed
}

fn check_not_repeated(confirmed: &BTreeMap<String, usize>, received: &Received, seed: u64) {
    let received = received.lock().unwrap();
    for (id, times) in confirmed {
        assert!(*times > 0, "{id} is confirmed but never came; seed={seed}");
        assert_eq!(received[id].len(), *times, "{id} came again after its 2xx; seed={seed}");
    }
}

/// A receiver that refuses every fifth attempt.
async fn receiver(received: Received) -> String {
    async fn take(
        State((received, count)): State<(Received, Arc<Mutex<usize>>)>,
        headers: axum::http::HeaderMap,
        body: String,
    ) -> StatusCode {
        let id = headers["x-pivot-delivery"].to_str().unwrap().to_owned();
        received.lock().unwrap().entry(id).or_default().push(body);
        let mut count = count.lock().unwrap();
        *count += 1;
        if count.is_multiple_of(5) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(take).with_state((received, Arc::default()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/")
}

// ── both ─────────────────────────────────────────────────────────────────────────────────────

async fn open(database: &Path) -> (Outbox, Keeper) {
    let store = Store::open(&config::Store { path: database.to_owned() }).await.unwrap();
    let outbox = config::Outbox {
        retry_first_ms: 100,
        retry_longest_s: 1,
        give_up_after_h: 24,
        timeout_ms: 5000,
        keep_delivered_h: 24,
    };
    let outbox = Outbox::new(store, &outbox);
    let cdr = config::Cdr { url: String::new(), format: BodyFormat::Form };
    (outbox.clone(), Keeper::new(outbox, &cdr))
}

fn door() -> Door {
    Door::new(&config::Http {
        connect_timeout_ms: 2000,
        allow_cidrs: vec!["127.0.0.0/8".parse().unwrap()],
        allow_hosts: Vec::new(),
        block_cidrs: Vec::new(),
        block_hosts: Vec::new(),
        region: String::new(),
        switch_regions: Default::default(),
        egress: Default::default(),
    })
    .unwrap()
}
