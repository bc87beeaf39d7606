//! What the verbs of both dialects do, with their values typed; each file is one kind of verb with
//! its `run`.

mod answer_queue;
mod conference;
mod dial;
mod dial_gates;
mod dial_leg;
mod dial_teller;
mod dial_watch;
mod enqueue;
mod gather;
mod hearing;
mod leave;
mod meeting;
mod record;
mod refer;
mod simple;
mod spoken;
mod stream;
mod then;
mod verb;

pub(super) use answer_queue::AnswerQueue;
pub(super) use conference::{Chime, Conference, Kind, Music, Page, Role};
pub(super) use dial::{Dial, Ringback};
pub(super) use dial_gates::{Confirm, sound as confirm_sound};
pub(super) use dial_leg::{Leg, LegEvent, LegStatus, Machine, Whom};
pub(super) use dial_watch::Watch;
pub(super) use enqueue::{Enqueue, Waits};
pub(super) use gather::{Form, Gather, Input};
pub(super) use hearing::Hearing;
pub(super) use leave::{Hangup, Redirect, Reject};
pub(super) use record::{Record, RecordBeside, StopRecording};
pub(super) use refer::{Refer, SipTransfer};
pub(super) use simple::{Echo, Notify, Pause, SendKeys, Set};
pub(super) use spoken::Spoken;
pub(super) use stream::{StopStream, Stream};
pub(super) use then::Then;
pub(super) use verb::{Action, Answer, Compiled, Outcome, Stage, Verb};
