//! Whatever a customer's web server answers, reading it gives a callflow or says why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pivot::{
    base::{Severity, limits},
    piston::{Flow, check},
};

fuzz_target!(|data: &[u8]| {
    let parsed = Flow::parse(data);
    let failed = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
    assert_eq!(parsed.value.is_none(), failed);
    assert!(parsed.diagnostics.len() <= limits::DIAGNOSTICS + 1);
    assert!(parsed.diagnostics.iter().all(|d| d.line >= 1 && d.column >= 1));
    assert!(parsed.value.is_none_or(|flow| (1..=limits::DOCUMENT_NODES).contains(&flow.actions())));
    // What can be run has no error in `pivot check` either.
    let errors = check(data).iter().any(|d| d.severity == Severity::Error);
    assert_eq!(errors, failed);
});
