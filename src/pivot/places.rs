//! Callers in queues who outlive a server: what is kept of them while they wait, and how they go on.
//!
//! When the connection to the switch ends, because the server has died or stops, the dialplan goes on at once
//! and hands the call to a server again as long as `pivot_resume` is set. Whoever then has the kept place goes
//! on in the middle of the document; a server that does not have it begins the call anew, and lets the caller
//! have its old place if the document enqueues it in the same queue.

use super::{
    House, Request,
    end_callbacks::{self, EndCallbacks},
    life::Begun,
    story::Story,
};
use crate::{
    base::{Happening, Timestamp},
    call::{Call, QueueId, Step},
    cdr::NO_RECORD,
    piston::PivotOptions,
    store::{PlaceRow, StoreError},
    xml::{self, PlaceToKeep},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a caller comes back to, besides its document.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    request: Request,
    url: String,
    verb: (u32, u32),
    steps_left: u32,
    options: Option<PivotOptions>,
    collections: BTreeMap<String, String>,
    application_vars: Map<String, Value>,
    user_vars: Map<String, Value>,
}

/// A document to go on with.
#[derive(Debug)]
pub(super) struct GoOn {
    /// How it was asked for.
    pub(super) request: Request,
    /// From the verb on that lets the caller wait.
    pub(super) begun: Box<Begun>,
    /// Verbs that the call may still run.
    pub(super) steps_left: u32,
    /// The pivot action that it belongs to.
    pub(super) options: Option<PivotOptions>,
}

/// Where and since when a caller waited whom we are given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waited {
    sid: String,
    since: Timestamp,
}

impl Waited {
    /// As the dialplan knows it: letters and digits only, whatever the queue is called.
    fn of(queue: &QueueId, since: Timestamp) -> Self {
        Self { sid: queue.sid(), since }
    }

    fn said(&self) -> String {
        format!("{}@{}", self.sid, self.since.micros())
    }

    fn parse(text: &str) -> Option<Self> {
        let (sid, since) = text.split_once('@')?;
        let since = Timestamp::from_micros(since.parse().ok()?);
        Some(Self { sid: sid.to_owned(), since })
    }

    /// Since when, if it was in this queue.
    pub(super) fn in_queue(&self, queue: &QueueId) -> Option<Timestamp> {
        (self.sid == queue.sid()).then_some(self.since)
    }
}

/// What a call had waited for when the dialplan got it back; `None` for any other call.
pub(super) fn waited(call: &Call) -> Option<Waited> {
    call.facts().instructions.get("resume").and_then(|said| Waited::parse(said))
}

/// Takes up a call that waited: its story, its memory, its document. `None` if this server does not have
/// its place, or cannot read it: the call begins anew.
pub(super) async fn take_up(
    call: &mut Call,
    house: &House,
    story: &Story,
    callbacks: &mut EndCallbacks,
) -> Step<Option<Box<GoOn>>> {
    let call_id = call.facts().call_id.clone();
    let found = call.during(house.outbox.store().place(call_id)).await?;
    let taken_up = match found {
        Ok(Some((row, drafts))) => {
            story.take_up(&drafts);
            callbacks.take_up(&drafts);
            read(call, &row)
        }
        Ok(None) => Err("its place is not known to this server".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let (taken_up, message) = match taken_up {
        Ok((go_on, queue)) => {
            (Some(Box::new(go_on)), format!("waits again in the queue {queue:?}"))
        }
        Err(reason) => (None, format!("waited in a queue, and begins anew: {reason}")),
    };
    call.tell(Happening::Noted { error: taken_up.is_none(), message });
    // Should we end before it waits again, it comes back once more; one that begins anew does not.
    let said = waited(call).filter(|_| taken_up.is_some()).map(|waited| waited.said());
    call.say_where_it_waits(said.as_deref());
    Ok(taken_up)
}

fn read(call: &mut Call, row: &PlaceRow) -> Result<(GoOn, String), String> {
    let kept: Kept = serde_json::from_str(&row.state).map_err(|error| error.to_string())?;
    let assumed = match kept.request.style.format {
        crate::config::ReqFormat::Plivo => xml::Dialect::Plivo,
        _ => xml::Dialect::Twiml,
    };
    let parsed = xml::Document::parse(&row.document, assumed);
    let document = parsed.document.ok_or("its document cannot be read any more")?;
    let verb = document.verb_at(kept.verb).ok_or("its document has changed")?;
    call.memory.collections = kept.collections;
    call.memory.application_vars = kept.application_vars;
    call.memory.user_vars = kept.user_vars;
    let Kept { request, url, steps_left, options, .. } = kept;
    let begun = Box::new(Begun { document, url, verb });
    Ok((GoOn { request, begun, steps_left, options }, row.queue.clone()))
}

/// What is running while a caller waits.
pub(super) struct Running<'a> {
    pub(super) request: &'a Request,
    pub(super) document: &'a xml::Document,
    pub(super) url: &'a str,
    pub(super) options: Option<&'a PivotOptions>,
}

/// Keeps the place of a caller who begins to wait. Without one, a restart would strand it no less than any
/// other call: it gets the apology.
pub(super) async fn keep(
    call: &mut Call,
    house: &House,
    story: &Story,
    running: &Running<'_>,
    place: PlaceToKeep<'_>,
) -> Step<()> {
    let Some(row) = row(call, running, &place) else { return Ok(()) };
    let store = house.outbox.store();
    // The promise of its record says by now that it was answered.
    let kept = call.during(Box::pin(async {
        store.keep_place(row).await?;
        story.promise(&house.cdrs).await
    }));
    match kept.await? {
        Ok(()) => {
            let waited = Waited::of(place.queue, place.joined);
            call.say_where_it_waits(Some(&waited.said()));
        }
        Err(error) => {
            let call = call.facts().call_id.as_str();
            tracing::error!(call, %error, "a restart would cost this caller its place in the queue");
        }
    }
    Ok(())
}

fn row(call: &Call, running: &Running<'_>, place: &PlaceToKeep<'_>) -> Option<PlaceRow> {
    let memory = &call.memory;
    let kept = Kept {
        request: running.request.clone(),
        url: running.url.to_owned(),
        verb: place.verb,
        steps_left: place.steps_left,
        options: running.options.cloned(),
        collections: memory.collections.clone(),
        application_vars: memory.application_vars.clone(),
        user_vars: memory.user_vars.clone(),
    };
    Some(PlaceRow {
        call_id: call.facts().call_id.clone(),
        account_id: place.queue.account.clone(),
        queue: place.queue.name.clone(),
        joined: place.joined,
        document: running.document.source()?.to_vec(),
        state: serde_json::to_string(&kept).ok()?,
    })
}

/// The caller waits no longer.
pub(super) async fn give_up(call: &mut Call, house: &House) {
    if !call.comes_back() {
        return;
    }
    call.say_where_it_waits(None);
    let call_id = call.facts().call_id.clone();
    if let Err(error) = house.outbox.store().drop_place(call_id.clone()).await {
        tracing::error!(call = call_id, %error, "a place in a queue cannot be given up");
    }
}

/// Leaves a caller to the dialplan, which hands it to whoever takes calls next.
pub(super) async fn leave(call: &mut Call, house: &House) {
    let call_id = call.facts().call_id.clone();
    tracing::info!(call = call_id, "waits in a queue, and is left to the dialplan");
    call.leave_to_dialplan();
    let left = house.outbox.store().leave_places(Some(call_id), Timestamp::now()).await;
    if let Err(error) = left {
        tracing::error!(%error, "it cannot be noted when a caller was left to the dialplan");
    }
}

/// Before the first call is taken: callers of a server before this one may come back, and agents may wait for
/// callers of the queues that it knew.
pub async fn recall_queues(house: &House) -> Result<(), StoreError> {
    let store = house.outbox.store();
    store.leave_places(None, Timestamp::now()).await?;
    for (account, name) in store.queues().await? {
        house.calls.queues.know(&QueueId { account, name });
    }
    Ok(())
}

/// Forgets the places that nobody has come back to, and sends what their calls owe.
pub async fn tidy_places(house: &House) -> Result<(), StoreError> {
    let before = Timestamp::now().minus(crate::base::limits::PLACE_KEPT);
    for draft in house.outbox.store().forget_places(before).await? {
        tracing::warn!(call_id = draft.call_id, "a caller has not come back to its queue");
        match draft.facts.starts_with(NO_RECORD) {
            true => end_callbacks::give_up(draft, &house.outbox).await?,
            false => house.cdrs.abandoned(&draft).await?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dialplan_knows_is_letters_and_digits() {
        let queue = QueueId::new("acme", "${system(ls)} x");
        let waited = Waited::of(&queue, Timestamp::from_micros(1_750_000_000_000_000));
        let said = waited.said();
        assert!(said.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'@'), "{said}");
        assert_eq!(Waited::parse(&said), Some(waited.clone()));
        assert_eq!(waited.in_queue(&queue), Some(waited.since));
        assert_eq!(waited.in_queue(&QueueId::new("acme", "else")), None);
        assert_eq!(waited.in_queue(&QueueId::new("other", "${system(ls)} x")), None);
        for wrong in ["", "QU1", "QU1@", "QU1@soon", "@"] {
            assert_eq!(Waited::parse(wrong), None, "{wrong}");
        }
    }
}
