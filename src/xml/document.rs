//! A document that can be run, and the remarks about it.

use super::{
    compile,
    dialect::Dialect,
    error::{Excess, XmlError},
    notes::Notes,
    reader,
    tree::At,
    verbs::{Action, Verb},
};
use crate::base::{Diagnostic, Severity, limits};
use std::sync::Arc;

/// A document that can be run: the verbs inside `<Response>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    dialect: Dialect,
    pub(super) verbs: Vec<Verb>,
    /// What it was read from, where a caller may have to come back to it.
    source: Option<Arc<[u8]>>,
}

/// What came of reading a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The document; `None` if it must not be run. It may be there in spite of errors: a verb that
    /// TwiML does not have is left out, as Twilio does.
    pub document: Option<Document>,
    /// Remarks in the order of their places, at most `limits::DIAGNOSTICS` and one that counts the
    /// rest.
    pub diagnostics: Vec<Diagnostic>,
    /// Why the bytes are no document at all, if that is so.
    pub error: Option<XmlError>,
}

impl Document {
    /// Reads a document. `assumed` is the dialect of verbs that both dialects have (`<Record>`) when
    /// nothing else in the document tells which one it is written in.
    pub fn parse(bytes: &[u8], assumed: Dialect) -> Parsed {
        let read = match reader::read(bytes) {
            Ok(read) => read,
            Err((at, error)) => return Parsed::refused(at, error),
        };
        if read.root.name != "Response" {
            let name = read.root.name.chars().take(60).collect();
            return Parsed::refused(read.root.at, XmlError::Root(name));
        }
        let mut notes = Notes::default();
        for (at, remark) in read.remarks {
            notes.warn(at, remark);
        }
        let dialect = Dialect::of_document(&read.root, assumed);
        let most = dialect.largest_document();
        if bytes.len() > most {
            let error = XmlError::TooLarge(Excess { bytes: bytes.len(), most });
            return Parsed::refused(reader::place_of(bytes, most), error);
        }
        let verbs = compile::document(&read.root, dialect, &mut notes);
        let source = |verbs: &Vec<Verb>| {
            let waits = verbs.iter().any(|verb| matches!(verb.action, Action::Enqueue(_)));
            waits.then(|| Arc::from(bytes))
        };
        Parsed {
            document: verbs.map(|verbs| Self { dialect, source: source(&verbs), verbs }),
            diagnostics: notes.into_diagnostics(),
            error: None,
        }
    }

    /// A document with nothing to run.
    pub const fn empty() -> Self {
        Self { dialect: Dialect::Twiml, source: None, verbs: Vec::new() }
    }

    /// The dialect that the document is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What it was read from; only of a document in which a caller may wait.
    pub fn source(&self) -> Option<&[u8]> {
        self.source.as_deref()
    }

    /// Which verb stands at this line and column.
    pub fn verb_at(&self, at: (u32, u32)) -> Option<usize> {
        self.verbs.iter().position(|verb| verb.at == at)
    }

    /// Whether there is nothing to run: `<Response/>`.
    pub fn is_empty(&self) -> bool {
        self.verbs.is_empty()
    }
}

impl Parsed {
    fn refused(at: At, error: XmlError) -> Self {
        let diagnostics = vec![Diagnostic::error(at, error.to_string())];
        Self { document: None, diagnostics, error: Some(error) }
    }

    /// Why there is no document to run: the first error.
    pub fn refusal(&self) -> Option<&Diagnostic> {
        match self.document {
            Some(_) => None,
            None => self.diagnostics.iter().find(|d| d.severity == Severity::Error),
        }
    }
}

/// The remarks about a document, for `pivot check`.
pub fn check(bytes: &[u8]) -> Vec<Diagnostic> {
    let Parsed { document, mut diagnostics, .. } = Document::parse(bytes, Dialect::Twiml);
    // What a running server knows, and says in the trace where it is missing.
    let verbs = document.iter().flat_map(|document| &document.verbs);
    let needs = verbs.filter_map(|verb| Some((verb, verb.action.needs()?)));
    let needs = needs.map(|(verb, what)| {
        Diagnostic::warning(verb.at, format!("<{}> needs {what} of the server", verb.name))
    });
    let room = limits::DIAGNOSTICS.saturating_sub(diagnostics.len());
    diagnostics.extend(needs.take(room));
    diagnostics.sort_by_key(|d| (d.line, d.column));
    diagnostics
}
