//! What a recogniser is told, and what it says.

use crate::{base::limits, config};
use std::time::Duration;

/// What a document asks of the recogniser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// A language (`en-US`).
    pub language: String,
    /// Words and phrases that are likely.
    pub hints: Vec<String>,
    /// The vendor's name of a model; empty for the default.
    pub model: String,
    /// A grammar by its name; empty for free speech.
    pub grammar: String,
    /// Whether profanities are masked.
    pub profanity_filter: bool,
    /// The silence that ends speech; `None` if the recogniser is to decide.
    pub speech_end: Option<Duration>,
    /// Longest speech.
    pub longest: Duration,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recognised {
    /// The words.
    pub text: String,
    /// How sure the recogniser is, 0 to 1; `None` if it does not say.
    pub confidence: Option<f64>,
    /// How sure it is that a partial result will stay, 0 to 1; `None` if it does not say.
    pub stability: Option<f64>,
    /// What a grammar makes of the words; empty if there is none.
    pub interpretation: String,
    /// `speech` or `dtmf`, if the recogniser says.
    pub mode: String,
    /// The grammar that matched, if the recogniser says.
    pub grammar: String,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            language: "en-US".to_owned(),
            hints: Vec::new(),
            model: String::new(),
            grammar: String::new(),
            profanity_filter: false,
            speech_end: None,
            longest: limits::SPEECH_HEARD,
        }
    }
}

impl Asked {
    /// The grammar, from the operator's template. It stands between single quotes in an application's
    /// argument, and a part of it may be a list of parameters: values hold none of that syntax.
    pub(super) fn grammar(&self, settings: &config::Speech, call_id: &str) -> String {
        self.fill(&settings.grammar, call_id, ";", |c| !",={}".contains(c))
    }

    /// The parameters of the recogniser that are to be set, from the operator's templates.
    pub(super) fn parameters(
        &self,
        settings: &config::Speech,
        call_id: &str,
    ) -> Vec<(String, String)> {
        let filled = settings
            .recogniser_parameters
            .iter()
            .map(|(name, template)| (name.clone(), self.fill(template, call_id, ",", |_| true)));
        filled.filter(|(_, value)| !value.trim().is_empty()).collect()
    }

    fn fill(
        &self,
        template: &str,
        call_id: &str,
        between: &str,
        allowed: impl Fn(char) -> bool,
    ) -> String {
        let clean = |text: &str| {
            let kept =
                |c: &char| (c.is_alphanumeric() || " _-.:/+$&@#*".contains(*c)) && allowed(*c);
            text.chars().filter(kept).collect::<String>().trim().to_owned()
        };
        let hints: Vec<_> =
            self.hints.iter().map(|hint| clean(hint)).filter(|h| !h.is_empty()).collect();
        let speech_end = self.speech_end.map(|end| end.as_millis().to_string());
        let values = [
            ("{language}", clean(&self.language)),
            ("{hints}", hints.join(between)),
            ("{model}", clean(&self.model)),
            ("{grammar}", clean(&self.grammar)),
            ("{profanity_filter}", self.profanity_filter.to_string()),
            ("{speech_end_ms}", speech_end.unwrap_or_default()),
            ("{max_speech_ms}", self.longest.as_millis().to_string()),
            ("{call_id}", clean(call_id)),
        ];
        let mut filled = String::with_capacity(template.len());
        let mut rest = template;
        // What a value holds is not filled again.
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            rest = match values.iter().find(|(name, _)| from.starts_with(name)) {
                Some((name, value)) => {
                    filled.push_str(value);
                    &from[name.len()..]
                }
                None => {
                    filled.push('{');
                    &from[1..]
                }
            };
        }
        filled.push_str(rest);
        filled
    }
}

impl Recognised {
    /// Reads the body of a `DETECTED_SPEECH` event: NLSML (MRCP, PocketSphinx), JSON (Vosk and most
    /// others) or plain words. A body that says that nothing was heard gives no text.
    pub(super) fn read(body: &str) -> Self {
        let body = body.trim();
        let mut read = match body.chars().next() {
            Some('{') => Self::of_json(body).unwrap_or_default(),
            Some('<') => Self::of_nlsml(body),
            _ => Self { text: body.to_owned(), ..Self::default() },
        };
        read.text = read.text.split_whitespace().collect::<Vec<_>>().join(" ");
        read.text = read.text.chars().take(limits::RECOGNISED_CHARACTERS).collect();
        read
    }

    fn of_json(body: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(body).ok()?;
        let text_of = |names: &[&str]| {
            let found = names.iter().find_map(|name| value.get(name)?.as_str());
            found.unwrap_or_default().to_owned()
        };
        let best = value.get("alternatives").and_then(|all| all.get(0));
        let number = |name: &str| {
            let direct = value.get(name).or_else(|| best?.get(name));
            direct.and_then(serde_json::Value::as_f64).map(share)
        };
        let text = text_of(&["text", "transcript", "partial"]);
        let of_best =
            || Some(best?.get("transcript").or_else(|| best?.get("text"))?.as_str()?.to_owned());
        Some(Self {
            text: if text.is_empty() { of_best().unwrap_or_default() } else { text },
            confidence: number("confidence"),
            stability: number("stability"),
            interpretation: text_of(&["interpretation"]),
            mode: text_of(&["mode"]),
            grammar: text_of(&["grammar"]),
        })
    }

    fn of_nlsml(body: &str) -> Self {
        let input = element(body, "input");
        // MRCP says so inside the input.
        if ["<noinput", "<nomatch", "<no-input", "<no-match"].iter().any(|word| body.contains(word))
        {
            return Self::default();
        }
        let attribute = |name: &str| {
            let marked = format!("{name}=\"");
            let from = body.find(&marked).map(|at| at + marked.len());
            let value = from.and_then(|from| body.get(from..)?.split('"').next());
            value.map(plain).unwrap_or_default()
        };
        Self {
            text: input.unwrap_or_default(),
            confidence: attribute("confidence").parse().ok().map(share),
            stability: None,
            interpretation: element(body, "instance").unwrap_or_default(),
            mode: attribute("mode"),
            grammar: attribute("grammar"),
        }
    }
}

/// Engines say 0 to 1, or 0 to 100.
fn share(number: f64) -> f64 {
    let number = if number > 1.0 { number / 100.0 } else { number };
    if number.is_finite() { number.clamp(0.0, 1.0) } else { 0.0 }
}

/// The words inside the first element of that name, without markup.
fn element(body: &str, name: &str) -> Option<String> {
    let from = body.find(&format!("<{name}"))?;
    let (_, inside) = body.get(from..)?.split_once('>')?;
    let (inside, _) = inside.split_once(&format!("</{name}>"))?;
    Some(plain(inside))
}

/// Text without markup, references resolved.
fn plain(text: &str) -> String {
    let mut words = String::new();
    let mut inside_tag = false;
    for c in text.chars() {
        match c {
            '<' => inside_tag = true,
            '>' if inside_tag => inside_tag = false,
            c if !inside_tag => words.push(c),
            _ => {}
        }
    }
    let resolved =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    resolved.iter().fold(words, |words, (name, c)| words.replace(name, c)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn results_are_read_in_every_form() {
        let read = |body| {
            let read = Recognised::read(body);
            (read.text, read.confidence, read.interpretation)
        };
        let text = |words: &str| words.to_owned();
        assert_eq!(
            read(r#"{"grammar": "x", "text": "agent", "confidence": 87.3}"#),
            (text("agent"), Some(0.873), text(""))
        );
        assert_eq!(read(r#"{"text": "", "confidence": 0, "error": "no_input"}"#).0, "");
        assert_eq!(read(r#"{"partial": "hello wor"}"#), (text("hello wor"), None, text("")));
        assert_eq!(
            read(r#"{"alternatives":[{"transcript":"yes","confidence":0.9}]}"#),
            (text("yes"), Some(0.9), text(""))
        );
        assert_eq!(
            read(
                "<?xml version=\"1.0\"?><result grammar=\"g\"><interpretation confidence=\"0.97\">\
                 <instance>42</instance><input mode=\"speech\">forty  two &amp; more</input>\
                 </interpretation></result>"
            ),
            (text("forty two & more"), Some(0.97), text("42"))
        );
        assert_eq!(
            read("<result><interpretation><input><nomatch/></input></interpretation></result>").0,
            ""
        );
        assert_eq!(read("just words"), (text("just words"), None, text("")));
        assert_eq!(read("{broken"), (text(""), None, text("")));
    }

    #[test]
    fn templates_are_filled_with_words_only() {
        let load = |text: &str| config::load_text("", text, []).unwrap().speech;
        let settings = load(
            "[speech]\ngrammar = \"{lang={language},end={speech_end_ms}}x:{hints}:{model}{x}\"\n\
             [speech.recogniser_parameters]\nhints = \"{hints}\"\nempty = \"{model}\"\nfilter = \"{profanity_filter}\"\n",
        );
        let asked = Asked {
            language: "en-US".to_owned(),
            hints: vec!["yes, please".to_owned(), "{a=b}'".to_owned(), "{language}".to_owned()],
            speech_end: Some(Duration::from_secs(2)),
            ..Asked::default()
        };
        assert_eq!(
            asked.grammar(&settings, "id"),
            "{lang=en-US,end=2000}x:yes please;ab;language:{x}"
        );
        let parameters = asked.parameters(&settings, "id");
        let expected = [("filter", "false"), ("hints", "yes please,ab,language")];
        assert_eq!(parameters, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    proptest! {
        #[test]
        fn any_body_is_read_without_panic(body in "[<>/a-z\"={}:&;é ]{0,80}") {
            let read = Recognised::read(&body);
            prop_assert!(read.confidence.is_none_or(|c| (0.0..=1.0).contains(&c)));
        }
    }
}
