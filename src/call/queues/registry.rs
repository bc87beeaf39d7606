//! Who waits where, and who waits for them.

use super::meeting::{Parties, Side, Whisper, arrange, waited};
use crate::{
    base::{Ask, CallId, Timestamp, limits, sid},
    call::{Order, Orders},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The queues of a server. Clones are handles to the same ones.
#[derive(Clone, Debug, Default)]
pub struct Queues(Arc<Mutex<State>>);

/// A queue: an account's, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId {
    /// The account; empty for calls that belong to none.
    pub account: String,
    /// The name that documents use.
    pub name: String,
}

#[derive(Debug, Default)]
struct State {
    queues: HashMap<QueueId, Queue>,
    /// Numbers of members and agents, and the order in which queues were used.
    count: u64,
}

#[derive(Debug, Default)]
struct Queue {
    /// In the order in which they came.
    members: Vec<Waiting>,
    /// Agents who found nobody, in the order in which they looked.
    agents: VecDeque<(u64, Orders)>,
    most: u32,
    used: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    call: CallId,
    joined: Timestamp,
    orders: Orders,
    /// Whether somebody has taken it out.
    called: bool,
    /// By whom, until it has looked.
    summons: Option<Summons>,
}

/// What takes a caller out of its queue.
#[derive(Debug)]
pub enum Summons {
    /// An agent.
    Agent(Side),
    /// A document that takes over; its URL is absolute.
    Document(Ask),
}

/// There is no room in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{most} callers wait already")]
pub struct QueueFull {
    /// How many may wait.
    pub most: u32,
}

/// A caller's place in a queue. Dropped, the caller has left.
#[derive(Debug)]
pub struct QueuePlace {
    queues: Queues,
    queue: QueueId,
    number: u64,
    joined: Timestamp,
}

/// An agent who looks for a caller. Dropped, it looks no longer.
#[derive(Debug)]
pub struct Agent {
    queues: Queues,
    queue: QueueId,
    number: u64,
    call: CallId,
    orders: Orders,
}

/// What an agent finds.
#[derive(Debug)]
pub enum Found {
    /// A caller, who has been called.
    Caller(Box<Side>),
    /// Nobody; the agent is called when somebody comes.
    Nobody,
    /// Nobody ever waited in a queue of this name.
    NoQueue,
}

/// What a caller is told of its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Its own position, from 1.
    pub position: usize,
    /// How long it has waited.
    pub waited: Duration,
    /// How long those who wait have waited on average.
    pub average: Duration,
    /// How many wait.
    pub size: usize,
    /// How many may wait.
    pub most: u32,
}

/// A queue, for somebody outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueShown {
    /// Which.
    pub queue: QueueId,
    /// How many may wait.
    pub most: u32,
    /// Who waits, the first one first.
    pub members: Vec<Member>,
    /// How many agents wait for somebody.
    pub agents: usize,
}

/// A caller in a queue, for somebody outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The call.
    pub call: CallId,
    /// Since when it has been waiting.
    pub joined: Timestamp,
}

impl QueueId {
    /// A queue of an account.
    pub fn new(account: &str, name: &str) -> Self {
        Self { account: account.to_owned(), name: name.to_owned() }
    }

    /// Twilio's name of it: `QU…`.
    pub fn sid(&self) -> String {
        sid::queue(&format!("{}\n{}", self.account, self.name))
    }
}

impl QueueShown {
    /// How long those who wait have waited on average.
    pub fn average(&self) -> Duration {
        average(self.members.iter().map(|member| member.joined))
    }
}

impl Queues {
    /// Lets a caller wait, among the others by the moment at which it came. Nobody who was in the queue
    /// before (`returns`) is turned away.
    pub fn join(
        &self,
        queue: &QueueId,
        most: u32,
        (call, orders): (CallId, Orders),
        joined: Timestamp,
        returns: bool,
    ) -> Result<QueuePlace, QueueFull> {
        let mut state = self.lock();
        let number = state.next();
        let known = state.open(queue, number).ok_or(QueueFull { most: 0 })?;
        known.most = most;
        // A channel that was lost and has come back takes its own place.
        known.members.retain(|member| member.call != call || member.called);
        if known.waiting().count() >= most as usize && !returns {
            return Err(QueueFull { most });
        }
        let after = known.members.partition_point(|member| member.joined <= joined);
        let waiting = Waiting { number, call, joined, orders, called: false, summons: None };
        known.members.insert(after, waiting);
        known.call_an_agent();
        Ok(QueuePlace { queues: self.clone(), queue: queue.clone(), number, joined })
    }

    /// Lets an agent look for callers.
    pub fn agent(&self, queue: &QueueId, (call, orders): (CallId, Orders)) -> Agent {
        let number = self.lock().next();
        Agent { queues: self.clone(), queue: queue.clone(), number, call, orders }
    }

    /// Takes a caller out, by its call or, with `None`, the first one: it leaves for the document. Gives
    /// who that is; `None` if there is no such caller.
    pub fn dequeue(&self, queue: &QueueId, call: Option<&CallId>, to: Ask) -> Option<Member> {
        let mut state = self.lock();
        let waiting = &mut state.queues.get_mut(queue)?.members;
        let fits = |m: &&mut Waiting| !m.called && call.is_none_or(|call| *call == m.call);
        let member = waiting.iter_mut().find(fits)?;
        member.called = true;
        member.summons = Some(Summons::Document(to));
        member.orders.give(Order::Summons);
        Some(Member { call: member.call.clone(), joined: member.joined })
    }

    /// Lets agents wait for callers of a queue that nobody has waited in since the server began.
    pub fn know(&self, queue: &QueueId) {
        let mut state = self.lock();
        let number = state.next();
        _ = state.open(queue, number);
    }

    /// The queues of an account, or of all accounts, by their names.
    pub fn shown(&self, account: Option<&str>) -> Vec<QueueShown> {
        let state = self.lock();
        let of_account =
            state.queues.iter().filter(|(id, _)| account.is_none_or(|a| a == id.account));
        let mut all: Vec<_> = of_account.map(|(id, queue)| queue.shown(id)).collect();
        all.sort_by(|a, b| a.queue.cmp(&b.queue));
        all
    }

    /// How many callers wait, in all queues together.
    pub fn waiting(&self) -> usize {
        self.lock().queues.values().map(|queue| queue.waiting().count()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// A queue, created if need be; `None` if there are too many in which somebody waits.
    fn open(&mut self, id: &QueueId, now: u64) -> Option<&mut Queue> {
        if !self.queues.contains_key(id) && self.queues.len() >= limits::QUEUES {
            let idle = self.queues.iter().filter(|(_, queue)| queue.is_idle());
            let oldest = idle.min_by_key(|(_, queue)| queue.used).map(|(id, _)| id.clone())?;
            self.queues.remove(&oldest);
        }
        let fresh = || Queue { most: limits::QUEUE_MEMBERS, ..Queue::default() };
        let queue = self.queues.entry(id.clone()).or_insert_with(fresh);
        queue.used = now;
        Some(queue)
    }
}

impl Queue {
    fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.members.iter().filter(|member| !member.called)
    }

    fn is_idle(&self) -> bool {
        self.members.is_empty() && self.agents.is_empty()
    }

    /// The agent who has waited longest is told to look. One that is ending has no ear any more.
    fn call_an_agent(&mut self) {
        while self.waiting().next().is_some()
            && let Some((_, agent)) = self.agents.pop_front()
        {
            if agent.give(Order::Summons) {
                return;
            }
        }
    }

    fn shown(&self, queue: &QueueId) -> QueueShown {
        let member = |m: &Waiting| Member { call: m.call.clone(), joined: m.joined };
        QueueShown {
            queue: queue.clone(),
            most: self.most,
            members: self.waiting().map(member).collect(),
            agents: self.agents.len(),
        }
    }
}

impl QueuePlace {
    /// Since when the caller has been waiting.
    pub const fn joined(&self) -> Timestamp {
        self.joined
    }

    /// How long the caller has been waiting.
    pub fn waited(&self) -> Duration {
        waited(self.joined)
    }

    /// What the caller is told of its queue.
    pub fn figures(&self) -> Figures {
        let state = self.queues.lock();
        let queue = state.queues.get(&self.queue);
        let members = || queue.into_iter().flat_map(Queue::waiting);
        let ahead = members().position(|member| member.number == self.number);
        Figures {
            position: ahead.unwrap_or_default() + 1,
            waited: self.waited(),
            average: average(members().map(|member| member.joined)),
            size: members().count(),
            most: queue.map_or(limits::QUEUE_MEMBERS, |queue| queue.most),
        }
    }

    /// What has taken the caller out, once; it waits no longer then.
    pub fn summons(&self) -> Option<Summons> {
        self.with(|member, _| member.summons.take()).flatten()
    }

    /// Nobody can take the caller out any more. What had done so already comes back.
    pub fn leave(&self) -> Option<Summons> {
        let taken = self.with(|member, _| {
            member.called = true;
            member.summons.take()
        });
        taken.flatten()
    }

    /// Whoever took the caller out has gone: it waits again where it was.
    pub fn wait_again(&self) {
        let again = |member: &mut Waiting, _: &QueueId| {
            member.called = false;
            member.summons = None;
        };
        self.with(again);
        if let Some(queue) = self.queues.lock().queues.get_mut(&self.queue) {
            queue.call_an_agent();
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Waiting, &QueueId) -> T) -> Option<T> {
        let mut state = self.queues.lock();
        let members = &mut state.queues.get_mut(&self.queue)?.members;
        let own = members.iter_mut().find(|member| member.number == self.number)?;
        Some(act(own, &self.queue))
    }
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        let left = {
            let mut state = self.queues.lock();
            let queue = state.queues.get_mut(&self.queue);
            queue.and_then(|queue| {
                let at = queue.members.iter().position(|member| member.number == self.number)?;
                Some(queue.members.remove(at))
            })
        };
        // Outside of the lock: with it may go an agent's side, who is called then.
        drop(left);
    }
}

impl Agent {
    /// Takes out the caller who has waited longest. With nobody there, the agent is called when that
    /// changes.
    pub fn take(&self, whisper: Option<&Whisper>) -> Found {
        let mut state = self.queues.lock();
        let Some(queue) = state.queues.get_mut(&self.queue) else { return Found::NoQueue };
        queue.agents.retain(|(number, _)| *number != self.number);
        let Some(member) = queue.members.iter_mut().find(|member| !member.called) else {
            queue.agents.push_back((self.number, self.orders.clone()));
            return Found::Nobody;
        };
        let (theirs, ours) = arrange(Parties {
            member: (member.call.clone(), member.orders.clone()),
            agent: (self.call.clone(), self.orders.clone()),
            waited: waited(member.joined),
            whisper: whisper.cloned(),
        });
        member.called = true;
        member.summons = Some(Summons::Agent(theirs));
        member.orders.give(Order::Summons);
        Found::Caller(Box::new(ours))
    }
}

impl Drop for Agent {
    /// One that was told to look and did not leaves that to the next.
    fn drop(&mut self) {
        if let Some(queue) = self.queues.lock().queues.get_mut(&self.queue) {
            queue.agents.retain(|(number, _)| *number != self.number);
            queue.call_an_agent();
        }
    }
}

fn average(joined: impl Iterator<Item = Timestamp>) -> Duration {
    let (mut sum, mut count) = (Duration::ZERO, 0_u32);
    for joined in joined {
        sum += waited(joined);
        count += 1;
    }
    sum.checked_div(count).unwrap_or_default()
}
