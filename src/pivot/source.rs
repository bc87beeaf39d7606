//! The first callflow of a call: from what the dialplan says, from the callflow files, or from the
//! configured URL.
//!
//! A URL becomes a callflow of one `pivot` action (with the fallback URL at its `_`), so that
//! everything a call does is a callflow and there is one way to fail.

use super::House;
use crate::{
    base::{CallFacts, Diagnostic},
    config::{BodyFormat, Method, ReqFormat},
    piston::{Flow, Library},
};
use serde_json::{Map, Value, json};

/// Where a call's first callflow came from.
#[derive(Debug)]
pub struct Source {
    /// The callflow.
    pub flow: Flow,
    /// Where from, for the trace.
    pub from: String,
    /// The part of the dialled number that a pattern captured; actions that dial use it.
    pub captured: Option<String>,
}

impl Source {
    fn new(flow: Flow, from: impl Into<String>) -> Self {
        Self { flow, from: from.into(), captured: None }
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
    if !said("voice_url").is_empty() {
        let flow = usable("pivot_voice_url", asking(said("voice_url"), facts, house))?;
        return Ok(Source::new(flow, "pivot_voice_url"));
    }
    let library: &Library = &house.library;
    if let Some(found) = library.find(&facts.destination) {
        let source = Source::new(found.flow, format!("callflow {}", found.id));
        return Ok(Source { captured: found.capture_group, ..source });
    }
    let url = house.config.pivot.voice_url.as_str();
    if url.is_empty() {
        return Err(NoSource::Nothing(facts.destination.clone()));
    }
    let flow = usable("pivot.voice_url", asking(url, facts, house))?;
    Ok(Source::new(flow, "pivot.voice_url"))
}

/// A callflow that asks `url`, and the fallback URL if that fails. The dialplan's `pivot_*` variables
/// go over the configuration.
fn asking(url: &str, facts: &CallFacts, house: &House) -> crate::piston::Parsed<Flow> {
    let settings = &house.config.pivot;
    let said = |name: &str| facts.instructions.get(name).filter(|text| !text.is_empty());
    let method = match settings.method {
        Method::Get => "get",
        Method::Post => "post",
    };
    let format = match settings.req_format {
        ReqFormat::Piston => "piston",
        ReqFormat::Twiml => "twiml",
        ReqFormat::Plivo => "plivo",
    };
    let body = match settings.req_body_format {
        BodyFormat::Form => "form",
        BodyFormat::Json => "json",
    };
    let timeout = said("req_timeout_ms").and_then(|ms| ms.trim().parse::<u64>().ok());
    let mut data = Map::new();
    data.insert("voice_url".to_owned(), json!(url));
    data.insert("method".to_owned(), json!(said("method").map_or(method, String::as_str)));
    data.insert("req_format".to_owned(), json!(said("req_format").map_or(format, String::as_str)));
    let body = said("req_body_format").map_or(body, String::as_str);
    data.insert("req_body_format".to_owned(), json!(body));
    data.insert("req_timeout_ms".to_owned(), json!(timeout.unwrap_or(settings.request_timeout_ms)));
    data.insert("debug".to_owned(), json!(said("debug").is_some_and(|text| text == "true")));
    let fallback = said("fallback_url").unwrap_or(&settings.fallback_url);
    let mut children = Map::new();
    if !fallback.is_empty() {
        let mut data = data.clone();
        data.insert("voice_url".to_owned(), json!(fallback));
        children.insert("_".to_owned(), json!({"module": "pivot", "data": data}));
    }
    let flow: Value = json!({"module": "pivot", "data": data, "children": children});
    Flow::parse(flow.to_string().as_bytes())
}

fn usable(what: &'static str, parsed: crate::piston::Parsed<Flow>) -> Result<Flow, NoSource> {
    let diagnostics = parsed.diagnostics;
    parsed.value.ok_or(NoSource::Unusable { what, diagnostics })
}

fn first(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map_or_else(|| "it is empty".to_owned(), |d| d.message.clone())
}
