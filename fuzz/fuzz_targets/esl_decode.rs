//! Whatever the switch sends, the decoder gives frames or a named error, and cutting the stream
//! elsewhere gives the same.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use pivot::esl::{FrameCodec, Message};
use tokio_util::codec::Decoder;

fn bodies(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut codec, mut buffer, mut bodies) = (FrameCodec::default(), BytesMut::new(), vec![]);
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Ok(Some(frame)) = codec.decode(&mut buffer) {
            bodies.push(frame.body.to_vec());
            let _ = Message::read(frame).map(|message| match message {
                Message::Event(event) => event.iter().count(),
                Message::Reply(reply) => reply.text().len(),
                _ => 0,
            });
        }
    }
    bodies
}

fuzz_target!(|data: &[u8]| {
    let (cut, stream) = data.split_first().unwrap_or((&0, &[]));
    let at = usize::from(*cut).min(stream.len());
    let whole = bodies(&[stream]);
    let halves = bodies(&[&stream[..at], &stream[at..]]);
    // An error ends the connection; what came before it is the same however it was cut.
    assert!(whole.starts_with(&halves) || halves.starts_with(&whole));
});
