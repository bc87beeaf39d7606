//! Opening the database, and who reads and who writes.

use super::{
    StoreError,
    writer::{Frame, Writer},
};
use crate::{base::limits, config};
use futures_util::future::BoxFuture;
use sqlx::{
    ConnectOptions, SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    borrow::Cow,
    fs::{File, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Every step that the tables have taken, oldest first. A step that was released never changes.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "outbox", include_str!("../../migrations/sqlite/0001_outbox.sql")),
    (2, "guard_rules", include_str!("../../migrations/sqlite/0002_guard_rules.sql")),
    (3, "debug", include_str!("../../migrations/sqlite/0003_debug.sql")),
    (4, "uploads", include_str!("../../migrations/sqlite/0004_uploads.sql")),
    (5, "places", include_str!("../../migrations/sqlite/0005_places.sql")),
];

/// The database. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Writer,
    /// `None` for a database in memory, which only its one connection can see.
    readers: Option<SqlitePool>,
}

impl Store {
    /// Opens the configured database: a file, or memory if no path is set.
    ///
    /// The file is created if it is missing and brought up to date if it is older. A second
    /// process that opens it gets [`StoreError::InUse`]; the lock goes with the process, however
    /// that ends. Claims that an earlier process held are free again.
    pub async fn open(config: &config::Store) -> Result<Self, StoreError> {
        if config.path.as_os_str().is_empty() {
            return Self::in_memory().await;
        }
        let lock = lock(&config.path)?;
        // URLs with credentials and who called whom are nobody else's business; SQLite gives its
        // other files the mode of this one.
        private_file(&config.path)?;
        let options = SqliteConnectOptions::new()
            .filename(&config.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on disk when it is answered, also after a loss of power.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(limits::STORE_BUSY);
        let connection = connect(&options, &config.path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(limits::STORE_READERS)
            .connect_lazy_with(options.create_if_missing(false).read_only(true));
        Ok(Self { writer: Writer::start(connection, Some(lock)), readers: Some(readers) })
    }

    /// A database that lives as long as its handles: for tests and for the demonstration.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let connection = connect(&options, Path::new(":memory:")).await?;
        Ok(Self { writer: Writer::start(connection, None), readers: None })
    }

    /// Finishes what was asked and closes the file. Later calls get [`StoreError::Closed`].
    pub async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.writer.close().await;
    }

    /// Runs `work` in a transaction and returns when it is durable.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.writer.run(Frame::Given, work).await
    }

    /// The same for `work` of one statement that is [`framed`](super::writer::framed): a word less to
    /// the database for each, and one for all that are committed together.
    pub(super) async fn write_framed<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.writer.run(Frame::Own, work).await
    }

    /// Runs `work`, which only reads.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        match &self.readers {
            None => self.writer.run(Frame::Given, work).await,
            Some(pool) => {
                let mut connection = pool.acquire().await.map_err(|error| match error {
                    sqlx::Error::PoolClosed => StoreError::Closed,
                    other => StoreError::Database(other),
                })?;
                work(&mut connection).await
            }
        }
    }
}

async fn connect(
    options: &SqliteConnectOptions,
    path: &Path,
) -> Result<SqliteConnection, StoreError> {
    let failed =
        |error: sqlx::Error| StoreError::Open { path: path.to_owned(), reason: error.to_string() };
    let mut connection = options.connect().await.map_err(failed)?;
    let steps = MIGRATIONS.iter().map(|&(version, name, sql)| {
        let name = Cow::Borrowed(name);
        Migration::new(version, name, MigrationType::Simple, sql.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(steps.collect());
    let migrated = migrator.run(&mut connection).await;
    migrated.map_err(|error| StoreError::Migrate(error.to_string()))?;
    // Nobody else has this file open (see `lock`): whoever claimed rows is gone.
    query("UPDATE deliveries SET claimed_until = NULL WHERE claimed_until IS NOT NULL")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

/// Takes the lock file beside the database. The system drops the lock when the process ends.
fn lock(database: &Path) -> Result<File, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push("-lock");
    let path = PathBuf::from(path);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_owned())),
        Err(TryLockError::Error(error)) => {
            Err(StoreError::Open { path, reason: error.to_string() })
        }
    }
}

/// Opens a file for writing; a new one is for its owner only.
fn private_file(path: &Path) -> Result<File, StoreError> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| StoreError::Open { path: path.to_owned(), reason: error.to_string() })
}
