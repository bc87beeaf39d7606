//! A block of `Name: value` lines, kept as the bytes that came and an index into them.

use super::{EslError, percent};
use crate::base::limits;
use bytes::Bytes;
use nom::{
    IResult, Parser,
    bytes::complete::{tag, take_till, take_while},
    combinator::{opt, rest},
};
use std::borrow::Cow;

/// Header lines: the buffer they came in, and where each name and value begins and ends. Values are
/// decoded when they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    buffer: Bytes,
    lines: Vec<Line>,
}

/// Offsets into the buffer; a block is never larger than 4 GB.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: (u32, u32),
    value: (u32, u32),
}

impl Headers {
    /// Indexes a header block. A line that is no header is skipped, as FreeSWITCH's own clients do:
    /// a bad header costs that header, not the message.
    pub fn parse(buffer: Bytes) -> Result<Self, EslError> {
        let mut lines = Vec::with_capacity(buffer.len() / 40);
        let mut start = 0;
        while start < buffer.len() {
            let end = memchr::memchr(b'\n', &buffer[start..]).map_or(buffer.len(), |n| start + n);
            if let Ok((_, (name, value))) = header(&buffer[start..end]) {
                if lines.len() == limits::ESL_HEADERS {
                    return Err(EslError::TooManyHeaders(limits::ESL_HEADERS));
                }
                let value_at = end - value.len();
                lines.push(Line {
                    name: (offset(start), offset(start + name.len())),
                    value: (offset(value_at), offset(end - trailing_cr(value))),
                });
            }
            start = end + 1;
        }
        Ok(Self { buffer, lines })
    }

    /// The raw value of the first header of that name. Names are compared without regard to case.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.lines
            .iter()
            .find(|line| self.slice(line.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|line| self.slice(line.value))
    }

    /// The value of the first header of that name, percent-decoded; bytes that are not UTF-8 become
    /// replacement characters.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(decoded)
    }

    /// The value as it came, for headers that FreeSWITCH does not encode (all but those of events
    /// and of the `connect` reply).
    pub fn verbatim(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(String::from_utf8_lossy)
    }

    /// All headers in order, decoded.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.lines.iter().map(|line| {
            (String::from_utf8_lossy(self.slice(line.name)), decoded(self.slice(line.value)))
        })
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        &self.buffer[start as usize..end as usize]
    }
}

fn decoded(value: &[u8]) -> Cow<'_, str> {
    match percent::decode(value) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// One line: a name without a colon, a colon, blanks, and the value to the end of the line.
fn header(line: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let (line, name) = take_till(|b| b == b':').parse(line)?;
    let (line, _) = tag(&b":"[..]).parse(line)?;
    let (line, _) = opt(take_while(|b| b == b' ')).parse(line)?;
    let (line, value) = rest(line)?;
    Ok((line, (name, value)))
}

fn trailing_cr(value: &[u8]) -> usize {
    usize::from(value.last() == Some(&b'\r'))
}

/// Blocks are bounded by `limits::ESL_MESSAGE_BYTES`, far below 4 GB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

const _: () = assert!(limits::ESL_MESSAGE_BYTES < u32::MAX as usize);

#[cfg(test)]
mod tests {
    use super::Headers;
    use crate::base::limits;
    use bytes::Bytes;

    fn parse(text: &'static str) -> Headers {
        Headers::parse(Bytes::from_static(text.as_bytes())).unwrap()
    }

    #[test]
    fn values_are_found_by_name_and_decoded_on_demand() {
        let headers = parse("Event-Name: DTMF\nCaller-ID: gr%C3%BC\nempty:\r\nno colon here\n");
        assert_eq!(headers.get("event-name").unwrap(), "DTMF");
        assert_eq!(headers.get("Caller-ID").unwrap(), "grü");
        assert_eq!(headers.raw("Caller-ID").unwrap(), b"gr%C3%BC");
        assert_eq!(headers.get("empty").unwrap(), "");
        assert_eq!(headers.len(), 3);
        assert!(headers.get("no colon here").is_none());
    }

    #[test]
    fn the_first_of_repeated_headers_wins() {
        assert_eq!(parse("a: 1\na: 2\n").get("a").unwrap(), "1");
    }

    #[test]
    fn too_many_headers_are_an_error() {
        let text = "a: b\n".repeat(limits::ESL_HEADERS + 1);
        assert!(Headers::parse(Bytes::from(text)).is_err());
    }
}
