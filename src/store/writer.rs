//! One connection writes; everybody else asks it to. While one transaction is being made durable,
//! the next ones gather and are then committed together, so that a busy server pays for one flush
//! to disk per batch, not per row. Each asker waits for its own answer, which comes only when the
//! row is safe on disk.
//!
//! The connection works in a thread of its own, and a word to it costs more than most of what it does.
//! So what is written for every call brings the savepoint around it along, in one word.

use super::StoreError;
use crate::base::limits;
use futures_util::future::BoxFuture;
use sqlx::{Connection, SqliteConnection, query};
use std::fs::File;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

/// Hands work to the writing task.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Write(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the writing task. It holds `lock` for as long as it has the connection.
    pub(super) fn start(connection: SqliteConnection, lock: Option<File>) -> Self {
        let (queue, incoming) = mpsc::channel(limits::STORE_QUEUE);
        tokio::spawn(write(connection, incoming, lock));
        Self { queue }
    }

    /// Runs `work` inside a transaction and waits until it is durable. If the asker goes away, the
    /// work is done all the same.
    pub(super) async fn run<T, F>(&self, frame: Frame, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Work { frame, work: Some(work), outcome: None, answer });
        self.queue.send(Message::Write(job)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Waits until all that was asked is done, and closes the connection.
    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.queue.send(Message::Close(closed)).await.is_ok() {
            _ = done.await;
        }
    }
}

/// Who sets the savepoint to which a job that fails is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The writer.
    Given,
    /// The job's only statement does, being [`framed`].
    Own,
}

/// A statement with its savepoint.
macro_rules! framed {
    ($($sql:expr),+) => {
        concat!("SAVEPOINT job; ", $($sql),+, "; RELEASE job")
    };
}
pub(super) use framed;

/// Work whose result type is known only to its asker.
trait Job: Send {
    /// Does the work inside a savepoint; `false` if it failed and the savepoint is still open.
    fn apply<'c>(
        &'c mut self,
        connection: &'c mut SqliteConnection,
    ) -> BoxFuture<'c, Result<bool, sqlx::Error>>;
    /// Tells the asker. `failed` says why the transaction around the work was lost, if it was.
    fn answer(self: Box<Self>, failed: Option<&str>);
}

struct Work<T, F> {
    frame: Frame,
    work: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn apply<'c>(
        &'c mut self,
        connection: &'c mut SqliteConnection,
    ) -> BoxFuture<'c, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            let given = self.frame == Frame::Given;
            if given {
                query("SAVEPOINT job").execute(&mut *connection).await?;
            }
            if let Some(work) = self.work.take() {
                self.outcome = Some(work(&mut *connection).await);
            }
            let done = matches!(self.outcome, Some(Ok(_)));
            if done && given {
                query("RELEASE job").execute(connection).await?;
            }
            Ok(done)
        })
    }

    fn answer(self: Box<Self>, failed: Option<&str>) {
        let outcome = match (self.outcome, failed) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(reason)) => Err(StoreError::Commit(reason.to_owned())),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Closed),
        };
        // An asker that went away needs no answer.
        _ = self.answer.send(outcome);
    }
}

async fn write(
    mut connection: SqliteConnection,
    mut incoming: mpsc::Receiver<Message>,
    lock: Option<File>,
) {
    let mut messages = Vec::with_capacity(limits::WRITES_PER_COMMIT);
    let mut closing = None;
    let mut next = Instant::now();
    while closing.is_none()
        && incoming.recv_many(&mut messages, limits::WRITES_PER_COMMIT).await > 0
    {
        // A lone write goes to the disk at once; on a busy server they gather for a moment.
        if Instant::now() < next {
            sleep_until(next).await;
            while messages.len() < limits::WRITES_PER_COMMIT
                && let Ok(message) = incoming.try_recv()
            {
                messages.push(message);
            }
        }
        next = Instant::now() + limits::COMMIT_EVERY;
        let mut jobs = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Write(job) if closing.is_none() => jobs.push(job),
                // Dropped unanswered: the asker reads that as closed.
                Message::Write(_) => {}
                Message::Close(closed) => closing = Some(closed),
            }
        }
        if jobs.is_empty() {
            continue;
        }
        let failed = commit(&mut connection, &mut jobs).await.err().map(|e| e.to_string());
        for job in jobs {
            job.answer(failed.as_deref());
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the database could not be closed in order");
    }
    drop(lock);
    if let Some(closed) = closing {
        _ = closed.send(());
    }
}

/// Does all jobs, of which there is at least one, in one transaction. A job that fails is undone alone.
async fn commit(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), sqlx::Error> {
    let done = apply_all(connection, jobs).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = query(end).execute(&mut *connection).await;
    if done.is_ok() && ended.is_err() {
        // A failed COMMIT (a full disk) leaves the transaction open; nothing of it may stay.
        _ = query("ROLLBACK").execute(&mut *connection).await;
    }
    done.and(ended.map(drop))
}

async fn apply_all(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), sqlx::Error> {
    query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for job in jobs {
        if !job.apply(connection).await? {
            query("ROLLBACK TO job; RELEASE job").execute(&mut *connection).await?;
        }
    }
    Ok(())
}
