//! What documents of all dialects have in common: remarks about them, and the wish for the next one.

use crate::config::{BodyFormat, Method, ReqFormat};
use serde::Serialize;
use std::fmt;

/// A remark about a document, for its author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether the document cannot be run as it stands.
    pub severity: Severity,
    /// Line in the document, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, what was found, what is allowed, and what might have been meant.
    pub message: String,
}

/// How bad a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document runs, but not as its author may think.
    Warning,
    /// The document, or this part of it, cannot be run.
    Error,
}

impl Diagnostic {
    /// A remark of this severity.
    pub fn new(severity: Severity, (line, column): (u32, u32), message: impl Into<String>) -> Self {
        Self { severity, line, column, message: message.into() }
    }

    /// An error.
    pub fn error(at: (u32, u32), message: impl Into<String>) -> Self {
        Self::new(Severity::Error, at, message)
    }

    /// A warning.
    pub fn warning(at: (u32, u32), message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, at, message)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity}: {}", self.line, self.column, self.message)
    }
}

/// A document's wish for the next document: `action`, `<Redirect>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Where; may be relative to the address of the document that asks.
    pub url: String,
    /// How.
    pub method: Method,
    /// What happened, in the names of the document's dialect: `Digits`, `RecordingUrl`. The call's
    /// own parameters are added by whoever asks.
    pub parameters: Vec<(String, String)>,
    /// Whether the request is made although the caller has hung up (a recording that has to be
    /// known); its answer is then not run.
    pub after_hangup: bool,
}

/// Where a request goes that is made later, when the document that wants it may be gone, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Where; absolute.
    pub url: String,
    /// How.
    pub method: Method,
    /// Names of the call's own parameters.
    pub format: ReqFormat,
    /// Encoding of a POST.
    pub body: BodyFormat,
}

/// The known word nearest to `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&word.to_ascii_lowercase(), &k.to_ascii_lowercase()), k))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}
