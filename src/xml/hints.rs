//! `hints`: words and phrases that a recogniser is told to expect.

use super::attributes::Attributes;

/// Most of them, in either dialect (`reference/twiml.md` 2.4, `reference/plivo.md` 4.4).
const MOST: usize = 500;

/// Longest one, characters.
const LONGEST: usize = 100;

/// The phrases of a comma-separated list, those that fit.
pub(super) fn hints(attributes: &mut Attributes<'_, '_>) -> Vec<String> {
    let Some(list) = attributes.given("hints") else { return Vec::new() };
    let all = list.split(',').map(str::trim).filter(|hint| !hint.is_empty());
    let (fit, long): (Vec<_>, Vec<_>) = all.partition(|hint| hint.chars().count() <= LONGEST);
    if !long.is_empty() {
        let message =
            format!("hints: {} are longer than {LONGEST} characters; left out", long.len());
        attributes.warn("hints", message);
    }
    if fit.len() > MOST {
        attributes.warn("hints", format!("hints: {} are too many; {MOST} are used", fit.len()));
    }
    fit.into_iter().take(MOST).map(str::to_owned).collect()
}
