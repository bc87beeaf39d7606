//! Calls under way whose end somebody must be told of.

use super::{Draft, NewDelivery, Store, StoreError, deliveries, writer::framed};
use crate::base::{DeliveryId, Timestamp};
use sqlx::{Row, query, sqlite::SqliteRow};

impl Store {
    /// Remembers that a call under way owes somebody a delivery. A second draft with the same id
    /// replaces the first.
    pub async fn open_call(&self, draft: Draft) -> Result<(), StoreError> {
        self.write_framed(move |connection| {
            Box::pin(async move {
                query(framed!(
                    "INSERT INTO drafts (id, call_id, account_id, url, facts, opened_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (id) DO UPDATE SET url = excluded.url, facts = excluded.facts"
                ))
                .bind(draft.id.as_str())
                .bind(&draft.call_id)
                .bind(&draft.account_id)
                .bind(&draft.url)
                .bind(&draft.facts)
                .bind(deliveries::moment(draft.opened))
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Ends a call: its draft goes and its delivery comes, in one transaction, so that after a
    /// crash there is exactly one of them. Doing it twice is doing it once: the second gives `false`.
    pub async fn close_call(&self, delivery: NewDelivery) -> Result<bool, StoreError> {
        self.write_framed(move |connection| {
            Box::pin(async move { deliveries::insert_for_draft(connection, &delivery).await })
        })
        .await
    }

    /// Forgets a draft whose call owes nothing any more.
    pub async fn drop_call(&self, id: DeliveryId) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                query("DELETE FROM drafts WHERE id = ?")
                    .bind(id.as_str())
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// All drafts, oldest first, but those of calls that may come back to their place in a queue. At a
    /// start these are the calls that a crash cut off.
    pub async fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        self.read(|connection| {
            Box::pin(async move {
                query(
                    "SELECT * FROM drafts WHERE call_id NOT IN (SELECT call_id FROM places)
                     ORDER BY opened_at, id",
                )
                .fetch_all(connection)
                .await?
                .iter()
                .map(draft)
                .collect()
            })
        })
        .await
    }
}

pub(super) fn draft(row: &SqliteRow) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: DeliveryId::new(row.try_get::<String, _>("id")?),
        call_id: row.try_get("call_id")?,
        account_id: row.try_get("account_id")?,
        url: row.try_get("url")?,
        facts: row.try_get("facts")?,
        opened: Timestamp::from_micros(row.try_get::<i64, _>("opened_at")?.unsigned_abs()),
    })
}
