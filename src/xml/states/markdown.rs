//! The tables as `docs/DOCUMENTS.md` shows them.

use super::{
    entry::{Entry, State},
    lookup::FAMILIES,
};
use crate::xml::Dialect;
use std::fmt::Write;

/// Where the tables begin and end in the page.
pub(super) const MARKS: (&str, &str) = ("<!-- states: begin -->\n", "<!-- states: end -->");

/// All tables, one for each family.
pub(super) fn tables() -> String {
    let mut text = String::new();
    for (family, entries) in FAMILIES {
        write!(
            text,
            "\n### {family}\n\n| Element | Of | Attributes | State | |\n|---|---|---|---|---|\n"
        )
        .unwrap();
        for entry in entries {
            rows(entry, &mut text);
        }
    }
    text.push('\n');
    text
}

/// An element's rows: itself, then its attributes, those of the same state in one row.
fn rows(entry: &Entry, text: &mut String) {
    let own = (word(entry.state), remark(entry.state, entry.note));
    let mut groups: Vec<((&str, &str), Vec<&str>)> = vec![(own, Vec::new())];
    for attribute in entry.attributes {
        let kind = match attribute.state {
            State::Refused("") => own,
            state => (word(state), remark(state, attribute.note)),
        };
        match groups.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, names)) => names.push(attribute.name),
            None => groups.push((kind, vec![attribute.name])),
        }
    }
    let places: Vec<_> = entry.places.iter().map(|place| format!("`{place}`")).collect();
    let of = match entry.dialect {
        Some(Dialect::Twiml) => "TwiML",
        Some(Dialect::Plivo) => "Plivo",
        None => "both",
    };
    let (mut element, mut of) = (places.join(" "), of);
    for ((state, remark), names) in groups {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        writeln!(text, "| {element} | {of} | {names} | {state} | {remark} |").unwrap();
        (element, of) = (String::new(), "");
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Works => "works",
        State::Limited(_) => "limit",
        State::Refused(_) => "refused",
    }
}

fn remark(state: State, note: &'static str) -> &'static str {
    match state {
        State::Works => note,
        State::Limited(which) => which,
        State::Refused(why) => why,
    }
}
