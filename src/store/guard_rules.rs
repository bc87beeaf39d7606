//! Rules of the address guard that an operator added while the server ran.

use super::{GuardRule, GuardRules, Store, StoreError, deliveries::moment};
use crate::base::Timestamp;
use sqlx::{Row, SqliteConnection, query, query_scalar, sqlite::SqliteRow};

impl Store {
    /// All added rules.
    pub async fn guard_rules(&self) -> Result<GuardRules, StoreError> {
        self.read(|connection| Box::pin(all(connection))).await
    }

    /// Adds a rule. Gives whether it is new, and all rules as they are then.
    pub async fn add_guard_rule(&self, rule: GuardRule) -> Result<(bool, GuardRules), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let added = query(
                    "INSERT INTO guard_rules (kind, value, added_at) VALUES (?, ?, ?)
                     ON CONFLICT DO NOTHING",
                )
                .bind(rule.kind)
                .bind(rule.value)
                .bind(moment(rule.added))
                .execute(&mut *connection)
                .await?;
                changed(connection, added.rows_affected() > 0).await
            })
        })
        .await
    }

    /// Removes a rule. Gives whether it was there, and all rules as they are then.
    pub async fn remove_guard_rule(
        &self,
        kind: String,
        value: String,
    ) -> Result<(bool, GuardRules), StoreError> {
        self.write(move |connection| {
            Box::pin(async move {
                let removed = query("DELETE FROM guard_rules WHERE kind = ? AND value = ?")
                    .bind(kind)
                    .bind(value)
                    .execute(&mut *connection)
                    .await?;
                changed(connection, removed.rows_affected() > 0).await
            })
        })
        .await
    }
}

async fn changed(
    connection: &mut SqliteConnection,
    is_change: bool,
) -> Result<(bool, GuardRules), StoreError> {
    if is_change {
        query("UPDATE guard_revision SET revision = revision + 1")
            .execute(&mut *connection)
            .await?;
    }
    Ok((is_change, all(connection).await?))
}

async fn all(connection: &mut SqliteConnection) -> Result<GuardRules, StoreError> {
    let revision: i64 =
        query_scalar("SELECT revision FROM guard_revision").fetch_one(&mut *connection).await?;
    let rows = query("SELECT * FROM guard_rules ORDER BY added_at, kind, value")
        .fetch_all(connection)
        .await?;
    let rules = rows.iter().map(rule).collect::<Result<_, _>>()?;
    Ok(GuardRules { revision: revision.unsigned_abs(), rules })
}

fn rule(row: &SqliteRow) -> Result<GuardRule, StoreError> {
    Ok(GuardRule {
        kind: row.try_get("kind")?,
        value: row.try_get("value")?,
        added: Timestamp::from_micros(row.try_get::<i64, _>("added_at")?.unsigned_abs()),
    })
}
