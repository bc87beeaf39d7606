//! The remarks about one document, bounded.

use super::tree::At;
use crate::base::{Diagnostic, limits};

/// Collects remarks; of more than `limits::DIAGNOSTICS` the rest are counted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kept: Vec<Diagnostic>,
    dropped: usize,
    /// Where the first one that was not kept stands.
    dropped_at: At,
}

impl Notes {
    pub fn error(&mut self, at: At, message: impl Into<String>) {
        self.add(Diagnostic::error(at, message));
    }

    pub fn warn(&mut self, at: At, message: impl Into<String>) {
        self.add(Diagnostic::warning(at, message));
    }

    fn add(&mut self, diagnostic: Diagnostic) {
        if self.kept.len() < limits::DIAGNOSTICS {
            self.kept.push(diagnostic);
        } else {
            if self.dropped == 0 {
                self.dropped_at = (diagnostic.line, diagnostic.column);
            }
            self.dropped += 1;
        }
    }

    /// All remarks, in the order of their places.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.kept.sort_by_key(|d| (d.line, d.column));
        if self.dropped > 0 {
            let message = format!("{} more remarks are not shown", self.dropped);
            self.kept.push(Diagnostic::warning(self.dropped_at, message));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_remarks_than_fit_are_counted() {
        let mut notes = Notes::default();
        (0..limits::DIAGNOSTICS as u32 + 7).for_each(|line| notes.warn((line + 1, 1), "x"));
        let all = notes.into_diagnostics();
        assert_eq!(all.len(), limits::DIAGNOSTICS + 1);
        assert_eq!(all.last().unwrap().to_string(), "101:1: warning: 7 more remarks are not shown");
    }
}
