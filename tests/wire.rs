//! Every recording of a real conversation decodes exactly, however the stream is cut.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use bytes::BytesMut;
use pivot::esl::{Event, Frame, FrameCodec, Message};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio_util::codec::Decoder;

/// The bytes that the switch wrote in one recording.
fn switch_stream(path: &Path) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let chunks = lines.filter(|line| line["from"] == "switch");
    chunks.flat_map(|line| line["data"].as_str().unwrap().as_bytes().to_vec()).collect()
}

fn recordings() -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir("fixtures/esl")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 45, "a recording is missing");
    files
}

fn decode(chunks: &[&[u8]]) -> Vec<Frame> {
    let (mut codec, mut buffer, mut frames) = (FrameCodec::default(), BytesMut::new(), vec![]);
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Some(frame) = codec.decode(&mut buffer).unwrap() {
            frames.push(frame);
        }
    }
    while let Some(frame) = codec.decode_eof(&mut buffer).unwrap() {
        frames.push(frame);
    }
    frames
}

/// The messages of a stream, cut by hand: a header block, an empty line, the announced bytes.
fn messages(stream: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut messages) = (stream, vec![]);
    while !rest.is_empty() {
        let block = rest.windows(2).position(|two| two == b"\n\n").unwrap() + 2;
        let text = std::str::from_utf8(&rest[..block]).unwrap();
        let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let (message, left) = rest.split_at(block + length.map_or(0, |n| n.parse().unwrap()));
        messages.push(message);
        rest = left;
    }
    messages
}

/// Headers (values as they came) and body, comparable.
fn contents(frame: &Frame) -> (Vec<(String, String)>, Vec<u8>) {
    let headers = frame.headers.iter().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    (headers, frame.body.to_vec())
}

#[test]
fn every_recording_decodes_exactly() {
    for path in recordings() {
        let stream = switch_stream(&path);
        let (frames, messages) = (decode(&[&stream]), messages(&stream));
        assert_eq!(frames.len(), messages.len(), "{}", path.display());
        for (frame, message) in frames.iter().zip(messages) {
            let text = std::str::from_utf8(message).unwrap();
            let (block, body) = text.split_once("\n\n").unwrap();
            assert_eq!(frame.body, body.as_bytes(), "{}", path.display());
            assert_eq!(frame.headers.len(), block.lines().count(), "{}", path.display());
            for line in block.lines() {
                let (name, value) = line.split_once(':').unwrap();
                let first = block.lines().find(|l| l.starts_with(&format!("{name}:"))).unwrap();
                if first == line {
                    let value = value.strip_prefix(' ').unwrap_or(value);
                    assert_eq!(frame.headers.raw(name).unwrap(), value.as_bytes());
                }
            }
        }
    }
}

#[test]
fn every_event_and_reply_of_every_recording_is_understood() {
    for path in recordings() {
        for frame in decode(&[&switch_stream(&path)]) {
            let outer = contents(&frame).0;
            match Message::read(frame).unwrap() {
                Message::Event(event) => {
                    assert!(!event.name().is_empty());
                    assert!(event.get("Event-Sequence").is_some(), "{}", path.display());
                }
                Message::Reply(_) | Message::Notice(_) => {}
                // Only the recording made for it has events in XML, and one asks for log lines.
                Message::Other => {
                    assert!(
                        outer.iter().any(|(n, v)| n == "Content-Type"
                            && (v == "text/event-xml" || v == "log/data")),
                        "{}: {outer:?}",
                        path.display()
                    )
                }
            }
        }
    }
}

/// Half of the recordings, so that two cores share the work.
fn survives_every_cut(paths: impl Iterator<Item = PathBuf>) {
    for path in paths {
        let stream = switch_stream(&path);
        for message in messages(&stream) {
            let whole = &decode(&[message])[0];
            for cut in 1..message.len() {
                let (first, second) = message.split_at(cut);
                let frames = decode(&[first, second]);
                assert_eq!(frames.len(), 1, "{} cut at {cut}", path.display());
                assert_eq!(frames[0].body, whole.body, "{} cut at {cut}", path.display());
                assert_eq!(frames[0].headers.len(), whole.headers.len());
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        let (one, all) = (decode(&bytes), decode(&[&stream]));
        assert!(one.iter().map(contents).eq(all.iter().map(contents)), "{}", path.display());
    }
}

#[test]
fn the_first_half_survives_every_cut() {
    survives_every_cut(recordings().into_iter().step_by(2));
}

#[test]
fn the_second_half_survives_every_cut() {
    survives_every_cut(recordings().into_iter().skip(1).step_by(2));
}

#[test]
fn the_last_events_of_a_call_are_read_by_name() {
    let stream = switch_stream(Path::new("fixtures/esl/hangup-complete-full.jsonl"));
    let ends: Vec<Event> = decode(&[&stream])
        .into_iter()
        .filter_map(|frame| match Message::read(frame) {
            Ok(Message::Event(event)) => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(ends.len(), 2);
    for end in ends {
        assert_eq!(end.name(), "CHANNEL_HANGUP_COMPLETE");
        assert_eq!(end.get("Hangup-Cause").unwrap(), "NORMAL_CLEARING");
        assert!(end.variable("billusec").unwrap().parse::<u64>().unwrap() > 0);
    }
}
