//! The bounds of a document: each is a named error.

use crate::{
    base::limits,
    piston::{Flow, check},
};

fn only_error(bytes: &[u8]) -> String {
    let remarks = check(bytes);
    let [only] = remarks.as_slice() else { panic!("{remarks:?}") };
    assert!(Flow::parse(bytes).value.is_none());
    only.to_string()
}

fn nested(levels: usize) -> String {
    let open = "{\"module\":\"answer\",\"children\":{\"_\":".repeat(levels - 1);
    format!("{open}{{\"module\":\"hangup\"}}{}", "}}".repeat(levels - 1))
}

#[test]
fn a_document_of_ten_megabytes_is_refused_unread() {
    let error = only_error(&vec![b' '; 10 * 1024 * 1024]);
    assert_eq!(error, "1:1: error: the document has 10485760 bytes; 1048576 are allowed");
}

#[test]
fn ten_thousand_levels_are_refused() {
    assert!(only_error(nested(10_000).as_bytes()).contains("nests deeper than"));
    assert!(only_error("[".repeat(1_000_000).as_bytes()).contains("nests deeper than"));
}

#[test]
fn as_many_levels_as_allowed_are_read() {
    assert_eq!(check(nested(limits::DOCUMENT_DEPTH).as_bytes()), []);
    let error = only_error(nested(limits::DOCUMENT_DEPTH + 1).as_bytes());
    assert!(error.contains("actions nest deeper than 64 levels"), "{error}");
}

#[test]
fn more_actions_than_allowed_are_refused_once() {
    let children = |count| {
        let child = |n| format!("\"{n}\":{{\"module\":\"answer\"}}");
        let all: Vec<_> = (0..count).map(child).collect();
        format!(
            "{{\"module\":\"branch_variable\",\"data\":{{\"variable\":\"x\"}},\"children\":{{{}}}}}",
            all.join(",")
        )
    };
    assert_eq!(check(children(limits::DOCUMENT_NODES - 1).as_bytes()), []);
    let error = only_error(children(limits::DOCUMENT_NODES + 5).as_bytes());
    assert!(error.contains("more than 10000 actions"), "{error}");
}

#[test]
fn regular_expressions_are_bounded() {
    let big = r#"{"module":"check_cid","data":{"regex":"(\\w{500}){500}"}}"#;
    assert!(only_error(big.as_bytes()).contains("too large"));
    let child = |n| format!("\"{n}\":{{\"module\":\"check_cid\",\"data\":{{\"regex\":\"1\"}}}}");
    let all: Vec<_> = (0..limits::DOCUMENT_REGEXES + 1).map(child).collect();
    let many = format!(
        "{{\"module\":\"branch_variable\",\"data\":{{\"variable\":\"x\"}},\"children\":{{{}}}}}",
        all.join(",")
    );
    assert!(only_error(many.as_bytes()).contains("more than 100 regular expressions"));
}

#[test]
fn a_hundred_thousand_unknown_keys_are_counted_quickly() {
    let keys: Vec<_> = (0..60_000).map(|n| format!("\"k{n}\":1")).collect();
    let document = format!("{{\"module\":\"answer\",\"data\":{{{}}}}}", keys.join(","));
    let remarks = check(document.as_bytes());
    assert_eq!(remarks.len(), limits::DIAGNOSTICS);
}
