//! Whatever a customer's web server answers, reading it gives a document or says why there is none.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pivot::{
    base::limits,
    xml::{Dialect, Document},
};

fuzz_target!(|data: &[u8]| {
    for assumed in [Dialect::Twiml, Dialect::Plivo] {
        let parsed = Document::parse(data, assumed);
        assert_eq!(parsed.document.is_none(), parsed.refusal().is_some());
        assert!(parsed.diagnostics.len() <= limits::DIAGNOSTICS + 1);
        assert!(parsed.diagnostics.iter().all(|d| d.line >= 1 && d.column >= 1));
    }
});
