//! Reading documents as customers' web servers answer them: bytes in, a checked document out.

use divan::{Bencher, black_box, counter::BytesCount};
use pivot::{
    piston::Flow,
    xml::{Dialect, Document},
};
use pivot_bench::recordings::fixture;
use quick_xml::{Reader, events::Event};

const PISTON: [&str; 3] = ["answer-and-hangup", "menu", "variables"];

const TWIML: [&str; 3] = ["hello", "gather-menu", "dial-attributes"];

const PLIVO: [&str; 3] = ["speak-play", "get-digits", "dial"];

fn main() {
    divan::main();
}

#[divan::bench(args = PISTON)]
fn piston(bencher: Bencher, name: &str) {
    let document = fixture(format!("documents/piston/{name}.json"));
    assert!(Flow::parse(&document).value.is_some());
    read(bencher, &document, Flow::parse);
}

/// JSON without places, checks and meaning.
#[divan::bench(args = PISTON)]
fn piston_peer_serde_json_value(bencher: Bencher, name: &str) {
    let document = fixture(format!("documents/piston/{name}.json"));
    read(bencher, &document, |document| serde_json::from_slice::<serde_json::Value>(document));
}

#[divan::bench(args = TWIML)]
fn twiml(bencher: Bencher, name: &str) {
    xml(bencher, &format!("documents/twiml/{name}.xml"), Dialect::Twiml);
}

#[divan::bench(args = TWIML)]
fn twiml_limit_quick_xml(bencher: Bencher, name: &str) {
    read(bencher, &fixture(format!("documents/twiml/{name}.xml")), one_pass);
}

#[divan::bench(args = PLIVO)]
fn plivo(bencher: Bencher, name: &str) {
    xml(bencher, &format!("documents/plivo/{name}.xml"), Dialect::Plivo);
}

#[divan::bench(args = PLIVO)]
fn plivo_limit_quick_xml(bencher: Bencher, name: &str) {
    read(bencher, &fixture(format!("documents/plivo/{name}.xml")), one_pass);
}

fn xml(bencher: Bencher, path: &str, dialect: Dialect) {
    let document = fixture(path);
    assert!(Document::parse(&document, dialect).document.is_some());
    read(bencher, &document, |document| Document::parse(document, dialect));
}

/// Finds every tag and text, and keeps nothing.
fn one_pass(document: &[u8]) -> usize {
    let mut reader = Reader::from_reader(document);
    let mut parts = 0;
    while let Ok(event) = reader.read_event() {
        if matches!(event, Event::Eof) {
            break;
        }
        parts += 1;
    }
    parts
}

fn read<T>(bencher: Bencher, document: &[u8], read: impl Fn(&[u8]) -> T) {
    bencher.counter(BytesCount::new(document.len())).bench_local(|| read(black_box(document)));
}
