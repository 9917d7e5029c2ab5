//! Opening the database: one connection that writes, several that read.

use std::str::FromStr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlStr, Sqlite, Transaction};

use crate::blobs::Blobs;
use crate::error::StoreError;
use crate::uploads::PartFiles;

/// Every step that the tables have taken, in order; what was released is never changed.
const STEPS: [(i64, &str, &str); 2] = [
    (
        1,
        "start",
        include_str!("../migrations/sqlite/0001_start.sql"),
    ),
    (
        2,
        "lists",
        include_str!("../migrations/sqlite/0002_lists.sql"),
    ),
];

/// Connections that read at the same time.
const READERS: u32 = 8;
/// How long a writer of another process may keep us waiting.
const BUSY: Duration = Duration::from_secs(10);
/// How long a question may wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(30);

/// The database and the bytes of one installation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    readers: SqlitePool,
    writer: SqlitePool,
    blobs: Blobs,
    parts: PartFiles,
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// The folder cannot be used.
    #[error("the data folder `{path}` cannot be used: {source}")]
    Folder {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no database, or of a newer version.
    #[error("the database `{path}` cannot be opened: {source}")]
    Open {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// What the tables of this version need besides could not be written.
    #[error(transparent)]
    Fill(#[from] StoreError),
    /// It could not be brought to this version.
    #[error("the database `{path}` cannot be brought to this version: {source}")]
    Migrate {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
}

impl Store {
    /// Opens `home/gantry.db`, `home/blobs` and `home/uploads`, makes what is missing and brings the tables to this version.
    ///
    /// # Errors
    /// When the folder cannot be written, or holds a database of a newer version.
    pub async fn open(home: &Utf8Path) -> Result<Store, OpenStoreError> {
        let unusable = |source| OpenStoreError::Folder {
            path: home.to_owned(),
            source,
        };
        let blobs = Blobs::open(&home.join("blobs")).map_err(unusable)?;
        let parts = PartFiles::open(&home.join("uploads")).map_err(unusable)?;
        let path = home.join("gantry.db");
        let failed = |source| OpenStoreError::Open {
            path: path.clone(),
            source,
        };
        let options = SqliteConnectOptions::from_str("sqlite://")
            .map_err(failed)?
            .filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on the disk before anybody is told of it.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        migrations()
            .run(&writer)
            .await
            .map_err(|source| OpenStoreError::Migrate {
                path: path.clone(),
                source,
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options.read_only(true))
            .await
            .map_err(failed)?;
        let store = Store {
            readers,
            writer,
            blobs,
            parts,
        };
        store.fill_job_words().await?;
        Ok(store)
    }

    /// Where bytes lie.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Where the parts of open uploads lie.
    #[must_use]
    pub fn part_files(&self) -> &PartFiles {
        &self.parts
    }

    /// For questions.
    pub(crate) fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// For changes: a transaction that no other writer can disturb. Nothing is kept unless it is committed.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Whether the database answers; for health checks.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Writes a consistent copy of the database to `target` while others go on working.
    ///
    /// # Errors
    /// When `target` exists or cannot be written.
    pub async fn copy_database(&self, target: &Utf8Path) -> Result<(), StoreError> {
        let mut connection = self.readers.acquire().await?;
        sqlx::query("VACUUM INTO ?")
            .bind(target.as_str())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }

    /// Waits for what is being written and closes all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn migrations() -> Migrator {
    let steps = STEPS.into_iter().map(|(version, name, sql)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(steps.collect())
}

/// Hands out the next number of a counter.
pub(crate) async fn next_number(
    change: &mut Transaction<'static, Sqlite>,
    counter: &str,
) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar(
        "INSERT INTO counter (name, number) VALUES (?, 1)
         ON CONFLICT (name) DO UPDATE SET number = counter.number + 1 RETURNING number",
    )
    .bind(counter)
    .fetch_one(&mut **change)
    .await?;
    Ok(number)
}
