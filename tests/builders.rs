//! Documents that the vendors' own Python builders write, for every element that they have with every
//! attribute: each can be run, but for what the table of states refuses, and the table knows all of it.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

#[allow(dead_code)] // signatures are verified elsewhere
#[path = "signatures/python.rs"]
mod python;

use pivot::{
    base::Severity,
    xml::{
        Dialect, Document,
        states::{State, elements},
    },
};
use regex::Regex;
use serde::Deserialize;
use std::process::Command;

const SCRIPT: &str = "tests/builders/build.py";

/// One document.
#[derive(Deserialize)]
struct Built {
    dialect: String,
    name: String,
    document: String,
}

fn built() -> Vec<Built> {
    let Some(python) = python::python() else { return Vec::new() };
    let output = Command::new(python).arg(SCRIPT).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{SCRIPT} failed: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let built: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(built.len() > 150, "{} documents are too few", built.len());
    built
}

/// Whether the table refuses an element of this name.
fn is_refused(name: &str) -> bool {
    elements().any(|e| e.name() == name && matches!(e.state, State::Refused(_)))
}

#[test]
fn what_the_vendors_builders_write_can_be_run() {
    let (mut wrong, named) = (Vec::new(), Regex::new("<([A-Za-z-]+)>").unwrap());
    for Built { dialect, name, document } in built() {
        let dialect = if dialect == "plivo" { Dialect::Plivo } else { Dialect::Twiml };
        for remark in Document::parse(document.as_bytes(), dialect).diagnostics {
            let mut elements = named.captures_iter(&remark.message);
            let refused = elements.any(|found| is_refused(&found[1]));
            let unknown = remark.message.contains("has no attribute");
            if unknown || remark.severity == Severity::Error && !refused {
                wrong.push(format!("{name}: {remark}\n    {}", document.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_all_that_the_vendors_builders_write() {
    let tag = Regex::new(r#"<([A-Za-z][A-Za-z-]*)((?: [A-Za-z:-]+="[^"]*")*)"#).unwrap();
    let attribute = Regex::new(" ([A-Za-z:-]+)=").unwrap();
    let mut missing = Vec::new();
    for Built { document, .. } in built() {
        for found in tag.captures_iter(&document) {
            let known: Vec<_> = elements()
                .filter(|entry| {
                    entry.name() == &found[1]
                        || entry
                            .places
                            .iter()
                            .any(|place| place.rsplit('/').next() == Some(&found[1]))
                })
                .collect();
            if known.is_empty() && &found[1] != "Response" {
                missing.push(found[1].to_owned());
            }
            for name in attribute.captures_iter(&found[2]) {
                let has =
                    known.iter().any(|entry| entry.attributes.iter().any(|a| a.name == &name[1]));
                if !has {
                    missing.push(format!("{} {}", &found[1], &name[1]));
                }
            }
        }
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "the table of states lacks {missing:#?}");
}
