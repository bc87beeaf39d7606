//! Media streams of either dialect: `<Connect><Stream>`, `<Start><Stream>`, Plivo's `<Stream>`.

use super::{Outcome, Stage, Then};
use crate::{
    base::{Happening, Timestamp, sid},
    call::Step,
    config::Method,
    stream::{Encoding, Plan, StreamEnd, StreamEvent, Teller, Tracks, Vendor},
    xml::{Dialect, Post},
};
use futures_util::future::{BoxFuture, ready};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Stream {
    /// Whose messages are spoken, and in whose words is told what becomes of it.
    pub dialect: Dialect,
    /// The customer's server.
    pub url: String,
    /// Its name; empty for none.
    pub name: String,
    /// Whether the document waits for its end.
    pub waits: bool,
    /// Whether the server may speak to the caller.
    pub two_way: bool,
    pub tracks: Tracks,
    pub encoding: Encoding,
    /// `<Parameter>`s, or `extraHeaders`.
    pub parameters: Vec<(String, String)>,
    pub at_most: Duration,
    /// Who is told what becomes of it.
    pub callback: Option<(String, Method)>,
    /// The follow-up of one that is waited for.
    pub then: Option<Then>,
}

impl Stream {
    /// A stream that does not come about changes nothing else: the next verb is next.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let plan = self.plan(stage);
        if !self.waits {
            return Ok(match stage.call.start_stream(plan).await? {
                Ok(()) => Outcome::next("started"),
                Err(reason) => {
                    let message = format!("nothing is streamed: {reason}");
                    stage.call.tell(Happening::Noted { error: true, message });
                    Outcome::next("not started")
                }
            });
        }
        let told = match stage.call.connect_stream(plan).await? {
            StreamEnd::Closed => "closed by the server".to_owned(),
            StreamEnd::TimeUp => "its time is up".to_owned(),
            StreamEnd::Stopped => "stopped".to_owned(),
            StreamEnd::Failed(reason) => {
                let message = format!("the stream has failed: {reason}");
                stage.call.tell(Happening::Noted { error: true, message });
                "failed".to_owned()
            }
        };
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, Vec::new(), false).await,
            None => Outcome::next(told),
        })
    }

    fn plan(&self, stage: &mut Stage<'_>) -> Plan {
        let random = Uuid::new_v4().hyphenated().to_string();
        let (vendor, id) = match self.dialect {
            Dialect::Twiml => (Vendor::Twilio, sid::stream(&random)),
            Dialect::Plivo => (Vendor::Plivo, random),
        };
        let names = stage.desk.names(stage.call, self.dialect);
        let post = self.callback.as_ref().and_then(|(url, method)| {
            let (desk, call) = (&mut stage.desk, &mut stage.call);
            desk.post(call, stage.url, url, *method, own_names(self.dialect))
        });
        let teller = post.map(|post| {
            let (dialect, id, name) = (self.dialect, id.clone(), self.name.clone());
            Arc::new(StatusCallback { dialect, id, name, post }) as Arc<dyn Teller>
        });
        Plan {
            id,
            name: self.name.clone(),
            url: self.url.clone(),
            vendor,
            call_id: names.call,
            account_id: names.account,
            signer: stage.call.facts().account_id.clone(),
            tracks: self.tracks,
            two_way: self.two_way,
            encoding: self.encoding,
            parameters: self.parameters.clone(),
            at_most: self.at_most,
            teller,
        }
    }
}

/// `<Stop><Stream>`: ends a stream by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct StopStream {
    pub name: String,
}

impl StopStream {
    pub fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        if stage.call.stop_stream(&self.name)? {
            return Ok(Outcome::next("stopped"));
        }
        let message = format!("no stream named {:?} runs", self.name);
        stage.call.tell(Happening::Noted { error: true, message });
        Ok(Outcome::next("nothing to stop"))
    }
}

/// What of a call's own parameters goes with a stream's events.
fn own_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Twiml => &["AccountSid", "CallSid"],
        Dialect::Plivo => &["CallUUID", "From", "To", "Direction"],
    }
}

/// Tells the customer's web server (`reference/twiml.md` 2.11, `reference/plivo.md` 4.9).
struct StatusCallback {
    dialect: Dialect,
    id: String,
    name: String,
    post: Post,
}

impl Teller for StatusCallback {
    fn tell(&self, event: StreamEvent) -> BoxFuture<'static, ()> {
        match self.parameters(&event) {
            Some(parameters) => (self.post)(parameters),
            None => Box::pin(ready(())),
        }
    }
}

impl StatusCallback {
    /// `None` for what the vendor does not tell.
    fn parameters(&self, event: &StreamEvent) -> Option<Vec<(String, String)>> {
        let now = Timestamp::now().date_time();
        let mut all: Vec<(&str, String)> = Vec::new();
        match self.dialect {
            Dialect::Twiml => {
                let name = match event {
                    StreamEvent::Started => "stream-started",
                    StreamEvent::Stopped => "stream-stopped",
                    StreamEvent::Failed(_) => "stream-error",
                    StreamEvent::Slow(_) => return None,
                };
                all.push(("StreamSid", self.id.clone()));
                all.push(("StreamName", self.name.clone()));
                all.push(("StreamEvent", name.to_owned()));
                if let StreamEvent::Failed(reason) = event {
                    all.push(("StreamError", reason.clone()));
                }
                // ISO 8601, as Twilio writes it.
                all.push(("Timestamp", format!("{}Z", now.replace(' ', "T"))));
            }
            Dialect::Plivo => {
                let name = match event {
                    StreamEvent::Started => "StartStream",
                    StreamEvent::Stopped => "StopStream",
                    StreamEvent::Failed(_) => "DroppedStream",
                    StreamEvent::Slow(_) => "DegradedStream",
                };
                all.push(("Event", name.to_owned()));
                all.push(("StreamID", self.id.clone()));
                all.push(("Timestamp", now));
            }
        }
        Some(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
