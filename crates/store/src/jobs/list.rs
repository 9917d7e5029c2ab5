//! Finding jobs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sqlx::FromRow;

use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::{AccountId, AlgorithmId, ArchiveRunId, ImageId, JobId, ValueId};
use crate::page::{Listed, Page};
use crate::time::from_text;
use crate::viewer::Viewer;

/// Which jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct JobFilter {
    /// Of an algorithm.
    pub algorithm: Option<AlgorithmId>,
    /// Of somebody.
    pub creator: Option<AccountId>,
    /// With an input image.
    pub input_image: Option<ImageId>,
    /// That gave an image.
    pub output_image: Option<ImageId>,
    /// Of a run over an archive.
    pub archive_run: Option<ArchiveRunId>,
    /// In a state, by its word.
    pub state: Option<&'static str>,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOrder {
    /// As submitted, for clients that walk through pages.
    OldestFirst,
    /// For people.
    NewestFirst,
}

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

/// What a job must be to be listed. The order of the placeholders is that of [`Store::jobs`].
macro_rules! visible_jobs {
    ($start:literal, $end:literal) => {
        concat!(
            $start,
            " FROM job WHERE (? OR creator_id = ? OR is_public
                 OR EXISTS (SELECT 1 FROM job_viewer WHERE job_id = job.id AND account_id = ?))
               AND (? IS NULL OR algorithm_id = ?) AND (? IS NULL OR creator_id = ?)
               AND (? IS NULL OR archive_run_id = ?) AND (? IS NULL OR state = ?)
               AND (? IS NULL OR EXISTS (SELECT 1 FROM job_value JOIN value ON value.id = value_id
                   WHERE job_id = job.id AND direction = 'input' AND image_id = ?))
               AND (? IS NULL OR EXISTS (SELECT 1 FROM job_value JOIN value ON value.id = value_id
                   WHERE job_id = job.id AND direction = 'output' AND image_id = ?))",
            $end
        )
    };
}

/// Binds what [`visible_jobs`] asks for.
macro_rules! bound {
    ($query:expr, $viewer:expr, $filter:expr) => {{
        let viewer = $viewer.column();
        let algorithm = $filter.algorithm.map(|id| id.to_string());
        let creator = $filter.creator.map(|id| id.to_string());
        let run = $filter.archive_run.map(|id| id.to_string());
        let input = $filter.input_image.map(|id| id.to_string());
        let output = $filter.output_image.map(|id| id.to_string());
        $query
            .bind($viewer.is_administrator)
            .bind(viewer.clone())
            .bind(viewer)
            .bind(algorithm.clone())
            .bind(algorithm)
            .bind(creator.clone())
            .bind(creator)
            .bind(run.clone())
            .bind(run)
            .bind($filter.state)
            .bind($filter.state)
            .bind(input.clone())
            .bind(input)
            .bind(output.clone())
            .bind(output)
    }};
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

    /// Those that somebody may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(
        &self,
        viewer: Viewer,
        filter: &JobFilter,
        (page, order): (Page, JobOrder),
    ) -> Result<Listed<StoredJob>, StoreError> {
        const COUNT: &str = visible_jobs!("SELECT COUNT(*)", "");
        const OLDEST: &str = visible_jobs!("SELECT *", " ORDER BY created_at, id LIMIT ? OFFSET ?");
        const NEWEST: &str = visible_jobs!(
            "SELECT *",
            " ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?"
        );
        let count: i64 = bound!(sqlx::query_scalar(COUNT), viewer, filter)
            .fetch_one(self.read())
            .await?;
        let text = match order {
            JobOrder::OldestFirst => OLDEST,
            JobOrder::NewestFirst => NEWEST,
        };
        let (limit, offset) = page.columns();
        let rows: Vec<JobRow> = bound!(sqlx::query_as(text), viewer, filter)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.read())
            .await?;
        let items: Result<Vec<StoredJob>, StoreError> =
            rows.into_iter().map(StoredJob::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
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
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, COUNT(*) FROM job GROUP BY state")
                .fetch_all(self.read())
                .await?;
        let pairs = rows
            .into_iter()
            .map(|(state, count)| (state, count.unsigned_abs()));
        Ok(pairs.collect())
    }
}
