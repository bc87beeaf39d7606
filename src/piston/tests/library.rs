//! Callflows from files.

use crate::piston::{Library, LibraryError};
use std::{fs, path::Path};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn document(numbers: &str, patterns: &str) -> String {
    format!(r#"{{"numbers":[{numbers}],"patterns":[{patterns}],"flow":{{"module":"answer"}}}}"#)
}

fn found(library: &Library, number: &str) -> Option<(String, Option<String>)> {
    library.find(number).map(|found| (found.id, found.capture_group))
}

#[test]
fn an_exact_number_comes_before_the_longest_capture_before_no_match() {
    let files = [
        ("a-short.json", document("", r#""^2(\\d)\\d+$""#)),
        ("b-long.json", document("", r#""^2(\\d+)$", "^2(\\d)(\\d*)$""#)),
        ("exact.json", document(r#""200""#, "")),
        ("rest.json", document(r#""no_match""#, "")),
        ("feature.json", document(r#""*72""#, "")),
        ("ignored.txt", "no json at all".to_owned()),
    ];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = folder(&files);
    let library = Library::load(folder.path()).unwrap();
    assert_eq!(library.len(), 5);
    let id = |id: &str, group: Option<&str>| Some((id.to_owned(), group.map(str::to_owned)));
    assert_eq!(found(&library, "200"), id("exact", None));
    assert_eq!(found(&library, "2345"), id("b-long", Some("345")));
    assert_eq!(found(&library, "+4930123"), id("rest", None));
    assert!(library.find("999").unwrap().no_match);
    assert_eq!(found(&library, "*72"), id("feature", None));
    for nobody in ["alice", "no_match", "*73", ""] {
        assert_eq!(found(&library, nobody), None, "{nobody:?}");
    }
    assert!(library.by_id("exact").is_some() && library.by_id("nobody").is_none());
}

#[test]
fn no_folder_is_an_empty_library() {
    assert!(Library::load(Path::new("")).unwrap().is_empty());
    let missing = Library::load(Path::new("no/such/folder")).unwrap_err();
    assert!(missing.to_string().contains("no/such/folder"), "{missing}");
}

#[test]
fn every_fault_of_every_file_is_named() {
    let folder = folder(&[
        ("a.json", "{\"numbers\":[\"100\"],\n\"flow\":{\"module\":\"anser\"}}"),
        ("b.json", "{\"numbers\":[\"200\"],\"flow\":{\"module\":\"answer\"}}"),
        ("c.json", "{\"flow\":{\"module\":\"answer\"},\n \"numbers\":[\"1\", \"200\"]}"),
        ("d.json", "{\"flow\":{\"module\":\"answer\"},\"patterns\":[\"(\"]}"),
        ("e.json", "{\"numbers\":[\"5\"]}"),
    ]);
    let Err(LibraryError::Faults(faults)) = Library::load(folder.path()) else { panic!() };
    let lines: Vec<_> = faults
        .iter()
        .map(|fault| {
            let file = fault.file.file_name().unwrap().to_string_lossy();
            format!("{file}:{}", fault.diagnostic)
        })
        .collect();
    assert_eq!(
        lines[0],
        "a.json:2:18: error: /flow/module: unknown action \"anser\"; did you mean \"answer\"?"
    );
    assert_eq!(lines[1], "c.json:2:18: error: the number \"200\" belongs to b.json already");
    assert!(
        lines[2].starts_with("d.json:1:40: error: /patterns: found the text \"(\";"),
        "{}",
        lines[2]
    );
    assert_eq!(
        lines[3],
        "e.json:1:1: error: \"flow\" is missing; a callflow document is {\"flow\": …, \"numbers\": […]}"
    );
    assert_eq!(lines.len(), 4);
}
