//! `sipHeaders` (`reference/plivo.md` 1.5).

/// Names that Plivo drops, whatever their case.
const RESERVED: [&str; 6] = ["ph-", "plivo", "fs-", "sipauth", "zt-", "twilio"];

/// Longest name and value, in characters.
const LONGEST: (usize, usize) = (24, 120);

/// `Name=value,Name2=value2` as headers `X-PH-Name`. Pairs that are not well-formed, or reserved,
/// come back as they are in the second list.
pub(super) fn parse(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut headers, mut dropped) = (Vec::new(), Vec::new());
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((name, value)) if fits(name.trim(), value.trim()) => {
                headers.push((format!("X-PH-{}", name.trim()), value.trim().to_owned()));
            }
            _ => dropped.push(pair.chars().take(60).collect()),
        }
    }
    (headers, dropped)
}

fn fits(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let named = (1..=LONGEST.0).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && lower != "clientregion"
        && !RESERVED.iter().any(|reserved| lower.starts_with(reserved));
    named
        && (1..=LONGEST.1).contains(&value.len())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '%')
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn bad_and_reserved_pairs_are_dropped() {
        let (headers, dropped) = parse("Test=val1, Two=a%20b,PlivoX=1,Bad=a b,None,=1");
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        assert_eq!(headers, [pair("X-PH-Test", "val1"), pair("X-PH-Two", "a%20b")]);
        assert_eq!(dropped, ["PlivoX=1", "Bad=a b", "None", "=1"]);
    }
}
