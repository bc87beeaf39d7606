//! Decoding the plain events of four recorded calls: frames, headers, six of them found by name.

use bytes::BytesMut;
use divan::{Bencher, black_box, counter::BytesCount};
use freeswitch_esl_tokio::parse_channel_dump;
use pivot::esl::{FrameCodec, Message};
use pivot_bench::recordings::{Events, SIX_HEADERS};
use tokio_util::codec::Decoder;

/// What one read from a busy socket gives, bytes.
const READ: usize = 8 * 1024;

fn main() {
    divan::main();
}

/// Values are decoded when they are asked for: six in every event.
#[divan::bench]
fn pivot_six_headers(bencher: Bencher) {
    decode_with(bencher, |stream| decode(stream, &mut FrameCodec::default(), six_headers));
}

/// The same, fed as a socket does: with a copy, and messages in parts.
#[divan::bench]
fn pivot_six_headers_in_reads(bencher: Bencher) {
    decode_with(bencher, |stream| {
        let (mut codec, mut heard) = (FrameCodec::default(), BytesMut::with_capacity(READ));
        let mut found = 0;
        for read in stream.chunks(READ) {
            heard.extend_from_slice(read);
            found += decode(&mut heard, &mut codec, six_headers);
        }
        found
    });
}

/// Every value is decoded, as peers do whether or not anybody asks.
#[divan::bench]
fn pivot_every_header(bencher: Bencher) {
    decode_with(bencher, |stream| {
        decode(stream, &mut FrameCodec::default(), |event| {
            event.iter().map(|(name, value)| name.len() + value.len()).sum()
        })
    });
}

/// The peer's parser is reachable for one event in text; finding the frames is given to it for free.
#[divan::bench]
fn peer_freeswitch_esl_tokio(bencher: Bencher) {
    let events = Events::load();
    bencher.counter(BytesCount::new(events.plain.len())).bench_local(|| {
        let mut found = 0;
        for body in black_box(&events.bodies) {
            if let Ok(event) = parse_channel_dump(body) {
                let six = SIX_HEADERS.iter();
                found += six.filter(|name| black_box(event.header_str(name)).is_some()).count();
            }
        }
        found
    });
}

/// The limit: every line end is found, and nothing else is.
#[divan::bench]
fn limit_memchr_newlines(bencher: Bencher) {
    let stream = Events::load().plain;
    bencher
        .counter(BytesCount::new(stream.len()))
        .bench_local(|| memchr::memchr_iter(b'\n', black_box(&stream)).fold(0, |all, at| all ^ at));
}

/// The limit of whoever copies once.
#[divan::bench]
fn limit_memcpy(bencher: Bencher) {
    let stream = Events::load().plain;
    let mut copy = vec![0_u8; stream.len()];
    bencher.counter(BytesCount::new(stream.len())).bench_local(|| {
        copy.copy_from_slice(black_box(&stream));
        black_box(&mut copy);
    });
}

/// Measures without the time in which the bytes are put in place.
fn decode_with(bencher: Bencher, decode: impl Fn(&mut BytesMut) -> usize) {
    let stream = Events::load().plain;
    bencher
        .counter(BytesCount::new(stream.len()))
        .with_inputs(|| BytesMut::from(&stream[..]))
        .bench_local_refs(|stream| decode(stream));
}

/// Decodes what is there, and adds up what `read` finds in the events.
fn decode(
    stream: &mut BytesMut,
    codec: &mut FrameCodec,
    read: impl Fn(&pivot::esl::Event) -> usize,
) -> usize {
    let mut found = 0;
    while let Ok(Some(frame)) = codec.decode(stream) {
        if let Ok(Message::Event(event)) = Message::read(frame) {
            found += read(&event);
        }
    }
    found
}

fn six_headers(event: &pivot::esl::Event) -> usize {
    SIX_HEADERS.iter().filter(|name| black_box(event.get(name)).is_some()).count()
}
