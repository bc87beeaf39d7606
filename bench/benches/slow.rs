//! What a thousand customers whose servers take half a minute cost the others: nothing but memory.

use divan::Bencher;
use pivot::{
    base::settings::Settings,
    config,
    http::{Door, Request},
    sim::{Reply, Web},
};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long a slow customer's answer may take: longer than the bench.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    divan::main();
}

/// One request and its answer over a kept connection, beside so many that wait for theirs.
#[divan::bench(args = [0, 1_000], sample_count = 5_000)]
fn fetch_beside_slow_customers(bencher: Bencher, slow: usize) {
    let runtime = Runtime::new().expect("the system gives threads");
    let (door, quick, slow_web) = runtime.block_on(open(slow));
    let url = quick.url("/answer");
    bencher.bench_local(|| runtime.block_on(fetch(&door, &url)));
    drop(slow_web);
}

/// A door with the slow requests under way.
async fn open(slow: usize) -> (Door, Web, Web) {
    let allowed = "[http]\nallow_cidrs = [\"127.0.0.0/8\"]";
    let config = config::load_text("bench", allowed, []).expect("it is valid");
    let door = Door::new(&config.http).expect("TLS can be set up");
    let quick = Web::forgetful(|_| Reply::xml("<Response/>")).await.expect("a port is free");
    let never = Web::forgetful(|_| Reply::Silence).await.expect("a port is free");
    for number in 0..slow {
        let (door, url) = (door.clone(), never.url(&format!("/{number}")));
        tokio::spawn(async move { fetch(&door, &url).await });
        // A few at a time, or the listener's backlog is full.
        if number % 50 == 49 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    // All wait by now; what opening them set in motion is over.
    tokio::time::sleep(Duration::from_secs(1)).await;
    (door, quick, never)
}

async fn fetch(door: &Door, url: &str) -> bool {
    let Ok(request) = Request::get(url) else { return false };
    let request = request.settings(Settings::once(Duration::from_secs(5), PATIENCE));
    door.send(request).await.is_ok_and(|answer| answer.is_success())
}
