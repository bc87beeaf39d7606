//! The meeting of a caller from a queue and the agent who takes it out: what each knows of the other.

use crate::{
    base::{Ask, CallId, Timestamp},
    call::{Order, Orders},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A document that the caller hears before the two meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whisper {
    /// The request.
    pub ask: Ask,
    /// The document that asks for it.
    pub from: String,
}

/// How far the caller has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It leaves what it hears, or hears the agent's document.
    Coming,
    /// It enters the room.
    Ready,
    /// It is gone, or back in its queue.
    Gone,
}

/// One side of a meeting. Dropped, it is over for the other as well.
#[derive(Debug)]
pub struct Side {
    shared: Arc<Shared>,
    is_agent: bool,
    other: CancellationToken,
    _here: DropGuard,
}

#[derive(Debug)]
struct Shared {
    room: String,
    member: CallId,
    agent: CallId,
    waited: Duration,
    whisper: Option<Whisper>,
    /// How each of them is called when something happens before they are both in the room.
    orders: [Orders; 2],
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ready: bool,
    gone: [bool; 2],
    joined: [Option<Instant>; 2],
    /// When the first of the two left, after both had been in.
    parted: Option<Instant>,
}

/// Who meets whom.
#[derive(Debug)]
pub(super) struct Parties {
    pub member: (CallId, Orders),
    pub agent: (CallId, Orders),
    pub waited: Duration,
    pub whisper: Option<Whisper>,
}

/// A new meeting: the caller's side, and the agent's.
pub(super) fn arrange(parties: Parties) -> (Side, Side) {
    let Parties { member, agent, waited, whisper } = parties;
    let (member_here, agent_here) = (CancellationToken::new(), CancellationToken::new());
    let shared = Arc::new(Shared {
        room: uuid::Uuid::new_v4().to_string(),
        member: member.0,
        agent: agent.0,
        waited,
        whisper,
        orders: [member.1, agent.1],
        state: Mutex::default(),
    });
    let side = |is_agent, here: &CancellationToken, other: &CancellationToken| Side {
        shared: Arc::clone(&shared),
        is_agent,
        other: other.clone(),
        _here: here.clone().drop_guard(),
    };
    (side(false, &member_here, &agent_here), side(true, &agent_here, &member_here))
}

impl Side {
    /// The room that they meet in; a name that was never used before.
    pub fn room(&self) -> &str {
        &self.shared.room
    }

    /// The caller.
    pub fn member(&self) -> &CallId {
        &self.shared.member
    }

    /// The agent.
    pub fn agent(&self) -> &CallId {
        &self.shared.agent
    }

    /// How long the caller had waited when the agent took it.
    pub fn waited(&self) -> Duration {
        self.shared.waited
    }

    /// What the caller hears first.
    pub fn whisper(&self) -> Option<&Whisper> {
        self.shared.whisper.as_ref()
    }

    /// The caller is about to enter the room: the agent may, too.
    pub fn is_ready(&self) {
        self.lock().ready = true;
        self.call_other();
    }

    /// How far the caller has come.
    pub fn phase(&self) -> Phase {
        let state = self.lock();
        match (state.gone[0], state.ready) {
            (true, _) => Phase::Gone,
            (false, true) => Phase::Ready,
            (false, false) => Phase::Coming,
        }
    }

    /// Whether the other has gone.
    pub fn is_alone(&self) -> bool {
        self.other.is_cancelled()
    }

    /// Ends when the other has gone.
    pub async fn other_gone(&self) {
        self.other.cancelled().await;
    }

    /// This one is in the room.
    pub fn joined(&self) {
        let me = usize::from(self.is_agent);
        self.lock().joined[me].get_or_insert_with(Instant::now);
    }

    /// How long both have been in the room; `None` if they never were.
    pub fn talked(&self) -> Option<Duration> {
        let state = self.lock();
        let [Some(member), Some(agent)] = state.joined else { return None };
        let until = state.parted.unwrap_or_else(Instant::now);
        Some(until.saturating_duration_since(member.max(agent)))
    }

    /// Something happened that the other should look at.
    fn call_other(&self) {
        self.shared.orders[usize::from(!self.is_agent)].give(Order::Summons);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Side {
    /// In the room the other is told by [`Side::other_gone`]; before that it has to be called.
    fn drop(&mut self) {
        let both_in = {
            let mut state = self.lock();
            state.gone[usize::from(self.is_agent)] = true;
            let both_in = state.joined.iter().all(Option::is_some);
            if both_in {
                state.parted.get_or_insert_with(Instant::now);
            }
            both_in
        };
        if !both_in {
            self.call_other();
        }
    }
}

/// How long somebody has waited who began at `joined`.
pub(super) fn waited(joined: Timestamp) -> Duration {
    Timestamp::now().since(joined)
}
