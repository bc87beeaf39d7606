//! Storing what must be delivered: until the call's record is on the disk.

use divan::{Bencher, counter::ItemsCount};
use pivot::{
    base::DeliveryId,
    config::{self, Config},
    http::Body,
    outbox::{Outbox, Parcel},
    store::Store,
};
use pivot_bench::recordings::fixture;
use std::{fs::File, io::Write, path::Path};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Records that are stored at the same time; those that arrive during a flush share the next one.
const AT_ONCE: [usize; 2] = [1, 64];

fn main() {
    divan::main();
}

#[divan::bench(args = AT_ONCE, sample_size = 1)]
fn durable(bencher: Bencher, at_once: usize) {
    let folder = folder();
    let config = config(&folder.path().join("outbox.sqlite"));
    enqueue(bencher, at_once, &config);
}

#[divan::bench(args = AT_ONCE)]
fn in_memory(bencher: Bencher, at_once: usize) {
    enqueue(bencher, at_once, &config(Path::new("")));
}

/// The limit: the same bytes to the end of a file, and onto the disk.
#[divan::bench(sample_size = 1)]
fn limit_write_and_sync(bencher: Bencher) {
    let folder = folder();
    let mut file = File::create(folder.path().join("records")).expect("a file can be made");
    let record = record();
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        file.write_all(&record).and_then(|()| file.sync_data()).expect("the disk takes it");
    });
}

fn enqueue(bencher: Bencher, at_once: usize, config: &Config) {
    let runtime = runtime();
    let store = runtime.block_on(Store::open(&config.store)).expect("the database opens");
    let outbox = Outbox::new(store.clone(), &config.outbox);
    let record = record();
    bencher
        .counter(ItemsCount::new(at_once))
        .with_inputs(|| vec_of(at_once, || parcel(&record)))
        .bench_local_values(|parcels| {
            let all = parcels.into_iter().map(|parcel| outbox.enqueue(parcel));
            let stored = runtime.block_on(futures_util::future::join_all(all));
            assert!(stored.iter().all(Result::is_ok));
        });
    runtime.block_on(store.close());
}

fn vec_of<T>(length: usize, make: impl FnMut() -> T) -> Vec<T> {
    std::iter::repeat_with(make).take(length).collect()
}

fn parcel(record: &[u8]) -> Parcel {
    Parcel {
        id: DeliveryId::fresh(),
        kind: "cdr",
        call_id: "7f3c1b52-90d4-4c7e-8a6b-2f4f6c1f0b1e".to_owned(),
        account_id: "acme".to_owned(),
        url: "https://billing.example.com/cdr".to_owned(),
        body: Some(Body { content_type: "application/json".into(), bytes: record.to_vec().into() }),
    }
}

fn record() -> Vec<u8> {
    fixture("cdr/menu.record.json")
}

fn config(database: &Path) -> Config {
    let text = format!("[store]\npath = {:?}", database.display().to_string());
    config::load_text("bench", &text, []).expect("the configuration is valid")
}

/// Beside the build, which is on a disk where `/tmp` may not be.
fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}
