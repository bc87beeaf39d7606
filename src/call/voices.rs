//! Which engine says a text, and in which of its voices.

use super::{Call, Speech, vendor_voices::Known};
use crate::config::{self, EngineVoice, Voice};

/// An engine and a voice of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen<'s> {
    pub(super) engine: &'s str,
    pub(super) voice: &'s str,
}

impl Call {
    /// The engine and voice that the operator has for what a document asks.
    pub(super) fn engine_and_voice(&self, speech: &Speech) -> Chosen<'_> {
        choose(&self.settings.speech, speech, &self.facts.language)
    }

    /// Whether a text goes to an engine that is given SSML.
    pub(super) fn takes_ssml(&self, speech: &Speech) -> bool {
        let engine = self.engine_and_voice(speech).engine;
        // What follows a colon is the engine's own business (`unimrcp:profile`).
        let bare = engine.split(':').next().unwrap_or_default();
        self.settings.speech.ssml.iter().any(|taking| taking == engine || taking == bare)
    }
}

/// A voice by name comes first, unless the name says only who is heard: then the language is more
/// important, if one was asked for. At last comes the configured voice.
fn choose<'s>(settings: &'s config::Speech, speech: &Speech, of_call: &str) -> Chosen<'s> {
    let config::Speech { engine, voice, voices, engines, .. } = settings;
    let engine = engines.iter().find(|e| e.eq_ignore_ascii_case(&speech.engine)).unwrap_or(engine);
    let named = |name: &str| {
        let mut all = voices.iter().filter(|_| !name.is_empty());
        all.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, voice)| voice)
    };
    let known = Known::of(&speech.voice);
    let of_kind = |tag: &str| known.kinds.iter().find_map(|kind| named(&format!("{tag}/{kind}")));
    let in_language =
        |language: &str| tags(language).find_map(|tag| of_kind(tag).or_else(|| named(tag)));
    let asked = if speech.language.is_empty() { known.language } else { &speech.language };
    let by_name = || named(&speech.voice).or_else(|| named(known.name));
    let found = in_language(&speech.part_language)
        .or_else(|| if known.is_kind() { None } else { by_name() })
        .or_else(|| in_language(asked))
        .or_else(|| tags(of_call).find_map(of_kind))
        .or_else(by_name)
        .or_else(|| known.kinds.iter().find_map(|kind| named(kind)))
        .or_else(|| in_language(of_call));
    match found {
        Some(Voice::Named(voice)) => Chosen { engine, voice },
        Some(Voice::Of(EngineVoice { engine, voice })) => Chosen { engine, voice },
        None => Chosen { engine, voice },
    }
}

/// The language that a voice and a language attribute ask for; empty if neither does.
pub fn language_of<'s>(voice: &'s str, language: &'s str) -> &'s str {
    if language.is_empty() { Known::of(voice).language } else { language }
}

/// A language as a map may have it: whole, then its first part.
fn tags(language: &str) -> impl Iterator<Item = &str> {
    let first = language.split(['-', '_']).next().filter(|first| *first != language);
    [Some(language), first].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "[speech]\nvoice = \"slt\"\n[speech.voices]\n\
        \"Polly.Amy\" = \"awb\"\n\
        fr = { engine = \"tts_commandline\", voice = \"fr\" }\n\
        \"fr/man\" = { engine = \"tts_commandline\", voice = \"fr+m3\" }\n\
        \"es-MX\" = { engine = \"tts_commandline\", voice = \"es-419\" }\n";

    fn chosen(voice: &str, language: &str, part_language: &str, of_call: &str) -> String {
        let settings = config::load_text("", MAP, []).unwrap().speech;
        let [voice, language, part_language] = [voice, language, part_language].map(str::to_owned);
        let speech = Speech { voice, language, part_language, ..Speech::default() };
        let chosen = choose(&settings, &speech, of_call);
        format!("{}|{}", chosen.engine, chosen.voice)
    }

    #[test]
    fn voices_are_found_by_name_then_by_language() {
        for (voice, language, part, of_call, expected) in [
            ("", "", "", "en", "flite|slt"),
            ("man", "", "", "en", "flite|rms"),
            ("WOMAN", "", "", "en", "flite|slt"),
            ("Alice", "", "", "en", "flite|slt"),
            // The language is more important than who is heard.
            ("woman", "fr-FR", "", "en", "tts_commandline|fr"),
            ("man", "fr-CA", "", "en", "tts_commandline|fr+m3"),
            ("man", "", "", "fr", "tts_commandline|fr+m3"),
            ("man", "de-DE", "", "en", "flite|rms"),
            ("", "es-MX", "", "en", "tts_commandline|es-419"),
            ("", "es-ES", "", "en", "flite|slt"),
            ("", "", "", "fr-CA", "tts_commandline|fr"),
            // A vendor's voice: mapped, else its language.
            ("Polly.Amy-Neural", "", "", "en", "flite|awb"),
            ("Polly.Amy", "fr-FR", "", "en", "flite|awb"),
            ("Polly.Mathieu", "", "", "en", "tts_commandline|fr+m3"),
            ("Polly.Celine", "", "", "en", "tts_commandline|fr"),
            ("Polly.Hans", "", "", "en", "flite|rms"),
            ("Google.fr-FR-Wavenet-A", "", "", "en", "tts_commandline|fr"),
            // A language inside the text, where there is a voice for it.
            ("Polly.Amy", "", "fr-FR", "en", "tts_commandline|fr"),
            ("man", "", "fr-FR", "en", "tts_commandline|fr+m3"),
            ("Polly.Amy", "", "sv-SE", "en", "flite|awb"),
        ] {
            let found = chosen(voice, language, part, of_call);
            assert_eq!(found, expected, "{voice:?} {language:?} {part:?} {of_call:?}");
        }
    }
}
