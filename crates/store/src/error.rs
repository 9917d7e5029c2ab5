//! What can go wrong between a question and the database.

/// The database or the bytes could not do what was asked. Whatever a caller is told, this is our fault or the disk's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached: locked, full, corrupt.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what no version of Gantry wrote.
    #[error("`{place}` in the database holds `{found}`: {problem}")]
    Corrupt {
        /// Table and column.
        place: &'static str,
        /// What is there, shortened.
        found: String,
        /// Why it cannot be.
        problem: String,
    },
    /// Bytes could not be kept or found.
    #[error(transparent)]
    Blob(#[from] crate::blobs::BlobError),
}

/// What of a failure goes away by itself or by an operator's hand, so that trying again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// The disk is full or cannot be written.
    Disk,
    /// Somebody else holds the database, or no connection came free in time.
    Busy,
}

impl StoreError {
    /// Whether it is worth trying again later; `None` for what stays wrong.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        match self {
            StoreError::Database(sqlx::Error::PoolTimedOut) => Some(Failing::Busy),
            StoreError::Database(sqlx::Error::Database(error)) => {
                // SQLite's primary codes: SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL; SQLITE_IOERR where it could not write.
                let code = error.code()?.parse::<u32>().ok()?;
                match code & 0xff {
                    5 | 6 => Some(Failing::Busy),
                    10 | 13 => Some(Failing::Disk),
                    _ => None,
                }
            }
            StoreError::Database(sqlx::Error::Io(error)) => full(error),
            StoreError::Blob(crate::blobs::BlobError::Disk { source, .. }) => full(source),
            StoreError::Database(_) | StoreError::Corrupt { .. } | StoreError::Blob(_) => None,
        }
    }
}

fn full(error: &std::io::Error) -> Option<Failing> {
    let is_full = matches!(
        error.kind(),
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
    );
    is_full.then_some(Failing::Disk)
}

/// Reads a JSON column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    place: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(place, text, &error))
}

/// A column that cannot be read.
pub(crate) fn corrupt(
    place: &'static str,
    found: &str,
    problem: &dyn std::fmt::Display,
) -> StoreError {
    StoreError::Corrupt {
        place,
        found: found.chars().take(100).collect(),
        problem: problem.to_string(),
    }
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types have string keys only")
}

/// True for the violation of a unique column or key.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
