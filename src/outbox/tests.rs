//! The worker against real receivers on loopback, on a clock that the test turns.

use super::*;
use crate::{
    base::{
        DeliveryId, Timestamp,
        web::{FileUpload, UploadMethod},
    },
    config,
    http::{Body, Door},
    store::{Delivery, Resent, State, Store},
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};

mod by_hand;

const HOUR: u64 = 3600;
const MINUTE: Duration = Duration::from_secs(60);

fn config() -> config::Outbox {
    config::Outbox {
        retry_first_ms: 2000,
        retry_longest_s: HOUR,
        give_up_after_h: 72,
        timeout_ms: 10_000,
        keep_delivered_h: 24,
    }
}

fn door(allow: &[&str]) -> Door {
    Door::new(&config::Http {
        connect_timeout_ms: 2000,
        allow_cidrs: allow.iter().map(|net| net.parse().unwrap()).collect(),
        allow_hosts: Vec::new(),
        block_cidrs: Vec::new(),
        block_hosts: Vec::new(),
        region: String::new(),
        switch_regions: Default::default(),
        egress: Default::default(),
    })
    .unwrap()
}

/// An outbox in memory, its worker, and the hand on its clock.
struct Bench {
    outbox: Outbox,
    worker: Worker,
    now: Arc<AtomicU64>,
}

/// Where the turned clock begins, seconds.
const START: u64 = 1_000_000;

impl Bench {
    async fn new() -> Self {
        let now = Arc::new(AtomicU64::new(START * 1_000_000));
        let hand = Arc::clone(&now);
        let clock = Arc::new(move || Timestamp::from_micros(hand.load(Ordering::SeqCst)));
        let store = Store::in_memory().await.unwrap();
        let outbox = Outbox::with_clock(store, &config(), clock);
        let worker = outbox.worker(door(&["127.0.0.0/8"]));
        Self { outbox, worker, now }
    }

    async fn enqueue(&self, name: &str, url: impl Into<String>) {
        self.outbox.enqueue(parcel(name, url)).await.unwrap();
    }

    /// Sends what is due now and waits for the outcomes.
    async fn sweep(&mut self) {
        self.worker.start_what_is_due().await.unwrap();
        self.worker.finish().await;
    }

    /// Turns the clock to the next due moment; `false` if nothing is due any more.
    async fn turn(&self) -> bool {
        let next = self.outbox.store().next_due(self.outbox.now(), &[]).await.unwrap();
        if let Some(due) = next {
            self.now.fetch_max(due.micros(), Ordering::SeqCst);
        }
        next.is_some()
    }

    fn hours_passed(&self) -> u64 {
        (self.now.load(Ordering::SeqCst) / 1_000_000 - START) / HOUR
    }

    async fn row(&self, name: &str) -> Delivery {
        self.outbox.store().delivery(&DeliveryId::new(name)).await.unwrap().unwrap()
    }
}

fn parcel(name: &str, url: impl Into<String>) -> Parcel {
    Parcel {
        id: DeliveryId::new(name),
        kind: "cdr",
        call_id: "c".to_owned(),
        account_id: "a".to_owned(),
        url: url.into(),
        body: Some(Body { content_type: "application/json".into(), bytes: "{\"a\":1}".into() }),
    }
}

/// A receiver that answers as `serve` says.
async fn receiver<F, R>(
    serve: impl Fn(HeaderMap, String) -> F + Clone + Send + Sync + 'static,
) -> SocketAddr
where
    F: Future<Output = R> + Send + 'static,
    R: IntoResponse,
{
    let app = Router::new().fallback(move |request: Request| {
        let serve = serve.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            serve(head.headers, String::from_utf8(body.to_vec()).unwrap()).await
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A receiver that counts, and answers with the status that stands in `status`.
async fn counting(status: Arc<Mutex<u16>>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let address = receiver(move |headers, body| {
        let of =
            |name| headers.get(name).map_or("-", |v: &axum::http::HeaderValue| v.to_str().unwrap());
        let line = format!("{} {} {body}", of("x-pivot-delivery"), of("x-pivot-attempt"));
        keep.lock().unwrap().push(line);
        let status = StatusCode::from_u16(*status.lock().unwrap()).unwrap();
        async move { status }
    })
    .await;
    (address, seen)
}

#[tokio::test]
async fn what_was_confirmed_is_never_sent_again() {
    let mut bench = Bench::new().await;
    let (address, seen) = counting(Arc::new(Mutex::new(204))).await;
    bench.enqueue("one", format!("http://{address}/cdr")).await;
    bench.enqueue("one", format!("http://{address}/cdr")).await;
    bench.sweep().await;
    assert_eq!(*seen.lock().unwrap(), ["one 1 {\"a\":1}"]);
    let row = bench.row("one").await;
    assert_eq!((row.state, row.attempts, row.last_status), (State::Delivered, 1, Some(204)));
    assert_eq!(bench.outbox.resend(&row.id).await.unwrap(), Resent::Delivered);
    bench.now.fetch_add(10 * HOUR * 1_000_000, Ordering::SeqCst);
    bench.sweep().await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_stays_down_is_asked_for_three_days_and_the_delivery_can_be_resent() {
    let mut bench = Bench::new().await;
    let status = Arc::new(Mutex::new(500));
    let (address, seen) = counting(Arc::clone(&status)).await;
    bench.enqueue("one", format!("http://{address}/cdr")).await;
    while bench.turn().await {
        bench.sweep().await;
    }
    let row = bench.row("one").await;
    assert_eq!(row.state, State::Dead);
    assert_eq!(row.last_error.as_deref(), Some("the receiver answered 500"));
    assert_eq!(bench.hours_passed(), 72);
    // The first hour is for quick repeats; after that, one every half hour on average.
    let attempts = seen.lock().unwrap().len();
    assert!((72..1000).contains(&attempts), "{attempts}");
    let rows = bench.outbox.store().attempts(&row.id).await.unwrap();
    assert_eq!(rows.len(), attempts);
    assert_eq!(rows.last().unwrap().at, row.give_up);
    assert!(
        rows.iter()
            .skip(12)
            .zip(rows.iter().skip(13))
            .all(|(a, b)| { b.at.since(a.at) <= Duration::from_secs(HOUR) })
    );

    *status.lock().unwrap() = 200;
    assert_eq!(bench.outbox.resend(&row.id).await.unwrap(), Resent::Due);
    bench.sweep().await;
    assert_eq!(bench.row("one").await.state, State::Delivered);
    let last = seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(last, format!("one {} {{\"a\":1}}", attempts + 1));
}

#[tokio::test]
async fn a_receiver_that_is_back_after_a_day_gets_its_delivery() {
    let mut bench = Bench::new().await;
    let status = Arc::new(Mutex::new(503));
    let (address, _) = counting(Arc::clone(&status)).await;
    bench.enqueue("one", format!("http://{address}/cdr")).await;
    while bench.hours_passed() < 25 {
        assert!(bench.turn().await);
        bench.sweep().await;
    }
    assert_eq!(bench.row("one").await.state, State::Due);
    *status.lock().unwrap() = 200;
    bench.turn().await;
    bench.sweep().await;
    assert_eq!(bench.row("one").await.state, State::Delivered);
}

#[tokio::test]
async fn a_delivery_that_was_late_gets_at_least_one_attempt() {
    let mut bench = Bench::new().await;
    let (address, seen) = counting(Arc::new(Mutex::new(500))).await;
    bench.enqueue("one", format!("http://{address}/cdr")).await;
    // The server was down for a week.
    bench.now.fetch_add(7 * 24 * HOUR * 1_000_000, Ordering::SeqCst);
    bench.sweep().await;
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(bench.row("one").await.state, State::Dead);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let mut bench = Bench::new().await;
    let address = receiver(|_, _| async {
        (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "900")]).into_response()
    })
    .await;
    bench.enqueue("one", format!("http://{address}/")).await;
    bench.sweep().await;
    let row = bench.row("one").await;
    assert_eq!(row.due.since(bench.outbox.now()), Duration::from_secs(900));
}

#[tokio::test]
async fn a_redirect_that_would_leave_the_body_behind_is_no_confirmation() {
    let mut bench = Bench::new().await;
    let address = receiver(|headers: HeaderMap, body| async move {
        // A login page: anybody who comes without a body is welcome.
        if body.is_empty() {
            return StatusCode::OK.into_response();
        }
        assert!(headers.contains_key("x-pivot-delivery"));
        (StatusCode::FOUND, [("location", "/login")]).into_response()
    })
    .await;
    bench.enqueue("one", format!("http://{address}/")).await;
    bench.sweep().await;
    let row = bench.row("one").await;
    assert_eq!((row.state, row.last_status), (State::Due, Some(302)));
}

#[tokio::test]
async fn a_refused_address_waits_for_the_operator_and_an_impossible_one_does_not() {
    let mut bench = Bench::new().await;
    let (address, seen) = counting(Arc::new(Mutex::new(200))).await;
    bench.worker = bench.outbox.worker(door(&[]));
    bench.enqueue("inside", format!("http://{address}/")).await;
    bench.enqueue("nonsense", "gopher://h/").await;
    bench.sweep().await;
    let row = bench.row("inside").await;
    assert_eq!(row.state, State::Due);
    assert!(row.last_error.unwrap().contains("http.allow_cidrs"));
    assert_eq!(bench.row("nonsense").await.state, State::Dead);
    for _ in 0..5 {
        bench.turn().await;
        bench.sweep().await;
    }
    assert!(seen.lock().unwrap().is_empty());
    // The operator allows it and restarts.
    bench.worker = bench.outbox.worker(door(&["127.0.0.0/8"]));
    bench.turn().await;
    bench.sweep().await;
    assert_eq!(bench.row("inside").await.state, State::Delivered);
}

#[tokio::test]
async fn a_slow_receiver_does_not_hold_up_the_others() {
    let mut bench = Bench::new().await;
    let (arrivals, mut arrived) = mpsc::unbounded_channel();
    let slow = receiver(move |_, _| {
        arrivals.send(()).unwrap();
        std::future::pending::<Response>()
    })
    .await;
    let (good, _) = counting(Arc::new(Mutex::new(200))).await;
    for n in 0..100 {
        bench.enqueue(&format!("a{n:03}"), format!("http://{slow}/")).await;
    }
    bench.enqueue("b", format!("http://{good}/")).await;
    bench.worker.start_what_is_due().await.unwrap();
    for _ in 0..8 {
        arrived.recv().await.unwrap();
    }
    while bench.row("b").await.state != State::Delivered {
        tokio::task::yield_now().await;
    }
    bench.worker.start_what_is_due().await.unwrap();
    assert!(arrived.try_recv().is_err(), "more than eight at once");
}

#[tokio::test]
async fn what_ended_together_makes_room_together() {
    let mut bench = Bench::new().await;
    let (arrivals, mut arrived) = mpsc::unbounded_channel();
    let (release, released) = watch::channel(false);
    let address = receiver(move |_, _| {
        arrivals.send(()).unwrap();
        let mut released = released.clone();
        async move {
            released.wait_for(|&now| now).await.unwrap();
            StatusCode::OK
        }
    })
    .await;
    for n in 0..16 {
        bench.enqueue(&format!("a{n:02}"), format!("http://{address}/")).await;
    }
    bench.worker.start_what_is_due().await.unwrap();
    for _ in 0..8 {
        arrived.recv().await.unwrap();
    }
    release.send(true).unwrap();
    while bench.outbox.store().counts().await.unwrap().delivered < 8 {
        tokio::task::yield_now().await;
    }
    // One more turn through the store: by now the attempts know that they are written down.
    bench.outbox.store().counts().await.unwrap();
    // One claim, and so one flush to disk, for all eight: the disk does not set the pace.
    bench.worker.start_what_is_due().await.unwrap();
    bench.worker.finish().await;
    assert_eq!(bench.outbox.store().counts().await.unwrap().delivered, 16);
}

#[tokio::test]
async fn a_claim_that_nobody_gave_back_runs_out() {
    let mut bench = Bench::new().await;
    let (address, seen) = counting(Arc::new(Mutex::new(200))).await;
    bench.enqueue("one", format!("http://{address}/")).await;
    let now = bench.outbox.now();
    let claimed = bench.outbox.store().claim(now, now.plus(MINUTE), 1, &[]).await.unwrap();
    assert_eq!(claimed.len(), 1);
    bench.sweep().await;
    assert!(seen.lock().unwrap().is_empty(), "somebody else has it");
    // Nothing else is due that the worker would wake for.
    bench.now.fetch_add(60 * 1_000_000, Ordering::SeqCst);
    bench.sweep().await;
    assert_eq!(bench.row("one").await.state, State::Delivered);
}

#[tokio::test]
async fn a_running_worker_is_woken_and_finishes_what_it_began() {
    let outbox = Outbox::new(Store::in_memory().await.unwrap(), &config());
    let (began, mut begun) = mpsc::unbounded_channel();
    let (release, released) = oneshot::channel::<()>();
    let released = Arc::new(Mutex::new(Some(released)));
    let address = receiver(move |_, _| {
        began.send(()).unwrap();
        let released = released.lock().unwrap().take();
        async move {
            released.unwrap().await.unwrap();
            StatusCode::OK
        }
    })
    .await;
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = outbox.worker(door(&["127.0.0.0/8"]));
    let running = tokio::spawn(worker.run(async { _ = stopped.await }));
    // The worker sleeps by now: nothing was due.
    tokio::task::yield_now().await;
    outbox.enqueue(parcel("one", format!("http://{address}/"))).await.unwrap();
    // Well within the poll interval.
    tokio::time::timeout(Duration::from_secs(5), begun.recv()).await.unwrap().unwrap();
    stop.send(()).unwrap();
    release.send(()).unwrap();
    running.await.unwrap();
    let row = outbox.store().delivery(&DeliveryId::new("one")).await.unwrap().unwrap();
    assert_eq!(row.state, State::Delivered);
}

#[tokio::test]
async fn a_fragment_bounds_one_attempt_and_leaves_the_schedule_alone() {
    let mut bench = Bench::new().await;
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let silent = receiver(move |_, _| {
        *count.lock().unwrap() += 1;
        std::future::pending::<StatusCode>()
    })
    .await;
    bench.enqueue("total", format!("http://{silent}/#tt=150&rc=5&rp=all")).await;
    bench.enqueue("read", format!("http://{silent}/#rt=150&ct=9")).await;
    bench.sweep().await;
    let error = async |name| bench.row(name).await.last_error.unwrap();
    let total = format!("no complete answer from {silent} within 150 ms");
    let read = format!("{silent} did not begin to answer within 150 ms");
    assert_eq!((error("total").await, error("read").await), (total, read));
    // One attempt each, whatever `rc` says.
    assert_eq!(*asked.lock().unwrap(), 2);
}

#[tokio::test]
async fn a_file_is_read_when_it_is_sent_and_waited_for_while_it_is_not_there() {
    let mut bench = Bench::new().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let address = receiver(move |headers: HeaderMap, body| {
        let of = |name| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let line = format!("{} {} {body}", of("x-pivot-delivery"), of("content-type"));
        keep.lock().unwrap().push(line);
        async { StatusCode::CREATED }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let file = FileUpload { method: UploadMethod::Put, path: path.clone() };
    let about =
        Parcel { kind: "recording", body: None, ..parcel("one", format!("http://{address}/")) };
    bench.outbox.enqueue_file(about, file, "audio/wav").await.unwrap();
    bench.sweep().await;
    let row = bench.row("one").await;
    assert_eq!((row.state, row.kind.as_str(), row.attempts), (State::Due, "recording", 1));
    let reason = row.last_error.unwrap();
    assert!(reason.contains("a.wav cannot be read here"), "{reason}");
    std::fs::write(&path, "RIFF").unwrap();
    bench.turn().await;
    bench.sweep().await;
    assert_eq!(bench.row("one").await.state, State::Delivered);
    assert_eq!(*seen.lock().unwrap(), ["one audio/wav RIFF"]);
}
