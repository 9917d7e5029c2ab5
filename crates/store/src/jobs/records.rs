//! One job in full: its row, its values, what has happened to it; and how many there are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::FromRow;

use super::shown::jobs_in;
use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::{AccountId, JobId, ValueId};
use crate::tally::ALL;
use crate::time::from_text;
use crate::viewer::Viewer;

/// A change of state that has happened.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// From 1, without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The state's word.
    pub state: String,
    /// The state in full.
    pub detail: Value,
}

#[derive(FromRow)]
struct RecordRow {
    number: i64,
    at: String,
    state: String,
    detail: String,
}

impl Store {
    /// One job, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, job: JobId) -> Result<Option<StoredJob>, StoreError> {
        let row: Option<JobRow> = sqlx::query_as("SELECT * FROM job WHERE id = ?")
            .bind(job.to_string())
            .fetch_optional(self.read())
            .await?;
        row.map(StoredJob::try_from).transpose()
    }

    /// Whether somebody may see a job: its owner, those it is shared with, administrators; everybody if it is public.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn may_view_job(&self, viewer: Viewer, job: JobId) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM job WHERE id = ? AND (? OR creator_id = ? OR is_public
                 OR EXISTS (SELECT 1 FROM job_viewer WHERE job_id = job.id AND account_id = ?))",
        )
        .bind(job.to_string())
        .bind(viewer.is_administrator)
        .bind(viewer.column())
        .bind(viewer.column())
        .fetch_one(self.read())
        .await?;
        Ok(found > 0)
    }

    /// The inputs and outputs of a job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_values(&self, job: JobId) -> Result<(Vec<ValueId>, Vec<ValueId>), StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT direction, value_id FROM job_value WHERE job_id = ? ORDER BY value_id",
        )
        .bind(job.to_string())
        .fetch_all(self.read())
        .await?;
        let of = |direction: &str| {
            let rows = rows.iter().filter(|(found, _)| found == direction);
            rows.map(|(_, value)| ValueId(*value)).collect()
        };
        Ok((of("input"), of("output")))
    }

    /// What has happened to a job after event `after`, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_records(&self, job: JobId, after: u64) -> Result<Vec<JobRecord>, StoreError> {
        let rows: Vec<RecordRow> = sqlx::query_as(
            "SELECT number, at, state, detail FROM job_event WHERE job_id = ? AND number > ? ORDER BY number",
        )
        .bind(job.to_string())
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(JobRecord {
                    number: row.number.unsigned_abs(),
                    at: from_text("job_event.at", &row.at)?,
                    state: row.state,
                    detail: from_json("job_event.detail", &row.detail)?,
                })
            })
            .collect()
    }

    /// How many jobs of somebody have not ended; those of runs over archives do not count.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_active_jobs(&self, creator: AccountId) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM job WHERE creator_id = ? AND archive_run_id IS NULL AND state IN
                 ('validating', 'queued', 'provisioning', 'executing', 'parsing')",
        )
        .bind(creator.to_string())
        .fetch_one(self.read())
        .await?;
        Ok(count.unsigned_abs())
    }

    /// How many jobs wait to be claimed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_queued_jobs(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM job WHERE state = 'queued'")
            .fetch_one(self.read())
            .await?;
        Ok(count.unsigned_abs())
    }

    /// How many jobs there are in each state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_jobs(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT state, COUNT(*) FROM job WHERE state IN ('validating', 'queued', 'provisioning', 'executing', 'parsing')
             GROUP BY state",
        )
        .fetch_all(self.read())
        .await?;
        let standing = rows.into_iter();
        let mut counts: BTreeMap<String, u64> = standing
            .map(|(state, count)| (state, count.unsigned_abs()))
            .collect();
        // Those that have ended are many, and counted when they end.
        for state in ["succeeded", "failed", "cancelled"] {
            let ended = self.tally(&jobs_in(state), &[ALL]).await?;
            if ended > 0 {
                counts.insert(state.to_owned(), ended);
            }
        }
        Ok(counts)
    }
}
