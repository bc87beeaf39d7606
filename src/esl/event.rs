//! Events in both formats that we can subscribe to.

use super::{EslError, EventName, Headers, Index};
use bytes::Bytes;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::{borrow::Cow, fmt};

/// How FreeSWITCH writes a variable with several values: `ARRAY::a|:b`.
const ARRAY_PREFIX: &str = "ARRAY::";
const ARRAY_SEPARATOR: &str = "|:";

/// One event: its headers, looked up by name, and its body.
#[derive(Clone, Debug)]
pub struct Event {
    headers: EventHeaders,
    body: Bytes,
}

#[derive(Clone, Debug)]
enum EventHeaders {
    /// The bytes that came, values still encoded.
    Plain(Headers),
    /// Name and exact value; lists are written as in the plain format.
    Json(Vec<(String, String)>),
}

impl Event {
    /// Reads the body of a `text/event-plain` message: headers and, if they announce one, a body.
    pub fn plain(bytes: Bytes) -> Result<Self, EslError> {
        let end = memchr::memmem::find(&bytes, b"\n\n").map_or(bytes.len(), |at| at + 1);
        let headers = Headers::new(bytes.slice(..end));
        if headers.is_empty() {
            return Err(EslError::BadEvent("it has no headers".to_owned()));
        }
        let rest = bytes.slice((end + 1).min(bytes.len())..);
        let announced = headers.verbatim("Content-Length").and_then(|n| n.trim().parse().ok());
        let body = rest.slice(..announced.unwrap_or(0).min(rest.len()));
        Ok(Self { headers: EventHeaders::Plain(headers), body })
    }

    /// Reads the body of a `text/event-json` message.
    pub fn json(bytes: &[u8]) -> Result<Self, EslError> {
        let mut read = serde_json::Deserializer::from_slice(bytes);
        let mut pairs = read
            .deserialize_map(Pairs)
            .and_then(|pairs| read.end().map(|()| pairs))
            .map_err(|error| EslError::BadEvent(error.to_string()))?;
        let body = match pairs.iter().position(|(name, _)| name == "_body") {
            Some(at) => Bytes::from(pairs.remove(at).1),
            None => Bytes::new(),
        };
        Ok(Self { headers: EventHeaders::Json(pairs), body })
    }

    /// Which of the events that we can subscribe to it is.
    pub fn kind(&self) -> Option<EventName> {
        let name = self.name();
        match self.get("Event-Subclass") {
            Some(subclass) if name == "CUSTOM" => EventName::named(&format!("CUSTOM {subclass}")),
            _ => EventName::named(&name),
        }
    }

    /// `Event-Name`; empty if the event has none.
    pub fn name(&self) -> Cow<'_, str> {
        self.get("Event-Name").unwrap_or_default()
    }

    /// The first header of that name, in FreeSWITCH's own spelling, decoded.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match &self.headers {
            EventHeaders::Plain(headers) => headers.get(name),
            EventHeaders::Json(pairs) => {
                pairs.iter().find(|(n, _)| n == name).map(|(_, v)| Cow::Borrowed(v.as_str()))
            }
        }
    }

    /// The channel variable of that name.
    pub fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(&format!("variable_{name}"))
    }

    /// Whether the header of that name has exactly this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|v| v == value)
    }

    /// A header that may hold several values (`ARRAY::a|:b`), as a list.
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            None => Vec::new(),
            Some(value) => match value.strip_prefix(ARRAY_PREFIX) {
                Some(list) => list.split(ARRAY_SEPARATOR).map(str::to_owned).collect(),
                None => vec![value.into_owned()],
            },
        }
    }

    /// All headers in the order of the event, decoded.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> + '_> {
        match &self.headers {
            EventHeaders::Plain(headers) => Box::new(headers.iter()),
            EventHeaders::Json(pairs) => Box::new(
                pairs.iter().map(|(n, v)| (Cow::Borrowed(n.as_str()), Cow::Borrowed(v.as_str()))),
            ),
        }
    }

    /// A table of all headers, for many look-ups.
    pub fn index(&self) -> Index<'_> {
        match &self.headers {
            EventHeaders::Plain(headers) => Index::new(headers.lines(), true),
            EventHeaders::Json(pairs) => {
                Index::new(pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())), false)
            }
        }
    }

    /// The body; empty if there is none.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl From<Headers> for Event {
    /// Headers that are an event in all but the framing: the reply to `connect`.
    fn from(headers: Headers) -> Self {
        Self { headers: EventHeaders::Plain(headers), body: Bytes::new() }
    }
}

/// Collects a JSON object with its repeated keys in their order.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
            pairs.push((name, as_text(value)));
        }
        Ok(pairs)
    }
}

fn as_text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Array(values) => {
            let values: Vec<_> = values.into_iter().map(as_text).collect();
            format!("{ARRAY_PREFIX}{}", values.join(ARRAY_SEPARATOR))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use bytes::Bytes;

    #[test]
    fn a_plain_event_may_carry_a_body() {
        let text = "Event-Name: BACKGROUND_JOB\nContent-Length: 4\n\n+OK\nrest";
        let event = Event::plain(Bytes::from_static(text.as_bytes())).unwrap();
        assert_eq!(event.name(), "BACKGROUND_JOB");
        assert_eq!(event.body(), b"+OK\n");
    }

    #[test]
    fn a_json_event_keeps_repeated_keys_lists_and_body() {
        let text = r#"{"Event-Name":"X","a":"1","a":"2","l":["x","y"],"_body":"hi"}"#;
        let event = Event::json(text.as_bytes()).unwrap();
        assert_eq!(event.get("a").unwrap(), "1");
        assert_eq!(event.iter().filter(|(n, _)| n == "a").count(), 2);
        assert_eq!(event.list("l"), ["x", "y"]);
        assert_eq!(event.body(), b"hi");
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        assert!(Event::plain(Bytes::from_static(b"\n")).is_err());
        assert!(Event::json(b"[1]").is_err());
        assert!(Event::json(b"{\"a\":").is_err());
    }
}
