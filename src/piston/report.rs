//! The remarks about one document, with offsets turned into lines and columns.

use super::json::JsonError;
use crate::base::{Diagnostic, Severity, limits};

/// What reading a document gave.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What was read; `None` if there is an error among the diagnostics.
    pub value: Option<T>,
    /// Everything that its author should know, in the order of the document.
    pub diagnostics: Vec<Diagnostic>,
}

/// Collects remarks.
#[derive(Debug)]
pub(super) struct Report<'a> {
    text: &'a str,
    found: Vec<(usize, Severity, String)>,
    /// Remarks beyond `limits::DIAGNOSTICS`.
    uncounted: usize,
    failed: bool,
    regexes: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: Vec::new(), uncounted: 0, failed: false, regexes: 0 }
    }

    pub(super) fn error(&mut self, at: usize, message: impl Into<String>) {
        self.failed = true;
        self.add(at, Severity::Error, message.into());
    }

    pub(super) fn warning(&mut self, at: usize, message: impl Into<String>) {
        self.add(at, Severity::Warning, message.into());
    }

    pub(super) fn syntax(&mut self, error: JsonError) {
        self.error(error.at, format!("not JSON: {}", error.message));
    }

    /// Whether further warnings would be counted only.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= limits::DIAGNOSTICS
    }

    /// Whether the document may have one more regular expression.
    pub(super) fn one_more_regex(&mut self) -> bool {
        self.regexes += 1;
        self.regexes <= limits::DOCUMENT_REGEXES
    }

    fn add(&mut self, at: usize, severity: Severity, message: String) {
        if self.found.len() < limits::DIAGNOSTICS {
            self.found.push((at, severity, message));
            return;
        }
        self.uncounted += 1;
        // An error is worth more than the last warning.
        let last = self.found.iter_mut().rev().find(|(_, kept, _)| *kept < severity);
        if let Some(last) = last {
            *last = (at, severity, message);
        }
    }

    /// The remarks in the order of the document; a value only if there was no error.
    pub(super) fn close<T>(mut self, value: Option<T>) -> Parsed<T> {
        let mut diagnostics = Vec::with_capacity(self.found.len());
        self.found.sort_by_key(|(at, ..)| *at);
        let mut place = Place { line: 1, column: 1, at: 0 };
        for (at, severity, message) in self.found {
            place.advance(self.text, at);
            diagnostics.push(Diagnostic::new(severity, (place.line, place.column), message));
        }
        if self.uncounted > 0 {
            let message = format!("{} more remarks are left out", self.uncounted);
            diagnostics.push(Diagnostic::warning((place.line, place.column), message));
        }
        Parsed { value: value.filter(|_| !self.failed), diagnostics }
    }
}

/// Line and column of an offset.
pub(super) fn place(bytes: &[u8], at: usize) -> (u32, u32) {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let mut place = Place { line: 1, column: 1, at: 0 };
    place.advance(text.strip_prefix('\u{feff}').unwrap_or(text), at);
    (place.line, place.column)
}

/// A place in the document, moved forward only.
struct Place {
    line: u32,
    column: u32,
    at: usize,
}

impl Place {
    fn advance(&mut self, text: &str, to: usize) {
        let mut to = to.min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        for c in text.get(self.at..to).unwrap_or_default().chars() {
            match c {
                '\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self.at = self.at.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_stand_in_the_order_of_the_document() {
        let mut report = Report::new("ä\n\nbcd");
        report.error(5, "late");
        report.warning(2, "early");
        let parsed = report.close(Some(()));
        assert!(parsed.value.is_none());
        let lines: Vec<_> = parsed.diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["1:2: warning: early", "3:2: error: late"]);
    }

    #[test]
    fn a_flood_of_remarks_is_counted_not_kept() {
        let mut report = Report::new("x");
        (0..limits::DIAGNOSTICS + 7).for_each(|_| report.warning(0, "again"));
        let parsed = report.close(Some(()));
        assert_eq!(parsed.diagnostics.len(), limits::DIAGNOSTICS + 1);
        assert!(parsed.diagnostics.last().unwrap().message.starts_with("7 more"));
        assert!(parsed.value.is_some());
    }
}
