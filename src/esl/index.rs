//! All headers of an event by name, for whoever asks for many of them.

use super::headers::decoded;
use foldhash::fast::RandomState;
use std::{borrow::Cow, collections::HashMap};

/// A table of an event's headers. It costs as much as some ten look-ups in the event itself.
#[derive(Debug)]
pub struct Index<'a> {
    values: HashMap<&'a [u8], &'a [u8], RandomState>,
    /// The values are percent-encoded.
    encoded: bool,
}

impl<'a> Index<'a> {
    /// A table of these names and values; of a name that repeats, the first counts.
    pub(super) fn new(headers: impl Iterator<Item = (&'a [u8], &'a [u8])>, encoded: bool) -> Self {
        let mut values = HashMap::with_capacity_and_hasher(256, RandomState::default());
        for (name, value) in headers {
            values.entry(name).or_insert(value);
        }
        Self { values, encoded }
    }

    /// The header of that name, decoded.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.values.get(name.as_bytes()).map(|value| self.read(value))
    }

    /// The channel variable of that name, decoded.
    pub fn variable(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(&format!("variable_{name}"))
    }

    /// Whether the header of that name has exactly this value.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|v| v == value)
    }

    /// Headers whose names begin so: the rest of each name, and the value, decoded. In no order.
    pub fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.values.iter().filter_map(move |(name, value)| {
            let rest = name.strip_prefix(prefix.as_bytes())?;
            Some((String::from_utf8_lossy(rest), self.read(value)))
        })
    }

    fn read(&self, value: &'a [u8]) -> Cow<'a, str> {
        if self.encoded { decoded(value) } else { String::from_utf8_lossy(value) }
    }
}

#[cfg(test)]
mod tests {
    use crate::esl::Event;
    use bytes::Bytes;

    #[test]
    fn the_table_says_what_the_event_says() {
        let plain = "Event-Name: X\nvariable_a: gr%C3%BC\nvariable_b: 2\nvariable_a: later\n";
        let json = r#"{"Event-Name":"X","variable_a":"grü","variable_b":"2","variable_a":"later"}"#;
        let plain = Event::plain(Bytes::from_static(plain.as_bytes())).unwrap();
        for event in [plain, Event::json(json.as_bytes()).unwrap()] {
            let index = event.index();
            assert_eq!(index.get("Event-Name"), event.get("Event-Name"));
            assert_eq!(index.variable("a").unwrap(), "grü");
            assert!(index.get("event-name").is_none());
            let mut all: Vec<_> = index.with_prefix("variable_").collect();
            all.sort();
            assert_eq!(all, [("a".into(), "grü".into()), ("b".into(), "2".into())]);
        }
    }
}
