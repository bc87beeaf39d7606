//! What can go wrong with the database.

use std::path::PathBuf;

/// Why something could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Two servers must not share a file: each would take the other's calls for lost ones.
    #[error("{} is in use by another pivot process", .0.display())]
    InUse(PathBuf),
    /// The file, or its lock file beside it, cannot be opened.
    #[error("cannot open the database {}: {reason}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The tables cannot be brought up to date.
    #[error("cannot bring the database up to date: {0}")]
    Migrate(String),
    /// SQLite refused.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A row does not hold what this version expects.
    #[error("database: {0}")]
    Row(String),
    /// The whole transaction failed although this part of it was sound.
    #[error("database: the transaction failed: {0}")]
    Commit(String),
    /// The store was closed.
    #[error("the database has been closed")]
    Closed,
}
