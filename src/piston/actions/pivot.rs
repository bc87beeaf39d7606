//! `pivot`: asks a web server what to do. The request itself is made by whoever runs the executor.

use super::action::Perform;
use crate::{
    base::{
        limits,
        web::{is_web_address, masked},
    },
    call::Step,
    config::{BodyFormat, Method, ReqFormat},
    piston::{
        fields::Fields,
        stage::{Ended, Next, Stage},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What a `pivot` action asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PivotOptions {
    /// Where: an absolute http or https URL.
    pub voice_url: String,
    /// How; GET unless the document says otherwise.
    pub method: Method,
    /// Which parameters the request carries.
    pub req_format: ReqFormat,
    /// How a POST carries them.
    pub req_body_format: BodyFormat,
    /// Time for everything that is asked of one URL; what its format takes for granted if there is none.
    pub req_timeout: Option<Duration>,
    /// Asked when `voice_url` has failed after its retries.
    pub fallback_url: Option<String>,
    /// Where the CDR of the call goes.
    pub cdr_url: Option<String>,
    /// Whether the exchange is kept for its author to look at.
    pub debug: bool,
}

/// `voice_url`, `var`, `method`, `req_format`, `req_body_format`, `req_timeout_ms`, `req_timeout`,
/// `fallback_url`, `cdr_url`, `debug`.
#[derive(Debug)]
pub(in crate::piston) struct Pivot {
    /// With an empty URL if there is only `var`.
    options: PivotOptions,
    /// Application variable that holds the URL, if it is set.
    var: Option<String>,
}

impl Perform for Pivot {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let methods = [
            ("get", Method::Get),
            ("post", Method::Post),
            ("GET", Method::Get),
            ("POST", Method::Post),
        ];
        let formats = [
            ("Piston", ReqFormat::Piston),
            ("piston", ReqFormat::Piston),
            ("kazoo", ReqFormat::Piston),
            ("twiml", ReqFormat::Twiml),
            ("plivo", ReqFormat::Plivo),
        ];
        let bodies = [("form", BodyFormat::Form), ("json", BodyFormat::Json)];
        let voice_url = fields.parsed("voice_url", web_address);
        let var = fields.text("var").filter(|var| !var.is_empty());
        if !fields.has("voice_url") && var.is_none() {
            fields.missing("voice_url", "the URL of your web server");
        }
        let options = PivotOptions {
            voice_url: voice_url.unwrap_or_default(),
            method: fields.choice("method", &methods).unwrap_or(Method::Get),
            req_format: fields.choice("req_format", &formats).unwrap_or(ReqFormat::Piston),
            req_body_format: fields.choice("req_body_format", &bodies).unwrap_or(BodyFormat::Form),
            req_timeout: timeout(fields),
            fallback_url: fields.parsed("fallback_url", web_address),
            cdr_url: fields.parsed("cdr_url", web_address),
            debug: fields.boolean("debug").unwrap_or(false),
        };
        Self { options, var: var.map(str::to_owned) }
    }

    fn about(&self) -> String {
        let url = masked(&self.options.voice_url);
        match &self.var {
            Some(var) if url.is_empty() => format!("what {var} holds"),
            Some(var) => format!("what {var} holds, or {url}"),
            None => url,
        }
    }

    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        let mut options = self.options.clone();
        if let Some(url) = self.held_url(stage) {
            options.voice_url = url;
        }
        if options.voice_url.is_empty() {
            stage.note("no URL: there is no voice_url and the variable is not set");
            return Ok(Ended::go_on("no URL"));
        }
        let outcome = format!("asking {}", masked(&options.voice_url));
        Ok(Ended { next: Next::Pivot(Box::new(options)), outcome })
    }
}

impl Pivot {
    /// The action with these options. The URL may be none: the request then fails, with a name.
    pub(in crate::piston) fn of(options: PivotOptions) -> Self {
        Self { options, var: None }
    }

    /// The URL in the application variable, if it is one.
    fn held_url(&self, stage: &mut Stage<'_>) -> Option<String> {
        let var = self.var.as_ref()?;
        let held = stage.call.memory.application_vars.get(var).and_then(Value::as_str)?;
        match web_address(held) {
            Ok(url) => Some(url),
            Err(allowed) => {
                stage.note(format!("the variable {var:?} holds no URL: {allowed}"));
                None
            }
        }
    }
}

/// `req_timeout_ms`; the older `req_timeout` is in seconds, and a text in the documentation's own
/// example.
fn timeout(fields: &mut Fields<'_, '_, '_>) -> Option<Duration> {
    let most = limits::PIVOT_REQUEST.as_secs();
    let ms = fields.integer("req_timeout_ms", 1..=most * 1000).map(Duration::from_millis);
    let seconds = fields.integer_or_text("req_timeout", 1..=most).map(Duration::from_secs);
    if ms.is_some() && seconds.is_some() {
        fields.warning("req_timeout", "has no effect beside \"req_timeout_ms\"");
    }
    ms.or(seconds)
}

fn web_address(text: &str) -> Result<String, String> {
    match is_web_address(text) {
        true => Ok(text.to_owned()),
        false => Err("a URL that begins with http:// or https:// is allowed".to_owned()),
    }
}
