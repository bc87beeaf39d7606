//! Deliveries that go to a running worker without a detour over the table.

use super::*;
use crate::base::limits;
use tokio::{task::JoinHandle, time::timeout};

/// Longer than anything here takes, and shorter than the worker's own look into the table.
const SOON: Duration = Duration::from_secs(5);

/// A worker at work.
struct AtWork {
    outbox: Outbox,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl AtWork {
    async fn new() -> Self {
        let settings = config::Outbox { retry_first_ms: 50, ..config() };
        let outbox = Outbox::new(Store::in_memory().await.unwrap(), &settings);
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = outbox.worker(door(&["127.0.0.0/8"]));
        let running = tokio::spawn(worker.run(async { _ = stopped.await }));
        while !outbox.hand().is_open() {
            tokio::task::yield_now().await;
        }
        Self { outbox, stop, running }
    }

    async fn row(&self, name: &str) -> Delivery {
        self.outbox.store().delivery(&DeliveryId::new(name)).await.unwrap().unwrap()
    }

    async fn delivered(&self, how_many: u64) {
        let all = async {
            while self.outbox.store().counts().await.unwrap().delivered < how_many {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, all).await.unwrap();
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.running.await.unwrap();
    }
}

/// A receiver that tells of each request, and answers when it is released.
async fn hesitant() -> (SocketAddr, mpsc::UnboundedReceiver<()>, watch::Sender<bool>) {
    let (began, begun) = mpsc::unbounded_channel();
    let (release, released) = watch::channel(false);
    let address = receiver(move |_, _| {
        began.send(()).unwrap();
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            StatusCode::OK
        }
    })
    .await;
    (address, begun, release)
}

#[tokio::test]
async fn what_is_handed_over_was_stored_as_claimed() {
    let at_work = AtWork::new().await;
    let (address, mut begun, release) = hesitant().await;
    at_work.outbox.enqueue(parcel("one", format!("http://{address}/"))).await.unwrap();
    // Stored before it was sent; nobody else would get it.
    assert!(at_work.row("one").await.claimed_until.is_some());
    timeout(SOON, begun.recv()).await.unwrap().unwrap();
    release.send(true).unwrap();
    at_work.delivered(1).await;
    assert_eq!((at_work.row("one").await.attempts, begun.try_recv().is_err()), (1, true));
    // The same parcel again is the same parcel.
    at_work.outbox.enqueue(parcel("one", format!("http://{address}/"))).await.unwrap();
    at_work.outbox.enqueue(parcel("two", format!("http://{address}/"))).await.unwrap();
    at_work.delivered(2).await;
    assert_eq!(at_work.row("one").await.attempts, 1);
    at_work.end().await;
}

#[tokio::test]
async fn what_finds_no_room_waits_in_the_table() {
    const ALL: usize = 3 * limits::DELIVERIES_PER_DESTINATION;
    let at_work = AtWork::new().await;
    let (address, mut begun, release) = hesitant().await;
    for n in 0..ALL {
        let url = format!("http://{address}/");
        at_work.outbox.enqueue(parcel(&format!("a{n:02}"), url)).await.unwrap();
    }
    for _ in 0..limits::DELIVERIES_PER_DESTINATION {
        timeout(SOON, begun.recv()).await.unwrap().unwrap();
    }
    // The rest has been given back, and nothing of it was begun.
    let last = format!("a{:02}", ALL - 1);
    let given_back = async {
        while at_work.row(&last).await.claimed_until.is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, given_back).await.unwrap();
    assert!(begun.try_recv().is_err());
    release.send(true).unwrap();
    at_work.delivered(ALL as u64).await;
    at_work.end().await;
}

#[tokio::test]
async fn a_failure_is_repeated_at_its_time_without_being_looked_for() {
    let at_work = AtWork::new().await;
    let status = Arc::new(Mutex::new(503));
    let (address, seen) = counting(Arc::clone(&status)).await;
    at_work.outbox.enqueue(parcel("one", format!("http://{address}/"))).await.unwrap();
    let failed = async {
        while at_work.row("one").await.attempts == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, failed).await.unwrap();
    *status.lock().unwrap() = 200;
    at_work.delivered(1).await;
    assert!(seen.lock().unwrap().len() >= 2);
    at_work.end().await;
}

#[tokio::test]
async fn what_a_vanished_caller_may_have_stored_is_looked_for() {
    let at_work = AtWork::new().await;
    let (address, _seen) = counting(Arc::new(Mutex::new(200))).await;
    // Whoever enqueues goes away while the row is being written.
    let mut enqueueing =
        Box::pin(at_work.outbox.enqueue(parcel("one", format!("http://{address}/"))));
    let first = std::future::poll_fn(|context| {
        std::task::Poll::Ready(enqueueing.as_mut().poll(context).is_pending())
    });
    assert!(first.await, "the row is not on disk yet");
    drop(enqueueing);
    at_work.delivered(1).await;
    at_work.end().await;
}
