//! Cutting the byte stream into frames.

use super::{EslError, Frame, Headers};
use crate::base::limits;
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use tokio_util::codec::Decoder;

/// FreeSWITCH's framing: a header block, an empty line, and `Content-Length` bytes if announced.
#[derive(Debug, Default)]
pub struct FrameCodec {
    /// Bytes already searched for the end of the header block.
    searched: usize,
    /// A header block whose body has not wholly arrived.
    waiting: Option<(Headers, usize)>,
}

impl Decoder for FrameCodec {
    type Item = Frame;
    type Error = EslError;

    fn decode(&mut self, source: &mut BytesMut) -> Result<Option<Frame>, EslError> {
        if self.waiting.is_none() {
            let Some(block) = self.header_block(source)? else { return Ok(None) };
            let headers = Headers::new(block);
            let length = content_length(&headers)?;
            self.waiting = Some((headers, length));
        }
        let Some((headers, length)) = self.waiting.take() else { return Ok(None) };
        if source.len() < length {
            source.reserve(length - source.len());
            self.waiting = Some((headers, length));
            return Ok(None);
        }
        let body = source.split_to(length).freeze();
        Ok(Some(Frame { headers, body }))
    }

    fn decode_eof(&mut self, source: &mut BytesMut) -> Result<Option<Frame>, EslError> {
        match self.decode(source)? {
            Some(frame) => Ok(Some(frame)),
            None if source.is_empty() && self.waiting.is_none() => Ok(None),
            None => Err(EslError::Truncated(source.len())),
        }
    }
}

impl FrameCodec {
    /// The next header block without its empty line, once it is all there.
    fn header_block(&mut self, source: &mut BytesMut) -> Result<Option<Bytes>, EslError> {
        // Line ends between messages carry nothing.
        if self.searched == 0 {
            let blank = source.iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
            source.advance(blank);
        }
        // One byte back: the empty line may be split between two reads.
        let from = self.searched.saturating_sub(1);
        match memmem::find(&source[from..], b"\n\n") {
            Some(at) => {
                self.searched = 0;
                let block = source.split_to(from + at + 1).freeze();
                source.advance(1);
                if block.len() > limits::ESL_MESSAGE_BYTES {
                    return Err(too_large(block.len()));
                }
                Ok(Some(block))
            }
            None if source.len() > limits::ESL_MESSAGE_BYTES => Err(too_large(source.len())),
            None => {
                self.searched = source.len();
                Ok(None)
            }
        }
    }
}

fn content_length(headers: &Headers) -> Result<usize, EslError> {
    let Some(text) = headers.verbatim("Content-Length") else { return Ok(0) };
    let length = text.trim().parse().map_err(|_| EslError::BadLength(text.into_owned()))?;
    if length > limits::ESL_MESSAGE_BYTES { Err(too_large(length)) } else { Ok(length) }
}

fn too_large(bytes: usize) -> EslError {
    EslError::TooLarge { bytes, limit: limits::ESL_MESSAGE_BYTES }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(chunks: &[&[u8]]) -> Result<Vec<Frame>, EslError> {
        let (mut codec, mut buffer, mut frames) =
            (FrameCodec::default(), BytesMut::new(), Vec::new());
        for chunk in chunks {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = codec.decode(&mut buffer)? {
                frames.push(frame);
            }
        }
        while let Some(frame) = codec.decode_eof(&mut buffer)? {
            frames.push(frame);
        }
        Ok(frames)
    }

    #[test]
    fn two_messages_in_one_read_and_one_message_in_two() {
        let frames = decode_all(&[b"A: 1\n\nContent-Length: 2\n\nhi", b"\nB: 2\n", b"\n"]).unwrap();
        assert_eq!(frames.len(), 3);
        assert_eq!(&frames[1].body[..], b"hi");
        assert_eq!(frames[2].headers.get("B").unwrap(), "2");
    }

    #[test]
    fn oversized_and_malformed_messages_are_named_errors() {
        let huge = format!("Content-Length: {}\n\n", limits::ESL_MESSAGE_BYTES + 1);
        assert!(matches!(decode_all(&[huge.as_bytes()]), Err(EslError::TooLarge { .. })));
        assert!(matches!(decode_all(&[b"Content-Length: x\n\n"]), Err(EslError::BadLength(_))));
        let endless = vec![b'a'; limits::ESL_MESSAGE_BYTES + 1];
        assert!(matches!(decode_all(&[&endless]), Err(EslError::TooLarge { .. })));
        assert!(matches!(decode_all(&[b"A: 1\n"]), Err(EslError::Truncated(5))));
    }
}
