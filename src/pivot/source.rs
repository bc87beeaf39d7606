//! The first callflow of a call: from what the dialplan says, from the callflow files, or from the
//! configured URL.
//!
//! A URL becomes a callflow of one `pivot` action, so that everything a call does is a callflow and there
//! is one way to fail.

use super::House;
use crate::{
    base::{CallFacts, Diagnostic, HangupCause, limits},
    config::{self, BodyFormat, Method, ReqFormat},
    piston::{Flow, Library, PivotOptions},
};
use std::time::Duration;

/// Where a call's first callflow came from.
#[derive(Debug)]
pub struct Source {
    /// The callflow.
    pub flow: Flow,
    /// Where from, for the trace.
    pub from: String,
    /// The part of the dialled number that a pattern captured; actions that dial use it.
    pub captured: Option<String>,
    /// What of the dialplan's instructions could not be used, in words.
    pub remarks: Vec<String>,
}

impl Source {
    fn new(flow: Flow, from: impl Into<String>) -> Self {
        Self { flow, from: from.into(), captured: None, remarks: Vec::new() }
    }
}

/// Why a call has no callflow.
#[derive(Debug, thiserror::Error)]
pub enum NoSource {
    /// The dialplan names a callflow that is not there.
    #[error("pivot_callflow names {0:?}, but there is no such file in callflows.dir")]
    UnknownCallflow(String),
    /// What the dialplan says cannot be run.
    #[error("{what} cannot be used: {}", first(diagnostics))]
    Unusable {
        /// Which instruction.
        what: &'static str,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// Nothing says what to do with the call.
    #[error(
        "nothing says what to do with calls to {0:?}: set pivot_voice_url or pivot_callflow in the \
         dialplan, add the number to a callflow file, or configure pivot.voice_url"
    )]
    Nothing(String),
}

impl NoSource {
    /// The cause to hang up with: a call whose instructions cannot be run is refused as one whose web
    /// server answers with such (502); one that nobody has instructions for leads nowhere (404).
    pub const fn cause(&self) -> HangupCause {
        match self {
            Self::Unusable { .. } => HangupCause::DESTINATION_OUT_OF_ORDER,
            Self::UnknownCallflow(_) | Self::Nothing(_) => HangupCause::UNALLOCATED_NUMBER,
        }
    }
}

/// Finds the callflow of a call (DESIGN, contracts).
pub fn find(facts: &CallFacts, house: &House) -> Result<Source, NoSource> {
    let said = |name: &str| facts.instructions.get(name).map(String::as_str).unwrap_or_default();
    let inline_or_id = said("callflow").trim();
    if inline_or_id.starts_with('{') {
        let flow = usable("pivot_callflow", Flow::parse(inline_or_id.as_bytes()))?;
        return Ok(Source::new(flow, "pivot_callflow"));
    }
    if !inline_or_id.is_empty() {
        let flow = house.library.by_id(inline_or_id);
        let flow = flow.ok_or_else(|| NoSource::UnknownCallflow(inline_or_id.to_owned()))?;
        return Ok(Source::new(flow, format!("callflow {inline_or_id}")));
    }
    let (url, settings) = (said("voice_url").trim(), &house.config.pivot);
    if !url.is_empty() {
        return Ok(asking(url, "pivot_voice_url", facts, settings));
    }
    let library: &Library = &house.library;
    if let Some(found) = library.find(&facts.destination) {
        let source = Source::new(found.flow, format!("callflow {}", found.id));
        return Ok(Source { captured: found.capture_group, ..source });
    }
    if settings.voice_url.is_empty() {
        return Err(NoSource::Nothing(facts.destination.clone()));
    }
    Ok(asking(&settings.voice_url, "pivot.voice_url", facts, settings))
}

/// The callflow of a call that has come back to what this action asked for.
pub fn of_options(options: PivotOptions) -> Source {
    Source::new(Flow::asking(options), "its place in a queue")
}

/// A callflow that asks `url`, and the fallback URL if that fails. The dialplan's `pivot_*` variables
/// go over the configuration; one that makes no sense is remarked upon, and the configuration stands.
/// A URL that is none is not judged here: asking it fails like any other request, so that the fallback
/// URL is asked.
fn asking(url: &str, from: &str, facts: &CallFacts, settings: &config::Pivot) -> Source {
    let mut said = Said::new(facts);
    let fallback = said.text("fallback_url").unwrap_or(&settings.fallback_url);
    let options = PivotOptions {
        voice_url: url.to_owned(),
        method: said.choice("method", &METHODS).unwrap_or(settings.method),
        req_format: said.choice("req_format", &FORMATS).unwrap_or(settings.req_format),
        req_body_format: said
            .choice("req_body_format", &BODIES)
            .unwrap_or(settings.req_body_format),
        req_timeout: said.timeout(),
        fallback_url: (!fallback.is_empty()).then(|| fallback.to_owned()),
        cdr_url: None,
        debug: said.choice("debug", &SWITCHES).unwrap_or(false),
    };
    let remarks = said.remarks;
    Source { remarks, ..Source::new(Flow::asking(options), from) }
}

pub(super) const METHODS: [(&str, Method); 2] = [("get", Method::Get), ("post", Method::Post)];
const FORMATS: [(&str, ReqFormat); 4] = [
    ("piston", ReqFormat::Piston),
    ("kazoo", ReqFormat::Piston),
    ("twiml", ReqFormat::Twiml),
    ("plivo", ReqFormat::Plivo),
];
const BODIES: [(&str, BodyFormat); 2] = [("form", BodyFormat::Form), ("json", BodyFormat::Json)];
const SWITCHES: [(&str, bool); 2] = [("true", true), ("false", false)];

/// What the dialplan says in its `pivot_*` variables.
pub(super) struct Said<'f> {
    facts: &'f CallFacts,
    /// What of it makes no sense, in words.
    pub(super) remarks: Vec<String>,
}

impl<'f> Said<'f> {
    pub(super) const fn new(facts: &'f CallFacts) -> Self {
        Self { facts, remarks: Vec::new() }
    }

    /// The variable's text; `None` if it is empty or not set.
    pub(super) fn text(&self, name: &str) -> Option<&'f str> {
        let text = self.facts.instructions.get(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// One of several words; another one is remarked upon.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.remark(name, text, &words.join(", "));
        }
        found.map(|(_, choice)| *choice)
    }

    fn timeout(&mut self) -> Option<Duration> {
        let text = self.text("req_timeout_ms")?;
        let most = limits::PIVOT_REQUEST.as_secs() * 1000;
        let ms = text.parse().ok().filter(|ms| (1..=most).contains(ms));
        if ms.is_none() {
            self.remark("req_timeout_ms", text, &format!("1 to {most}"));
        }
        ms.map(Duration::from_millis)
    }

    fn remark(&mut self, name: &str, text: &str, allowed: &str) {
        self.remarks.push(format!(
            "the dialplan's pivot_{name} is {text:?}, which makes no sense (it may be {allowed}); \
             the configured value is used"
        ));
    }
}

fn usable(what: &'static str, parsed: crate::piston::Parsed<Flow>) -> Result<Flow, NoSource> {
    let diagnostics = parsed.diagnostics;
    parsed.value.ok_or(NoSource::Unusable { what, diagnostics })
}

fn first(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map_or_else(|| "it is empty".to_owned(), |d| d.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(said: &[(&str, &str)]) -> Vec<String> {
        let said = said.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let facts = CallFacts { instructions: said.collect(), ..CallFacts::default() };
        let config = config::load_text("f", "[pivot]\nmethod = \"post\"", []).unwrap();
        asking("nope", "test", &facts, &config.pivot).remarks
    }

    #[test]
    fn a_wrong_option_is_remarked_upon_and_a_right_one_is_not() {
        for (name, wrong, right) in [
            ("req_format", "bogus", "twiml"),
            ("req_timeout_ms", "90000", "60000"),
            ("req_timeout_ms", "soon", " 500 "),
            ("req_timeout_ms", "0", "1"),
            ("method", "put", "GET"),
            ("req_body_format", "xml", "json"),
            ("debug", "perhaps", "true"),
            ("fallback_url", "", "http://h"),
        ] {
            assert_eq!(told(&[(name, right)]), Vec::<String>::new(), "{name} {right}");
            let remarks = told(&[(name, wrong)]);
            match wrong {
                "" => assert!(remarks.is_empty()),
                _ => assert!(remarks[0].contains(&format!("pivot_{name} is {wrong:?}"))),
            }
        }
        assert_eq!(told(&[("method", "put"), ("debug", "perhaps")]).len(), 2);
    }

    #[test]
    fn instructions_that_cannot_be_run_are_not_a_wrong_number() {
        let unusable = NoSource::Unusable { what: "pivot_callflow", diagnostics: Vec::new() };
        assert_eq!(unusable.cause(), HangupCause::DESTINATION_OUT_OF_ORDER);
        assert_eq!(NoSource::Nothing("1".into()).cause(), HangupCause::UNALLOCATED_NUMBER);
        let unknown = NoSource::UnknownCallflow("x".into());
        assert_eq!(unknown.cause(), HangupCause::UNALLOCATED_NUMBER);
    }
}
