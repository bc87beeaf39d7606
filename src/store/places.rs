//! Callers who wait in queues, so that they find their places again after a restart; and the queues
//! that somebody has waited in.

use super::{Draft, PlaceRow, Store, StoreError, deliveries::moment, drafts};
use crate::base::{Timestamp, limits};
use sqlx::{Row, query, sqlite::SqliteRow};

impl Store {
    /// Keeps a caller's place, and its queue; durable on return. A later place of the same call takes
    /// that of the earlier one.
    pub async fn keep_place(&self, place: PlaceRow) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                query(
                    "INSERT OR REPLACE INTO places
                       (call_id, account_id, queue, joined_at, document, state, left_at)
                     VALUES (?, ?, ?, ?, ?, ?, NULL)",
                )
                .bind(&place.call_id)
                .bind(&place.account_id)
                .bind(&place.queue)
                .bind(moment(place.joined))
                .bind(&place.document)
                .bind(&place.state)
                .execute(&mut *connection)
                .await?;
                query(
                    "INSERT INTO queues (account_id, name, used_at) VALUES (?, ?, ?)
                     ON CONFLICT DO UPDATE SET used_at = excluded.used_at",
                )
                .bind(&place.account_id)
                .bind(&place.queue)
                .bind(moment(Timestamp::now()))
                .execute(&mut *connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Forgets the place of a caller who waits no longer.
    pub async fn drop_place(&self, call_id: String) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let query = query("DELETE FROM places WHERE call_id = ?").bind(call_id);
                query.execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that a caller has been left to the dialplan; `None` means all that a server before us had.
    pub async fn leave_places(
        &self,
        call_id: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                query(
                    "UPDATE places SET left_at = ?1
                     WHERE left_at IS NULL AND (?2 IS NULL OR call_id = ?2)",
                )
                .bind(moment(now))
                .bind(call_id)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The place of a call, and the drafts of what somebody must be sent at its end.
    pub async fn place(
        &self,
        call_id: String,
    ) -> Result<Option<(PlaceRow, Vec<Draft>)>, StoreError> {
        self.read(|connection| {
            Box::pin(async move {
                let found = query("SELECT * FROM places WHERE call_id = ?").bind(&call_id);
                let Some(row) = found.fetch_optional(&mut *connection).await? else {
                    return Ok(None);
                };
                let owed = query("SELECT * FROM drafts WHERE call_id = ?").bind(&call_id);
                let owed = owed.fetch_all(connection).await?;
                let owed = owed.iter().map(drafts::draft).collect::<Result<_, _>>()?;
                Ok(Some((place(&row)?, owed)))
            })
        })
        .await
    }

    /// Forgets places that were left to the dialplan before this moment: nobody comes back to them. Gives
    /// what must be sent for their calls.
    pub async fn forget_places(&self, before: Timestamp) -> Result<Vec<Draft>, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let lost = query(
                    "SELECT * FROM drafts WHERE call_id IN
                       (SELECT call_id FROM places WHERE left_at < ? ORDER BY left_at, call_id LIMIT ?)",
                )
                .bind(moment(before))
                .bind(i64::try_from(limits::PURGED_AT_ONCE).unwrap_or(i64::MAX))
                .fetch_all(&mut *connection)
                .await?;
                let lost = lost.iter().map(drafts::draft).collect::<Result<_, _>>()?;
                query(
                    "DELETE FROM places WHERE call_id IN
                       (SELECT call_id FROM places WHERE left_at < ? ORDER BY left_at, call_id LIMIT ?)",
                )
                .bind(moment(before))
                .bind(i64::try_from(limits::PURGED_AT_ONCE).unwrap_or(i64::MAX))
                .execute(connection)
                .await?;
                Ok(lost)
            })
        })
        .await
    }

    /// The queues that somebody has waited in, accounts and names; those used last come last. Of more
    /// than `limits::QUEUES` the others are forgotten.
    pub async fn queues(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.write(|connection| {
            Box::pin(async move {
                query(
                    "DELETE FROM queues WHERE (account_id, name) IN
                       (SELECT account_id, name FROM queues ORDER BY used_at DESC LIMIT -1 OFFSET ?)",
                )
                .bind(i64::try_from(limits::QUEUES).unwrap_or(i64::MAX))
                .execute(&mut *connection)
                .await?;
                let rows = query("SELECT account_id, name FROM queues ORDER BY used_at");
                let rows = rows.fetch_all(connection).await?;
                rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
            })
        })
        .await
    }
}

fn place(row: &SqliteRow) -> Result<PlaceRow, StoreError> {
    Ok(PlaceRow {
        call_id: row.try_get("call_id")?,
        account_id: row.try_get("account_id")?,
        queue: row.try_get("queue")?,
        joined: Timestamp::from_micros(row.try_get::<i64, _>("joined_at")?.unsigned_abs()),
        document: row.try_get("document")?,
        state: row.try_get("state")?,
    })
}
