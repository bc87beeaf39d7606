//! `fixtures/documents/piston/NAME.json` and what is remarked about it, `NAME.diagnostics`. To write
//! the latter anew: `UPDATE_GOLDEN=1 cargo test`.

use crate::{base::Severity, piston::check};
use std::{fs, path::PathBuf};

pub(super) const FOLDER: &str = "fixtures/documents/piston";

/// All documents, by name.
pub(super) fn all() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let json = entries.filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut all: Vec<_> = json.collect();
    all.sort();
    assert!(all.len() > 20, "{} documents", all.len());
    all
}

/// Compares with the golden file, or writes it.
pub(super) fn golden(path: &std::path::Path, found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[test]
fn documents_get_the_remarks_that_their_authors_need() {
    for path in all() {
        let remarks = check(&fs::read(&path).unwrap());
        let lines: String = remarks.iter().map(|remark| format!("{remark}\n")).collect();
        golden(&path.with_extension("diagnostics"), &lines);
    }
}

#[test]
fn a_reply_is_usable_unless_there_is_an_error() {
    for path in all() {
        let bytes = fs::read(&path).unwrap();
        let parsed = crate::piston::Flow::parse(&bytes);
        let failed = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
        assert_eq!(parsed.value.is_none(), failed, "{}", path.display());
    }
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    assert_eq!(check("\u{feff}{\"module\":\"answer\"}".as_bytes()), []);
}
