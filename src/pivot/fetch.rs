//! Asking the customer's web server, as a part of a call: a caller who hangs up ends it at once.

use super::{Failed, Failure, House, of_leg, parameters};
use crate::{
    base::{Address, Ask, CallFacts, Complaint, DeliveryId, Happening, Settings},
    call::{Call, Step},
    config::{self, BodyFormat, Method, ReqFormat},
    debug::Question,
    http::{self, Answer, Body, HttpError, Scheme, Signing},
    outbox::Parcel,
    piston::PivotOptions,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One request for a document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// Where; absolute.
    pub url: String,
    /// How.
    pub method: Method,
    /// Whose settings the URL's fragment may hold, and whose failures are numbered: the format of the
    /// request, or the dialect of the document that asks.
    pub dialect: ReqFormat,
    /// What it is asked for.
    pub origin: Origin,
    /// What stays the same for the requests that follow from this one.
    pub style: RequestStyle,
    /// What happened, in the names of the document that asks.
    pub happened: Vec<(String, String)>,
}

/// What a document is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Origin {
    /// The call's first URL.
    Answer,
    /// The first URL, or one that followed, has failed.
    Fallback,
    /// A verb has something to tell.
    Action,
    /// A `<Redirect>`.
    Redirect,
    /// An order from outside.
    Transfer,
}

impl Origin {
    /// Whether a document that was run asks for it.
    pub const fn is_follow_up(self) -> bool {
        matches!(self, Self::Action | Self::Redirect)
    }
}

/// What a pivot action chooses for its request and all that follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct RequestStyle {
    /// Names of the parameters.
    pub format: ReqFormat,
    /// Encoding of a POST.
    pub body: BodyFormat,
    /// Time for everything that is asked of one URL, if the action or the dialplan sets one.
    pub within: Option<Duration>,
    /// Whether requests and answers are kept as debug records, for the author of the documents.
    pub debug: bool,
}

impl RequestStyle {
    /// What the configuration says.
    pub fn configured(settings: &config::Pivot) -> Self {
        Self {
            format: settings.req_format,
            body: settings.req_body_format,
            within: None,
            debug: false,
        }
    }
}

impl Request {
    /// The request of a pivot action.
    pub fn of_action(options: &PivotOptions) -> Self {
        let style = RequestStyle {
            format: options.req_format,
            body: options.req_body_format,
            within: options.req_timeout,
            debug: options.debug,
        };
        let (url, dialect) = (options.voice_url.clone(), options.req_format);
        let (method, origin, happened) = (options.method, Origin::Answer, Vec::new());
        Self { url, method, dialect, origin, style, happened }
    }

    /// The request of the action's fallback URL after this failure, if there is one that is to be asked:
    /// it answers for every URL but itself, Plivo's for the first one only (`reference/twiml.md` 1.6,
    /// `reference/plivo.md` 1.4).
    pub fn of_fallback(options: &PivotOptions, failed: &Failed) -> Option<Self> {
        let url = options.fallback_url.clone()?;
        let answers = match options.req_format {
            ReqFormat::Plivo => failed.origin == Origin::Answer,
            ReqFormat::Twiml | ReqFormat::Piston => failed.origin != Origin::Fallback,
        };
        let happened = failed.parameters(options.req_format);
        let asked = Self { url, happened, origin: Origin::Fallback, ..Self::of_action(options) };
        answers.then_some(asked)
    }

    /// The follow-up that a document asks for: relative URLs are relative to the document's own.
    pub fn following(
        &self,
        dialect: ReqFormat,
        document_url: &str,
        origin: Origin,
        ask: &Ask,
    ) -> Result<Self, Failure> {
        let relative = || Failure::Relative(ask.url.clone());
        let base = url::Url::parse(document_url).map_err(|_| relative())?;
        let url = base.join(ask.url.trim()).map_err(|_| relative())?;
        Ok(Self {
            url: url.into(),
            method: ask.method,
            dialect,
            origin,
            style: self.style,
            happened: ask.parameters.clone(),
        })
    }

    /// That it gave no document.
    pub fn failed(&self, failure: Failure) -> Failed {
        Failed { failure, url: self.url.clone(), origin: self.origin }
    }

    /// Asks, and gives the answer if it has a status of success.
    pub(super) async fn send(
        &self,
        call: &mut Call,
        house: &House,
    ) -> Step<Result<Answer, Failure>> {
        let params = self.parameters(call, house);
        let request =
            http::Request::with_parameters(self.method, &self.url, self.style.body, &params);
        let settings = self.settings(call, house);
        let region = house.config.http.switch_regions.get(&call.facts().switch);
        let request = match request {
            Ok(request) => {
                let account_id = call.facts().account_id.clone();
                let signing = Signing { account_id, scheme: scheme(self.style.format) };
                let local = region.map(String::as_str);
                let request = request.settings(settings).local(local).signed(signing);
                request.heads_only(super::answer::AUDIO)
            }
            Err(error) => return Ok(Err(error.into())),
        };
        call.tell(Happening::Fetching {
            method: match self.method {
                Method::Get => "GET".to_owned(),
                Method::Post => "POST".to_owned(),
            },
            url: http::masked(&self.url),
            parameters: http::pairs(&params),
        });
        let signed = house.door.signature_headers(&request);
        let mut asking = house.door.asking(request);
        while call.during(asking.due()).await? {
            let question = self.question(&params, &signed);
            let watch = house.debug.watch(self.style.debug, call.facts(), &question);
            if let Some((attempt, outcome)) = call.during(asking.attempt()).await? {
                watch.ended(outcome);
                call.tell(Happening::Attempted(Box::new(attempt)));
            }
        }
        let answer = asking.outcome();
        // What has been told once is not told again.
        call.memory.happened.clear();
        Ok(match answer {
            Ok(answer) if answer.is_success() => Ok(answer),
            Ok(answer) => Err(Failure::Status { url: self.url.clone(), status: answer.status }),
            Err(error) => Err(error.into()),
        })
    }

    pub(super) fn parameters(&self, call: &Call, house: &House) -> http::Params {
        let accounts = &house.config.accounts;
        parameters(call, accounts, self.style.format, self.origin.is_follow_up(), &self.happened)
    }

    fn question<'a>(
        &'a self,
        params: &'a http::Params,
        signed: &'a [&'static str],
    ) -> Question<'a> {
        Question { method: self.method, url: &self.url, format: self.style.body, params, signed }
    }

    /// How the URL is asked. What of its fragment cannot be followed is noted.
    fn settings(&self, call: &mut Call, house: &House) -> Settings {
        let (mut settings, complaints) = match self.dialect {
            ReqFormat::Plivo => Settings::plivo(&self.url),
            ReqFormat::Twiml => Settings::twilio(&self.url),
            ReqFormat::Piston => {
                let configured = Duration::from_millis(house.config.pivot.request_timeout_ms);
                let within = self.style.within.unwrap_or(configured);
                Settings::piston(house.door.connect_time(), within, &self.url)
            }
        };
        note(call, complaints);
        if let Some(within) = self.style.within {
            settings.total = settings.total.min(within);
        }
        settings
    }

    /// Tells the customer's web server without waiting for its answer, which nobody runs: stored first,
    /// then sent until it is confirmed.
    pub(super) async fn tell(&self, call: &mut Call, house: &House) {
        let params = self.parameters(call, house);
        self.deliver(call, house, &params).await;
    }

    /// The same about a leg that the call has dialled.
    pub(super) async fn tell_of(&self, call: &mut Call, leg: &CallFacts, house: &House) {
        let accounts = &house.config.accounts;
        let params = of_leg(call, leg, accounts, self.style.format, &self.happened);
        self.deliver(call, house, &params).await;
    }

    async fn deliver(&self, call: &mut Call, house: &House, params: &http::Params) {
        note_delivery(call, house, &self.url);
        let stored = match parcel(call.facts(), &self.address(), params) {
            Ok(parcel) => house.outbox.enqueue(parcel).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = stored {
            let message = format!("{} will not be told: {error}", http::masked(&self.url));
            call.tell(Happening::Noted { error: true, message });
        }
    }

    /// Where it goes and how, for somebody who makes it later.
    pub(super) fn address(&self) -> Address {
        let RequestStyle { format, body, .. } = self.style;
        Address { url: self.url.clone(), method: self.method, format, body }
    }
}

/// A request whose answer nobody runs, as a delivery.
pub(super) fn parcel(
    facts: &CallFacts,
    address: &Address,
    params: &http::Params,
) -> Result<Parcel, HttpError> {
    let Address { url, method, format, body } = address;
    let (url, body) = match method {
        Method::Post => (url.clone(), Some(Body::of(*body, params))),
        Method::Get => {
            let asked = http::Request::with_parameters(Method::Get, url, BodyFormat::Form, params)?;
            (asked.url().to_owned(), None)
        }
    };
    Ok(Parcel {
        id: DeliveryId::fresh(),
        kind: callback_kind(*format),
        call_id: facts.call_id.clone(),
        account_id: facts.account_id.clone(),
        url,
        body,
    })
}

/// Notes what of the fragment cannot be followed when something is delivered to this URL.
pub(super) fn note_delivery(call: &mut Call, house: &House, url: &str) {
    let (connect, total) = (house.door.connect_time(), house.outbox.timeout());
    note(call, Settings::delivery(connect, total, url).1);
}

fn note(call: &mut Call, complaints: Vec<Complaint>) {
    for complaint in complaints {
        call.tell(Happening::Noted { error: false, message: complaint.to_string() });
    }
}

/// Who reads a format expects its vendor's signature.
fn scheme(format: ReqFormat) -> Scheme {
    match format {
        ReqFormat::Plivo => Scheme::Plivo,
        ReqFormat::Twiml => Scheme::Twilio,
        ReqFormat::Piston => Scheme::Standard { id: DeliveryId::fresh().to_string() },
    }
}

/// The kind of a delivery, which tells the outbox how to sign it.
fn callback_kind(format: ReqFormat) -> &'static str {
    match format {
        ReqFormat::Plivo => "plivo_callback",
        ReqFormat::Twiml => "twiml_callback",
        ReqFormat::Piston => "callback",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn following(document: &str, url: &str) -> Result<String, Failure> {
        let style = RequestStyle {
            format: ReqFormat::Twiml,
            body: BodyFormat::Form,
            within: None,
            debug: false,
        };
        let request = Request {
            url: document.to_owned(),
            method: Method::Get,
            dialect: ReqFormat::Twiml,
            origin: Origin::Answer,
            style,
            happened: vec![],
        };
        let ask = Ask {
            url: url.to_owned(),
            method: Method::Post,
            parameters: vec![],
            after_hangup: false,
        };
        request
            .following(ReqFormat::Twiml, document, Origin::Action, &ask)
            .map(|request| request.url)
    }

    #[test]
    fn relative_urls_are_relative_to_the_document() {
        let document = "https://h.example/ivr/start.php?x=1";
        for (url, asked) in [
            ("next.php?y=2", "https://h.example/ivr/next.php?y=2"),
            ("/other", "https://h.example/other"),
            ("https://else.example/a", "https://else.example/a"),
            ("", "https://h.example/ivr/start.php?x=1"),
            ("?page=2", "https://h.example/ivr/start.php?page=2"),
        ] {
            assert_eq!(following(document, url).unwrap(), asked);
        }
        assert!(following("not a url", "next").is_err());
    }
}
