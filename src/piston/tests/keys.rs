//! Every action and every key of the format (`fixtures/documents/piston-actions.txt`).

use super::documents;
use crate::{
    base::{Diagnostic, Severity},
    piston::{actions::Action, check, known},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

/// One line of the table: `run`, `not-run` or `entry`, a name, and keys with their types.
struct Row {
    kind: String,
    name: String,
    keys: Vec<(String, String)>,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string("fixtures/documents/piston-actions.txt").unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        let (kind, name) = (words.next().unwrap(), words.next().unwrap());
        let keys = words.map(|word| {
            let (key, kind) = word.split_once(':').unwrap();
            (key.to_owned(), kind.to_owned())
        });
        Row { kind, name, keys: keys.collect() }
    });
    rows.collect()
}

/// Keys that the format's own schema does not have: the menu's record, which stands inline here, and
/// older or documented spellings.
const OURS: [(&str, &str); 14] = [
    ("menu", "name"),
    ("menu", "retries"),
    ("menu", "timeout"),
    ("menu", "max_extension_length"),
    ("menu", "hunt"),
    ("menu", "hunt_allow"),
    ("menu", "hunt_deny"),
    ("menu", "suppress_media"),
    ("menu", "media"),
    ("menu", "record_pin"),
    ("menu", "allow_record_from_offnet"),
    ("pivot", "req_timeout"),
    ("pivot", "var"),
    ("branch_variable", "scope"),
];

#[test]
fn every_action_of_the_format_is_known() {
    let named = |kind: &str| -> BTreeSet<String> {
        table().into_iter().filter(|row| row.kind == kind).map(|row| row.name).collect()
    };
    let set = |names: &[&str]| -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    };
    assert_eq!(named("run"), set(&Action::RUN));
    assert_eq!(named("not-run"), set(&known::NOT_RUN));
    assert_eq!(Action::RUN.len() + known::NOT_RUN.len(), 78);
}

#[test]
fn every_key_of_every_action_stands_in_a_document_that_runs() {
    let mut used = BTreeSet::new();
    for path in documents::all() {
        let bytes = fs::read(&path).unwrap();
        if check(&bytes).iter().all(|remark| remark.severity == Severity::Warning) {
            gather(&serde_json::from_slice(&bytes).unwrap(), &mut used);
        }
    }
    let ours = OURS.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned()));
    let theirs = table().into_iter().filter(|row| row.kind != "not-run").flat_map(|row| {
        let name = if row.kind == "entry" { format!("entry {}", row.name) } else { row.name };
        row.keys.into_iter().map(move |(key, _)| (name.clone(), key))
    });
    let missing: Vec<_> = ours.chain(theirs).filter(|key| !used.contains(key)).collect();
    assert_eq!(missing, []);
}

fn gather(value: &Value, used: &mut BTreeSet<(String, String)>) {
    let Value::Object(object) = value else {
        return value.as_array().into_iter().flatten().for_each(|item| gather(item, used));
    };
    let named = |key| object.get(key).and_then(Value::as_str);
    if let (Some(module), Some(Value::Object(data))) = (named("module"), object.get("data")) {
        used.extend(data.keys().map(|key| (module.to_owned(), key.clone())));
    }
    if let Some(entry) = named("macro") {
        used.extend(object.keys().map(|key| (format!("entry {entry}"), key.clone())));
    }
    object.values().for_each(|value| gather(value, used));
}

/// An object where a plain value belongs, a number where an object does.
fn wrong(kind: &str) -> Value {
    if kind == "object" { json!(7) } else { json!({ "x": 1 }) }
}

#[test]
fn every_key_is_checked_and_none_is_unknown() {
    for row in table().into_iter().filter(|row| row.kind != "not-run") {
        for (key, kind) in &row.keys {
            let document = match row.kind.as_str() {
                "run" => json!({ "module": row.name, "data": { key: wrong(kind) } }),
                _ => json!({
                    "module": "audio_macro",
                    "data": { "macros": [{ "macro": row.name, key: wrong(kind) }] },
                }),
            };
            let remarks = check(document.to_string().as_bytes());
            let place = format!("/{key}: found ");
            let refused = |remark: &Diagnostic| {
                remark.severity == Severity::Error && remark.message.contains(&place)
            };
            assert!(remarks.iter().any(refused), "{} {key}: {remarks:?}", row.name);
            assert!(!remarks.iter().any(|remark| remark.message.contains("unknown key")));
        }
    }
}

#[test]
fn null_counts_as_absent() {
    for row in table().into_iter().filter(|row| row.kind == "run") {
        for (key, _) in &row.keys {
            let document = json!({ "module": row.name, "data": { key: null } });
            let remarks = check(document.to_string().as_bytes());
            assert!(
                !remarks.iter().any(|remark| remark.message.contains("found null")),
                "{} {key}: {remarks:?}",
                row.name
            );
        }
    }
}
