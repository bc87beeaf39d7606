//! A block of `Name: value` lines: the bytes that came, in which names are looked up on demand.
//!
//! A call asks for a handful of an event's 180 headers, so nothing is taken apart beforehand: one
//! vectorised search for each question is faster. Whoever asks for many makes an index.

use super::percent;
use bytes::Bytes;
use memchr::{memchr, memchr_iter, memmem};
use std::borrow::Cow;

/// Header lines. Names are found and values decoded when they are asked for. A line that is no
/// header is as good as absent: a bad header costs that header, not the message.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    block: Bytes,
}

impl Headers {
    /// The headers in a block of lines, which must not hold the empty line that ends it.
    pub fn new(block: Bytes) -> Self {
        Self { block }
    }

    /// The raw value of the first header of that name, in FreeSWITCH's own spelling.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        let whole = |at: &usize| {
            let begins = *at == 0 || self.block[at - 1] == b'\n';
            begins && self.block.get(at + name.len()) == Some(&b':')
        };
        let at = memmem::find_iter(&self.block, name.as_bytes()).find(whole)?;
        let rest = &self.block[at + name.len() + 1..];
        Some(value(&rest[..memchr(b'\n', rest).unwrap_or(rest.len())]))
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
        self.lines().map(|(name, value)| (String::from_utf8_lossy(name), decoded(value)))
    }

    /// How many headers there are.
    pub fn len(&self) -> usize {
        self.lines().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines().next().is_none()
    }

    /// Names and raw values.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let ends = memchr_iter(b'\n', &self.block).chain([self.block.len()]);
        let lines = ends.scan(0, |begin, end| {
            let line = &self.block[*begin..end];
            *begin = end + 1;
            Some(line)
        });
        lines.filter_map(|line| {
            let colon = memchr(b':', line)?;
            Some((&line[..colon], value(&line[colon + 1..])))
        })
    }
}

/// A value without the blanks before it and the carriage return behind it.
fn value(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    let text = &text[blanks..];
    text.strip_suffix(b"\r").unwrap_or(text)
}

pub(super) fn decoded(value: &[u8]) -> Cow<'_, str> {
    match percent::decode(value) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::Headers;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn block(text: &'static str) -> Headers {
        Headers::new(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn values_are_found_by_name_and_decoded_on_demand() {
        let headers = block("Event-Name: DTMF\nCaller-ID: gr%C3%BC\nempty:\r\nno colon here\n");
        assert_eq!(headers.get("Event-Name").unwrap(), "DTMF");
        assert!(headers.get("event-name").is_none());
        assert_eq!(headers.get("Caller-ID").unwrap(), "grü");
        assert_eq!(headers.raw("Caller-ID").unwrap(), b"gr%C3%BC");
        assert_eq!(headers.get("empty").unwrap(), "");
        assert_eq!(headers.len(), 3);
        assert!(headers.get("no colon here").is_none());
    }

    #[test]
    fn a_name_inside_a_name_or_a_value_is_not_it() {
        let headers =
            block("Other-Leg-Unique-ID: b\nX: Unique-ID: c\nUnique-ID-2: d\nUnique-ID: a\n");
        assert_eq!(headers.get("Unique-ID").unwrap(), "a");
        assert!(headers.get("Leg-Unique-ID").is_none());
    }

    #[test]
    fn the_first_of_repeated_headers_wins() {
        assert_eq!(block("a: 1\na: 2\n").get("a").unwrap(), "1");
    }

    proptest! {
        #[test]
        fn a_look_up_finds_what_a_walk_finds(text in "([aAbB:]{0,3}[:\n ]){0,12}", name in "[abAB]{1,2}") {
            let headers = Headers::new(Bytes::from(text));
            let walked = headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into_owned());
            prop_assert_eq!(headers.get(&name).map(|v| v.into_owned()), walked);
        }
    }
}
