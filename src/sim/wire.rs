//! The connection to the server: bytes in and out, as the switch's socket thread handles them.
//!
//! Its two habits are kept (`reference/freeswitch.md` 2.10): it writes with blocking sends and
//! reads nothing meanwhile, and it sends events only while no unread command waits.

use super::{
    command::{self, Command},
    faults::Chance,
};
use bytes::{Buf, BytesMut};
use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// Any stream to a server.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What came from the server.
#[derive(Debug)]
pub(super) enum Incoming {
    Command(Command),
    Closed,
}

/// How quickly the server acts, in real time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the connection to the server's first command.
    pub first_command: Option<Duration>,
    /// From each `CHANNEL_EXECUTE_COMPLETE` that left to the command that followed it. A server that
    /// was told something else in between may have waited for that, so such a step does not count.
    pub next_commands: Vec<Duration>,
}

/// An event that waits for its time to leave.
struct Held {
    from: Duration,
    bytes: Vec<u8>,
    /// It tells that a step is completed: the server is expected to act on it.
    completes: bool,
}

/// Measures [`Timings`].
struct StopWatch {
    connected: Instant,
    /// When the last completion began to leave, until a command follows it.
    completed: Option<Instant>,
    timings: Timings,
}

pub(super) struct Wire {
    stream: Option<Box<dyn Stream>>,
    input: BytesMut,
    output: BytesMut,
    events: VecDeque<Held>,
    split_writes: bool,
    closing: bool,
    watch: StopWatch,
    /// Bytes received.
    pub(super) received: u64,
    /// Bytes sent.
    pub(super) sent: u64,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, split_writes: bool) -> Self {
        Self {
            stream: Some(stream),
            input: BytesMut::new(),
            output: BytesMut::new(),
            events: VecDeque::new(),
            split_writes,
            closing: false,
            watch: StopWatch::start(),
            received: 0,
            sent: 0,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Queues a reply or notice, which goes out before any waiting event.
    pub(super) fn reply(&mut self, bytes: &[u8]) {
        if self.is_open() {
            self.output.extend_from_slice(bytes);
        }
    }

    /// Queues an event that may leave from that moment on, in order. `completes` says that it tells of
    /// a step that is done.
    pub(super) fn event(&mut self, from: Duration, bytes: Vec<u8>, completes: bool) {
        if self.is_open() {
            let from = self.events.back().map_or(from, |last| from.max(last.from));
            self.events.push_back(Held { from, bytes, completes });
        }
    }

    /// Queues a notice behind the events that wait.
    pub(super) fn notice(&mut self, bytes: Vec<u8>) {
        self.event(Duration::ZERO, bytes, false);
    }

    /// How quickly the server has acted so far.
    pub(super) fn timings(&self) -> &Timings {
        &self.watch.timings
    }

    /// Throws away the events that wait (`noevents`).
    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Closes as soon as everything queued has left; nothing is read any more.
    pub(super) fn close_when_sent(&mut self) {
        self.closing = true;
    }

    /// When the first event that may not leave yet may do so; those before it leave at once.
    pub(super) fn next_event(&self, now: Duration) -> Option<Duration> {
        self.events.iter().map(|held| held.from).find(|from| *from > now)
    }

    /// Closes without a word.
    pub(super) fn drop_connection(&mut self) {
        self.stream = None;
        self.events.clear();
        self.output.clear();
    }

    /// Reads, writes, and gives the next command. Must be called again whenever time has passed.
    /// While not `reading` (an application runs in sync mode) only what is due is written.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Duration,
        reading: bool,
        chance: &mut Chance,
    ) -> Poll<Incoming> {
        loop {
            if self.stream.is_none() {
                return Poll::Pending;
            }
            if !self.output.is_empty() {
                match self.poll_write(cx, chance) {
                    Poll::Ready(true) => continue,
                    Poll::Ready(false) => return self.closed(),
                    Poll::Pending => return Poll::Pending,
                }
            }
            if self.closing {
                if self.release(Duration::MAX) {
                    continue;
                }
                return self.poll_shutdown(cx);
            }
            if !reading {
                return Poll::Pending;
            }
            if let Some(command) = command::take(&mut self.input) {
                self.watch.command();
                return Poll::Ready(Incoming::Command(command));
            }
            match self.poll_read(cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return self.closed(),
                Poll::Pending if self.input.is_empty() && self.release(now) => {}
                Poll::Pending => {
                    let flushed = self.stream.as_mut().map(|s| Pin::new(s).poll_flush(cx));
                    match flushed {
                        Some(Poll::Ready(Err(_))) => return self.closed(),
                        _ => return Poll::Pending,
                    }
                }
            }
        }
    }

    /// Moves the events that may leave by now to the output; `false` if there are none.
    fn release(&mut self, now: Duration) -> bool {
        let before = self.output.len();
        while let Some(held) = self.events.pop_front_if(|held| held.from <= now) {
            self.output.extend_from_slice(&held.bytes);
            self.watch.event(held.completes);
        }
        self.output.len() > before
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, chance: &mut Chance) -> Poll<bool> {
        let Some(stream) = self.stream.as_mut() else { return Poll::Ready(false) };
        let most = self.output.len();
        let length = if self.split_writes { 1 + chance.below(most as u64) as usize } else { most };
        match Pin::new(stream).poll_write(cx, &self.output[..length.min(most)]) {
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(false),
            Poll::Ready(Ok(written)) => {
                self.output.advance(written);
                self.sent += written as u64;
                Poll::Ready(true)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(stream) = self.stream.as_mut() else { return Poll::Ready(false) };
        let mut space = [0_u8; 8 * 1024];
        let mut buffer = ReadBuf::new(&mut space);
        match Pin::new(stream).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) => {
                let bytes = buffer.filled();
                self.received += bytes.len() as u64;
                self.input.extend_from_slice(bytes);
                Poll::Ready(!bytes.is_empty())
            }
            Poll::Ready(Err(_)) => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        let shut = self.stream.as_mut().map(|stream| Pin::new(stream).poll_shutdown(cx));
        match shut {
            Some(Poll::Pending) => Poll::Pending,
            _ => self.closed(),
        }
    }

    fn closed(&mut self) -> Poll<Incoming> {
        self.drop_connection();
        Poll::Ready(Incoming::Closed)
    }
}

impl StopWatch {
    fn start() -> Self {
        Self { connected: Instant::now(), completed: None, timings: Timings::default() }
    }

    fn event(&mut self, completes: bool) {
        self.completed = completes.then(Instant::now);
    }

    fn command(&mut self) {
        if self.timings.first_command.is_none() {
            self.timings.first_command = Some(self.connected.elapsed());
        }
        if let Some(completed) = self.completed.take() {
            self.timings.next_commands.push(completed.elapsed());
        }
    }
}
