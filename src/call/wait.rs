//! The one wait of the whole room.

use super::{Call, Interrupt, Order, Step, channel::Running};
use crate::{
    base::{EndReason, HangupCause, Happening, RecordingId, limits, phone::Key},
    esl::{Api, Disposition, Event, EventName, Incoming, Notice, Reply, Ticket},
};
use futures_util::FutureExt;
use std::{
    future::{Future, pending},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// What a wait may be about, after the call has taken note of it.
#[derive(Debug)]
pub(super) enum Signal {
    /// The reply to a command.
    Reply(Ticket, Reply),
    /// An application has ended: the one that was started with this id, if it is ours.
    Completed(String, Event),
    /// The caller typed a key; it has been put with those typed ahead.
    Key(Key),
    /// Something may have happened to a leg that we dial; the call's legs know what.
    Leg,
    /// A recogniser has heard something; it has been kept for whoever listens.
    Said,
    /// Something happened in a conference; it has been kept for the attendant.
    Conference,
    /// A recording beside the call has ended.
    Recorded(RecordingId),
    /// The caller's leg changed; see [`Progress`].
    Changed,
}

/// How far the caller's leg has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) answered: bool,
    /// The leg is down; its `CHANNEL_HANGUP_COMPLETE` may still be on its way.
    pub(super) over: bool,
    /// The switch closed the connection, or it broke.
    pub(super) lost: Option<String>,
    /// We asked for the hangup or refused the call.
    pub(super) we_hung_up: bool,
    /// The call left for another part of the dialplan.
    pub(super) handed_over: bool,
}

impl Progress {
    pub(super) fn of(channel: &Event) -> Self {
        Self {
            answered: channel.is("Answer-State", "answered"),
            over: channel.is("Answer-State", "hangup"),
            ..Self::default()
        }
    }
}

/// How waiting for an application ended.
#[derive(Debug)]
pub(super) enum Completion<T> {
    /// It completed, with this event.
    Done(Event),
    /// Something else was recognised first; it still runs.
    Instead(T),
    /// Its time is up; it still runs.
    TimeUp,
}

impl<T> Completion<T> {
    pub(super) fn into_done(self) -> Option<Event> {
        match self {
            Self::Done(event) => Some(event),
            Self::Instead(_) | Self::TimeUp => None,
        }
    }
}

impl Call {
    /// Waits. Every wait of a call is this one.
    ///
    /// Ends when `until` recognises a signal, when `work` is done (an HTTP request; `pending()` if
    /// there is none), or at the deadline (`None`). The hangup, the loss of the connection, an order
    /// from outside and the hour of [`Call::hang_up_after`] are errors.
    pub(super) async fn wait<T>(
        &mut self,
        deadline: Option<Instant>,
        work: impl Future<Output = T>,
        mut until: impl FnMut(Signal) -> Option<T>,
    ) -> Step<Option<T>> {
        tokio::pin!(work);
        let time_up = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => pending().await,
            }
        };
        tokio::pin!(time_up);
        let curfew = self.curfew.as_ref().map(|(at, _)| *at);
        let home_time = async {
            match curfew {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::pin!(home_time);
        loop {
            self.still_here()?;
            let incoming = tokio::select! {
                biased;
                Some(order) = self.orders.recv() => match order {
                    // It came too late: what the call was waiting for is not awaited any more.
                    Order::Summons if !self.awaits_summons => continue,
                    order => return Err(Interrupt::Ordered(order)),
                },
                () = &mut home_time => return Err(self.ring_curfew()),
                incoming = self.link.next() => incoming,
                aside = self.beside.next() => {
                    self.heed_recordings(aside)?;
                    continue;
                }
                (at, told) = self.streams.next() => {
                    self.heed_stream(at, told)?;
                    continue;
                }
                done = &mut work => return Ok(Some(done)),
                () = &mut time_up => return Ok(None),
            };
            let signal = match incoming {
                Ok(incoming) => self.absorb(incoming)?,
                Err(error) => return Err(self.lose(error.to_string())),
            };
            if let Some(recognised) = until(signal) {
                return Ok(Some(recognised));
            }
        }
    }

    /// Waits for a piece of work that has nothing to do with the channel, such as an HTTP request.
    /// A caller who hangs up ends it at once: the work is dropped.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Step<T> {
        let done = self.wait(None, work, |_| None).await?;
        done.ok_or_else(|| self.lose("a wait without a deadline ran out of time".to_owned()))
    }

    /// Takes note of what has come, and lets the switch answer when it owes many replies. To be
    /// called between steps that wait for nothing: they would miss the hangup, and run out of places
    /// for replies.
    pub async fn catch_up(&mut self) -> Step<()> {
        let many = limits::ESL_QUEUED_REPLIES / 2;
        if self.link.holds_commands() && self.link.outstanding() <= many {
            // They go with those of the next step.
            return Ok(());
        }
        self.wait(None, tokio::task::yield_now(), |_| None).await?;
        if self.link.outstanding() <= many {
            return Ok(());
        }
        // Replies come in the order of the commands: with the last one all have come.
        let last = self.link.want_last();
        let deadline = Instant::now() + limits::ESL_REPLY;
        let reply = |signal| match signal {
            Signal::Reply(ticket, _) if Some(ticket) == last => Some(()),
            _ => None,
        };
        let replied = self.wait(Some(deadline), pending(), reply).await?;
        replied.ok_or(Interrupt::Stuck { application: "api", after: limits::ESL_REPLY })
    }

    /// Whether [`Order::Summons`] ends what the call is doing from here on.
    pub fn await_summons(&mut self, awaits: bool) {
        self.awaits_summons = awaits;
    }

    /// Does nothing for a while. Keys typed meanwhile are kept.
    pub async fn pause(&mut self, length: Duration) -> Step<()> {
        self.wait(Some(Instant::now() + length), pending(), |_| None::<()>).await?;
        Ok(())
    }

    /// Waits for an application to complete, for `until` to recognise something, or the deadline.
    pub(super) async fn completion<T>(
        &mut self,
        running: &Running,
        deadline: Option<Instant>,
        until: impl FnMut(Signal) -> Option<T>,
    ) -> Step<Completion<T>> {
        self.completion_or(running, deadline, pending(), until).await
    }

    /// The same, while some work is done that may end first.
    pub(super) async fn completion_or<T>(
        &mut self,
        running: &Running,
        deadline: Option<Instant>,
        work: impl Future<Output = T>,
        mut until: impl FnMut(Signal) -> Option<T>,
    ) -> Step<Completion<T>> {
        let work = work.map(|done| Ok(Completion::Instead(done)));
        let ended = self
            .wait(deadline, work, |signal| match signal {
                Signal::Completed(id, event) if id == running.id => {
                    Some(Ok(Completion::Done(event)))
                }
                Signal::Reply(ticket, reply) if ticket == running.ticket => {
                    // `+OK` only means "queued" (QUIRKS: ok-means-queued).
                    (!reply.is_ok()).then(|| {
                        let reply = reply.text().into_owned();
                        Err(Interrupt::Refused { application: running.application, reply })
                    })
                }
                other => until(other).map(|recognised| Ok(Completion::Instead(recognised))),
            })
            .await?;
        ended.unwrap_or(Ok(Completion::TimeUp))
    }

    /// Ends a running playback, speech or recording, and waits until it has ended.
    ///
    /// A break that reaches the switch before the application has started is lost, and one with
    /// `all` may eat the application together with its completion. So the plain break is repeated
    /// until the completion comes (QUIRKS: lost-break).
    pub(super) async fn stop(&mut self, running: &Running) -> Step<Event> {
        const EVERY: Duration = Duration::from_millis(100);
        let uuid = self.facts.call_id.clone();
        let give_up = Instant::now() + limits::APPLICATION_GRACE;
        while Instant::now() < give_up {
            self.api(Api::Break { uuid: &uuid })?;
            let next = Instant::now() + EVERY;
            let ended = self.completion(running, Some(next), |_| None::<()>).await?;
            if let Some(event) = ended.into_done() {
                return Ok(event);
            }
        }
        let after = limits::APPLICATION_GRACE;
        Err(Interrupt::Stuck { application: running.application, after })
    }

    /// Takes note of what came.
    pub(super) fn absorb(&mut self, incoming: Incoming) -> Step<Signal> {
        match incoming {
            Incoming::Reply(ticket, reply) if self.loses_the_events(ticket, &reply) => {
                let reply = reply.text().into_owned();
                Err(Interrupt::Refused { application: "event", reply })
            }
            Incoming::Reply(ticket, reply) => Ok(Signal::Reply(ticket, reply)),
            Incoming::Event(event) if event.is("Unique-ID", &self.facts.call_id) => self.own(event),
            Incoming::Event(event) if event.kind() == Some(EventName::Conference) => {
                self.note_conference(&event);
                Ok(Signal::Conference)
            }
            Incoming::Event(event) => {
                let told = self.legs.absorb(&event);
                told.into_iter().for_each(|happening| self.tell(happening));
                Ok(Signal::Leg)
            }
            Incoming::Notice(Notice { disposition: Disposition::Linger, .. }) => {
                self.progress.over = true;
                Err(Interrupt::HungUp)
            }
            Incoming::Notice(notice) => Err(self.lose(notice.text)),
            Incoming::Closed => Err(self.lose("freeswitch closed it".to_owned())),
        }
    }

    /// An event of the caller's own leg.
    fn own(&mut self, event: Event) -> Step<Signal> {
        let Some(kind) = event.kind() else { return Ok(Signal::Changed) };
        match kind {
            // What the hangup ended completes before the hangup is told: nothing is over but the
            // call (QUIRKS: end-before-its-event).
            EventName::ExecuteComplete if event.is("Answer-State", "hangup") => {
                self.progress.over = true;
                Err(Interrupt::HungUp)
            }
            EventName::ExecuteComplete => {
                // A conversation may have answered the call; nothing else told.
                if !self.progress.answered && event.is("Answer-State", "answered") {
                    self.note_answer();
                }
                let id = event.get("Application-UUID").unwrap_or_default().into_owned();
                self.under_way.retain(|running| running.id != id);
                self.legs.completed(&id, &event);
                Ok(Signal::Completed(id, event))
            }
            EventName::HangupComplete => {
                self.progress.over = true;
                self.last_event = Some(event);
                Err(Interrupt::HungUp)
            }
            EventName::Dtmf => {
                let key = event.get("DTMF-Digit").and_then(|d| d.chars().next()).and_then(Key::new);
                let Some(key) = key else { return Ok(Signal::Changed) };
                self.typed.push(key);
                self.legs.typed(key);
                self.streams.key(key);
                self.tell(Happening::Digit { digit: key.char() });
                self.note_key_in_conference(key);
                Ok(Signal::Key(key))
            }
            EventName::Conference => {
                self.note_conference(&event);
                Ok(Signal::Conference)
            }
            EventName::DetectedSpeech => {
                Ok(if self.overhear(&event) { Signal::Said } else { Signal::Changed })
            }
            EventName::Answer => {
                self.note_answer();
                Ok(Signal::Changed)
            }
            EventName::Bridge => {
                if let Some(other) = event.get("Bridge-B-Unique-ID") {
                    self.legs.bridged(&other);
                }
                Ok(Signal::Changed)
            }
            EventName::RecordStop => {
                Ok(self.recording_stopped(event).map_or(Signal::Changed, Signal::Recorded))
            }
            EventName::Progress | EventName::ProgressMedia => Ok(Signal::Changed),
        }
    }

    pub(super) fn note_answer(&mut self) {
        if !self.progress.answered {
            self.progress.answered = true;
            self.tell(Happening::Answered);
        }
    }

    /// The hour of [`Call::hang_up_after`] has come; it comes once.
    fn ring_curfew(&mut self) -> Interrupt {
        self.memory.end = Some(EndReason::Scheduled);
        let cause = self.curfew.take().map(|(_, cause)| cause);
        Interrupt::Ordered(Order::HangUp(cause.unwrap_or(HangupCause::ALLOTTED_TIMEOUT)))
    }

    /// Nothing is waited for once the call is over.
    fn still_here(&self) -> Step<()> {
        match (&self.progress.lost, self.progress.over) {
            (_, true) => Err(Interrupt::HungUp),
            (Some(reason), _) => Err(Interrupt::Lost(reason.clone())),
            _ => Ok(()),
        }
    }

    pub(super) fn lose(&mut self, reason: String) -> Interrupt {
        self.progress.lost = Some(reason.clone());
        if self.progress.over { Interrupt::HungUp } else { Interrupt::Lost(reason) }
    }
}
