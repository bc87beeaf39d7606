//! The remarks about one document, bounded.

use super::tree::At;
use crate::base::{Diagnostic, Severity, limits};

/// Collects remarks; of more than `limits::DIAGNOSTICS` the rest are counted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kept: Vec<Diagnostic>,
    dropped: usize,
    /// Where the first one that was not kept stands.
    first_dropped: Option<At>,
}

impl Notes {
    pub fn error(&mut self, at: At, message: impl Into<String>) {
        self.add(Diagnostic::error(at, message));
    }

    pub fn warn(&mut self, at: At, message: impl Into<String>) {
        self.add(Diagnostic::warning(at, message));
    }

    /// An error takes the place of a warning, so that what refuses a document is always told.
    fn add(&mut self, diagnostic: Diagnostic) {
        if self.kept.len() < limits::DIAGNOSTICS {
            self.kept.push(diagnostic);
            return;
        }
        let is_warning = |d: &Diagnostic| d.severity == Severity::Warning;
        let dropped = match self.kept.iter().rposition(is_warning) {
            Some(last) if !is_warning(&diagnostic) => {
                std::mem::replace(&mut self.kept[last], diagnostic)
            }
            _ => diagnostic,
        };
        self.first_dropped.get_or_insert((dropped.line, dropped.column));
        self.dropped += 1;
    }

    /// All remarks, in the order of their places.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.kept.sort_by_key(|d| (d.line, d.column));
        if let Some(at) = self.first_dropped {
            let message = format!("{} more remarks are not shown", self.dropped);
            self.kept.push(Diagnostic::warning(at, message));
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
        notes.error((500, 1), "bad");
        let all = notes.into_diagnostics();
        assert_eq!(all[limits::DIAGNOSTICS - 1].to_string(), "500:1: error: bad");
        assert_eq!(all.len(), limits::DIAGNOSTICS + 1);
        assert_eq!(all.last().unwrap().to_string(), "101:1: warning: 8 more remarks are not shown");
    }
}
