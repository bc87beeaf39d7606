//! The documents of one call: fetched, read, and bounded in number.

use super::{
    Failure, House, Request,
    answer::{self, Answered},
};
use crate::{
    base::{Happening, Severity, limits},
    call::{Call, Place, Step},
    http,
};
use std::time::Duration;
use tokio::time::Instant;

/// Fetches the documents of one call.
pub(super) struct Fetcher<'a> {
    pub(super) house: &'a House,
    documents: u32,
    /// Documents in a row that did nothing, and what had been run before the last one.
    silent: u32,
    last_document: Option<(Instant, u32)>,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(house: &'a House) -> Self {
        Self { house, documents: 0, silent: 0, last_document: None }
    }

    /// Asks for a document and reads it; gives it with the address that it came from.
    pub(super) async fn fetch(
        &mut self,
        call: &mut Call,
        request: &Request,
    ) -> Step<Result<(Answered, String), Failure>> {
        if let Err(failure) = self.count_document(call) {
            note_failure(call, &request.url, &failure);
            return Ok(Err(failure));
        }
        // Most of its life a call fetches nothing: it need not have the memory for that.
        let answer = Box::pin(request.send(call, self.house)).await?;
        let fetched = answer.and_then(|answer| {
            // The document's own address, without the parameters that we added to ask for it.
            let own = if answer.redirects == 0 { &request.url } else { &answer.url };
            let read = answer::read(&answer, own, request.style.format);
            let read = read.inspect_err(|failure| self.keep(call, request, &answer, failure))?;
            let own = own.clone();
            Ok((answer, own, read))
        });
        self.last_document = Some((Instant::now(), call.applications_run()));
        match fetched {
            Ok((answer, own, (document, remarks))) => {
                call.tell(Happening::Fetched {
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
                    call.tell(Happening::Noted { error, message: remark.to_string() });
                }
                Ok(Ok((document, own)))
            }
            Err(failure) => {
                note_failure(call, &request.url, &failure);
                Ok(Err(failure))
            }
        }
    }

    /// Keeps what is wrong with a document for its author.
    fn keep(&self, call: &Call, request: &Request, answer: &http::Answer, failure: &Failure) {
        if let Failure::Document { dialect, diagnostics, .. } = failure {
            let (debug, facts) = (request.style.debug, call.facts());
            self.house.debug.unreadable(debug, facts, &answer.body, dialect, diagnostics);
        }
    }

    /// Bounds the documents of a call, and those in a row in which nothing happened to the caller: no
    /// application ran, and no second passed.
    fn count_document(&mut self, call: &Call) -> Result<(), Failure> {
        self.documents += 1;
        let nothing_happened = self.last_document.is_some_and(|(since, applications)| {
            applications == call.applications_run() && since.elapsed() < Duration::from_secs(1)
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
}

pub(super) fn note_failure(call: &mut Call, url: &str, failure: &Failure) {
    let Place { step, at } = call.last_step().clone();
    call.tell(Happening::FetchFailed {
        step,
        at,
        url: http::masked(url),
        kind: failure.kind(),
        reason: failure.to_string(),
    });
}
