//! Identifiers as types, so that a call's id and an account's cannot be exchanged by mistake.

use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it came.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

id! {
    /// One call: the UUID of the caller's channel in FreeSWITCH.
    CallId
}

id! {
    /// The customer that a call belongs to; from channel variable `pivot_account_id`.
    AccountId
}

id! {
    /// One delivery to a customer's server. It travels with every attempt, so that a receiver
    /// can recognise a repeat.
    DeliveryId
}

/// One recording. Its file is named after it, so it holds letters, digits and hyphens and nothing else:
/// a channel may be named after a caller's SIP Call-ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordingId(Arc<str>);

impl RecordingId {
    /// Longest id, bytes.
    const LONGEST: usize = 100;

    /// The `number`th recording of a call: `CALL-NUMBER`. A call whose id does not fit gives a random one.
    pub fn of_call(call_id: &str, number: u32) -> Self {
        let id = format!("{call_id}-{number}");
        Self::parse(&id).unwrap_or_else(|| Self(uuid::Uuid::new_v4().to_string().into()))
    }

    /// Reads an id; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let whole = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(fits);
        whole.then(|| Self(text.into()))
    }

    /// The name of its file, `format` being the extension.
    pub fn file_name(&self, format: &str) -> String {
        format!("{self}.{format}")
    }
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DeliveryId {
    /// A new id; sorts by the time it was made (UUID version 7).
    pub fn fresh() -> Self {
        Self::new(uuid::Uuid::now_v7().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_named_after_its_call_unless_that_could_be_a_path() {
        let id = RecordingId::of_call("5f6c1f3e-0f0e-4f5a-9d6e-000000000001", 2);
        assert_eq!(id.file_name("wav"), "5f6c1f3e-0f0e-4f5a-9d6e-000000000001-2.wav");
        for odd in ["../../etc/passwd", "a b", "x@h.example", "", "é", &"a".repeat(200)] {
            let id = RecordingId::of_call(odd, 1).to_string();
            assert!(RecordingId::parse(&id).is_some(), "{odd} {id}");
            assert!(odd.is_empty() || !id.contains(odd));
        }
        for wrong in ["", "..", "a/b", "a.wav", "a%2e", "a\0"] {
            assert_eq!(RecordingId::parse(wrong), None, "{wrong:?}");
        }
    }
}
