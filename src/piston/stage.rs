//! What an action has at hand while it runs, and how it says where the call goes on.

use super::{
    Flow, Library, PivotOptions,
    caller::Caller,
    tree::{Child, Node},
};
use crate::{
    base::{HangupCause, Happening},
    call::{Call, Step},
};
use std::time::Duration;

/// The stage of one action.
pub(super) struct Stage<'a> {
    pub(super) call: &'a mut Call,
    pub(super) caller: &'a mut Caller,
    pub(super) library: &'a Library,
    pub(super) node: &'a Node,
}

/// How an action ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) next: Next,
    /// For a person: `digits 123`, `no answer`.
    pub(super) outcome: String,
}

/// Where the call goes on (`reference/piston.md` 1.3, 1.4).
#[derive(Debug)]
pub(super) enum Next {
    /// At this child; without it at `_`; without that the flow stops.
    Child(String),
    /// The flow stops: the saved one goes on, if there is one.
    Stop(Option<HangupCause>),
    /// The call ends, whatever is saved.
    HangUp,
    /// In another flow; when that stops, at `_` of this action.
    Branch(Flow),
    /// Elsewhere: the call is not ours any more.
    HandedOver,
    /// In the document that a web server answers with.
    Pivot(Box<PivotOptions>),
}

impl Ended {
    /// Goes on at `_`.
    pub(super) fn go_on(outcome: impl Into<String>) -> Self {
        Self::at("_", outcome)
    }

    /// Goes on at this child, or at `_`.
    pub(super) fn at(key: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self { next: Next::Child(key.into()), outcome: outcome.into() }
    }

    /// Stops the flow.
    pub(super) fn stop(cause: Option<HangupCause>, outcome: impl Into<String>) -> Self {
        Self { next: Next::Stop(cause), outcome: outcome.into() }
    }

    /// Runs another flow.
    pub(super) fn branch(flow: Flow, outcome: impl Into<String>) -> Self {
        Self { next: Next::Branch(flow), outcome: outcome.into() }
    }
}

impl Stage<'_> {
    /// Whether the action has a child to run under this key.
    pub(super) fn leads(&self, key: &str) -> bool {
        self.node.leads(key)
    }

    /// Whether there is nothing under `_`.
    pub(super) fn wildcard_is_empty(&self) -> bool {
        !matches!(self.node.child("_"), Child::Node(_))
    }

    /// Answers, and lets the media settle before the first sound (`reference/piston.md` 1.8).
    pub(super) async fn answer(&mut self) -> Step<()> {
        const SETTLE: Duration = Duration::from_millis(100);
        if self.call.is_answered() {
            return Ok(());
        }
        self.call.answer().await?;
        self.call.pause(SETTLE).await
    }

    /// Notes something in the call's story that its author should know.
    pub(super) fn note(&mut self, message: impl AsRef<str>) {
        let message = format!("{}: {}", self.place(), message.as_ref());
        self.call.tell(Happening::Noted { error: false, message });
    }

    /// Where the action stands, for a message.
    pub(super) fn place(&self) -> &str {
        place(&self.node.path)
    }

    /// Shows later legs what the callflow has decided.
    pub(super) fn show_caller(&mut self) {
        self.call.memory.caller_id = self.caller.shown(self.call.facts());
    }
}

/// A node's path for a message; the first node's is `/`.
pub(super) fn place(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}
