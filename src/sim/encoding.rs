//! Events as bytes: plain (percent-encoded), JSON and XML (`reference/freeswitch.md` 2.5).

use serde_json::{Map, Value};

/// The format of a subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Plain,
    Json,
    Xml,
}

impl Format {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Xml => "xml",
        }
    }
}

/// An event: its headers in order (names may repeat) and perhaps a body. A call has dozens of events
/// with 180 headers each, so their names and values stand one behind the other in one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    text: String,
    /// Where each name and each value ends.
    ends: Vec<(usize, usize)>,
    pub(super) body: Option<String>,
}

impl Event {
    /// An event of ordinary size.
    pub(super) fn new() -> Self {
        let (text, ends) = (String::with_capacity(12 * 1024), Vec::with_capacity(256));
        Self { text, ends, body: None }
    }

    /// Adds a header at the end.
    pub(super) fn push(&mut self, name: &str, value: impl AsRef<str>) {
        self.push_joined("", name, value);
    }

    /// Adds a header whose name is made of two parts.
    pub(super) fn push_joined(&mut self, prefix: &str, name: &str, value: impl AsRef<str>) {
        self.text.push_str(prefix);
        self.text.push_str(name);
        let name_end = self.text.len();
        self.text.push_str(value.as_ref());
        self.ends.push((name_end, self.text.len()));
    }

    /// Adds all headers of another event.
    pub(super) fn append(&mut self, other: &Self) {
        other.headers().for_each(|(name, value)| self.push(name, value));
    }

    /// The first header of that name, without regard to case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.headers().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let header = (&self.text[begin..name_end], &self.text[name_end..end]);
            begin = end;
            header
        })
    }

    /// Headers that the switch would send: those that have a value.
    fn told(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers().filter(|(_, value)| !value.is_empty())
    }

    /// The headers as lines, values encoded, without the closing empty line.
    pub(super) fn plain_headers(&self) -> String {
        let mut text = String::with_capacity(self.text.len() * 3 / 2);
        for (name, value) in self.told() {
            text.push_str(name);
            text.push_str(": ");
            percent_encode(value, &mut text);
            text.push('\n');
        }
        text
    }

    /// The event as one JSON object; a name that repeats is a repeated key, as from the switch.
    pub(super) fn json(&self) -> String {
        let mut text = String::from("{");
        for (name, value) in self.told() {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&Value::from(name).to_string());
            text.push(':');
            text.push_str(&json_value(value).to_string());
        }
        if let Some(body) = &self.body {
            let mut rest = Map::new();
            rest.insert("Content-Length".into(), body.len().to_string().into());
            rest.insert("_body".into(), body.as_str().into());
            let rest = Value::Object(rest).to_string();
            text.push(',');
            text.push_str(rest.trim_start_matches('{').trim_end_matches('}'));
        }
        text.push('}');
        text
    }

    /// The whole message as it goes over the wire in a subscription's format.
    pub(super) fn framed(&self, format: Format) -> Vec<u8> {
        let (kind, content) = match format {
            Format::Plain => ("plain", self.plain()),
            Format::Json => ("json", self.json()),
            Format::Xml => ("xml", self.xml()),
        };
        let length = content.len();
        format!("Content-Length: {length}\nContent-Type: text/event-{kind}\n\n{content}")
            .into_bytes()
    }

    fn plain(&self) -> String {
        let mut text = self.plain_headers();
        match &self.body {
            Some(body) => {
                text.push_str(&format!("Content-Length: {}\n\n{body}", body.len()));
            }
            None => text.push('\n'),
        }
        text
    }

    fn xml(&self) -> String {
        let mut text = String::from("<event>\n  <headers>\n");
        for (name, value) in self.told() {
            for part in array_parts(value) {
                let mut encoded = String::new();
                percent_encode(part, &mut encoded);
                let encoded = encoded.replace('&', "&amp;").replace('<', "&lt;");
                text.push_str(&format!("    <{name}>{encoded}</{name}>\n"));
            }
        }
        text.push_str("  </headers>\n");
        if let Some(body) = &self.body {
            let body = body.replace('&', "&amp;").replace('<', "&lt;");
            text.push_str(&format!("  <Content-Length>{}</Content-Length>\n", body.len()));
            text.push_str(&format!("  <body>{body}</body>\n"));
        }
        text.push_str("</event>");
        text
    }
}

/// An array variable (`ARRAY::a|:b`) is a list in JSON.
fn json_value(value: &str) -> Value {
    if value.starts_with("ARRAY::") {
        Value::Array(array_parts(value).map(Value::from).collect())
    } else {
        Value::from(value)
    }
}

fn array_parts(value: &str) -> std::str::Split<'_, &str> {
    match value.strip_prefix("ARRAY::") {
        Some(parts) => parts.split("|:"),
        None => value.split("\0\0"),
    }
}

/// FreeSWITCH's encoder, with its quirk: a `%` before two of `0-9A-F` stays as it is.
pub(super) fn percent_encode(value: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = value.as_bytes();
    // What needs no encoding is copied as it is, up to the next byte that does.
    let mut copied = 0;
    for (i, &byte) in bytes.iter().enumerate() {
        if !RESERVED[usize::from(byte)] {
            continue;
        }
        let escaped = byte == b'%' && is_hex(bytes.get(i + 1)) && is_hex(bytes.get(i + 2));
        if !escaped {
            // A reserved byte that is part of a longer character begins or continues a run of them.
            out.push_str(value.get(copied..i).unwrap_or_default());
            copied = i + 1;
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out.push_str(value.get(copied..).unwrap_or_default());
}

/// The bytes that the encoder takes for special, by their value.
const RESERVED: [bool; 256] = {
    const SPECIAL: &[u8] = b"\r\n #%&+:;<=>?@[\\]^`{|}\"";
    let mut reserved = [true; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        reserved[byte as usize] = false;
        byte += 1;
    }
    let mut i = 0;
    while i < SPECIAL.len() {
        reserved[SPECIAL[i] as usize] = true;
        i += 1;
    }
    reserved
};

fn is_hex(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &str) -> String {
        let mut out = String::new();
        percent_encode(value, &mut out);
        out
    }

    #[test]
    fn the_percent_sign_of_an_escape_is_left_alone() {
        assert_eq!(encoded("%41"), "%41");
        assert_eq!(encoded("%4g"), "%254g");
        assert_eq!(encoded("%4a"), "%254a");
        assert_eq!(encoded("100%"), "100%25");
    }

    #[test]
    fn reserved_bytes_are_encoded_and_the_rest_is_not() {
        assert_eq!(encoded("sofia/x@h:5060"), "sofia/x%40h%3A5060");
        assert_eq!(encoded("!$'()*,-./_~"), "!$'()*,-./_~");
        assert_eq!(encoded("grü"), "gr%C3%BC");
    }

    #[test]
    fn bodies_follow_their_own_length() {
        let mut event = Event::new();
        event.push("Event-Name", "BACKGROUND_JOB");
        event.body = Some("+OK\n".into());
        let text = String::from_utf8(event.framed(Format::Plain)).unwrap();
        assert!(text.ends_with("Event-Name: BACKGROUND_JOB\nContent-Length: 4\n\n+OK\n"), "{text}");
        let json: Value = serde_json::from_str(&event.json()).unwrap();
        assert_eq!(json["_body"], "+OK\n");
        assert_eq!(json["Content-Length"], "4");
    }
}
