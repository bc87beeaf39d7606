//! One verb, and what running it gives.

use super::{
    AnswerQueue, Conference, Dial, Echo, Enqueue, Gather, Hangup, Notify, Pause, Record,
    RecordBeside, Redirect, Refer, Reject, SendKeys, Set, SipTransfer, Spoken, StopRecording,
    StopStream, Stream,
};
use crate::{
    base::Ask,
    call::{Call, Step},
    xml::{Desk, Dialect, Exit, tree::At},
};

/// One verb of a document.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Verb {
    /// The element's name.
    pub name: &'static str,
    /// Where it stands.
    pub at: At,
    /// What it is about, for a person.
    pub detail: String,
    /// Whether it answers the call.
    pub answer: Answer,
    /// What it does.
    pub action: Action,
}

/// When a verb answers an unanswered call (`reference/twiml.md` 2.0, `reference/plivo.md` 4.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Answer {
    /// Before it begins.
    Before,
    /// After it has ended: TwiML's first `<Pause>`.
    After,
    /// Not by itself; a bridge answers the caller when the callee answers.
    Never,
}

/// What the compiler makes of an element: the action, its detail for people, and how it answers.
pub(in crate::xml) type Compiled = (Action, String, Answer);

/// What a verb does.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) enum Action {
    Speak(Spoken),
    SendKeys(SendKeys),
    Pause(Pause),
    Gather(Gather),
    Record(Record),
    RecordBeside(RecordBeside),
    StopRecording(StopRecording),
    Dial(Dial),
    Refer(Box<Refer>),
    SipTransfer(SipTransfer),
    Echo(Echo),
    Notify(Notify),
    Conference(Box<Conference>),
    Redirect(Redirect),
    Hangup(Hangup),
    Reject(Reject),
    PreAnswer,
    Set(Set),
    Stream(Stream),
    StopStream(StopStream),
    Enqueue(Enqueue),
    AnswerQueue(AnswerQueue),
    Leave,
}

/// What verbs work with.
pub(in crate::xml) struct Stage<'a> {
    pub call: &'a mut Call,
    /// The names in which is told what happened.
    pub dialect: Dialect,
    /// Where the running document came from.
    pub url: &'a str,
    /// Verbs that the call may still run.
    pub steps_left: &'a mut u32,
    /// The way to the customer's web server.
    pub desk: &'a mut dyn Desk,
    /// Whether no verb of this document has run before.
    pub first: bool,
    /// Whether another verb follows.
    pub more: bool,
}

impl Stage<'_> {
    /// Sees to it that a request is made whose answer nobody runs.
    pub async fn notify(&mut self, ask: Ask) {
        self.desk.notify(self.call, self.url, ask).await;
    }
}

/// How a verb ended.
#[derive(Debug)]
pub(in crate::xml) struct Outcome {
    /// For a person.
    pub told: String,
    /// Where the document is left; `None` for the next verb.
    pub exit: Option<Exit>,
}

impl Outcome {
    /// The next verb is next.
    pub fn next(told: impl Into<String>) -> Self {
        Self { told: told.into(), exit: None }
    }
}

impl Action {
    /// Performs it. What a dial needs is not allotted to the calls that sit in another verb.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        match self {
            Self::Speak(spoken) => spoken.run(stage).await,
            Self::SendKeys(keys) => keys.run(stage).await,
            Self::Pause(pause) => pause.run(stage).await,
            Self::Gather(gather) => gather.run(stage).await,
            Self::Record(record) => Box::pin(record.run(stage)).await,
            Self::RecordBeside(beside) => Box::pin(beside.run(stage)).await,
            Self::StopRecording(stop) => Box::pin(stop.run(stage)).await,
            Self::Dial(dial) => Box::pin(dial.run(stage)).await,
            Self::Refer(refer) => Box::pin(refer.run(stage)).await,
            Self::SipTransfer(transfer) => Box::pin(transfer.run(stage)).await,
            Self::Echo(echo) => echo.run(stage).await,
            Self::Notify(notify) => Ok(notify.run(stage).await),
            Self::Conference(conference) => Box::pin(conference.run(stage)).await,
            Self::Redirect(redirect) => Ok(redirect.run(stage)),
            Self::Hangup(hangup) => hangup.run(stage).await,
            Self::Reject(reject) => reject.run(stage).await,
            Self::PreAnswer => {
                stage.call.pre_answer().await?;
                Ok(Outcome::next("early media"))
            }
            Self::Set(set) => Ok(set.run(stage)),
            Self::Enqueue(enqueue) => Box::pin(enqueue.run(stage)).await,
            Self::AnswerQueue(queue) => Box::pin(queue.run(stage)).await,
            Self::Leave => {
                Ok(Outcome { told: "leaves the queue".to_owned(), exit: Some(Exit::Left) })
            }
            Self::Stream(stream) => Box::pin(stream.run(stage)).await,
            Self::StopStream(stop) => stop.run(stage),
        }
    }

    /// What it needs that not every server has, for `pivot check`.
    pub fn needs(&self) -> Option<&'static str> {
        match self {
            Self::Stream(stream) if !stream.waits => {
                Some("a module that forks sound (the setting stream.start)")
            }
            _ => None,
        }
    }

    /// Whether no verb after it can ever run.
    pub fn always_leaves(&self) -> bool {
        match self {
            Self::Record(record) => record.then.as_ref().is_some_and(|then| then.redirect),
            Self::RecordBeside(beside) => beside.then.as_ref().is_some_and(|then| then.redirect),
            Self::Conference(conference) => {
                conference.then.as_ref().is_some_and(|then| then.redirect)
            }
            Self::Dial(dial) => dial.then.as_ref().is_some_and(|then| then.redirect),
            Self::Refer(refer) => refer.then.is_some(),
            Self::Gather(gather) => gather.on_empty,
            Self::Stream(stream) => stream.then.is_some(),
            Self::Enqueue(enqueue) => enqueue.then.is_some(),
            Self::AnswerQueue(queue) => queue.then.is_some(),
            Self::Hangup(hangup) => !hangup.is_scheduled(),
            Self::Redirect(_) | Self::Reject(_) => true,
            _ => false,
        }
    }
}
