//! Checking a document without running it.

use super::document;
use crate::base::Diagnostic;

/// Everything that the author of a document should know: a bare action, as a web server answers, or
/// a callflow document with `flow`, `numbers` and `patterns`. No error among the remarks means that
/// the document runs.
pub fn check(bytes: &[u8]) -> Vec<Diagnostic> {
    document::any(bytes)
}
