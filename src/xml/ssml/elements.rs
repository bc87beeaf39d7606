//! Which elements there are, what they may hold, and which values their attributes have.

use crate::xml::{
    notes::Notes,
    tree::{Attribute, Element, Node},
};
use std::time::Duration;

/// Longest break, as Polly has it.
pub(super) const LONGEST_BREAK: Duration = Duration::from_secs(10);

/// One element: its attributes, and the elements that may stand inside.
struct Known {
    name: &'static str,
    attributes: &'static [&'static str],
    inside: &'static [&'static str],
}

const ALL: &[&str] =
    &["break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"];
const IN_A_SENTENCE: &[&str] =
    &["break", "emphasis", "lang", "phoneme", "prosody", "say-as", "sub", "w"];
const IN_A_PARAGRAPH: &[&str] =
    &["break", "emphasis", "lang", "phoneme", "prosody", "s", "say-as", "sub", "w"];
const IN_A_WORD: &[&str] = &["break", "emphasis", "phoneme", "prosody", "say-as", "sub"];

const KNOWN: [Known; 10] = [
    Known { name: "break", attributes: &["strength", "time"], inside: &[] },
    Known { name: "emphasis", attributes: &["level"], inside: IN_A_PARAGRAPH },
    Known { name: "lang", attributes: &["xml:lang"], inside: ALL },
    Known { name: "p", attributes: &[], inside: IN_A_PARAGRAPH },
    Known { name: "phoneme", attributes: &["alphabet", "ph"], inside: &[] },
    Known { name: "prosody", attributes: &["volume", "rate", "pitch"], inside: ALL },
    Known { name: "s", attributes: &[], inside: IN_A_SENTENCE },
    Known { name: "say-as", attributes: &["interpret-as", "format"], inside: &[] },
    Known { name: "sub", attributes: &["alias"], inside: &[] },
    Known { name: "w", attributes: &["role"], inside: IN_A_WORD },
];

/// Words of `interpret-as`.
const INTERPRETATIONS: [&str; 13] = [
    "characters",
    "spell-out",
    "cardinal",
    "number",
    "ordinal",
    "digits",
    "fraction",
    "unit",
    "date",
    "time",
    "address",
    "expletive",
    "telephone",
];

/// Formats of a date; those of a time are an engine's own.
const DATES: [&str; 11] = ["mdy", "dmy", "ymd", "md", "dm", "ym", "my", "d", "m", "y", "yyyymmdd"];

const STRENGTHS: [(&str, u64); 6] = [
    ("none", 0),
    ("x-weak", 100),
    ("weak", 250),
    ("medium", 500),
    ("strong", 1_000),
    ("x-strong", 1_500),
];

const ALPHABETS: [&str; 6] = [
    "ipa",
    "x-sampa",
    "x-amazon-jyutping",
    "x-amazon-pinyin",
    "x-amazon-pron-kana",
    "x-amazon-yomigana",
];

/// Whether it is an element of SSML.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name)
}

/// The attributes of an element whose values are those that it may have.
pub(super) fn sound_attributes(element: &Element) -> impl Iterator<Item = &Attribute> {
    let known = KNOWN.iter().find(|known| known.name == element.name);
    let names = known.map_or(&[][..], |known| known.attributes);
    let named = element.attributes.iter().filter(|a| names.contains(&a.name.as_str()));
    named.filter(|a| wrong_value(&element.name, a).is_none())
}

/// Remarks on everything inside a Say or Speak that is not as it should be; each element once. The
/// depth is that of a document.
pub(super) fn check(element: &Element, notes: &mut Notes) {
    for inner in element.elements() {
        check_one(element, inner, notes);
        check(inner, notes);
    }
}

fn check_one(outer: &Element, inner: &Element, notes: &mut Notes) {
    let Some(known) = KNOWN.iter().find(|known| known.name == inner.name) else {
        let name: String = inner.name.chars().take(60).collect();
        let message = format!("<{name}> is no SSML that can be said: its text is said");
        notes.warn(inner.at, message);
        return;
    };
    if let Some(holder) = KNOWN.iter().find(|known| known.name == outer.name)
        && !holder.inside.contains(&known.name)
    {
        let (inner_name, outer_name) = (&inner.name, &outer.name);
        let may = match holder.inside {
            [] if *outer_name == "break" => "it holds nothing".to_owned(),
            [] => "it holds text only".to_owned(),
            inside => format!("it may hold text, {}", inside.join(", ")),
        };
        notes.warn(inner.at, format!("<{inner_name}> may not stand inside <{outer_name}>: {may}"));
    }
    if known.name == "break" && !matches!(inner.children.as_slice(), []) && has_text(inner) {
        notes.warn(inner.at, "<break> holds no text; it is said all the same");
    }
    for attribute in &inner.attributes {
        let name = attribute.name.as_str();
        if !known.attributes.contains(&name) {
            if name != "xmlns" && !name.starts_with("xmlns:") {
                let message = format!("<{}> has no attribute {name}; it is ignored", inner.name);
                notes.warn(attribute.at, message);
            }
        } else if let Some(allowed) = wrong_value(known.name, attribute) {
            let value: String = attribute.value.chars().take(60).collect();
            let message = format!("{name}={value:?} is ignored; allowed is {allowed}");
            notes.warn(attribute.at, message);
        }
    }
    let needed = match known.name {
        "say-as" => "interpret-as",
        "sub" => "alias",
        "phoneme" => "ph",
        "lang" => "xml:lang",
        _ => return check_format(inner, notes),
    };
    if inner.attribute(needed).is_none() {
        let message = format!("<{}> needs {needed}: its text is said as any other", inner.name);
        notes.warn(inner.at, message);
    }
    check_format(inner, notes);
}

/// `format` belongs to dates and times.
fn check_format(element: &Element, notes: &mut Notes) {
    let Some(format) = element.attribute("format").filter(|_| element.name == "say-as") else {
        return;
    };
    match interpretation(element) {
        "date" | "time" | "" => {}
        what => notes.warn(format.at, format!("format has no effect with interpret-as={what:?}")),
    }
}

fn has_text(element: &Element) -> bool {
    element
        .children
        .iter()
        .any(|node| matches!(node, Node::Text(text, _) if !text.trim().is_empty()))
}

/// What is allowed, if the value is not.
fn wrong_value(element: &str, attribute: &Attribute) -> Option<String> {
    let value = attribute.value.trim();
    let one_of =
        |words: &[&str]| (!words.contains(&value)).then(|| format!("one of {}", words.join(", ")));
    match (element, attribute.name.as_str()) {
        ("break", "strength") => one_of(&STRENGTHS.map(|(word, _)| word)),
        ("break", "time") => match length(value) {
            Some(length) if length <= LONGEST_BREAK => None,
            Some(_) => None,
            None => Some("a time such as 2s or 300ms".to_owned()),
        },
        ("emphasis", "level") => one_of(&["strong", "moderate", "reduced"]),
        ("lang", _) => (!is_language(value)).then(|| "a language such as fr-FR".to_owned()),
        ("phoneme", "alphabet") => one_of(&ALPHABETS),
        ("phoneme", "ph") | ("sub", "alias") => {
            value.is_empty().then(|| "something that can be said".to_owned())
        }
        ("prosody", "volume") => {
            let words = ["default", "silent", "x-soft", "soft", "medium", "loud", "x-loud"];
            (!words.contains(&value) && !is_change(value, "dB"))
                .then(|| format!("one of {}, or a change such as +6dB", words.join(", ")))
        }
        ("prosody", "rate") => {
            let words = ["default", "x-slow", "slow", "medium", "fast", "x-fast"];
            (!words.contains(&value) && !is_change(value, "%"))
                .then(|| format!("one of {}, or a part such as 90%", words.join(", ")))
        }
        ("prosody", "pitch") => {
            let words = ["default", "x-low", "low", "medium", "high", "x-high"];
            (!words.contains(&value) && !is_change(value, "%"))
                .then(|| format!("one of {}, or a change such as -10%", words.join(", ")))
        }
        ("say-as", "interpret-as") => one_of(&INTERPRETATIONS),
        // The formats of a time (hms12) are an engine's own.
        ("say-as", "format") => {
            let plain = !value.is_empty()
                && value.len() <= 20
                && value.bytes().all(|b| b.is_ascii_alphanumeric());
            let allowed = DATES.contains(&value) || (plain && value.starts_with('h'));
            (!allowed).then(|| format!("one of {}", DATES.join(", ")))
        }
        ("w", "role") => {
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || ":_-".contains(c));
            (value.is_empty() || !plain).then(|| "a role such as amazon:VB".to_owned())
        }
        _ => None,
    }
}

/// `interpret-as`; empty if it is none that there is.
pub(super) fn interpretation(element: &Element) -> &'static str {
    let value = element.attribute("interpret-as").map_or("", |a| a.value.trim());
    INTERPRETATIONS.into_iter().find(|word| *word == value).unwrap_or_default()
}

/// `time` in `s` or `ms`, else `strength`, else medium.
pub(super) fn break_length(element: &Element) -> Duration {
    if let Some(time) = element.attribute("time").and_then(|time| length(time.value.trim())) {
        return time.min(LONGEST_BREAK);
    }
    let strength = element.attribute("strength").map_or("medium", |a| a.value.trim());
    let found = STRENGTHS.iter().find(|(word, _)| *word == strength);
    Duration::from_millis(found.map_or(500, |(_, ms)| *ms))
}

/// `2s`, `1.5s`, `300ms`.
fn length(value: &str) -> Option<Duration> {
    let (number, ms) = match (value.strip_suffix("ms"), value.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1_000.0),
        (None, None) => return None,
    };
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = number.parse().ok().filter(|_| plain)?;
    (0.0..=1e9).contains(&number).then(|| Duration::from_secs_f64(number * ms / 1_000.0))
}

/// `+6dB`, `-10%`, `90%`.
fn is_change(value: &str, unit: &str) -> bool {
    let Some(number) = value.strip_suffix(unit) else { return false };
    let number = number.trim_start_matches(['+', '-']);
    !number.is_empty()
        && number.len() <= 8
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && number.parse::<f64>().is_ok()
}

/// The shape of a language tag (BCP 47): `fr`, `fr-CA`, `en-GB-WLS`.
pub(in crate::xml) fn is_language(value: &str) -> bool {
    let mut parts = value.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_changes_and_languages_have_a_shape() {
        for (text, ms) in
            [("2s", Some(2_000)), ("1.5s", Some(1_500)), ("300ms", Some(300)), ("0s", Some(0))]
        {
            assert_eq!(length(text).map(|l| l.as_millis()), ms);
        }
        for text in ["", "s", "2", "-1s", "1e3s", "infs", "nans", "2 s s"] {
            assert_eq!(length(text), None, "{text}");
        }
        assert!(is_change("+6dB", "dB") && is_change("-10.5%", "%") && is_change("90%", "%"));
        assert!(!is_change("%", "%") && !is_change("+dB", "dB") && !is_change("fast", "%"));
        assert!(is_language("fr") && is_language("en-GB-WLS") && is_language("cmn-CN"));
        assert!(!is_language("french") && !is_language("f") && !is_language("en_US"));
    }
}
