//! Twilio's verbs with KAZOO's additions: attributes, defaults and limits of `reference/twiml.md`
//! section 2 and `reference/piston.md` 2.9.2.

mod conference;
mod connect;
mod dial;
mod gather;
mod leave;
mod leg_attributes;
mod noun;
mod pause;
mod play;
mod queue;
mod record;
mod recording;
mod refer;
mod ring_tone;
mod say;
mod set;
mod sip_noun;
mod start;
mod stream;

pub(super) use connect::{Connected, connect};
pub(super) use dial::dial;
pub(super) use gather::{gather, prompts};
pub(super) use leave::{hangup, redirect, reject};
pub(super) use noun::{noun, user_leg};
pub(super) use pause::pause;
pub(super) use play::play;
pub(super) use queue::{enqueue, leave, queue};
pub(super) use record::record;
pub(super) use refer::{echo, refer};
pub(super) use say::say;
pub(super) use set::{set, variable};
pub(super) use start::{start, stop};
