//! How long a text may be, and how a longer one is said all the same: in pieces.

use crate::base::limits;

/// How much text a vendor allows in one Say or Speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Allowed {
    /// Who says so, and of what.
    pub of: &'static str,
    /// Most characters.
    pub characters: usize,
    /// Whether markup counts.
    pub with_markup: bool,
}

impl Allowed {
    /// Twilio's limits by voice (`reference/twiml.md` 2.1).
    pub fn twilio(voice: &str) -> Self {
        let begins = |prefix: &str| {
            voice.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix))
        };
        let (of, characters, with_markup) = match () {
            () if begins("Polly.") => ("Twilio with a Polly voice", 3_000, false),
            () if begins("Google.") => ("Twilio with a Google voice", 5_000, true),
            () => ("Twilio with a basic voice", 4_096, false),
        };
        Self { of, characters, with_markup }
    }

    /// Plivo's, which are Polly's (`reference/plivo.md` 4.1); `None` for its basic voices.
    pub fn plivo(voice: &str) -> Option<Self> {
        let polly = voice.get(..6).is_some_and(|p| p.eq_ignore_ascii_case("Polly."));
        let allowed =
            Self { of: "Plivo with a Polly voice", characters: 3_000, with_markup: false };
        polly.then_some(allowed)
    }
}

/// A text in pieces of at most `limits::SPEECH_BYTES`, cut behind a sentence where there is one, else
/// between words.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > limits::SPEECH_BYTES {
        let mut end = limits::SPEECH_BYTES;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (window, _) = rest.split_at(end);
        let sentence = window.rfind(['.', '!', '?', '。', '؟']).filter(|at| *at > end / 2);
        let sentence =
            sentence.and_then(|at| window[at..].chars().next().map(|c| at + c.len_utf8()));
        let cut = sentence.or_else(|| window.rfind(' ')).filter(|cut| *cut > 0).unwrap_or(end);
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece.trim());
        rest = after.trim_start();
    }
    pieces.push(rest.trim());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_text_is_cut_behind_a_sentence() {
        let text = format!("{} One. Two three", "word ".repeat(990));
        let found = pieces(&text);
        assert_eq!(found.len(), 1);
        let found = pieces(&format!("{}. {}", "a".repeat(4_000), "b ".repeat(600)))
            .iter()
            .map(|piece| piece.len())
            .collect::<Vec<_>>();
        assert_eq!(found, [4_001, 1_199]);
        assert_eq!(pieces(&"é".repeat(6_000)).concat(), "é".repeat(6_000));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_piece_fits(text in "[ a-zé.]{0,9000}") {
            let found = pieces(&text);
            prop_assert!(found.iter().all(|piece| piece.len() <= limits::SPEECH_BYTES));
            let letters = |t: &str| t.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&found.concat()), letters(&text));
        }
    }
}
