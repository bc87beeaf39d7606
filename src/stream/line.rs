//! The call's end of a stream, and the stream's end of the call.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Things that wait to be told, either way.
const WAITING: usize = 64;

/// What a stream tells its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The customer's server wants these keys sent to the caller's side.
    Keys(String),
    /// Something that the author of the server should know.
    Remark(String),
    /// It is over; nothing follows.
    Ended(StreamEnd),
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The customer's server closed it.
    Closed,
    /// Its time is up.
    TimeUp,
    /// It was told to.
    Stopped,
    /// It could not begin, or broke off, for this reason.
    Failed(String),
}

/// What a call holds of its stream. When it is dropped the stream ends.
#[derive(Debug)]
pub struct Line {
    told: mpsc::Receiver<Told>,
    keys: mpsc::Sender<char>,
    begin: Option<oneshot::Sender<()>>,
    ended: bool,
    _stop: DropGuard,
}

/// What the stream holds of its call.
#[derive(Debug)]
pub struct FarEnd {
    /// Takes what the call is to be told.
    pub told: mpsc::Sender<Told>,
    /// Keys that the caller types.
    pub keys: mpsc::Receiver<char>,
    /// Done when the switch has agreed to send sound; nobody is told anything before.
    pub begun: oneshot::Receiver<()>,
    /// Done when the call does not want the stream any more.
    pub stopped: CancellationToken,
}

impl Line {
    /// Both ends.
    pub fn pair() -> (Self, FarEnd) {
        let (tell, told) = mpsc::channel(WAITING);
        let (give, keys) = mpsc::channel(WAITING);
        let (begin, begun) = oneshot::channel();
        let stopped = CancellationToken::new();
        let _stop = stopped.clone().drop_guard();
        let line = Self { told, keys: give, begin: Some(begin), ended: false, _stop };
        (line, FarEnd { told: tell, keys, begun, stopped })
    }

    /// The switch sends sound: the stream may begin.
    pub fn begin(&mut self) {
        if let Some(begin) = self.begin.take() {
            _ = begin.send(());
        }
    }

    /// What the stream tells next. After its end it tells nothing more.
    pub async fn next(&mut self) -> Told {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// As [`Line::next`].
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        if self.ended {
            return Poll::Pending;
        }
        let told = ready!(self.told.poll_recv(cx));
        let told = told.unwrap_or_else(|| {
            Told::Ended(StreamEnd::Failed("the stream ended without a word".to_owned()))
        });
        self.ended = matches!(told, Told::Ended(_));
        Poll::Ready(told)
    }

    /// Gives it a key that the caller typed. One that is too much is left out.
    pub fn key(&self, key: char) {
        _ = self.keys.try_send(key);
    }
}
