//! Looking headers up in the largest event of a call, `CHANNEL_HANGUP_COMPLETE`.

use divan::{Bencher, black_box};
use freeswitch_esl_tokio::parse_channel_dump;
use pivot_bench::recordings::{event, last_event};

/// Names and what is special about them; the last one stands at the end of the event.
const NAMES: [&str; 5] = [FIRST, LAST, MISSING, VARIABLE, ENCODED];

const FIRST: &str = "first: Event-Name";
const LAST: &str = "last: variable_rtp_audio_rtcp_octet_count";
const MISSING: &str = "missing: variable_no_such_thing";
const VARIABLE: &str = "variable: variable_billusec";
const ENCODED: &str = "encoded: variable_sip_contact_uri";

fn main() {
    divan::main();
}

#[divan::bench(args = NAMES)]
fn pivot(bencher: Bencher, name: &str) {
    let event = event(&last_event());
    assert_eq!(event.get(header(name)).is_some(), name != MISSING);
    let name = header(name);
    bencher.bench_local(|| black_box(&event).get(black_box(name)).map(|value| value.len()));
}

/// The peer has hashed all names, and decoded all values, when it made the event.
#[divan::bench(args = NAMES)]
fn peer_freeswitch_esl_tokio(bencher: Bencher, name: &str) {
    let event = parse_channel_dump(&last_event()).expect("the event can be read");
    assert_eq!(event.header_str(header(name)).is_some(), name != MISSING);
    let name = header(name);
    bencher.bench_local(|| black_box(&event).header_str(black_box(name)).map(str::len));
}

fn header(label: &str) -> &str {
    label.split_once(": ").map_or(label, |(_, name)| name)
}
