//! Voices that documents name in their vendor's words: which language they speak, and whether a woman
//! or a man is heard. So a document keeps its language where the operator has mapped no voice by name.

/// What is known of a voice by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known<'n> {
    /// The name without the vendor's kinds of engines (`-Neural`).
    pub(super) name: &'n str,
    /// Its language; empty if the name does not tell.
    pub(super) language: &'n str,
    /// Names that a map may have for a voice of that kind; none if the name does not tell.
    pub(super) kinds: &'static [&'static str],
}

const WOMAN: &[&str] = &["woman", "female"];
const MAN: &[&str] = &["man", "male"];

/// Names that say nothing but who is heard (`reference/twiml.md` 2.1, `reference/plivo.md` 4.1).
const KINDS: [(&str, &[&str]); 5] =
    [("man", MAN), ("male", MAN), ("woman", WOMAN), ("female", WOMAN), ("alice", WOMAN)];

/// Kinds of Amazon's engines, at the end of a voice's name.
const SUFFIXES: [&str; 3] = ["-Neural", "-Generative", "-Long-Form"];

/// Amazon Polly's voices by language: women, then men. Accents are left out, as both vendors allow.
const POLLY: [(&str, &str, &str); 40] = [
    ("arb", "Zeina", ""),
    ("ar-AE", "Hala", "Zayd"),
    ("ca-ES", "Arlet", ""),
    ("cmn-CN", "Zhiyu", ""),
    ("cs-CZ", "Jitka", ""),
    ("cy-GB", "Gwyneth", ""),
    ("da-DK", "Naja Sofie", "Mads"),
    ("de-AT", "Hannah", ""),
    ("de-CH", "Sabrina", ""),
    ("de-DE", "Marlene Vicki", "Hans Daniel"),
    ("en-AU", "Nicole Olivia", "Russell"),
    ("en-GB", "Amy Emma", "Brian Arthur"),
    ("en-GB-WLS", "", "Geraint"),
    ("en-IE", "Niamh", ""),
    ("en-IN", "Aditi Raveena Kajal", ""),
    ("en-NZ", "Aria", ""),
    (
        "en-US",
        "Joanna Salli Kendra Kimberly Ivy Ruth Danielle",
        "Matthew Joey Justin Kevin Stephen Gregory Patrick",
    ),
    ("en-ZA", "Ayanda", ""),
    ("es-ES", "Conchita Lucia Alba", "Enrique Sergio Raul"),
    ("es-MX", "Mia", "Andres"),
    ("es-US", "Lupe Penelope", "Miguel Pedro"),
    ("fi-FI", "Suvi", ""),
    ("fr-BE", "Isabelle", ""),
    ("fr-CA", "Chantal Gabrielle", "Liam"),
    ("fr-FR", "Celine Lea", "Mathieu Remi"),
    ("is-IS", "Dora", "Karl"),
    ("it-IT", "Carla Bianca", "Giorgio Adriano"),
    ("ja-JP", "Mizuki Kazuha Tomoko", "Takumi"),
    ("ko-KR", "Seoyeon Jihye", ""),
    ("nb-NO", "Liv Ida", ""),
    ("nl-BE", "Lisa", ""),
    ("nl-NL", "Lotte Laura", "Ruben"),
    ("pl-PL", "Ewa Maja Ola", "Jacek Jan"),
    ("pt-BR", "Camila Vitoria", "Ricardo Thiago"),
    ("pt-PT", "Ines", "Cristiano"),
    ("ro-RO", "Carmen", ""),
    ("ru-RU", "Tatyana", "Maxim"),
    ("sv-SE", "Astrid Elin", ""),
    ("tr-TR", "Filiz Burcu", ""),
    ("yue-CN", "Hiujin", ""),
];

impl<'n> Known<'n> {
    pub(super) fn of(name: &'n str) -> Self {
        if let Some((_, kinds)) = KINDS.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(name)) {
            return Self { name, language: "", kinds };
        }
        if let Some(voice) = strip(name, "Google.") {
            return Self { name, language: language_of(voice), kinds: &[] };
        }
        let Some(voice) = strip(name, "Polly.") else { return Self { name, ..Self::default() } };
        let suffix = SUFFIXES.iter().find(|suffix| name.ends_with(**suffix)).map_or(0, |s| s.len());
        let (name, voice) = (&name[..name.len() - suffix], &voice[..voice.len() - suffix]);
        let voice = without_accents(voice);
        let among = |names: &str| names.split(' ').any(|n| n.eq_ignore_ascii_case(&voice));
        let found = POLLY.iter().find_map(|(language, women, men)| match () {
            () if voice.is_empty() => None,
            () if among(women) => Some((*language, WOMAN)),
            () if among(men) => Some((*language, MAN)),
            () => None,
        });
        let (language, kinds) = found.unwrap_or(("", &[]));
        Self { name, language, kinds }
    }

    /// Whether the name says nothing but who is heard.
    pub(super) fn is_kind(&self) -> bool {
        KINDS.iter().any(|(kind, _)| kind.eq_ignore_ascii_case(self.name))
    }
}

/// `en-US-Standard-A` speaks `en-US`.
fn language_of(voice: &str) -> &str {
    let second = voice.match_indices('-').nth(1).map_or(voice.len(), |(at, _)| at);
    &voice[..second]
}

fn strip<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let begins = name.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
    begins.then(|| &name[prefix.len()..])
}

fn without_accents(name: &str) -> String {
    let plain = |c| match c {
        'é' => 'e',
        'ó' => 'o',
        'ê' => 'e',
        'á' => 'a',
        'í' => 'i',
        other => other,
    };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_language_and_who_is_heard() {
        for (name, base, language, kinds) in [
            ("Polly.Joanna-Neural", "Polly.Joanna", "en-US", WOMAN),
            ("polly.Mathieu", "polly.Mathieu", "fr-FR", MAN),
            ("Polly.Léa", "Polly.Léa", "fr-FR", WOMAN),
            ("Polly.Nobody", "Polly.Nobody", "", &[]),
            ("Polly.", "Polly.", "", &[]),
            ("Google.de-DE-Wavenet-B", "Google.de-DE-Wavenet-B", "de-DE", &[]),
            ("Google.de", "Google.de", "de", &[]),
            ("WOMAN", "WOMAN", "", WOMAN),
            ("alice", "alice", "", WOMAN),
            ("slt", "slt", "", &[]),
            ("é", "é", "", &[]),
        ] {
            assert_eq!(Known::of(name), Known { name: base, language, kinds }, "{name}");
        }
    }
}
