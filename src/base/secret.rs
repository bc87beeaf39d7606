//! Secrets: used, never shown, and compared so that the time taken tells nothing about them.

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny},
};
use std::{fmt, sync::Arc};
use subtle::ConstantTimeEq;

/// The bytes of a secret. `Debug`, and with it every log line, shows `***`. There is no `==`, which would
/// tell by its time how much of a guess is right.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// A secret of these bytes.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes, for whoever has to send them, or for a MAC.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether somebody's guess is right. The time that this takes depends on the lengths only.
    pub fn is(&self, guess: &[u8]) -> bool {
        self.0.ct_eq(guess).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "(none)" } else { "***" })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// A complaint of the parser's own would repeat the secret.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Other(IgnoredAny),
        }
        match Written::deserialize(from)? {
            Written::Text(text) => Ok(Self::new(text.into_bytes())),
            Written::Other(IgnoredAny) => {
                Err(D::Error::custom("a secret is a text: put it in quotes"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_but_not_shown() {
        let secret = Secret::new(*b"s3cret");
        assert!(secret.is(b"s3cret") && !secret.is(b"s3creT") && !secret.is(b"s3cret2"));
        assert_eq!(format!("{secret:?} {:?}", Secret::new([])), "*** (none)");
    }
}
