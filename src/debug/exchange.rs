//! One request and what came of it, as the call knows it.

use super::{Keeper, keeper::Noted};
use crate::{
    base::{CallFacts, Diagnostic, Timestamp, limits},
    config::{BodyFormat, Method},
    http::{Answer, HttpError, Params},
};
use bytes::Bytes;
use std::time::Duration;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// How.
    pub method: Method,
    /// Where, without our parameters.
    pub url: &'a str,
    /// How a POST carries them.
    pub format: BodyFormat,
    /// Our parameters.
    pub params: &'a Params,
    /// Headers that sign the request.
    pub signed: &'a [&'static str],
}

/// The call that something is noted about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) call_id: String,
    pub(super) account_id: String,
    pub(super) node: String,
}

/// A request with its outcome.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) format: BodyFormat,
    pub(super) params: Params,
    pub(super) signed: Vec<&'static str>,
    pub(super) outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Answered {
        status: u16,
        headers: Vec<(String, String)>,
        body: Sample,
        took: Duration,
    },
    Failed {
        kind: &'static str,
        reason: String,
    },
    /// The call went on without waiting for the answer: the caller hung up, or somebody gave an order.
    LeftAlone,
}

/// What is wrong with an answer.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether it was to be JSON and is not.
    pub(super) no_json: bool,
    pub(super) body: Sample,
    /// Whether the exchange itself was kept, too.
    pub(super) continues: bool,
}

/// As much of a body as is looked at, and its whole length in bytes. It is longer than what is kept, so
/// that a secret at the cut is recognised before it is cut.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) bytes: Bytes,
    pub(super) whole: usize,
}

impl Sample {
    pub(super) fn of(body: &[u8]) -> Self {
        let looked_at = &body[..body.len().min(2 * limits::DEBUG_BODY_BYTES)];
        Self { bytes: Bytes::copy_from_slice(looked_at), whole: body.len() }
    }
}

impl About {
    pub(super) fn call(facts: &CallFacts) -> Self {
        Self {
            call_id: facts.call_id.clone(),
            account_id: facts.account_id.clone(),
            node: facts.switch.clone(),
        }
    }
}

/// A request under way. Whatever becomes of it is noted: also when it is dropped.
#[derive(Debug)]
pub struct Watch(Option<Watched>);

#[derive(Debug)]
struct Watched {
    keeper: Keeper,
    about: About,
    at: Timestamp,
    exchange: Exchange,
}

impl Watch {
    /// Watches nothing.
    pub(super) const fn nothing() -> Self {
        Self(None)
    }

    pub(super) fn begin(keeper: Keeper, facts: &CallFacts, question: &Question<'_>) -> Self {
        let exchange = Exchange {
            method: question.method,
            url: question.url.to_owned(),
            format: question.format,
            params: question.params.clone(),
            signed: question.signed.to_vec(),
            outcome: Outcome::LeftAlone,
        };
        let (about, at) = (About::call(facts), Timestamp::now());
        Self(Some(Watched { keeper, about, at, exchange }))
    }

    /// Notes what the door said.
    pub fn ended(mut self, answer: &Result<Answer, HttpError>) {
        if let Some(watched) = &mut self.0 {
            watched.exchange.outcome = match answer {
                Ok(answer) => Outcome::Answered {
                    status: answer.status,
                    headers: answer.headers(),
                    body: Sample::of(&answer.body),
                    took: answer.took,
                },
                Err(error) => Outcome::Failed { kind: error.kind(), reason: error.to_string() },
            };
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(Watched { keeper, about, at, exchange }) = self.0.take() {
            keeper.note(about, at, Noted::Exchange(Box::new(exchange)));
        }
    }
}
