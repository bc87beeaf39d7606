//! The house rules: a room uses only the rooms under it, files stay short and say what they are, and
//! the papers name every room and every quirk.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use regex::Regex;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Rooms and the rooms that they may use (besides themselves).
const ROOMS: &[(&str, &[&str])] = &[
    ("base", &["config"]),
    ("config", &["base"]),
    ("esl", &["base", "config"]),
    ("http", &["base", "config"]),
    ("store", &["base", "config"]),
    ("outbox", &["base", "config", "store", "http"]),
    ("media", &["base", "config", "http"]),
    ("stream", &["base", "config", "http"]),
    ("call", &["base", "config", "esl", "stream"]),
    ("cdr", &["base", "config", "store", "outbox", "http"]),
    ("debug", &["base", "config", "store", "http"]),
    ("piston", &["base", "config", "call"]),
    ("xml", &["base", "config", "call", "stream"]),
    (
        "pivot",
        &[
            "base", "config", "esl", "http", "store", "outbox", "media", "call", "cdr", "debug",
            "piston", "xml",
        ],
    ),
    ("api", &["base", "config", "http", "store", "outbox", "media", "call", "cdr", "debug"]),
    (
        "server",
        &[
            "base", "config", "esl", "http", "store", "outbox", "media", "stream", "call", "cdr",
            "debug", "piston", "pivot", "api",
        ],
    ),
    ("sim", &["base"]),
    (
        "cli",
        &[
            "base", "config", "esl", "http", "store", "media", "call", "cdr", "piston", "xml",
            "pivot", "api", "server", "sim",
        ],
    ),
];

/// Lines of a source file without its tests.
const LONGEST_FILE: usize = 500;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => files.extend(sources(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "rs"));
    files.sort();
    files
}

/// The part of a file that is not tests.
fn without_tests(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..end].to_owned()
}

/// The rooms named in `crate::room::…` and in `use crate::{room::…, room::{…}, room}`.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let path = Regex::new(r"crate::([a-z_]+)").unwrap();
    let mut used: BTreeSet<String> = path.captures_iter(&code).map(|c| c[1].to_owned()).collect();
    for (at, opening) in code.match_indices("crate::{") {
        // What stands directly between these braces, without what is in further braces.
        let (mut depth, mut list) = (0, String::new());
        for c in code[at + opening.len()..].chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                c if depth == 0 => list.push(c),
                _ => {}
            }
        }
        let first = |path: &str| path.trim().split("::").next().unwrap_or_default().to_owned();
        used.extend(list.split(',').map(first).filter(|room| !room.is_empty()));
    }
    used
}

#[test]
fn a_room_uses_only_the_rooms_under_it() {
    let known: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let mut complaints = Vec::new();
    for (room, allowed) in ROOMS {
        for file in sources(&Path::new("src").join(room)) {
            for used in rooms_used(&without_tests(&file)) {
                let fine = used == *room || allowed.contains(&used.as_str());
                if known.contains(used.as_str()) && !fine {
                    complaints.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_room_is_in_the_table_and_in_the_map() {
    let rooms: BTreeSet<String> = fs::read_dir("src")
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let table: BTreeSet<String> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
    assert_eq!(rooms, table);
    let map = fs::read_to_string("docs/ARCHITECTURE.md").unwrap();
    for room in rooms {
        assert!(map.contains(&format!("`{room}/`")), "docs/ARCHITECTURE.md does not name {room}/");
    }
}

#[test]
fn files_stay_short_and_begin_with_what_they_are() {
    for file in sources(Path::new("src")) {
        let text = without_tests(&file);
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", file.display());
        assert!(text.starts_with("//!"), "{} does not say what it is", file.display());
    }
}

#[test]
fn a_mod_file_is_only_a_doc_comment_and_re_exports() {
    for file in sources(Path::new("src")) {
        if file.file_name().is_some_and(|name| name == "mod.rs") {
            let text = without_tests(&file);
            let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(code.all(|line| !line.contains("fn ")), "{} holds code", file.display());
        }
    }
}

#[test]
fn every_quirk_that_the_code_names_has_its_paragraph_and_the_other_way_round() {
    let quirks = fs::read_to_string("docs/QUIRKS.md").unwrap();
    let mark = Regex::new(r"QUIRKS: ([a-z0-9-]+)").unwrap();
    let mut named = BTreeSet::new();
    for folder in ["src", "tests"] {
        for file in sources(Path::new(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            named.extend(mark.captures_iter(&text).map(|c| c[1].to_owned()));
        }
    }
    let headings: BTreeSet<String> =
        quirks.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    let without_paragraph: Vec<_> = named.difference(&headings).collect();
    let without_mark: Vec<_> = headings.difference(&named).collect();
    assert!(without_paragraph.is_empty(), "no paragraph: {without_paragraph:?}");
    assert!(without_mark.is_empty(), "no mark in the code: {without_mark:?}");
}
