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

impl DeliveryId {
    /// A new id; sorts by the time it was made (UUID version 7).
    pub fn fresh() -> Self {
        Self::new(uuid::Uuid::now_v7().to_string())
    }
}
