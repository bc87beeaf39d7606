//! Who keeps the records: a task of its own. Calls never wait for it; when it cannot follow, what comes
//! is dropped, and the log says so once.

use super::{
    Question, Watch,
    exchange::{About, Exchange, Sample, Unreadable},
    mask::Mask,
    record,
};
use crate::{
    base::{CallFacts, Diagnostic, Timestamp, limits},
    store::{DebugNote, Store},
};
use serde::de::IgnoredAny;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};

/// Takes what calls note. Clones hand it to the same task.
#[derive(Clone, Debug)]
pub struct Keeper {
    queue: mpsc::Sender<Message>,
    /// Notes that found the queue full since it was last empty.
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Note { about: About, at: Timestamp, noted: Noted },
    Close(oneshot::Sender<()>),
}

/// What is noted.
#[derive(Debug)]
pub(super) enum Noted {
    Exchange(Box<Exchange>),
    Unreadable(Unreadable),
}

impl Keeper {
    /// Starts the task, which writes to `store` until the last keeper is gone or closed. Fails only if
    /// the patterns of secrets are none.
    pub fn start(store: Store) -> Result<Self, regex::Error> {
        let mask = Mask::new()?;
        let (queue, incoming) = mpsc::channel(limits::DEBUG_QUEUE);
        let dropped = Arc::default();
        tokio::spawn(keep(store, mask, incoming, Arc::clone(&dropped)));
        Ok(Self { queue, dropped })
    }

    /// Watches a request if the call is to be debugged.
    pub fn watch(&self, debug: bool, facts: &CallFacts, question: &Question<'_>) -> Watch {
        match debug {
            true => Watch::begin(self.clone(), facts, question),
            false => Watch::nothing(),
        }
    }

    /// Notes that an answer cannot be run. This is kept whether the call is debugged or not
    /// (`reference/piston.md` 2.10); `debug` says whether the exchange itself was kept.
    pub fn unreadable(
        &self,
        debug: bool,
        facts: &CallFacts,
        body: &[u8],
        dialect: &str,
        diagnostics: &[Diagnostic],
    ) {
        let no_json = dialect == "Piston" && serde_json::from_slice::<IgnoredAny>(body).is_err();
        let noted = Unreadable {
            diagnostics: diagnostics.to_vec(),
            no_json,
            body: Sample::of(body),
            continues: debug,
        };
        self.note(About::call(facts), Timestamp::now(), Noted::Unreadable(noted));
    }

    /// Waits until all that was noted is stored. What is noted later is lost.
    pub async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.queue.send(Message::Close(closed)).await.is_ok() {
            // An error says that the task is gone already.
            _ = done.await;
        }
    }

    pub(super) fn note(&self, about: About, at: Timestamp, noted: Noted) {
        let noted = self.queue.try_send(Message::Note { about, at, noted });
        if noted.is_err() && self.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("debug records are dropped: they come faster than they can be stored");
        }
    }
}

async fn keep(
    store: Store,
    mask: Mask,
    mut incoming: mpsc::Receiver<Message>,
    dropped: Arc<AtomicU64>,
) {
    let mut purge = interval(limits::DEBUG_PURGE);
    purge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut messages = Vec::with_capacity(limits::DEBUG_QUEUE);
    let mut closing = None;
    while closing.is_none() {
        tokio::select! {
            got = incoming.recv_many(&mut messages, limits::DEBUG_QUEUE) => {
                if got == 0 {
                    return;
                }
            }
            _ = purge.tick() => {
                purge_old(&store).await;
                continue;
            }
        }
        let mut notes = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Note { about, at, noted } => notes.push(note(about, at, &noted, &mask)),
                Message::Close(closed) => closing = Some(closed),
            }
        }
        if let Err(error) = store.keep_debug(notes).await {
            tracing::warn!(%error, "debug records could not be stored");
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "debug records were dropped");
        }
    }
    if let Some(closed) = closing {
        // Whoever asked may have gone.
        _ = closed.send(());
    }
}

async fn purge_old(store: &Store) {
    loop {
        match store.purge_debug(super::read::oldest()).await {
            Ok(gone) if gone < limits::PURGED_AT_ONCE as u64 => return,
            Ok(_) => {}
            Err(error) => {
                return tracing::warn!(%error, "old debug records could not be deleted");
            }
        }
    }
}

fn note(about: About, at: Timestamp, noted: &Noted, mask: &Mask) -> DebugNote {
    let (continues, records) = match noted {
        Noted::Exchange(exchange) => (false, record::of_exchange(exchange, mask)),
        Noted::Unreadable(unreadable) => {
            (unreadable.continues, record::of_unreadable(unreadable, mask))
        }
    };
    let About { call_id, account_id, node } = about;
    let records = records.into_iter().map(|(kind, fields)| (kind, fields.to_string())).collect();
    DebugNote { call_id, account_id, node, at, continues, records }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{BodyFormat, Method},
        http::Params,
    };

    fn question(params: &Params) -> Question<'_> {
        let (method, format) = (Method::Get, BodyFormat::Form);
        Question { method, url: "http://h/", format, params, signed: &[] }
    }

    #[tokio::test]
    async fn what_was_noted_before_the_end_is_stored() {
        let store = Store::in_memory().await.unwrap();
        let keeper = Keeper::start(store.clone()).unwrap();
        let facts = CallFacts { call_id: "a".to_owned(), ..CallFacts::default() };
        let params = Params::new();
        for _ in 0..10 {
            drop(keeper.watch(true, &facts, &question(&params)));
            drop(keeper.watch(false, &facts, &question(&params)));
        }
        keeper.close().await;
        assert_eq!(store.debug_records("a".to_owned()).await.unwrap().len(), 20);
        drop(keeper.watch(true, &facts, &question(&params)));
        keeper.close().await;
    }

    #[tokio::test]
    async fn a_full_queue_drops_and_never_waits() {
        let (queue, mut never_read) = mpsc::channel(2);
        let keeper = Keeper { queue, dropped: Arc::default() };
        let params = Params::new();
        for _ in 0..5 {
            drop(keeper.watch(true, &CallFacts::default(), &question(&params)));
        }
        assert_eq!(keeper.dropped.load(Ordering::Relaxed), 3);
        assert!(never_read.try_recv().is_ok() && never_read.try_recv().is_ok());
    }
}
