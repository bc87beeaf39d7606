//! Queues of callers, and the agents who take them out: known in this process, shared by all calls.
//!
//! Nobody here waits and nothing here speaks to the switch: a member or an agent who is to learn of something is
//! given [`super::Order::Summons`], and looks. Whatever ends a call drops its guard ([`QueuePlace`], [`Agent`],
//! [`Side`]), and with it what the others know of it.

mod meeting;
mod registry;
#[cfg(test)]
mod tests;

pub use meeting::{Phase, Side, Whisper};
pub use registry::{
    Agent, Figures, Found, Member, QueueFull, QueueId, QueuePlace, QueueShown, Queues, Summons,
};
