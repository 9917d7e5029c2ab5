//! What the stored bytes are for, and what a machine has kept of its promises; for the operator.

use domain::RunReport;
use jiff::Timestamp;
use sqlx::FromRow;

use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::JobId;
use crate::time::from_text;

/// Blobs that are for the same, counted once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct BlobShare {
    /// How many.
    pub count: i64,
    /// Bytes of all of them.
    pub bytes: i64,
}

/// What the blobs are for. One that is for several things counts for the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobShares {
    /// Medical images.
    pub images: BlobShare,
    /// Files that fill sockets.
    pub files: BlobShare,
    /// Weights of algorithms.
    pub models: BlobShare,
    /// Logs of jobs.
    pub logs: BlobShare,
    /// Uploads that have become nothing else, and what nothing names any more.
    pub others: BlobShare,
}

impl Store {
    /// What the blobs are for. Looks at every blob once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn blob_shares(&self) -> Result<BlobShares, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT part, COUNT(*), COALESCE(SUM(size), 0) FROM (SELECT size, CASE
                 WHEN digest IN (SELECT blob_digest FROM image) THEN 'images'
                 WHEN digest IN (SELECT blob_digest FROM value WHERE blob_digest IS NOT NULL) THEN 'files'
                 WHEN digest IN (SELECT blob_digest FROM algorithm_model WHERE blob_digest IS NOT NULL) THEN 'models'
                 WHEN digest IN (SELECT blob_digest FROM algorithm_cases) THEN 'files'
                 WHEN digest IN (SELECT log_digest FROM job WHERE log_digest IS NOT NULL) THEN 'logs'
                 ELSE 'others' END AS part FROM blob) AS parts GROUP BY part",
        )
        .fetch_all(self.read())
        .await?;
        let of = |part: &str| {
            let found = rows.iter().find(|(name, ..)| name == part);
            found.map_or(BlobShare { count: 0, bytes: 0 }, |(_, count, bytes)| {
                BlobShare {
                    count: *count,
                    bytes: *bytes,
                }
            })
        };
        Ok(BlobShares {
            images: of("images"),
            files: of("files"),
            models: of("models"),
            logs: of("logs"),
            others: of("others"),
        })
    }

    /// The last job that a container was started for, when that was, and its report.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_report(&self) -> Result<Option<(JobId, Timestamp, RunReport)>, StoreError> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT id, created_at, report FROM job WHERE report IS NOT NULL ORDER BY created_at DESC LIMIT 20",
        )
        .fetch_all(self.read())
        .await?;
        for (id, at, report) in rows {
            let report: RunReport = from_json("job.report", &report)?;
            if report.isolation.is_some() {
                let at = from_text("job.created_at", &at)?;
                return Ok(Some((JobId::read(&id)?, at, report)));
            }
        }
        Ok(None)
    }
}
