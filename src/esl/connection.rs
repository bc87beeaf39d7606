//! One connection: commands out, replies and events in, in one place and without a task of its own.
//!
//! [`Connection::next`] writes and reads at the same time, because a server that writes without
//! reading deadlocks with the switch (QUIRKS: blocking-writer).

use super::{Api, Command, EslError, Event, Frame, FrameCodec, Message, Notice, Reply};
use crate::base::limits;
use bytes::{Buf, BytesMut};
use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};
use tokio_util::codec::Decoder;

/// A byte stream to a switch: a socket, or a pipe in tests.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// How much is read at once, bytes: two ordinary events fit.
const READ: usize = 16 * 1024;

/// A connection to the switch.
pub struct Connection {
    io: Box<dyn Io>,
    codec: FrameCodec,
    /// What was read and is not a whole message yet. Ten thousand idle calls hold ten thousand of
    /// these, so an empty one has no memory.
    input: BytesMut,
    /// Commands that have not left yet; the same holds.
    output: BytesMut,
    /// The switch will send no more.
    ended: bool,
    /// Commands whose replies are outstanding, first in first out.
    slots: VecDeque<Slot>,
    next_ticket: u64,
    /// Runs while written bytes cannot get out.
    stall: Option<Pin<Box<Sleep>>>,
}

/// What comes from the switch.
#[derive(Debug)]
pub enum Incoming {
    /// The reply to the command with this ticket.
    Reply(Ticket, Reply),
    /// An event.
    Event(Event),
    /// A notice about the connection.
    Notice(Notice),
    /// The switch closed the connection.
    Closed,
}

/// Stands for a command whose reply is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// A place in the queue of replies. One whose owner gave up waiting stays as a tombstone, so that
/// later replies still reach their own commands.
#[derive(Debug)]
struct Slot {
    ticket: Ticket,
    wanted: bool,
}

impl Connection {
    /// A connection over any byte stream.
    pub fn new(io: Box<dyn Io>) -> Self {
        Self {
            io,
            codec: FrameCodec::default(),
            input: BytesMut::new(),
            output: BytesMut::new(),
            ended: false,
            slots: VecDeque::new(),
            next_ticket: 0,
            stall: None,
        }
    }

    /// Closes without a word. What comes next is [`Incoming::Closed`].
    pub fn close(&mut self) {
        *self = Self::new(Box::new(tokio::io::empty()));
    }

    /// Queues a command. The reply's slot is taken before the bytes are written; they go out with
    /// the next [`Self::next`].
    ///
    /// Fails if `limits::ESL_QUEUED_REPLIES` replies are outstanding.
    pub fn send(&mut self, command: &Command<'_>) -> Result<Ticket, EslError> {
        // A call can always be ended.
        let ends = matches!(command, Command::Exit | Command::Api(Api::Kill { .. }));
        if self.slots.len() >= limits::ESL_QUEUED_REPLIES && !ends {
            return Err(EslError::TooManyReplies(self.slots.len()));
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.slots.push_back(Slot { ticket, wanted: true });
        command.encode(&mut self.output);
        Ok(ticket)
    }

    /// Whether there are commands that have not left.
    pub fn holds_commands(&self) -> bool {
        !self.output.is_empty()
    }

    /// How many replies are outstanding.
    pub fn outstanding(&self) -> usize {
        self.slots.len()
    }

    /// Nobody waits for this reply any more; it will be swallowed when it comes.
    pub fn forget(&mut self, ticket: Ticket) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.ticket == ticket) {
            slot.wanted = false;
        }
    }

    /// The youngest command whose reply is outstanding; its reply is wanted again, if it was forgotten.
    pub fn want_last(&mut self) -> Option<Ticket> {
        let last = self.slots.back_mut()?;
        last.wanted = true;
        Some(last.ticket)
    }

    /// Sends what is queued and gives what comes next. Safe to cancel.
    ///
    /// An event that cannot be read costs that event, with a log line; any other error ends the
    /// connection.
    pub async fn next(&mut self) -> Result<Incoming, EslError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Sends a command and waits for its reply alone; events that come before it are given to
    /// `meanwhile`. For the start and the end of a conversation.
    ///
    /// Fails with [`EslError::NoReply`] after `patience`.
    pub async fn ask(
        &mut self,
        command: &Command<'_>,
        patience: Duration,
        mut meanwhile: impl FnMut(Incoming),
    ) -> Result<Reply, EslError> {
        let ticket = self.send(command)?;
        let deadline = Instant::now() + patience;
        loop {
            match tokio::time::timeout_at(deadline, self.next()).await {
                Err(_) => {
                    self.forget(ticket);
                    return Err(EslError::NoReply { command: command.name(), after: patience });
                }
                Ok(Ok(Incoming::Reply(t, reply))) if t == ticket => return Ok(reply),
                Ok(Ok(Incoming::Closed)) => {
                    return Err(EslError::Io(std::io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(Ok(other)) => meanwhile(other),
                Ok(Err(error)) => return Err(error),
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Incoming, EslError>> {
        self.poll_write(context)?;
        loop {
            let Some(frame) = ready!(self.poll_frame(context))? else {
                return Poll::Ready(Ok(Incoming::Closed));
            };
            match Message::read(frame) {
                Err(error) => tracing::warn!(%error, "event dropped"),
                Ok(Message::Event(event)) => return Poll::Ready(Ok(Incoming::Event(event))),
                Ok(Message::Notice(notice)) => return Poll::Ready(Ok(Incoming::Notice(notice))),
                Ok(Message::Other) => {}
                Ok(Message::Reply(reply)) => {
                    let slot = self.slots.pop_front().ok_or(EslError::UnexpectedReply)?;
                    if slot.wanted {
                        return Poll::Ready(Ok(Incoming::Reply(slot.ticket, reply)));
                    }
                }
            }
        }
    }

    /// The next whole message; `None` once the switch has closed the connection.
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Frame>, EslError>> {
        loop {
            let frame = match self.ended {
                false => self.codec.decode(&mut self.input)?,
                true => return Poll::Ready(self.codec.decode_eof(&mut self.input)),
            };
            if self.input.is_empty() {
                self.input = BytesMut::new();
            }
            if frame.is_some() {
                return Poll::Ready(Ok(frame));
            }
            ready!(self.poll_read(context))?;
        }
    }

    /// Reads what there is. It goes through the stack, so that a connection which waits needs no
    /// buffer.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer))?;
        self.ended = buffer.filled().is_empty();
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }

    /// Pushes queued bytes out. A switch that takes none for `limits::ESL_WRITE_STALL` is lost.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Result<(), EslError> {
        while !self.output.is_empty() {
            match Pin::new(&mut self.io).poll_write(context, &self.output)? {
                Poll::Ready(0) => return Err(EslError::Io(io::ErrorKind::WriteZero.into())),
                Poll::Ready(written) => {
                    self.output.advance(written);
                    self.stall = None;
                }
                Poll::Pending => {
                    let stall =
                        self.stall.get_or_insert_with(|| Box::pin(sleep(limits::ESL_WRITE_STALL)));
                    return match stall.as_mut().poll(context) {
                        Poll::Ready(()) => Err(EslError::Io(io::ErrorKind::TimedOut.into())),
                        Poll::Pending => Ok(()),
                    };
                }
            }
        }
        self.output = BytesMut::new();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    fn pair() -> (Connection, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(256);
        (Connection::new(Box::new(ours)), theirs)
    }

    #[tokio::test]
    async fn replies_reach_their_commands_in_order_and_tombstones_keep_the_order() {
        let (mut connection, mut switch) = pair();
        let first = connection.send(&Command::Connect).unwrap();
        let second = connection.send(&Command::Linger(1)).unwrap();
        let third = connection.send(&Command::Exit).unwrap();
        connection.forget(second);
        for text in ["one", "two", "three"] {
            let reply = format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
            switch.write_all(reply.as_bytes()).await.unwrap();
        }
        for (ticket, text) in [(first, "one"), (third, "three")] {
            match connection.next().await.unwrap() {
                Incoming::Reply(t, reply) => assert_eq!((t, &*reply.text()), (ticket, text)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn an_unreadable_event_costs_only_itself() {
        let (mut connection, mut switch) = pair();
        let bad = "Content-Length: 1\nContent-Type: text/event-json\n\n{";
        let good = "Content-Length: 17\nContent-Type: text/event-plain\n\nEvent-Name: DTMF\n";
        switch.write_all(format!("{bad}{good}").as_bytes()).await.unwrap();
        match connection.next().await.unwrap() {
            Incoming::Event(event) => assert_eq!(event.name(), "DTMF"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_switch_that_does_not_read_is_given_up() {
        let (mut connection, _switch) = pair();
        let argument = "x".repeat(4096);
        let execute = super::super::Execute { application: "log", argument: &argument, id: "1" };
        connection.send(&Command::Execute(execute)).unwrap();
        assert!(matches!(connection.next().await, Err(EslError::Io(_))));
    }

    #[tokio::test]
    async fn a_flood_of_commands_is_bounded() {
        let (mut connection, _switch) = pair();
        for _ in 0..limits::ESL_QUEUED_REPLIES {
            connection.send(&Command::Connect).unwrap();
        }
        assert!(matches!(connection.send(&Command::Connect), Err(EslError::TooManyReplies(_))));
        assert!(connection.send(&Command::Exit).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_reply_is_named() {
        let (mut connection, mut switch) = pair();
        let asked = connection.ask(&Command::Connect, Duration::from_secs(1), |_| {}).await;
        assert!(matches!(asked, Err(EslError::NoReply { command: "connect", .. })));
        let mut written = [0; 9];
        switch.read_exact(&mut written).await.unwrap();
        assert_eq!(&written, b"connect\n\n");
    }
}
