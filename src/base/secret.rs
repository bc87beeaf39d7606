//! Secrets: never shown, and compared so that the time taken tells nothing about them.

use serde::Deserialize;
use std::fmt;
use subtle::ConstantTimeEq;

/// A text that must not get into logs.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text itself, for whoever has to send it or to compute with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether somebody else's text is the same. The time that this takes depends on the lengths only.
    pub fn is(&self, other: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(other).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "(none)" } else { "***" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_but_not_shown() {
        let secret = Secret::new("s3cret");
        assert!(secret.is(b"s3cret") && !secret.is(b"s3creT") && !secret.is(b"s3cret2"));
        assert_eq!(format!("{secret:?} {:?}", Secret::default()), "*** (none)");
    }
}
