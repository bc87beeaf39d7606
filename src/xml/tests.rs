//! Every document under `fixtures/documents` beside what is remarked on it (`.diagnostics`) and what
//! it becomes (`.verbs`). `UPDATE_GOLDEN=1` writes them anew.

use super::{Dialect, Document, check, reader::read, tree::Element};
use crate::base::{Severity, limits};
use proptest::prelude::*;
use std::{fmt::Write, fs, path::Path};

fn compare(path: &Path, extension: &str, found: &str) -> Option<String> {
    let path = path.with_extension(extension);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found)
        .then(|| format!("{}:\n--- expected\n{expected}--- found\n{found}", path.display()))
}

#[test]
fn documents_become_what_is_expected() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (folder, assumed) in
        [("twiml", Dialect::Twiml), ("plivo", Dialect::Plivo), ("xml", Dialect::Twiml)]
    {
        for entry in fs::read_dir(Path::new("fixtures/documents").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "xml") {
                continue;
            }
            seen += 1;
            let parsed = Document::parse(&fs::read(&path).unwrap(), assumed);
            let diagnostics: String = parsed.diagnostics.iter().map(|d| format!("{d}\n")).collect();
            let mut verbs = String::new();
            match &parsed.document {
                None => verbs.push_str("refused\n"),
                Some(document) => {
                    writeln!(verbs, "{}", document.dialect()).unwrap();
                    for verb in &document.verbs {
                        writeln!(verbs, "{verb:?}").unwrap();
                    }
                }
            }
            assert_eq!(parsed.refusal().is_some(), parsed.document.is_none(), "{path:?}");
            wrong.extend(compare(&path, "diagnostics", &diagnostics));
            wrong.extend(compare(&path, "verbs", &verbs));
        }
    }
    assert!(seen > 80, "documents are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn refusal(bytes: &[u8]) -> String {
    let parsed = Document::parse(bytes, Dialect::Twiml);
    parsed.refusal().map(|d| d.message.clone()).unwrap_or_default()
}

#[test]
fn what_is_too_large_is_named() {
    let large = vec![b' '; limits::DOCUMENT_BYTES + 1];
    assert_eq!(refusal(&large), "the document has 1048577 bytes, 1048576 are allowed");
    assert!(refusal(&vec![b'<'; 10 * 1024 * 1024]).contains("10485760 bytes"));
    let deep = format!("<Response>{}", "<a>".repeat(10_000));
    assert_eq!(refusal(deep.as_bytes()), "elements are nested deeper than 64 levels");
    let deepest = limits::DOCUMENT_DEPTH - 1;
    let fits = format!("<Response>{}{}</Response>", "<a>".repeat(deepest), "</a>".repeat(deepest));
    assert_eq!(refusal(fits.as_bytes()), "");
    let wide = format!("<Response>{}</Response>", "<Say/>".repeat(limits::DOCUMENT_NODES));
    assert_eq!(refusal(wide.as_bytes()), "the document has more than 10000 elements");
}

/// Each vendor's own limit (Twilio's 11750, Plivo's 8011), at the place where it is passed.
#[test]
fn a_document_is_as_large_as_its_vendor_takes() {
    let of_size = |verb: &str, size: usize| {
        let around = format!("<Response>\n<{verb}></{verb}></Response>").len();
        format!("<Response>\n<{verb}>{}</{verb}></Response>", "x".repeat(size - around))
    };
    for (verb, most) in [("Say", limits::TWIML_BYTES), ("Speak", limits::PLIVO_XML_BYTES)] {
        assert_eq!(refusal(of_size(verb, most).as_bytes()), "");
        let parsed = Document::parse(of_size(verb, most + 1).as_bytes(), Dialect::Twiml);
        let column = most - "<Response>\n".len() + 1;
        let told =
            format!("2:{column}: error: the document has {} bytes, {most} are allowed", most + 1);
        assert_eq!(parsed.refusal().unwrap().to_string(), told);
    }
}

/// Places of a long line are found in one pass: this would take minutes otherwise.
#[test]
fn a_long_line_with_many_remarks_is_read_in_one_pass() {
    let line = format!("<Oops a=\"{}\"/>", "x".repeat(80)).repeat(600);
    let remarks = check(format!("<Response>{line}</Response>").as_bytes());
    assert_eq!(remarks.len(), limits::DIAGNOSTICS + 1);
    assert!(remarks.iter().any(|d| d.column > 9_000));
}

/// An element in random shape, with text and attributes that need escaping.
fn tree() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Say"),
        Just("Gather"),
        Just("Dial"),
        Just("Number"),
        Just("Record"),
        Just("Play"),
        Just("Speak"),
        Just("GetDigits"),
        Just("Hangup"),
        Just("break"),
        Just("Redirect"),
        Just("Wait"),
        Just("Set"),
        Just("Variable"),
        Just("x"),
        Just("PreAnswer"),
        Just("DTMF"),
    ];
    let attribute = (
        prop_oneof![
            Just("action"),
            Just("loop"),
            Just("timeout"),
            Just("key"),
            Just("finishOnKey"),
            Just("numDigits"),
            Just("schedule"),
            Just("sipHeaders"),
            Just("time"),
            Just("y"),
        ],
        "[ -~é]{0,12}",
    );
    let leaf = "[ -~\u{e9}\n]{0,20}".prop_map(|text| escape(&text));
    leaf.prop_recursive(6, 60, 6, move |inner| {
        (name.clone(), proptest::option::of(attribute.clone()), prop::collection::vec(inner, 0..6))
            .prop_map(|(name, attribute, children)| {
                let attribute = attribute.map(|(n, v)| format!(" {n}=\"{}\"", escape(&v)));
                let attribute = attribute.unwrap_or_default();
                format!("<{name}{attribute}>{}</{name}>", children.concat())
            })
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;")
}

fn count(element: &Element) -> usize {
    1 + element.elements().map(count).sum::<usize>()
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let parsed = Document::parse(&bytes, Dialect::Plivo);
        prop_assert!(parsed.document.is_some() || parsed.refusal().is_some());
    }

    #[test]
    fn almost_xml_is_read_without_panic(text in "[<>/&;#x\"'=!\\[\\]?A-Ca-c0-9 \n\u{e9}-]{0,80}") {
        let wrapped = format!("<Response>{text}</Response>");
        for text in [text, wrapped] {
            let parsed = Document::parse(text.as_bytes(), Dialect::Twiml);
            prop_assert!(parsed.document.is_some() || parsed.refusal().is_some());
        }
    }

    #[test]
    fn well_formed_trees_are_read_whole(inner in tree()) {
        let text = format!("<Response>{inner}</Response>");
        let tree = read(text.as_bytes()).unwrap().root;
        // Each element was written with one end tag.
        prop_assert_eq!(count(&tree), text.matches("</").count());
        for assumed in [Dialect::Twiml, Dialect::Plivo] {
            let parsed = Document::parse(text.as_bytes(), assumed);
            let lines = u32::try_from(text.lines().count()).unwrap();
            for d in &parsed.diagnostics {
                prop_assert!(d.line >= 1 && d.line <= lines && d.column >= 1);
            }
            let errors = parsed.diagnostics.iter().any(|d| d.severity == Severity::Error);
            prop_assert!(parsed.document.is_some() || errors);
        }
    }
}
