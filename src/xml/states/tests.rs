//! The table against the page, the parser and the corpus.

use super::{
    entry::{Attribute, Entry, State},
    lookup::FAMILIES,
    markdown,
};
use crate::{
    base::Diagnostic,
    xml::{Dialect, Document, attributes::asked, reader, tree::Element},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const PAGE: &str = "docs/DOCUMENTS.md";

/// Attributes that no document of the corpus shows yet. `UPDATE_GOLDEN=1` makes it shorter, never
/// longer.
const NOT_SHOWN: &str = "fixtures/documents/not-shown.txt";

const ROOM: &str = "fixtures/documents";

fn entries() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().flat_map(|(_, entries)| entries.iter())
}

fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

#[test]
fn the_page_shows_the_table() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(markdown::MARKS.0).unwrap();
    let (shown, after) = rest.split_once(markdown::MARKS.1).unwrap();
    let tables = markdown::tables();
    if updates() {
        let (begin, end) = markdown::MARKS;
        fs::write(PAGE, format!("{before}{begin}{tables}{end}{after}")).unwrap();
    } else {
        assert_eq!(shown, tables, "{PAGE} is not what the table says: UPDATE_GOLDEN=1");
    }
}

#[test]
fn an_element_that_is_refused_has_only_refused_attributes() {
    let mut seen = BTreeSet::new();
    for entry in entries() {
        let refused = matches!(entry.state, State::Refused(_));
        for place in entry.places {
            assert!(seen.insert((line(entry, ""), *place)), "{place} stands twice");
        }
        for attribute in entry.attributes {
            let (name, place) = (attribute.name, entry.places[0]);
            let twice = entry.attributes.iter().filter(|other| other.name == name).count() > 1;
            assert!(!twice, "{place} {name} stands twice");
            match attribute.state {
                State::Refused("") => {
                    assert!(refused, "{place} {name} is refused without a reason")
                }
                State::Refused(_) => {}
                _ => assert!(!refused, "{place} is refused, but {name} is not"),
            }
        }
    }
}

/// What an attribute may well say.
fn example(name: &str) -> &'static str {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match name {
        "method" | "waitUrlMethod" => "POST",
        "time" => "2s",
        "schedule" | "length" | "timeout" | "timeLimit" => "20",
        _ if ends(&["Method"]) => "GET",
        _ if ends(&["action", "url", "Url", "Callback", "Sound", "Audio"]) => {
            "https://example.com/x"
        }
        _ => "true",
    }
}

/// The smallest document with an element in its place, and what is remarked on it.
fn smallest(
    entry: &Entry,
    place: &str,
    attribute: Option<&Attribute>,
) -> (String, Vec<Diagnostic>) {
    let parents: Vec<_> =
        place.rsplit_once('/').map_or("", |(parents, _)| parents).split('/').collect();
    let name = entry.name();
    let attribute = attribute.map(|a| format!(" {}=\"{}\"", a.name, example(a.name)));
    let mut text = format!("<{name}{}>{}</{name}>", attribute.unwrap_or_default(), entry.body);
    for parent in parents.iter().rev().filter(|parent| !parent.is_empty()) {
        text = format!("<{parent}>{text}</{parent}>");
    }
    let text = format!("<Response>{text}</Response>");
    let parsed = Document::parse(text.as_bytes(), entry.dialect.unwrap_or(Dialect::Twiml));
    (text, parsed.diagnostics)
}

#[test]
fn the_parser_knows_what_is_not_refused() {
    let mut wrong = Vec::new();
    for entry in entries().filter(|entry| !matches!(entry.state, State::Refused(_))) {
        for place in entry.places {
            for attribute in entry.attributes {
                let (text, remarks) = smallest(entry, place, Some(attribute));
                let unknown = format!("has no attribute {}", attribute.name);
                let refused = format!("{} is not supported", attribute.name);
                let known = remarks.iter().all(|d| !d.message.contains(&unknown));
                let fine = match attribute.state {
                    State::Refused(_) => {
                        // At the attribute, or with its name.
                        let column = text.find(&format!(" {}=", attribute.name)).unwrap() + 2;
                        remarks.iter().any(|d| {
                            d.column as usize == column || d.message.contains(attribute.name)
                        }) && known
                    }
                    _ => known && remarks.iter().all(|d| !d.message.contains(&refused)),
                };
                if !fine {
                    wrong.push(format!("{:?} {text}\n    {remarks:?}", attribute.state));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_refused_is_remarked_on() {
    let mut wrong = Vec::new();
    for entry in entries() {
        for place in entry.places {
            let (text, remarks) = smallest(entry, place, None);
            // Of an element that stands in a refused one, the refusal of that one is told.
            let named =
                |d: &Diagnostic| place.split('/').any(|n| d.message.contains(&format!("<{n}>")));
            let told = remarks.iter().any(named);
            match entry.state {
                State::Refused(_) if !told => wrong.push(format!("{text}: {remarks:?}")),
                State::Works
                    if remarks.iter().any(|d| {
                        let own = format!("<{}>", entry.name());
                        d.message.contains(&own) && d.message.contains("not supported")
                    }) =>
                {
                    wrong.push(format!("{text}: {remarks:?}"));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documents of the corpus.
fn documents() -> Vec<(PathBuf, Dialect)> {
    let mut found = Vec::new();
    for (folder, dialect) in
        [("twiml", Dialect::Twiml), ("plivo", Dialect::Plivo), ("xml", Dialect::Twiml)]
    {
        for file in fs::read_dir(Path::new(ROOM).join(folder)).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "xml") {
                found.push((file, dialect));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// One document; what cannot be read is named.
fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn the_table_has_all_that_the_parser_asks_for() {
    let asked = asked(|| {
        for entry in entries() {
            for place in entry.places {
                smallest(entry, place, None);
            }
        }
        for (file, dialect) in documents() {
            Document::parse(&read(&file), dialect);
        }
    });
    let missing: Vec<_> = asked
        .into_iter()
        .filter(|(element, attribute)| {
            let of_element = entries()
                .filter(|entry| entry.places.iter().any(|p| p.rsplit('/').next() == Some(element)));
            !of_element.flat_map(|entry| entry.attributes).any(|known| known.name == *attribute)
        })
        .collect();
    assert!(missing.is_empty(), "the parser knows what the table does not: {missing:#?}");
}

/// The attributes of a document, each as in [`NOT_SHOWN`].
fn shown(element: &Element, path: &str, dialect: Dialect, found: &mut BTreeSet<String>) {
    for inner in element.elements() {
        let path = match path {
            "" => inner.name.clone(),
            _ => format!("{path}/{}", inner.name),
        };
        let mut place = path.as_str();
        // A prompt means the same inside a Gather.
        let entry = loop {
            let here: Vec<_> = entries().filter(|entry| entry.places.contains(&place)).collect();
            let own = here.iter().find(|entry| entry.dialect.is_none_or(|d| d == dialect));
            match (own.or(here.first()), place.split_once('/')) {
                (Some(entry), _) => break Some(*entry),
                (None, Some((_, rest))) => place = rest,
                (None, None) => break None,
            }
        };
        if let Some(entry) = entry {
            found.extend(inner.attributes.iter().map(|a| line(entry, &a.name)));
        }
        shown(inner, &path, dialect, found);
    }
}

fn line(entry: &Entry, attribute: &str) -> String {
    let of = entry.dialect.map_or("both".to_owned(), |dialect| dialect.to_string());
    format!("{of}: {} {attribute}", entry.places[0])
}

#[test]
fn the_corpus_shows_every_attribute_that_works() {
    let mut found = BTreeSet::new();
    for (file, dialect) in documents() {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let asked_for = [format!(" answers {stem}.xml"), format!(" runs {stem}.xml")];
        let transcript = fs::read_dir(file.parent().unwrap()).unwrap().any(|beside| {
            let beside = beside.unwrap().path();
            let name = beside.file_name().unwrap().to_str().unwrap();
            let about_it = name.split('.').next() == Some(&stem);
            name.ends_with(".case")
                && (about_it || {
                    let case = fs::read_to_string(&beside).unwrap();
                    asked_for.iter().any(|words| case.contains(words))
                })
        });
        let bytes = read(&file);
        if let (true, Ok(read)) = (transcript, reader::read(&bytes)) {
            let dialect =
                Document::parse(&bytes, dialect).document.map_or(dialect, |d| d.dialect());
            shown(&read.root, "", dialect, &mut found);
        }
    }
    let all = entries().flat_map(|entry| {
        let works = entry.attributes.iter().filter(|a| !matches!(a.state, State::Refused(_)));
        works.map(|attribute| line(entry, attribute.name))
    });
    let missing: BTreeSet<String> = all.filter(|line| !found.contains(line)).collect();
    let allowed = fs::read_to_string(NOT_SHOWN).unwrap_or_default();
    let allowed: BTreeSet<String> = allowed.lines().map(str::to_owned).collect();
    if updates() {
        let left: Vec<_> = allowed.intersection(&missing).map(|line| format!("{line}\n")).collect();
        fs::write(NOT_SHOWN, left.concat()).unwrap();
    }
    let new: Vec<_> = missing.difference(&allowed).collect();
    assert!(new.is_empty(), "no document with a transcript shows {new:#?}");
    let shown: Vec<_> = allowed.difference(&missing).collect();
    assert!(
        shown.is_empty() || updates(),
        "take from {NOT_SHOWN}, as documents show them: {shown:#?}"
    );
}
