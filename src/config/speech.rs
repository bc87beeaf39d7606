//! Rules for `[speech]`: what becomes part of an application's argument holds none of its syntax.

use super::{Config, Speech, sections::Voice};

impl Config {
    /// Finds the first name in `[speech]` that FreeSWITCH would not take for one.
    pub(super) fn check_speech(&self) -> Result<(), String> {
        let Speech { engine, voice, voices, engines, ssml, recogniser, grammar, .. } = &self.speech;
        let mut named: Vec<&str> = vec![engine];
        let mut spoken: Vec<&str> = vec![voice];
        for choice in voices.values() {
            match choice {
                Voice::Named(voice) => spoken.push(voice),
                Voice::Of(of) => {
                    named.push(&of.engine);
                    spoken.push(&of.voice);
                }
            }
        }
        named.extend(engines.iter().chain(ssml).map(String::as_str));
        if !recogniser.is_empty() {
            named.push(recogniser);
        }
        if let Some(engine) = named.iter().find(|engine| !is_engine(engine)) {
            return Err(format!(
                "{engine:?} is not the name of an engine: use letters, digits, _ - . :"
            ));
        }
        if let Some(voice) = spoken.iter().find(|voice| !is_voice(voice)) {
            return Err(format!(
                "{voice:?} is not the name of a voice: use letters, digits, blanks, _ - + . : / @"
            ));
        }
        let templates = self.speech.recogniser_parameters.values().chain([grammar]);
        for template in templates {
            if template.chars().any(|c| c.is_control() || c == '\'') {
                return Err(format!("{template:?} holds a quote or a control character"));
            }
        }
        if grammar.trim().is_empty() {
            return Err("a recogniser needs a grammar".to_owned());
        }
        let mut parameters = self.speech.recogniser_parameters.keys();
        match parameters.find(|name| !is_parameter(name)) {
            None => Ok(()),
            Some(name) => Err(format!("{name:?} is not the name of a parameter")),
        }
    }
}

fn is_engine(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c))
}

/// An empty one is the engine's own.
fn is_voice(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || " _-+.:/@".contains(c))
}

/// It becomes part of a channel variable's name.
fn is_parameter(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

#[cfg(test)]
mod tests {
    use crate::config::load_text;

    #[test]
    fn names_hold_no_syntax() {
        for (text, complaint) in [
            ("voices = { fr = { engine = \"tts_commandline\", voice = \"fr-fr+f3\" } }", ""),
            ("recogniser = \"unimrcp:profile\"\nrecogniser_parameters = { a-b = \"{hints}\" }", ""),
            ("voice = \"\"", ""),
            ("engine = \"\"", "is not the name of an engine"),
            ("ssml = [\"a|b\"]", "is not the name of an engine"),
            ("voices = { fr = { engine = \"a b\", voice = \"x\" } }", "the name of an engine"),
            ("voices = { fr = { engine = \"a\", voice = \"x|y\" } }", "the name of a voice"),
            ("voices = { fr = { engine = \"a\" } }", "must be a voice, or { engine"),
            ("voices = { fr = \"a'b\" }", "is not the name of a voice"),
            ("grammar = \" \"", "needs a grammar"),
            ("grammar = \"a'b\"", "holds a quote"),
            ("recogniser_parameters = { \"a b\" = \"\" }", "is not the name of a parameter"),
        ] {
            let loaded = load_text("my.toml", &format!("[speech]\n{text}\n"), []);
            let error = loaded.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(complaint), "{text}: {error}");
            assert_eq!(error.is_empty(), complaint.is_empty(), "{text}: {error}");
        }
    }
}
