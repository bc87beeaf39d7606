//! Deliveries: stored, claimed, attempted, delivered or dead, re-sent, and one day purged.

use super::{
    Attempt, Counts, Delivery, Filter, NewDelivery, Outcome, Resent, State, Store, StoreError,
    writer::framed,
};
use crate::base::{
    DeliveryId, Timestamp, limits,
    web::{FileUpload, UploadMethod},
};
use sqlx::{
    Row, Sqlite, SqliteConnection, query,
    query::Query,
    query_scalar,
    sqlite::{SqliteArguments, SqliteRow},
};
use std::time::Duration;

/// Parameters in the order of [`with_columns`].
macro_rules! insert_sql {
    () => {
        "INSERT INTO deliveries (id, kind, call_id, account_id, url, destination, content_type,
                                 body, created_at, due_at, give_up_at, upload_method,
                                 upload_path, claimed_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (id) DO NOTHING RETURNING 1"
    };
}

impl Store {
    /// Stores a delivery; durable on return. `false` if one of this id is there already.
    pub async fn enqueue(&self, delivery: NewDelivery) -> Result<bool, StoreError> {
        self.write_framed(move |connection| {
            Box::pin(async move {
                stored(with_columns(query(framed!(insert_sql!())), &delivery), connection).await
            })
        })
        .await
    }

    /// Takes up to `limit` deliveries that are due, oldest first, leaving out the destinations in
    /// `busy`. Nobody else gets them before `until`; then they are due again by themselves.
    pub async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
        busy: &[String],
    ) -> Result<Vec<Delivery>, StoreError> {
        let (busy, limit) = (json(busy), count(limit));
        self.write(move |connection| {
            Box::pin(async move {
                let mut claimed = query(
                    "UPDATE deliveries SET claimed_until = ?1 WHERE id IN (
                       SELECT id FROM deliveries
                       WHERE state = 'due' AND due_at <= ?2
                         AND (claimed_until IS NULL OR claimed_until <= ?2)
                         AND destination NOT IN (SELECT value FROM json_each(?3))
                       ORDER BY due_at, id LIMIT ?4)
                     RETURNING *",
                )
                .bind(moment(until))
                .bind(moment(now))
                .bind(busy)
                .bind(limit)
                .fetch_all(connection)
                .await?
                .iter()
                .map(delivery)
                .collect::<Result<Vec<_>, _>>()?;
                // RETURNING keeps no order.
                claimed.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
                Ok(claimed)
            })
        })
        .await
    }

    /// Writes down an attempt and what follows from it, and gives the claim back. What has been
    /// delivered stays delivered, whatever a later attempt says.
    pub async fn finish(
        &self,
        id: &DeliveryId,
        attempt: Attempt,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        self.write_framed(move |connection| {
            Box::pin(async move {
                let ended = moment(attempt.at.plus(attempt.took));
                let (state, due, finished) = match outcome {
                    Outcome::Delivered => (State::Delivered, None, Some(ended)),
                    Outcome::Again { due } => (State::Due, Some(moment(due)), None),
                    Outcome::Dead => (State::Dead, None, Some(ended)),
                };
                query(framed!(
                    "INSERT OR REPLACE INTO attempts (delivery_id, number, at, took, status, error)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6);
                     UPDATE deliveries SET state = ?7, due_at = coalesce(?8, due_at),
                       finished_at = ?9, claimed_until = NULL, attempts = max(attempts, ?2),
                       failures = failures + ?10, last_status = ?5, last_error = ?6
                     WHERE id = ?1 AND state <> 'delivered'"
                ))
                .bind(id.as_str())
                .bind(attempt.number)
                .bind(moment(attempt.at))
                .bind(micros(attempt.took))
                .bind(attempt.status)
                .bind(&attempt.error)
                .bind(state.as_str())
                .bind(due)
                .bind(finished)
                .bind(i64::from(attempt.error.is_some()))
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Stores what a delivery has become, before it is sent: its content, and where it goes.
    pub async fn rewrite(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let Delivery { id, url, destination, content_type, body, .. } = delivery.clone();
        self.write_framed(move |connection| {
            Box::pin(async move {
                query(framed!(
                    "UPDATE deliveries SET url = ?2, destination = ?3, content_type = ?4, body = ?5
                     WHERE id = ?1"
                ))
                .bind(id.as_str())
                .bind(&url)
                .bind(&destination)
                .bind(&content_type)
                .bind(&body[..])
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Gives a claim back without an attempt.
    pub async fn release(&self, id: &DeliveryId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write_framed(move |connection| {
            Box::pin(async move {
                query(framed!("UPDATE deliveries SET claimed_until = NULL WHERE id = ?1"))
                    .bind(id.as_str())
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Makes a delivery due now, with a fresh schedule that ends at `give_up`.
    pub async fn resend(
        &self,
        id: &DeliveryId,
        now: Timestamp,
        give_up: Timestamp,
    ) -> Result<Resent, StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let changed = query(
                    "UPDATE deliveries SET state = 'due', due_at = ?2, give_up_at = ?3,
                       failures = 0, finished_at = NULL
                     WHERE id = ?1 AND state <> 'delivered'",
                )
                .bind(id.as_str())
                .bind(moment(now))
                .bind(moment(give_up))
                .execute(&mut *connection)
                .await?
                .rows_affected();
                if changed > 0 {
                    return Ok(Resent::Due);
                }
                let known = query("SELECT 1 FROM deliveries WHERE id = ?")
                    .bind(id.as_str())
                    .fetch_optional(connection)
                    .await?;
                Ok(if known.is_some() { Resent::Delivered } else { Resent::Unknown })
            })
        })
        .await
    }

    /// When the next delivery that nobody holds is due, leaving out the destinations in `busy`. A
    /// claim that has run out by `now` holds nothing.
    pub async fn next_due(
        &self,
        now: Timestamp,
        busy: &[String],
    ) -> Result<Option<Timestamp>, StoreError> {
        let busy = json(busy);
        self.read(move |connection| {
            Box::pin(async move {
                let next: Option<i64> = query_scalar(
                    "SELECT due_at FROM deliveries
                     WHERE state = 'due' AND (claimed_until IS NULL OR claimed_until <= ?1)
                       AND destination NOT IN (SELECT value FROM json_each(?2))
                     ORDER BY due_at LIMIT 1",
                )
                .bind(moment(now))
                .bind(busy)
                .fetch_optional(connection)
                .await?;
                Ok(next.map(timestamp))
            })
        })
        .await
    }

    /// One delivery.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            Box::pin(async move {
                query("SELECT * FROM deliveries WHERE id = ?")
                    .bind(id.as_str())
                    .fetch_optional(connection)
                    .await?
                    .as_ref()
                    .map(delivery)
                    .transpose()
            })
        })
        .await
    }

    /// Deliveries, newest first (ids sort by the time they were made).
    pub async fn deliveries(&self, filter: Filter) -> Result<Vec<Delivery>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                query(
                    "SELECT * FROM deliveries
                     WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR call_id = ?2)
                       AND (?3 IS NULL OR account_id = ?3) AND (?4 IS NULL OR id < ?4)
                     ORDER BY id DESC LIMIT ?5",
                )
                .bind(filter.state.map(State::as_str))
                .bind(filter.call_id)
                .bind(filter.account_id)
                .bind(filter.before.as_ref().map(DeliveryId::as_str))
                .bind(count(filter.limit.min(limits::LISTED)))
                .fetch_all(connection)
                .await?
                .iter()
                .map(delivery)
                .collect()
            })
        })
        .await
    }

    /// The attempts of one delivery, in order.
    pub async fn attempts(&self, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            Box::pin(async move {
                query("SELECT * FROM attempts WHERE delivery_id = ? ORDER BY number")
                    .bind(id.as_str())
                    .fetch_all(connection)
                    .await?
                    .iter()
                    .map(attempt)
                    .collect()
            })
        })
        .await
    }

    /// How many there are, by state.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|connection| {
            Box::pin(async move {
                let row = query(
                    "SELECT count(*) FILTER (WHERE state = 'due') AS due,
                            count(*) FILTER (WHERE state = 'delivered') AS delivered,
                            count(*) FILTER (WHERE state = 'dead') AS dead,
                            min(created_at) FILTER (WHERE state = 'due') AS oldest
                     FROM deliveries",
                )
                .fetch_one(connection)
                .await?;
                let number = |name| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
                Ok(Counts {
                    due: number("due")?,
                    delivered: number("delivered")?,
                    dead: number("dead")?,
                    oldest_due: row.try_get::<Option<i64>, _>("oldest")?.map(timestamp),
                })
            })
        })
        .await
    }

    /// Deletes what arrived before one moment and what was given up before another; at most
    /// [`limits::PURGED_AT_ONCE`] rows. Returns how many went.
    pub async fn purge(
        &self,
        delivered_before: Timestamp,
        dead_before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let gone = query(
                    "DELETE FROM deliveries WHERE id IN (
                       SELECT id FROM deliveries
                       WHERE (state = 'delivered' AND finished_at < ?1)
                          OR (state = 'dead' AND finished_at < ?2)
                       LIMIT ?3)",
                )
                .bind(moment(delivered_before))
                .bind(moment(dead_before))
                .bind(count(limits::PURGED_AT_ONCE))
                .execute(connection)
                .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }
}

/// Stores a delivery unless one of its id is there, and lets the draft of this id go. `false` if it was
/// there.
pub(super) async fn insert_for_draft(
    connection: &mut SqliteConnection,
    new: &NewDelivery,
) -> Result<bool, StoreError> {
    const SQL: &str = framed!(insert_sql!(), "; DELETE FROM drafts WHERE id = ?1");
    stored(with_columns(query(SQL), new), connection).await
}

/// Whether an insert has stored its row.
async fn stored(
    insert: Query<'_, Sqlite, SqliteArguments>,
    connection: &mut SqliteConnection,
) -> Result<bool, StoreError> {
    Ok(!insert.fetch_all(connection).await?.is_empty())
}

fn with_columns<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    new: &'q NewDelivery,
) -> Query<'q, Sqlite, SqliteArguments> {
    query
        .bind(new.id.as_str())
        .bind(new.kind)
        .bind(&new.call_id)
        .bind(&new.account_id)
        .bind(&new.url)
        .bind(&new.destination)
        .bind(&*new.content_type)
        .bind(&new.body[..])
        .bind(moment(new.created))
        .bind(moment(new.due))
        .bind(moment(new.give_up))
        .bind(new.file.as_ref().map(|file| file.method.as_str()))
        .bind(new.file.as_ref().map(|file| file.path.to_string_lossy().into_owned()))
        .bind(new.claimed_until.map(moment))
}

/// A moment as it stands in a table.
pub(super) fn moment(at: Timestamp) -> i64 {
    i64::try_from(at.micros()).unwrap_or(i64::MAX)
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros.unsigned_abs())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A list as one parameter.
fn json(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}

fn delivery(row: &SqliteRow) -> Result<Delivery, StoreError> {
    let state: String = row.try_get("state")?;
    let state = [State::Due, State::Delivered, State::Dead]
        .into_iter()
        .find(|known| known.as_str() == state)
        .ok_or_else(|| StoreError::Row(format!("unknown state {state:?} of a delivery")))?;
    let at = |name| row.try_get::<i64, _>(name).map(timestamp);
    let maybe_at = |name| row.try_get::<Option<i64>, _>(name).map(|m| m.map(timestamp));
    Ok(Delivery {
        id: DeliveryId::new(row.try_get::<String, _>("id")?),
        kind: row.try_get("kind")?,
        call_id: row.try_get("call_id")?,
        account_id: row.try_get("account_id")?,
        url: row.try_get("url")?,
        destination: row.try_get("destination")?,
        content_type: row.try_get("content_type")?,
        body: row.try_get::<Vec<u8>, _>("body")?.into(),
        file: file(row)?,
        state,
        created: at("created_at")?,
        due: at("due_at")?,
        give_up: at("give_up_at")?,
        claimed_until: maybe_at("claimed_until")?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        last_status: row.try_get("last_status")?,
        last_error: row.try_get("last_error")?,
        finished: maybe_at("finished_at")?,
    })
}

fn file(row: &SqliteRow) -> Result<Option<FileUpload>, StoreError> {
    let method: Option<String> = row.try_get("upload_method")?;
    let Some(method) = method else { return Ok(None) };
    let method = match method.as_str() {
        "POST" => UploadMethod::Post,
        _ => UploadMethod::Put,
    };
    let path: String = row.try_get("upload_path")?;
    Ok(Some(FileUpload { method, path: path.into() }))
}

fn attempt(row: &SqliteRow) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        number: row.try_get("number")?,
        at: timestamp(row.try_get("at")?),
        took: Duration::from_micros(row.try_get::<i64, _>("took")?.unsigned_abs()),
        status: row.try_get("status")?,
        error: row.try_get("error")?,
    })
}
