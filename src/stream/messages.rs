//! The messages of a stream, of either vendor: what is written, and what the customer's server wants.

use super::{
    plan::{Plan, Vendor},
    plivo::{self, Plivo},
    twilio::{self, Twilio},
};
use serde_json::Value;

/// What the customer's server wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Sound for the caller.
    Play { samples: Vec<i16>, rate: u32 },
    /// To be told when what stands before has been played.
    Mark(String),
    /// Silence: what waits is forgotten.
    Clear,
    /// Keys for the caller's side.
    Keys(String),
}

/// Writes one stream's messages.
#[derive(Debug)]
pub(super) enum Messages {
    Twilio(Twilio),
    Plivo(Plivo),
}

impl Messages {
    pub(super) fn new(plan: &Plan) -> Self {
        match plan.vendor {
            Vendor::Twilio => Self::Twilio(Twilio::new(plan)),
            Vendor::Plivo => Self::Plivo(Plivo::new(plan)),
        }
    }

    pub(super) fn greeting(&mut self, plan: &Plan) -> Vec<String> {
        match self {
            Self::Twilio(twilio) => twilio.greeting(plan),
            Self::Plivo(plivo) => plivo.greeting(plan),
        }
    }

    /// A frame of a track: the `chunk`th, `at_ms` after the beginning.
    pub(super) fn sound(&mut self, track: &str, chunk: u64, at_ms: u64, payload: &str) -> String {
        match self {
            Self::Twilio(twilio) => twilio.sound(track, chunk, at_ms, payload),
            Self::Plivo(plivo) => plivo.sound(track, chunk, at_ms, payload),
        }
    }

    pub(super) fn key(&mut self, key: char, at_ms: u64) -> String {
        match self {
            Self::Twilio(twilio) => twilio.key(key),
            Self::Plivo(plivo) => plivo.key(key, at_ms),
        }
    }

    pub(super) fn reached(&mut self, mark: &str) -> String {
        match self {
            Self::Twilio(twilio) => twilio.mark(mark),
            Self::Plivo(plivo) => plivo.played(mark),
        }
    }

    /// After a clear: Twilio gives the marks back that were not reached, Plivo only confirms.
    pub(super) fn cleared(&mut self, marks: &[String]) -> Vec<String> {
        match self {
            Self::Twilio(twilio) => marks.iter().map(|name| twilio.mark(name)).collect(),
            Self::Plivo(plivo) => vec![plivo.cleared()],
        }
    }

    /// The last one; Plivo has none.
    pub(super) fn stop(&mut self) -> Option<String> {
        match self {
            Self::Twilio(twilio) => Some(twilio.stop()),
            Self::Plivo(_) => None,
        }
    }

    /// Reads what the customer's server sent; the error says what is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<Wish, String> {
        let message: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match self {
            Self::Twilio(_) => twilio::read(&message),
            Self::Plivo(_) => plivo::read(&message),
        }
    }
}

pub(super) fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A text; empty if there is none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    field(value, name).as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{
        super::plan::{Encoding, Tracks},
        *,
    };
    use std::{fmt::Write, fs, path::Path, time::Duration};

    fn plan(vendor: Vendor) -> Plan {
        let encoding = match vendor {
            Vendor::Twilio => Encoding::Mulaw,
            Vendor::Plivo => Encoding::L16At16,
        };
        Plan {
            id: "MZ0123".to_owned(),
            name: "x".to_owned(),
            url: "wss://h.example/a".to_owned(),
            vendor,
            call_id: "CA1".to_owned(),
            account_id: "AC1".to_owned(),
            signer: "acme".to_owned(),
            tracks: Tracks::Both,
            two_way: true,
            encoding,
            parameters: vec![
                ("Name".to_owned(), "J\u{f6}rg \"x\"".to_owned()),
                ("b".to_owned(), "2".to_owned()),
            ],
            at_most: Duration::from_secs(60),
            teller: None,
        }
    }

    /// Everything that is written, in the order of a call: `fixtures/streams/VENDOR.written`.
    #[test]
    fn what_is_written_is_what_the_vendors_write() {
        for (vendor, name) in [(Vendor::Twilio, "twilio"), (Vendor::Plivo, "plivo")] {
            let plan = plan(vendor);
            let mut messages = Messages::new(&plan);
            let mut written = messages.greeting(&plan);
            written.push(messages.sound("inbound", 1, 0, "//8="));
            written.push(messages.sound("outbound", 1, 20, "AAA="));
            written.push(messages.key('#', 1_234));
            written.push(messages.reached("greeting \"1\""));
            written.extend(messages.cleared(&["a".to_owned(), "b".to_owned()]));
            written.extend(messages.stop());
            let mut found = String::new();
            for line in written {
                serde_json::from_str::<Value>(&line).unwrap();
                writeln!(found, "{line}").unwrap();
            }
            let path = Path::new("fixtures/streams").join(format!("{name}.written"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&path, &found).unwrap();
            }
            assert_eq!(found, fs::read_to_string(&path).unwrap());
        }
    }

    /// What customers' servers send, line by line, and what comes of it: `fixtures/streams/VENDOR.read`.
    #[test]
    fn what_is_read_is_what_is_meant() {
        for (vendor, name) in [(Vendor::Twilio, "twilio"), (Vendor::Plivo, "plivo")] {
            let messages = Messages::new(&plan(vendor));
            let folder = Path::new("fixtures/streams");
            let sent = fs::read_to_string(folder.join(format!("{name}.sent"))).unwrap();
            let mut found = String::new();
            for line in sent.lines() {
                match messages.read(line) {
                    Ok(wish) => writeln!(found, "{wish:?}").unwrap(),
                    Err(error) => writeln!(found, "error: {error}").unwrap(),
                }
            }
            let path = folder.join(format!("{name}.read"));
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&path, &found).unwrap();
            }
            assert_eq!(found, fs::read_to_string(&path).unwrap());
        }
    }
}
