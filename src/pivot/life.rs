//! The life of one call, from its first callflow to the reason for its end.

use super::{
    Failed, Failure, House, Request, RequestStyle,
    answer::{self, Answered},
    fetch::note_delivery,
    source,
    story::Story,
};
use crate::{
    base::{Ask, HangupCause, Happening, Severity, limits},
    call::{Call, Interrupt, Order, Step},
    config::{Method, ReqFormat},
    http,
    piston::{Executor, Exit, Flow, PivotOptions},
    xml,
};
use futures_util::future::BoxFuture;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How a call is to be ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// Hang up, with this cause.
    HangUp(HangupCause),
    /// Something failed: apologise to a caller whose call was answered, and hang up.
    GiveUp(HangupCause),
    /// There is nothing left to end: the caller is gone, or the call left for the dialplan.
    Nothing,
}

/// One call being lived.
struct Life<'a> {
    call: &'a mut Call,
    house: &'a House,
    story: &'a Story,
    executor: Executor,
    /// How the last document was asked for.
    style: RequestStyle,
    documents: u32,
    /// Documents in a row that did nothing, and what had been run before the last one.
    silent: u32,
    last_document: Option<(Instant, u32)>,
    steps_left: u32,
}

/// How the documents of one pivot action ended.
enum PivotEnd {
    /// The call goes on with this callflow.
    Flow(Flow),
    /// The document has run out, or says so: the call ends.
    Ended(Farewell),
    /// There was no document, or a follow-up gave none.
    Failed(Failed),
}

/// Lives a call. Gives how it is to be ended, or what interrupted it.
pub(super) async fn live(call: &mut Call, house: &House, story: &Story) -> Step<Farewell> {
    // Whatever comes of the call, somebody may want to be told.
    let promised = promise(call, house, story).await;
    if let Some(url) = call.facts().instructions.get("cdr_url").cloned() {
        note_delivery(call, house, &url);
    }
    let source = match source::find(call.facts(), house) {
        Ok(source) => source,
        Err(error) => {
            call.tell(Happening::Noted { error: true, message: error.to_string() });
            return promised.map(|()| Farewell::HangUp(error.cause()));
        }
    };
    tracing::debug!(call = %call.facts().call_id, from = %source.from, "callflow");
    for message in source.remarks {
        call.tell(Happening::Noted { error: false, message });
    }
    let executor = Executor::new(source.flow, Arc::clone(&house.library)).dialled(source.captured);
    let mut life = Life {
        call,
        house,
        story,
        executor,
        style: RequestStyle::configured(&house.config.pivot),
        documents: 0,
        silent: 0,
        last_document: None,
        steps_left: limits::STEPS_PER_CALL,
    };
    let mut ended = match promised {
        Ok(()) => life.callflow().await,
        Err(interrupt) => Err(interrupt),
    };
    // An order to run another document leaves everything else as it is.
    while let Err(Interrupt::Ordered(Order::Redirect(url))) = ended {
        ended = life.redirected(url).await;
    }
    ended
}

/// Stores that this call owes a CDR.
async fn promise(call: &mut Call, house: &House, story: &Story) -> Step<()> {
    if let Err(error) = call.during(Box::pin(story.promise(&house.cdrs))).await? {
        let call = call.facts().call_id.as_str();
        tracing::error!(call, %error, "a crash would lose the cdr of this call: it cannot be noted");
    }
    Ok(())
}

impl Life<'_> {
    /// Runs callflows until one of them ends the call.
    async fn callflow(&mut self) -> Step<Farewell> {
        loop {
            match self.executor.run(self.call).await? {
                Exit::Stopped(cause) => {
                    return Ok(Farewell::HangUp(cause.unwrap_or(HangupCause::NORMAL_CLEARING)));
                }
                Exit::HandedOver => return Ok(Farewell::Nothing),
                Exit::Pivot(options) => match self.pivot(&options).await? {
                    PivotEnd::Flow(flow) => self.executor.replace(flow),
                    PivotEnd::Ended(farewell) => return Ok(farewell),
                    PivotEnd::Failed(failed) => {
                        if !self.executor.take_wildcard() {
                            return Ok(Farewell::GiveUp(failed.failure.cause()));
                        }
                    }
                },
            }
        }
    }

    /// One pivot action: its URL, and the fallback URL if that failed.
    async fn pivot(&mut self, options: &PivotOptions) -> Step<PivotEnd> {
        if let Some(url) = options.cdr_url.clone() {
            note_delivery(self.call, self.house, &url);
            self.call.tell(Happening::CdrRequested { url });
            promise(self.call, self.house, self.story).await?;
        }
        let failed = match self.documents(Request::of_action(options)).await? {
            PivotEnd::Failed(failed) => failed,
            ended => return Ok(ended),
        };
        match Request::of_fallback(options, &failed) {
            Some(fallback) => self.documents(fallback).await,
            None => Ok(PivotEnd::Failed(failed)),
        }
    }

    /// Asks for a document and runs it, and those that it asks for, as long as they are XML.
    async fn documents(&mut self, mut request: Request) -> Step<PivotEnd> {
        self.style = request.style;
        loop {
            let (document, url) = match self.fetch(&request).await? {
                Ok((Answered::Flow(flow), _)) => return Ok(PivotEnd::Flow(flow)),
                Ok((Answered::Xml(document), url)) => (document, url),
                Err(failure) => return Ok(PivotEnd::Failed(request.failed(failure))),
            };
            let (dialect, follows) = match (request.style.format, document.dialect()) {
                (ReqFormat::Plivo, _) | (ReqFormat::Piston, xml::Dialect::Plivo) => {
                    (xml::Dialect::Plivo, ReqFormat::Plivo)
                }
                (ReqFormat::Twiml, _) | (ReqFormat::Piston, xml::Dialect::Twiml) => {
                    (xml::Dialect::Twiml, ReqFormat::Twiml)
                }
            };
            let mut beside =
                Beside { request: &request, follows, document_url: &url, house: self.house };
            let steps_left = &mut self.steps_left;
            let context = xml::Context { dialect, steps_left, notify: &mut beside };
            let ask = match xml::run(&document, self.call, context).await? {
                xml::Exit::Ask(ask) => ask,
                xml::Exit::Ended => {
                    return Ok(PivotEnd::Ended(Farewell::HangUp(HangupCause::NORMAL_CLEARING)));
                }
                xml::Exit::OutOfSteps => {
                    return Ok(PivotEnd::Failed(request.failed(Failure::TooManySteps)));
                }
            };
            if self.call.is_over() {
                if ask.after_hangup {
                    beside.tell(self.call, &ask).await;
                }
                return Ok(PivotEnd::Ended(Farewell::Nothing));
            }
            request = match request.following(follows, &url, &ask) {
                Ok(next) => next,
                Err(failure) => {
                    note_failure(self.call, &ask.url, &failure);
                    return Ok(PivotEnd::Failed(Failed { failure, url: ask.url, follow_up: true }));
                }
            };
        }
    }

    /// Asks for a document and reads it; gives it with the address that it came from.
    async fn fetch(&mut self, request: &Request) -> Step<Result<(Answered, String), Failure>> {
        if let Err(failure) = self.count_document() {
            note_failure(self.call, &request.url, &failure);
            return Ok(Err(failure));
        }
        // Most of its life a call fetches nothing: it need not have the memory for that.
        let answer = Box::pin(request.send(self.call, self.house)).await?;
        let fetched = answer.and_then(|answer| {
            let format = request.style.format;
            let read = answer::read(answer.content_type(), &answer.body, format);
            let read = read.inspect_err(|failure| self.keep(request, &answer, failure))?;
            Ok((answer, read))
        });
        self.last_document = Some((Instant::now(), self.call.applications_run()));
        match fetched {
            Ok((answer, (document, remarks))) => {
                self.call.tell(Happening::Fetched {
                    status: answer.status,
                    content_type: answer.content_type().to_owned(),
                    dialect: match &document {
                        Answered::Flow(_) => "Piston".to_owned(),
                        Answered::Xml(_) => "XML".to_owned(),
                    },
                    bytes: answer.body.len(),
                    took: answer.took,
                });
                for remark in remarks {
                    let error = remark.severity == Severity::Error;
                    self.call.tell(Happening::Noted { error, message: remark.to_string() });
                }
                // The document's own address, without the parameters that we added to ask for it.
                let own = if answer.redirects == 0 { request.url.clone() } else { answer.url };
                Ok(Ok((document, own)))
            }
            Err(failure) => {
                note_failure(self.call, &request.url, &failure);
                Ok(Err(failure))
            }
        }
    }

    /// Keeps what is wrong with a document for its author.
    fn keep(&self, request: &Request, answer: &http::Answer, failure: &Failure) {
        if let Failure::Document { dialect, diagnostics } = failure {
            let (debug, facts) = (request.style.debug, self.call.facts());
            self.house.debug.unreadable(debug, facts, &answer.body, dialect, diagnostics);
        }
    }

    /// Bounds the documents of a call, and those in a row in which nothing happened to the caller: no
    /// application ran, and no second passed.
    fn count_document(&mut self) -> Result<(), Failure> {
        self.documents += 1;
        let nothing_happened = self.last_document.is_some_and(|(since, applications)| {
            applications == self.call.applications_run() && since.elapsed() < Duration::from_secs(1)
        });
        self.silent = if nothing_happened { self.silent + 1 } else { 0 };
        if self.documents > limits::DOCUMENTS_PER_CALL {
            return Err(Failure::TooMany);
        }
        if self.silent >= limits::SILENT_DOCUMENTS {
            return Err(Failure::Endless);
        }
        Ok(())
    }

    /// Leaves what is running and goes on with the document at another URL, asked for as the last one
    /// was.
    async fn redirected(&mut self, url: String) -> Step<Farewell> {
        self.call.settle().await?;
        let (style, dialect) = (self.style, self.style.format);
        let (method, happened, follow_up) = (Method::Post, Vec::new(), false);
        let request = Request { url, method, dialect, follow_up, style, happened };
        match self.documents(request).await? {
            PivotEnd::Flow(flow) => self.executor.replace(flow),
            PivotEnd::Ended(farewell) => return Ok(farewell),
            PivotEnd::Failed(failed) => return Ok(Farewell::GiveUp(failed.failure.cause())),
        }
        self.callflow().await
    }
}

/// Requests that a document makes beside itself and whose answers nobody runs.
struct Beside<'a> {
    request: &'a Request,
    follows: ReqFormat,
    document_url: &'a str,
    house: &'a House,
}

impl Beside<'_> {
    async fn tell(&self, call: &mut Call, ask: &Ask) {
        match self.request.following(self.follows, self.document_url, ask) {
            Ok(request) => request.tell(call, self.house).await,
            Err(failure) => note_failure(call, &ask.url, &failure),
        }
    }
}

impl xml::Notify for Beside<'_> {
    fn notify<'a>(&'a mut self, call: &'a mut Call, ask: Ask) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.tell(call, &ask).await })
    }
}

fn note_failure(call: &mut Call, url: &str, failure: &Failure) {
    call.tell(Happening::FetchFailed {
        url: http::masked(url),
        kind: failure.kind(),
        reason: failure.to_string(),
    });
}
