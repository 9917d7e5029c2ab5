//! Opening the database: one connection that writes, several that read.

use std::str::FromStr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, SqlStr, Sqlite, Transaction};

use crate::blobs::Blobs;
use crate::error::StoreError;
use crate::uploads::PartFiles;

/// Every step that the tables have taken, in order; what was released is never changed.
const STEPS: &[(i64, &str, &str)] = &[
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
    (
        3,
        "queue",
        include_str!("../migrations/sqlite/0003_queue.sql"),
    ),
    (
        4,
        "cases",
        include_str!("../migrations/sqlite/0004_cases.sql"),
    ),
    (
        5,
        "quotas",
        include_str!("../migrations/sqlite/0005_quotas.sql"),
    ),
    (
        6,
        "tally",
        include_str!("../migrations/sqlite/0006_tally.sql"),
    ),
    (
        7,
        "unnamed",
        include_str!("../migrations/sqlite/0007_unnamed.sql"),
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
    /// It is there to be read only, and of another version.
    #[error("the database `{path}` is of version {found}, expected {expected}")]
    Version {
        /// Which.
        path: Utf8PathBuf,
        /// Steps that it has taken.
        found: i64,
        /// Steps that this program knows.
        expected: i64,
    },
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
            // A full disk ends a transaction without being asked to. The connection would go on to think that it is in one,
            // and refuse the next; so it is given up for a new one.
            .before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            })
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

    /// Opens what is there for reading, also beside a server that works on it. Changes fail.
    ///
    /// # Errors
    /// When there is no database, or it is of another version.
    pub async fn open_to_read(home: &Utf8Path) -> Result<Store, OpenStoreError> {
        let unusable = |source| OpenStoreError::Folder {
            path: home.to_owned(),
            source,
        };
        let path = home.join("gantry.db");
        let failed = |source| OpenStoreError::Open {
            path: path.clone(),
            source,
        };
        let options = SqliteConnectOptions::from_str("sqlite://")
            .map_err(failed)?
            .filename(&path)
            .read_only(true)
            .busy_timeout(BUSY);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE)
            .connect_with(options)
            .await
            .map_err(failed)?;
        let found: i64 = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
            .fetch_one(&readers)
            .await
            .map_err(failed)?;
        let expected = STEPS[STEPS.len() - 1].0;
        if found != expected {
            return Err(OpenStoreError::Version {
                path,
                found,
                expected,
            });
        }
        Ok(Store {
            writer: readers.clone(),
            readers,
            blobs: Blobs::open(&home.join("blobs")).map_err(unusable)?,
            parts: PartFiles::open(&home.join("uploads")).map_err(unusable)?,
        })
    }

    /// Reads the whole database and says what is wrong with it: damaged pages, rows that refer to rows that are not there.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub async fn database_damages(&self) -> Result<Vec<String>, StoreError> {
        let mut damages: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&self.readers)
            .await?;
        damages.retain(|said| said != "ok");
        let loose: Vec<(String, Option<i64>, String, i64)> =
            sqlx::query_as("PRAGMA foreign_key_check")
                .fetch_all(&self.readers)
                .await?;
        damages.extend(loose.into_iter().map(|(table, row, parent, _)| {
            let row = row.map_or_else(|| "?".to_owned(), |row| row.to_string());
            format!("row {row} of `{table}` refers to a row of `{parent}` that is not there")
        }));
        Ok(damages)
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
    let steps = STEPS.iter().map(|&(version, name, sql)| {
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
