//! What calls asked and were answered, kept for the authors of their documents.

use super::{DebugCall, DebugNote, DebugRecord, Store, StoreError, deliveries::moment};
use crate::base::{Timestamp, limits};
use sqlx::{Row, SqliteConnection, query, sqlite::SqliteRow};

impl Store {
    /// Keeps what was noted, in order. A call keeps [`limits::DEBUG_RECORDS_PER_CALL`] records, the first
    /// ones; an account keeps [`limits::DEBUG_CALLS_PER_ACCOUNT`] calls, the last ones.
    pub async fn keep_debug(&self, notes: Vec<DebugNote>) -> Result<(), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                for note in notes {
                    keep(connection, note).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Calls since a moment that have records, of one account or of all, newest first.
    pub async fn debug_calls(
        &self,
        account_id: Option<String>,
        since: Timestamp,
    ) -> Result<Vec<DebugCall>, StoreError> {
        self.calls(account_id, [String::new(), String::new()], since).await
    }

    /// The call that has one of two ids.
    pub async fn debug_call(
        &self,
        account_id: Option<String>,
        ids: [String; 2],
        since: Timestamp,
    ) -> Result<Option<DebugCall>, StoreError> {
        Ok(self.calls(account_id, ids, since).await?.pop())
    }

    /// The records of one call, in order.
    pub async fn debug_records(&self, call_id: String) -> Result<Vec<DebugRecord>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                query("SELECT * FROM debug_records WHERE call_id = ? ORDER BY number")
                    .bind(call_id)
                    .fetch_all(connection)
                    .await?
                    .iter()
                    .map(record)
                    .collect()
            })
        })
        .await
    }

    /// Deletes the calls before a moment, at most [`limits::PURGED_AT_ONCE`]. Returns how many went.
    pub async fn purge_debug(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let gone = query(
                    "DELETE FROM debug_calls WHERE call_id IN (
                       SELECT call_id FROM debug_calls WHERE created_at < ? LIMIT ?)",
                )
                .bind(moment(before))
                .bind(count(limits::PURGED_AT_ONCE))
                .execute(connection)
                .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }

    /// All calls if both ids are empty. What the list shows of a call is of its first exchange.
    async fn calls(
        &self,
        account_id: Option<String>,
        [id, other_id]: [String; 2],
        since: Timestamp,
    ) -> Result<Vec<DebugCall>, StoreError> {
        self.read(move |connection| {
            Box::pin(async move {
                query(
                    "SELECT c.*,
                       (SELECT fields ->> '$.uri' FROM debug_records r
                        WHERE r.call_id = c.call_id AND iteration = 1 AND kind = 'request') AS uri,
                       (SELECT fields ->> '$.resp_status_code' FROM debug_records r
                        WHERE r.call_id = c.call_id AND iteration = 1 AND kind = 'response') AS status,
                       EXISTS (SELECT 1 FROM debug_records r
                        WHERE r.call_id = c.call_id AND kind = 'schema_errors') AS schema_errors,
                       EXISTS (SELECT 1 FROM debug_records r
                        WHERE r.call_id = c.call_id AND kind = 'json_errors') AS json_errors
                     FROM debug_calls c
                     WHERE (?1 IS NULL OR account_id = ?1) AND created_at >= ?2
                       AND (?3 = '' OR call_id IN (?3, ?4))
                     ORDER BY created_at DESC, call_id LIMIT ?5",
                )
                .bind(account_id)
                .bind(moment(since))
                .bind(id)
                .bind(other_id)
                .bind(count(limits::LISTED))
                .fetch_all(connection)
                .await?
                .iter()
                .map(call)
                .collect()
            })
        })
        .await
    }
}

async fn keep(connection: &mut SqliteConnection, note: DebugNote) -> Result<(), StoreError> {
    let created = query(
        "INSERT INTO debug_calls (call_id, account_id, node, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(&note.call_id)
    .bind(&note.account_id)
    .bind(&note.node)
    .bind(moment(note.at))
    .execute(&mut *connection)
    .await?;
    if created.rows_affected() > 0 {
        query(
            "DELETE FROM debug_calls WHERE call_id IN (
               SELECT call_id FROM debug_calls WHERE account_id = ?
               ORDER BY created_at DESC, call_id LIMIT -1 OFFSET ?)",
        )
        .bind(&note.account_id)
        .bind(count(limits::DEBUG_CALLS_PER_ACCOUNT))
        .execute(&mut *connection)
        .await?;
    }
    let last = query(
        "SELECT count(*) AS records, coalesce(max(iteration), 0) AS iteration
         FROM debug_records WHERE call_id = ?",
    )
    .bind(&note.call_id)
    .fetch_one(&mut *connection)
    .await?;
    let (mut number, last): (i64, i64) = (last.try_get("records")?, last.try_get("iteration")?);
    let iteration = if note.continues { last.max(1) } else { last + 1 };
    for (kind, fields) in note.records {
        if number >= count(limits::DEBUG_RECORDS_PER_CALL) {
            break;
        }
        query(
            "INSERT INTO debug_records (call_id, number, iteration, at, kind, fields)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&note.call_id)
        .bind(number)
        .bind(iteration)
        .bind(moment(note.at))
        .bind(kind)
        .bind(fields)
        .execute(&mut *connection)
        .await?;
        number += 1;
    }
    Ok(())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn at(row: &SqliteRow, name: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_micros(row.try_get::<i64, _>(name)?.unsigned_abs()))
}

fn call(row: &SqliteRow) -> Result<DebugCall, StoreError> {
    Ok(DebugCall {
        call_id: row.try_get("call_id")?,
        account_id: row.try_get("account_id")?,
        node: row.try_get("node")?,
        created: at(row, "created_at")?,
        uri: row.try_get("uri")?,
        status: row.try_get("status")?,
        has_schema_errors: row.try_get("schema_errors")?,
        has_json_errors: row.try_get("json_errors")?,
    })
}

fn record(row: &SqliteRow) -> Result<DebugRecord, StoreError> {
    let iteration: i64 = row.try_get("iteration")?;
    Ok(DebugRecord {
        iteration: iteration.unsigned_abs(),
        at: at(row, "at")?,
        kind: row.try_get("kind")?,
        fields: row.try_get("fields")?,
    })
}
