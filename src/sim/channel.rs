//! The simulated call: one task that plays the channel, its socket thread, the caller and the
//! callees. Time passes only in [`Channel::pass`]; an application is straight-line code around it,
//! and a queued execute starts inside the running one, as in the switch.

use super::{
    applications::{Noticed, Recogniser, Telling},
    attended::Dialler,
    beside::SessionRecording,
    caller::{Act, Live, Performance, Refer},
    clock::{Clock, next_frame},
    conference::Mail,
    dialled::Dialled,
    faults::Chance,
    forks::Forks,
    leg::Leg,
    listener::FIRST_COMMAND,
    message::Message,
    observe::{Observation, Party, Prompt, Seen},
    subscription::Subscription,
    switch::Options,
    wire::{Incoming, Wire},
};
use std::{collections::VecDeque, future::poll_fn, sync::Arc, time::Duration};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Everything of one simulated call.
pub(super) struct Channel {
    pub(super) options: Arc<Options>,
    pub(super) clock: Clock,
    pub(super) chance: Chance,
    pub(super) wire: Wire,
    pub(super) subscription: Subscription,
    pub(super) listener: Listener,
    pub(super) leg: Leg,
    pub(super) legs: Vec<Dialled>,
    /// Legs whose `CHANNEL_HANGUP_COMPLETE` is still to come.
    pub(super) incomplete: Vec<usize>,
    pub(super) queue: VecDeque<(Duration, Message)>,
    pub(super) locked: bool,
    /// The running applications, outermost first: whether `uuid_break` ends them.
    pub(super) running: Vec<bool>,
    pub(super) breaks: (usize, Duration),
    pub(super) was_broken: bool,
    pub(super) digits: VecDeque<Digit>,
    pub(super) digits_due: Duration,
    pub(super) digits_taken: String,
    pub(super) recogniser: Option<Recogniser>,
    pub(super) sound: bool,
    pub(super) sound_since: Duration,
    pub(super) sound_changed: bool,
    pub(super) sends_rtp: bool,
    /// The caller's ACK to our 200 is still on its way.
    pub(super) unacknowledged: bool,
    /// How the caller's leg ends after the bridge that just ran, if it does.
    pub(super) after_bridge: Option<(String, Option<u16>, Party)>,
    pub(super) forks: Forks,
    /// The tone that the caller hears while a callee's phone rings, and since when.
    pub(super) ringback: Option<(Prompt, Duration)>,
    pub(super) session_recordings: Vec<SessionRecording>,
    pub(super) scheduled_hangups: Vec<(Duration, String)>,
    /// How the caller's phone takes it to be sent elsewhere, and what it has yet to tell of that.
    pub(super) refer: Refer,
    pub(super) telling: Telling,
    /// The switch's number of the caller in a conference.
    pub(super) conference_member: Option<u32>,
    /// The conference has put the caller out.
    pub(super) put_out: bool,
    /// The call that has dialled this one, if this is such a leg.
    pub(super) dialler: Option<Dialler>,
    pub(super) mailbox: UnboundedSender<Mail>,
    pub(super) letters: UnboundedReceiver<Mail>,
    pub(super) ended: Option<Ended>,
    pub(super) left: Option<Left>,
    pub(super) tail: Option<Tail>,
    pub(super) performance: Performance,
    pub(super) live: Option<UnboundedReceiver<Live>>,
    pub(super) observations: Vec<Observation>,
    pub(super) legs_changed: bool,
    pub(super) sequence: u64,
    pub(super) core_uuid: String,
    pub(super) socket_uuid: String,
    pub(super) last_application: Option<(String, String)>,
}

/// Whoever is at the channel's phone.
pub(super) struct Person {
    pub(super) performance: Performance,
    pub(super) live: Option<UnboundedReceiver<Live>>,
    pub(super) sends_rtp: bool,
    pub(super) refer: Refer,
}

/// The socket thread's state.
#[derive(Debug, Default)]
pub(super) struct Listener {
    pub(super) commands: u64,
    pub(super) events: u64,
    pub(super) linger: Option<Linger>,
    pub(super) resume: bool,
    /// The connection has ended, from either side.
    pub(super) closed: bool,
    /// The server never sent a command: the channel stays parked for ever.
    pub(super) parked: bool,
    /// The server's first command has been taken note of.
    pub(super) spoke: bool,
    /// A sync-mode execute that waits for its turn.
    pub(super) inline: Option<Message>,
    /// In sync mode nothing is read while an application runs.
    pub(super) busy: bool,
}

/// How long the connection outlives the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linger {
    Seconds(u64),
    ForEver,
}

/// A key press that waits to be taken by an application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digit {
    pub(super) key: char,
    pub(super) source: &'static str,
}

/// The end of the channel.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) cause: String,
    pub(super) by: Party,
    pub(super) code: u16,
}

/// The channel left `socket` alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Transferred(String),
    Resumed,
}

/// Where in the last events the linger notice (or, without linger, the end) comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    pub(super) events_before: u64,
    pub(super) done: bool,
}

/// What a wait of an application reacts to, besides its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) until: Option<Duration>,
    pub(super) digits: bool,
    pub(super) breaks: bool,
    pub(super) messages: bool,
    /// A key is only looked at, not taken.
    pub(super) peek: bool,
    /// The caller begins or ceases to make a sound.
    pub(super) sound: bool,
    /// The server says its first word, or goes away: what an idle `socket` looks out for.
    pub(super) server: bool,
}

/// Why a wait came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// The awaited moment has come.
    Due,
    /// The channel is down or has left `socket`.
    Over,
    /// `uuid_break`.
    Broken,
    /// A key was taken.
    Digit(char),
    /// Another execute ran inside; it took this long.
    Nested(Duration),
    /// A dialled leg changed.
    Leg,
    /// The caller began or ceased to make a sound.
    Sound,
    /// Something came from the server that only the caller of the wait can handle.
    Command,
}

impl Wait {
    /// What most media applications react to.
    pub(super) const fn media(until: Option<Duration>) -> Self {
        Self {
            until,
            digits: true,
            breaks: true,
            messages: true,
            peek: false,
            sound: false,
            server: false,
        }
    }
}

impl Channel {
    /// Lets time pass until something happens that the wait reacts to.
    pub(super) async fn pass(&mut self, wait: Wait) -> Passed {
        loop {
            let now = self.clock.now();
            self.catch_up(now);
            if self.ended.is_some() || self.left.is_some() {
                return Passed::Over;
            }
            if let Some(passed) = self.passed(wait, now).await {
                return passed;
            }
            self.idle(self.next_moment(wait)).await;
        }
    }

    /// Lets time pass until a moment, handling what the server sends and the live caller does.
    pub(super) async fn idle(&mut self, until: Option<Duration>) {
        let now = self.clock.now();
        let far = now + Duration::from_secs(86_400);
        // An event that is held back leaves in its time, also while the switch lingers.
        let held_back = self.wire.next_event(now).unwrap_or(far);
        let sleep =
            tokio::time::sleep_until(self.clock.instant(until.unwrap_or(far).min(held_back)));
        let Self { wire, chance, live, listener, letters, .. } = self;
        let reading = !listener.busy;
        let alive = live.is_some();
        let person = async {
            match live.as_mut() {
                Some(live) => live.recv().await,
                None => None,
            }
        };
        tokio::select! {
            biased;
            incoming = poll_fn(|cx| wire.poll(cx, now, reading, chance)) => match incoming {
                Incoming::Command(command) => self.command(command),
                Incoming::Closed => self.connection_lost(),
            },
            act = person, if alive => match act {
                Some(Live::Type(key)) => self.act(Act::Type(key)),
                Some(Live::Sound(on)) => self.act(Act::Sound(on)),
                Some(Live::HangUp) => self.act(Act::HangUp),
                None => {
                    self.live = None;
                    self.act(Act::HangUp);
                }
            },
            Some(mail) = letters.recv() => self.mail(mail),
            () = sleep => {}
        }
    }

    /// Tells the onlooker, and the caller's script, what happened.
    pub(super) fn observe(&mut self, what: Seen) {
        self.performance.perceive(&what);
        self.show_dialler(&what);
        let observation = Observation { at: self.clock.now(), what };
        if let Some(watch) = &self.options.watch {
            // An onlooker who has gone away misses nothing that matters.
            let _ = watch.send(observation.clone());
        }
        self.observations.push(observation);
    }

    /// A key arrives from the caller's phone; an application sees it in the next frame.
    pub(super) fn key_pressed(&mut self, key: char, source: &'static str) {
        self.digits_due = next_frame(self.clock.now());
        self.digits.push_back(Digit { key, source });
    }

    /// `uuid_break`: the innermost application (or all of them) ends in the next frame. It is lost
    /// when none runs that can be broken.
    pub(super) fn break_running(&mut self, all: bool) {
        let levels = match self.running.last() {
            Some(_) if all => self.running.len(),
            Some(true) => 1,
            _ => 0,
        };
        self.breaks = (levels, next_frame(self.clock.now()));
    }

    /// What is due by now from the script, the schedules, the callees and the faults.
    fn catch_up(&mut self, now: Duration) {
        if std::mem::take(&mut self.unacknowledged) {
            super::invite::acknowledge(&mut self.leg, &mut self.chance);
        }
        if self.chance.drop_at.is_some_and(|at| at <= now) {
            self.chance.drop_at = None;
            if self.wire.is_open() {
                self.observe(Seen::Fault("connection dropped".to_owned()));
                self.wire.drop_connection();
                self.connection_lost();
            }
        }
        if self.ended.is_none() && self.chance.hang_up_at.is_some_and(|at| at <= now) {
            self.chance.hang_up_at = None;
            self.observe(Seen::Fault("caller hangs up".to_owned()));
            self.caller_hangs_up();
        }
        if let Some(at) = self.scheduled_hangups.iter().position(|(at, _)| *at <= now) {
            let (_, cause) = self.scheduled_hangups.swap_remove(at);
            self.hang_up(&cause, Party::Server, None);
        }
        self.drive_recordings(now);
        self.hear_referred(now);
        self.drive_legs(now);
        let silent = self.listener.commands == 0 && !self.listener.closed;
        if silent && now >= self.clock.real(FIRST_COMMAND) {
            self.listener.parked = self.options.mode.asynchronous;
            self.disconnect();
        }
        while self.ended.is_none() && !(self.live.is_some() && self.performance.is_over()) {
            let Some(act) = self.performance.act(now) else { break };
            self.act(act);
        }
    }

    pub(super) fn act(&mut self, act: Act) {
        if self.ended.is_some() {
            return;
        }
        match act {
            Act::Type(key) => {
                self.observe(Seen::Typed(key));
                self.key_pressed(key, "ENDPOINT");
            }
            Act::Sound(on) => {
                self.sound = on;
                self.sound_since = self.clock.now();
                self.sound_changed = true;
                self.observe(Seen::Sound(on));
            }
            Act::Words(noticed) => {
                if let Noticed::Wholly(text) = &noticed {
                    self.observe(Seen::Said(text.clone()));
                }
                self.notice(noticed);
            }
            Act::HangUp => self.caller_hangs_up(),
            Act::GiveUp(what) => {
                self.observe(Seen::GaveUp(what));
                self.caller_hangs_up();
            }
        }
    }

    async fn passed(&mut self, wait: Wait, now: Duration) -> Option<Passed> {
        if self.breaks.0 > 0 && !wait.breaks {
            self.breaks.0 = 0;
        }
        if self.breaks.0 > 0 && self.breaks.1 <= now {
            self.breaks.0 -= 1;
            self.was_broken = true;
            return Some(Passed::Broken);
        }
        let waiting = self.queue.front().is_some_and(|(due, _)| *due <= now);
        if wait.messages
            && !self.locked
            && waiting
            && let Some((_, message)) = self.queue.pop_front()
        {
            self.handle(message).await;
            return Some(Passed::Nested(self.clock.now().saturating_sub(now)));
        }
        if wait.digits && !self.digits.is_empty() && self.digits_due <= now {
            if let (true, Some(digit)) = (wait.peek, self.digits.front()) {
                return Some(Passed::Digit(digit.key));
            }
            return self.take_digit().map(Passed::Digit);
        }
        if std::mem::take(&mut self.sound_changed) && wait.sound {
            return Some(Passed::Sound);
        }
        if std::mem::take(&mut self.legs_changed) {
            return Some(Passed::Leg);
        }
        let first_word = self.listener.commands > 0 && !self.listener.spoke;
        self.listener.spoke |= first_word;
        let gone = self.listener.closed && self.queue.is_empty() && !self.listener.parked;
        if self.listener.inline.is_some() || (wait.server && (first_word || gone)) {
            return Some(Passed::Command);
        }
        wait.until.is_some_and(|until| until <= now).then_some(Passed::Due)
    }

    fn next_moment(&self, wait: Wait) -> Option<Duration> {
        let queued = self.queue.front().map(|(due, _)| *due);
        let alive = self.live.is_some() && self.performance.is_over();
        let script = (!alive).then(|| self.performance.next());
        let first = (self.listener.commands == 0).then(|| self.clock.real(FIRST_COMMAND));
        let moments = [
            wait.until,
            (self.breaks.0 > 0).then_some(self.breaks.1),
            queued.filter(|_| wait.messages && !self.locked),
            (wait.digits && !self.digits.is_empty()).then_some(self.digits_due),
            script,
            first.filter(|_| !self.listener.closed),
            self.chance.drop_at,
            self.chance.hang_up_at,
            self.scheduled_hangups.iter().map(|(at, _)| *at).min(),
            self.next_of_recordings(),
            self.telling.front().map(|(at, _)| *at),
            self.next_of_legs(),
        ];
        moments.into_iter().flatten().min()
    }
}
