//! The life of one call, from its first callflow to the reason for its end.

use super::{
    Failed, Failure, House, Origin, Request, RequestStyle,
    answer::Answered,
    desk::{CallDesk, Keeps},
    end_callbacks::EndCallbacks,
    fetch::note_delivery,
    fetcher::{Fetcher, note_failure},
    places::{self, GoOn, Running, Waited},
    source,
    story::Story,
};
use crate::{
    base::{EndReason, HangupCause, Happening, limits},
    call::{Call, Interrupt, Order, Step},
    config::{Method, ReqFormat},
    piston::{Executor, Exit, Flow, PivotOptions},
    xml,
};
use std::sync::Arc;

/// How a call is to be ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// Hang up, with this cause.
    HangUp(HangupCause),
    /// Something failed: apologise to a caller whose call was answered, and hang up.
    GiveUp(HangupCause),
    /// The caller waits in a queue, and is left to the dialplan until a server takes calls again.
    UntilLater,
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
    /// What says where the fallback URL is.
    options: Option<PivotOptions>,
    /// Where the caller waited when an earlier server ended.
    waited: Option<Waited>,
    fetcher: Fetcher<'a>,
    steps_left: u32,
}

/// A document that is to be run from one of its verbs on.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) document: xml::Document,
    /// Where it came from.
    pub(super) url: String,
    pub(super) verb: usize,
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
pub(super) async fn live(
    call: &mut Call,
    house: &House,
    story: &Story,
    callbacks: &mut EndCallbacks,
) -> Step<Farewell> {
    let waited = places::waited(call);
    let go_on = match waited {
        Some(_) => Box::pin(places::take_up(call, house, story, callbacks)).await?,
        None => None,
    };
    // Whatever comes of the call, somebody may want to be told.
    let promised = match promise(call, house, story).await {
        Ok(()) => callbacks.promise(call, house).await,
        interrupted => interrupted,
    };
    if let Some(url) = call.facts().instructions.get("cdr_url").cloned() {
        note_delivery(call, house, &url);
    }
    let found = match go_on.as_ref().and_then(|go_on| go_on.options.clone()) {
        Some(options) => Ok(source::of_options(options)),
        None => source::find(call.facts(), house),
    };
    let source = match found {
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
        options: None,
        waited,
        fetcher: Fetcher::new(house),
        steps_left: limits::STEPS_PER_CALL,
    };
    let mut ended = match (promised, go_on) {
        (Ok(()), Some(go_on)) => Box::pin(life.go_on(go_on)).await,
        (Ok(()), None) => life.callflow().await,
        (Err(interrupt), _) => Err(interrupt),
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
                            return Ok(self.give_up(&failed));
                        }
                    }
                },
            }
        }
    }

    /// There is nothing to go on with.
    fn give_up(&mut self, failed: &Failed) -> Farewell {
        let code = failed.failure.plivo_code(failed.origin);
        self.call.memory.end = Some(EndReason::NoDocument(code));
        Farewell::GiveUp(failed.failure.cause())
    }

    /// One pivot action: its URL, and the fallback URL if that failed.
    async fn pivot(&mut self, options: &PivotOptions) -> Step<PivotEnd> {
        if let Some(url) = options.cdr_url.clone() {
            note_delivery(self.call, self.house, &url);
            self.call.tell(Happening::CdrRequested { url });
            promise(self.call, self.house, self.story).await?;
        }
        self.options = Some(options.clone());
        self.documents_or_fallback(Request::of_action(options), None).await
    }

    /// Runs documents; where one fails, the fallback URL is asked for the next.
    async fn documents_or_fallback(
        &mut self,
        mut request: Request,
        mut begun: Option<Box<Begun>>,
    ) -> Step<PivotEnd> {
        loop {
            let failed = match self.documents(request, begun.take()).await? {
                PivotEnd::Failed(failed) => failed,
                ended => return Ok(ended),
            };
            let options = self.options.as_ref();
            match options.and_then(|options| Request::of_fallback(options, &failed)) {
                Some(fallback) => request = fallback,
                None => return Ok(PivotEnd::Failed(failed)),
            }
        }
    }

    /// Asks for a document and runs it, and those that it asks for, as long as they are XML. The first one
    /// may be there already.
    async fn documents(
        &mut self,
        mut request: Request,
        mut begun: Option<Box<Begun>>,
    ) -> Step<PivotEnd> {
        self.style = request.style;
        loop {
            let Begun { document, url, verb } = match begun.take() {
                Some(begun) => *begun,
                None => match self.fetcher.fetch(self.call, &request).await? {
                    Ok((Answered::Flow(flow), _)) => return Ok(PivotEnd::Flow(flow)),
                    Ok((Answered::Xml(document), url)) => Begun { document, url, verb: 0 },
                    Err(failure) => return Ok(PivotEnd::Failed(request.failed(failure))),
                },
            };
            let (dialect, follows) = match (request.style.format, document.dialect()) {
                (ReqFormat::Plivo, _) | (ReqFormat::Piston, xml::Dialect::Plivo) => {
                    (xml::Dialect::Plivo, ReqFormat::Plivo)
                }
                (ReqFormat::Twiml, _) | (ReqFormat::Piston, xml::Dialect::Twiml) => {
                    (xml::Dialect::Twiml, ReqFormat::Twiml)
                }
            };
            let mut desk = CallDesk {
                request: &request,
                follows,
                fetcher: &mut self.fetcher,
                keeps: Some(Keeps {
                    running: Running {
                        request: &request,
                        document: &document,
                        url: &url,
                        options: self.options.as_ref(),
                    },
                    story: self.story,
                    waited: &mut self.waited,
                }),
            };
            let steps_left = &mut self.steps_left;
            let context = xml::Context { dialect, url: &url, steps_left, desk: &mut desk };
            let ask = match Box::pin(xml::run_from(&document, verb, self.call, context)).await? {
                xml::Exit::Ask(ask) => ask,
                xml::Exit::Ended | xml::Exit::Left => {
                    self.call.memory.end = Some(EndReason::OutOfVerbs);
                    return Ok(PivotEnd::Ended(Farewell::HangUp(HangupCause::NORMAL_CLEARING)));
                }
                xml::Exit::OutOfSteps => {
                    return Ok(PivotEnd::Failed(request.failed(Failure::TooManySteps)));
                }
            };
            if self.call.is_over() {
                if ask.after_hangup {
                    desk.tell(self.call, &url, &ask).await;
                }
                return Ok(PivotEnd::Ended(Farewell::Nothing));
            }
            let origin = match self.call.last_step().step.as_str() {
                "Redirect" => Origin::Redirect,
                _ => Origin::Action,
            };
            request = match request.following(follows, &url, origin, &ask) {
                Ok(next) => next,
                Err(failure) => {
                    note_failure(self.call, &ask.url, &failure);
                    return Ok(PivotEnd::Failed(Failed { failure, url: ask.url, origin }));
                }
            };
        }
    }

    /// Leaves what is running and goes on with the document at another URL, asked for as the last one
    /// was.
    async fn redirected(&mut self, url: String) -> Step<Farewell> {
        self.call.settle().await?;
        let (style, dialect) = (self.style, self.style.format);
        let (method, happened, origin) = (Method::Post, Vec::new(), Origin::Transfer);
        let request = Request { url, method, dialect, origin, style, happened };
        let ended = self.documents_or_fallback(request, None).await?;
        self.after_documents(ended).await
    }

    /// Goes on in the middle of a document that an earlier server began.
    async fn go_on(&mut self, go_on: Box<GoOn>) -> Step<Farewell> {
        let GoOn { request, begun, steps_left, options } = *go_on;
        self.steps_left = steps_left;
        self.options = options;
        let ended = self.documents_or_fallback(request, Some(begun)).await?;
        self.after_documents(ended).await
    }

    /// What follows documents that no pivot action of the running callflow has asked for.
    async fn after_documents(&mut self, ended: PivotEnd) -> Step<Farewell> {
        match ended {
            PivotEnd::Flow(flow) => self.executor.replace(flow),
            PivotEnd::Ended(farewell) => return Ok(farewell),
            PivotEnd::Failed(failed) => return Ok(self.give_up(&failed)),
        }
        self.callflow().await
    }
}
