//! `say-as` in words: characters and digits one by one in every language, numbers, dates and the like
//! in English. What cannot be read as what it should be is left to the engine.

use super::{english, unit, when};
use crate::call::Sound;
use std::time::Duration;

/// The sound over an expletive, for every character.
const BLEEP: Duration = Duration::from_millis(80);

/// Longest such sound.
const LONGEST_BLEEP: Duration = Duration::from_secs(2);

/// Characters that an engine would pass over in silence. `*` and `#` are said by the switch.
const SYMBOLS: [(char, &str); 12] = [
    ('@', "at"),
    ('.', "dot"),
    ('-', "dash"),
    ('_', "underscore"),
    ('/', "slash"),
    ('+', "plus"),
    ('=', "equals"),
    (',', "comma"),
    (':', "colon"),
    ('&', "and"),
    ('!', "exclamation mark"),
    ('?', "question mark"),
];

/// How a text is said as what it is; `None` if the engine says it as it stands.
pub(super) fn words(what: &str, format: &str, text: &str, english: bool) -> Option<String> {
    let text = text.trim();
    match what {
        "characters" | "spell-out" => Some(characters(text, english)),
        "digits" => Some(digits(text)),
        "telephone" => Some(telephone(text, english)),
        _ if !english => None,
        "cardinal" | "number" => number(text),
        "ordinal" => ordinal(text),
        "fraction" => fraction(text),
        "unit" => unit::words(text),
        "date" => when::date(format, text),
        "time" => when::time(text),
        _ => None,
    }
}

/// A tone instead of a word.
pub(super) fn bleep(text: &str) -> Sound {
    let letters = u32::try_from(text.trim().chars().count()).unwrap_or(u32::MAX);
    let length = BLEEP.saturating_mul(letters.max(3)).min(LONGEST_BLEEP);
    Sound::Media(format!("tone_stream://%({},0,1000)", length.as_millis()))
}

/// Engines read characters with blanks between them one by one.
fn characters(text: &str, english: bool) -> String {
    let said = |c: char| match SYMBOLS.iter().find(|(symbol, _)| english && *symbol == c) {
        Some((_, name)) => (*name).to_owned(),
        None => c.to_string(),
    };
    let all = text.chars().filter(|c| !c.is_whitespace()).map(said);
    all.collect::<Vec<_>>().join(" ")
}

/// The same, without names for what stands between the digits.
fn digits(text: &str) -> String {
    let all = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_string());
    all.collect::<Vec<_>>().join(" ")
}

/// Digits in the groups in which they are written.
fn telephone(text: &str, english: bool) -> String {
    let mut groups = vec![String::new()];
    for c in text.chars() {
        let Some(group) = groups.last_mut() else { break };
        match c {
            '+' if english => group.push_str(" plus"),
            'x' | 'X' if english => group.push_str(" extension"),
            c if c.is_alphanumeric() || "+*#".contains(c) => {
                group.push(' ');
                group.push(c);
            }
            _ if group.is_empty() => {}
            _ => groups.push(String::new()),
        }
    }
    let groups = groups.iter().map(|group| group.trim()).filter(|group| !group.is_empty());
    groups.collect::<Vec<_>>().join(", ")
}

fn number(text: &str) -> Option<String> {
    let (minus, rest) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("minus ", rest),
        None => ("", text),
    };
    if rest.contains('/') {
        return fraction(text);
    }
    let (whole, behind) = match rest.split_once('.') {
        Some((whole, behind)) => (whole, Some(behind)),
        None => (rest, None),
    };
    let whole = english::cardinal(whole_number(whole)?);
    let Some(behind) = behind else { return Some(format!("{minus}{whole}")) };
    let plain = !behind.is_empty() && behind.bytes().all(|b| b.is_ascii_digit());
    let each = |c: char| english::cardinal(u64::from(c.to_digit(10).unwrap_or(0)));
    plain.then(|| {
        let behind = behind.chars().map(each).collect::<Vec<_>>().join(" ");
        format!("{minus}{whole} point {behind}")
    })
}

/// `3` and `3rd`.
fn ordinal(text: &str) -> Option<String> {
    let ends = ["st", "nd", "rd", "th"];
    let digits = ends.iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    whole_number(digits).map(english::ordinal)
}

/// `3/4`, `2 1/2` and `2+1/2`.
fn fraction(text: &str) -> Option<String> {
    let (whole, part) = match text.rsplit_once([' ', '+']) {
        Some((whole, part)) => (Some(whole_number(whole)?), part),
        None => (None, text),
    };
    let (above, below) = part.split_once('/')?;
    let (above, below) = (whole_number(above)?, whole_number(below)?);
    let name = match below {
        0 | 1 => return None,
        2 if above == 1 => "half".to_owned(),
        2 => "halves".to_owned(),
        4 if above == 1 => "quarter".to_owned(),
        4 => "quarters".to_owned(),
        _ if above == 1 => english::ordinal(below),
        _ => format!("{}s", english::ordinal(below)),
    };
    let part = format!("{} {name}", english::cardinal(above));
    Some(match whole {
        Some(whole) => format!("{} and {part}", english::cardinal(whole)),
        None => part,
    })
}

/// Digits, with commas between thousands or not.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    let digits: String = text.trim().chars().filter(|c| *c != ',').collect();
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number <= english::LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(what: &str, text: &str) -> String {
        words(what, "", text, true).unwrap_or_else(|| format!("as it stands: {text}"))
    }

    #[test]
    fn each_kind_is_said_as_what_it_is() {
        for (what, text, expected) in [
            ("characters", "a-B@4", "a dash B at 4"),
            ("spell-out", "IBM", "I B M"),
            ("digits", "47 11", "4 7 1 1"),
            ("telephone", "+1 (212) 555-1212x7", "plus 1, 2 1 2, 5 5 5, 1 2 1 2 extension 7"),
            ("cardinal", "1,234", "one thousand two hundred thirty-four"),
            ("number", "-3.14", "minus three point one four"),
            ("number", "3.", "as it stands: 3."),
            ("ordinal", "3rd", "third"),
            ("ordinal", "x", "as it stands: x"),
            ("fraction", "3/4", "three quarters"),
            ("fraction", "2+1/2", "two and one half"),
            ("fraction", "5/20", "five twentieths"),
            ("fraction", "1/0", "as it stands: 1/0"),
            ("address", "1 Main St", "as it stands: 1 Main St"),
            ("cardinal", "99999999999999999999", "as it stands: 99999999999999999999"),
        ] {
            assert_eq!(said(what, text), expected, "{what} {text}");
        }
        assert_eq!(words("ordinal", "", "3", false), None);
        assert_eq!(words("characters", "", "a-b", false).unwrap(), "a - b");
        assert_eq!(bleep("darn"), Sound::Media("tone_stream://%(320,0,1000)".to_owned()));
    }
}
