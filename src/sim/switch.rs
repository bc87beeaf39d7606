//! The public entry: a switch that can be called.

use super::{
    attended::{Connecting, Connector},
    callee::Callees,
    caller::{Caller, Performance},
    channel::{Channel, Ended, Listener, Passed, Person, Wait},
    clock::{Clock, Pace},
    conference::{Conferences, Mail},
    events::Whose,
    faults::{Chance, Faults},
    forks::Forks,
    invite,
    leg::Leg,
    media::Media,
    observe::{Observation, Party, Seen},
    subscription::Subscription,
    wire::{Stream, Timings, Wire},
};
use crate::base::Timestamp;
use std::{collections::VecDeque, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// How long the dialplan waits after `connect` until the channel parks.
const PARK: Duration = Duration::from_micros(300);

/// Real time that a scripted caller waits at least when simulated time runs faster.
const PATIENCE: Duration = Duration::from_secs(15);

/// Plays FreeSWITCH for one server under test. Cheap to clone; calls share nothing but
/// conferences.
#[derive(Clone, Debug)]
pub struct Switch {
    options: Arc<Options>,
}

/// The words after `socket <host>` in the dialplan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// `async`: commands are answered at once and queue on the channel.
    pub asynchronous: bool,
    /// `full`: commands about things other than this channel are allowed.
    pub full: bool,
}

/// What a switch was set up with.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) seed: u64,
    pub(super) pace: Pace,
    pub(super) epoch: Option<Timestamp>,
    pub(super) mode: Mode,
    pub(super) callees: Callees,
    pub(super) media: Media,
    pub(super) faults: Faults,
    pub(super) forks_sound: bool,
    pub(super) connector: Connector,
    pub(super) watch: Option<UnboundedSender<Observation>>,
    /// Shared by the calls of a switch, and by its clones.
    pub(super) conferences: Arc<Conferences>,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct CallReport {
    /// The caller's channel.
    pub uuid: String,
    /// Everything that was observed, in order.
    pub observations: Vec<Observation>,
    /// How it ended.
    pub outcome: Outcome,
    /// Commands that the server sent.
    pub commands: u64,
    /// Events that went to the server.
    pub events: u64,
    /// Bytes from the server.
    pub received: u64,
    /// Bytes to the server.
    pub sent: u64,
    /// How quickly the server acted.
    pub timings: Timings,
    /// Simulated time from dialling to the last word.
    pub lasted: Duration,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was hung up.
    HungUp {
        /// FreeSWITCH's cause.
        cause: String,
        /// SIP code that the caller saw.
        code: u16,
        /// Who ended it.
        by: Party,
    },
    /// The connection to the server ended while the call lived, and the dialplan went on.
    ContinuedDialplan,
    /// The server never sent a command: the caller hung in the dark until giving up.
    Abandoned,
    /// The channel went elsewhere in the dialplan.
    Transferred(String),
}

impl Switch {
    /// A switch whose every random choice comes from the seed: ids, the places of the last notices,
    /// faults.
    pub fn new(seed: u64) -> Self {
        let options = Options {
            seed,
            pace: Pace::Real,
            epoch: None,
            mode: Mode::default(),
            callees: Callees::default(),
            media: Media::default(),
            faults: Faults::default(),
            forks_sound: false,
            connector: Connector::default(),
            watch: None,
            conferences: Arc::default(),
        };
        Self { options: Arc::new(options) }
    }

    /// mod_audio_stream is loaded.
    pub fn forks_sound(self) -> Self {
        self.with(|options| options.forks_sound = true)
    }

    /// How fast simulated time passes.
    pub fn pace(self, pace: Pace) -> Self {
        self.with(|options| options.pace = pace)
    }

    /// The wall-clock moment that a call begins at, in events and CDR variables. Now, if not given.
    /// Whole-second time-outs depend on it, so golden transcripts should fix it.
    pub fn epoch(self, epoch: Timestamp) -> Self {
        self.with(|options| options.epoch = Some(epoch))
    }

    /// The mode of the `socket` application: `async full` if not given.
    pub fn mode(self, mode: Mode) -> Self {
        self.with(|options| options.mode = mode)
    }

    /// Who can be dialled.
    pub fn callees(self, callees: Callees) -> Self {
        self.with(|options| options.callees = callees)
    }

    /// What can be played.
    pub fn media(self, media: Media) -> Self {
        self.with(|options| options.media = media)
    }

    /// What goes wrong on purpose.
    pub fn faults(self, faults: Faults) -> Self {
        self.with(|options| options.faults = faults)
    }

    /// How the connection of a leg is made that is attended to before it is connected. Over TCP, if not
    /// given.
    pub fn legs_connect(
        self,
        connect: impl Fn(SocketAddr) -> Connecting + Send + Sync + 'static,
    ) -> Self {
        self.with(|options| options.connector = Connector::new(connect))
    }

    /// Sends every observation there too, as it happens.
    pub fn watch(self, watch: UnboundedSender<Observation>) -> Self {
        self.with(|options| options.watch = Some(watch))
    }

    /// Another seed with the same set-up.
    pub fn seed(self, seed: u64) -> Self {
        self.with(|options| options.seed = seed)
    }

    /// Connects to a server and makes a call. Fails only if the connection cannot be made.
    pub async fn dial(&self, caller: Caller, server: SocketAddr) -> io::Result<CallReport> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(self.call(caller, stream).await)
    }

    /// Makes a call over a stream that the server has at its other end.
    pub async fn call(&self, caller: Caller, stream: impl Stream + 'static) -> CallReport {
        let mut channel = Channel::dialled(Arc::clone(&self.options), caller, Box::new(stream));
        channel.run_socket().await;
        channel.leave_socket().await;
        channel.into_report()
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }
}

impl Default for Mode {
    fn default() -> Self {
        Self { asynchronous: true, full: true }
    }
}

impl Mode {
    /// The argument of the `socket` application.
    pub(super) fn argument(self) -> String {
        let mut text = format!("{}:8084", invite::HOST);
        if self.asynchronous {
            text.push_str(" async");
        }
        if self.full {
            text.push_str(" full");
        }
        text
    }
}

impl CallReport {
    /// The observations as text, one line each, without times.
    pub fn transcript(&self) -> String {
        super::observe::transcript(&self.observations)
    }

    /// Whether something of that kind was observed.
    pub fn saw(&self, wanted: impl Fn(&Seen) -> bool) -> bool {
        self.observations.iter().any(|seen| wanted(&seen.what))
    }
}

impl Channel {
    fn dialled(options: Arc<Options>, caller: Caller, stream: Box<dyn Stream>) -> Self {
        let mut chance = Chance::new(options.seed, &options.faults);
        let epoch = options.epoch.unwrap_or_else(Timestamp::now);
        let clock = Clock::start(options.pace, epoch);
        // The script waits for what the server does, which is no faster than real time.
        let patience = caller.patience.max(clock.real(PATIENCE));
        let patience = if options.pace == Pace::Real { caller.patience } else { patience };
        let argument = options.mode.argument();
        let leg = invite::inbound(&caller.facts, &argument, epoch.micros(), &mut chance);
        let person = Person {
            performance: Performance::new(caller.steps, patience),
            live: caller.live,
            sends_rtp: caller.facts.sends_rtp,
            refer: caller.facts.refer,
        };
        Self::new(options, (clock, chance), leg, person, stream, unbounded_channel())
    }

    /// A channel that runs `socket` with a connection.
    pub(super) fn new(
        options: Arc<Options>,
        (clock, mut chance): (Clock, Chance),
        leg: Leg,
        person: Person,
        stream: Box<dyn Stream>,
        (mailbox, letters): (UnboundedSender<Mail>, UnboundedReceiver<Mail>),
    ) -> Self {
        let wire = Wire::new(stream, chance.split_writes);
        let argument = options.mode.argument();
        options.conferences.listen(mailbox.clone());
        let (core_uuid, socket_uuid) = (chance.uuid(), chance.uuid());
        Self {
            sequence: 400_000 + chance.below(100_000),
            options,
            clock,
            chance,
            wire,
            subscription: Subscription::default(),
            listener: Listener::default(),
            leg,
            legs: Vec::new(),
            incomplete: Vec::new(),
            queue: VecDeque::new(),
            locked: false,
            running: Vec::new(),
            breaks: (0, Duration::ZERO),
            was_broken: false,
            digits: VecDeque::new(),
            digits_due: Duration::ZERO,
            digits_taken: String::new(),
            recogniser: None,
            sound: false,
            sound_since: Duration::ZERO,
            sound_changed: false,
            sends_rtp: person.sends_rtp,
            forks: Forks::default(),
            unacknowledged: false,
            after_bridge: None,
            ringback: None,
            session_recordings: Vec::new(),
            scheduled_hangups: Vec::new(),
            refer: person.refer,
            telling: VecDeque::new(),
            conference_member: None,
            put_out: false,
            dialler: None,
            mailbox,
            letters,
            ended: None,
            left: None,
            tail: None,
            performance: person.performance,
            live: person.live,
            observations: Vec::new(),
            legs_changed: false,
            core_uuid,
            socket_uuid,
            last_application: Some(("socket".to_owned(), argument)),
        }
    }

    /// The `socket` application, from the first command to the end of the connection.
    pub(super) async fn run_socket(&mut self) {
        if self.options.mode.asynchronous {
            self.park().await;
        } else {
            self.obey().await;
        }
    }

    /// Async mode: the parked channel runs what is queued.
    async fn park(&mut self) {
        while self.listener.commands == 0 && !self.listener.closed {
            if self.pass(Wait { server: true, ..Wait::media(None) }).await == Passed::Over {
                return;
            }
        }
        // Sometimes the channel parks before the server has subscribed, sometimes after.
        let late = self.chance.below(2) == 1;
        let after = if late { crate::sim::clock::FRAME } else { PARK };
        let parked = self.clock.now() + after;
        let wait = Wait { messages: false, digits: false, ..Wait::media(Some(parked)) };
        while !matches!(self.pass(wait).await, Passed::Due | Passed::Over) {}
        if self.ended.is_none() {
            self.fire("CHANNEL_PARK", Whose::Caller, &[]);
        }
        loop {
            let idle = self.queue.is_empty() || self.ended.is_some();
            if self.listener.closed && idle && !self.listener.parked {
                return;
            }
            let wait = Wait { breaks: false, server: true, ..Wait::media(None) };
            if self.pass(wait).await == Passed::Over {
                return;
            }
        }
    }

    /// Sync mode: one command after the other; an execute is answered when it has run.
    async fn obey(&mut self) {
        let wait = Wait {
            messages: false,
            digits: false,
            breaks: false,
            server: true,
            ..Wait::media(None)
        };
        while !self.listener.closed {
            let passed = self.pass(wait).await;
            if let Some(message) = self.listener.inline.take() {
                self.handle(message).await;
                self.listener.busy = false;
                self.answer("+OK");
            } else if passed == Passed::Over {
                return;
            }
        }
    }

    fn into_report(self) -> CallReport {
        let continued = self.observations.iter().any(|seen| seen.what == Seen::ContinuedDialplan);
        let transferred = self.observations.iter().find_map(|seen| match &seen.what {
            Seen::Transferred(to) => Some(to.clone()),
            _ => None,
        });
        let outcome = match (transferred, self.ended) {
            (Some(to), _) => Outcome::Transferred(to),
            _ if self.listener.parked => Outcome::Abandoned,
            (None, Some(Ended { cause, code, by })) if !continued => {
                Outcome::HungUp { cause, code, by }
            }
            _ => Outcome::ContinuedDialplan,
        };
        CallReport {
            uuid: self.leg.uuid,
            outcome,
            commands: self.listener.commands,
            events: self.listener.events,
            received: self.wire.received,
            sent: self.wire.sent,
            timings: self.wire.timings().clone(),
            lasted: self.clock.now(),
            observations: self.observations,
        }
    }
}
