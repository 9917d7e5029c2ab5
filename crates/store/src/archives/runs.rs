//! Runs of one algorithm over all items of an archive. The jobs name the run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Sqlite, Transaction};

use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{AccountId, AlgorithmId, ArchiveId, ArchiveItemId, ArchiveRunId, JobId};
use crate::jobs::{JobOrigin, NewJob, submit_in};
use crate::page::{Listed, Page};
use crate::time::{from_text, to_text};

/// A run over an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRun {
    /// Its id.
    pub id: ArchiveRunId,
    /// On what.
    pub archive: ArchiveId,
    /// Which algorithm.
    pub algorithm: AlgorithmId,
    /// Who asked for it.
    pub creator: Option<AccountId>,
    /// Items without a job.
    pub skipped: Vec<SkippedItem>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// An item whose values fit no interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedItem {
    /// Which.
    pub item: ArchiveItemId,
    /// Why.
    pub reason: String,
}

#[derive(FromRow)]
struct RunRow {
    id: String,
    archive_id: String,
    algorithm_id: String,
    creator_id: Option<String>,
    skipped: String,
    created_at: String,
}

impl TryFrom<RunRow> for ArchiveRun {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<ArchiveRun, StoreError> {
        let creator = row.creator_id.as_deref().map(AccountId::read);
        Ok(ArchiveRun {
            id: ArchiveRunId::read(&row.id)?,
            archive: ArchiveId::read(&row.archive_id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            creator: creator.transpose()?,
            skipped: from_json("archive_run.skipped", &row.skipped)?,
            created_at: from_text("archive_run.created_at", &row.created_at)?,
        })
    }
}

/// A job of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunJob {
    /// Its id.
    pub id: JobId,
    /// The state's word.
    pub state: String,
    /// Code of the reason of a failure.
    pub failure_code: Option<String>,
    /// The item; it may be gone by now.
    pub item: Option<ArchiveItemId>,
    /// The item's title when the run was asked for.
    pub title: String,
    /// How long the program took, seconds.
    pub run_seconds: Option<f64>,
}

#[derive(FromRow)]
struct RunJobRow {
    id: String,
    state: String,
    failure_code: Option<String>,
    archive_item_id: Option<String>,
    archive_item_title: String,
    run_seconds: Option<f64>,
}

impl TryFrom<RunJobRow> for RunJob {
    type Error = StoreError;

    fn try_from(row: RunJobRow) -> Result<RunJob, StoreError> {
        let item = row.archive_item_id.as_deref().map(ArchiveItemId::read);
        Ok(RunJob {
            id: JobId::read(&row.id)?,
            state: row.state,
            failure_code: row.failure_code,
            item: item.transpose()?,
            title: row.archive_item_title,
            run_seconds: row.run_seconds,
        })
    }
}

impl Store {
    /// Notes a run, before its jobs are submitted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_archive_run(
        &self,
        (archive, algorithm): (ArchiveId, AlgorithmId),
        creator: Option<AccountId>,
        skipped: &[SkippedItem],
        now: Timestamp,
    ) -> Result<ArchiveRunId, StoreError> {
        let mut change = self.write().await?;
        let id = insert_run(&mut change, (archive, algorithm), (creator, skipped), now).await?;
        change.commit().await?;
        Ok(id)
    }

    /// Notes a run and submits its jobs, all or none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start_archive_run(
        &self,
        (archive, algorithm): (ArchiveId, AlgorithmId),
        creator: Option<AccountId>,
        (skipped, jobs): (&[SkippedItem], &[(NewJob, JobOrigin)]),
        now: Timestamp,
    ) -> Result<ArchiveRunId, StoreError> {
        let mut change = self.write().await?;
        let id = insert_run(&mut change, (archive, algorithm), (creator, skipped), now).await?;
        for (job, origin) in jobs {
            let job = NewJob {
                archive_run: Some(id),
                ..job.clone()
            };
            submit_in(&mut change, (&job, origin), now).await?;
        }
        change.commit().await?;
        Ok(id)
    }

    /// How many jobs of a run stand in each state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_run_jobs(
        &self,
        id: ArchiveRunId,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT state, COUNT(*) FROM job WHERE archive_run_id = ? GROUP BY state",
        )
        .bind(id.to_string())
        .fetch_all(self.read())
        .await?;
        let pairs = rows.into_iter();
        Ok(pairs
            .map(|(state, count)| (state, count.unsigned_abs()))
            .collect())
    }

    /// Jobs of a run in the order of their submission, after job `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn run_jobs(
        &self,
        id: ArchiveRunId,
        (after, most): (Option<JobId>, u32),
    ) -> Result<Vec<RunJob>, StoreError> {
        let rows: Vec<RunJobRow> = sqlx::query_as(
            "SELECT id, state, failure_code, archive_item_id, archive_item_title, run_seconds FROM job
             WHERE archive_run_id = ? AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(id.to_string())
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(i64::from(most))
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(RunJob::try_from).collect()
    }

    /// The run with this id, whoever asks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_run(&self, id: ArchiveRunId) -> Result<Option<ArchiveRun>, StoreError> {
        let row: Option<RunRow> = sqlx::query_as("SELECT * FROM archive_run WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        row.map(ArchiveRun::try_from).transpose()
    }

    /// The runs over an archive, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_runs(
        &self,
        archive: ArchiveId,
        page: Page,
    ) -> Result<Listed<ArchiveRun>, StoreError> {
        self.archive_runs_of(archive, None, page).await
    }

    /// [`Store::archive_runs`], of all or of one person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn archive_runs_of(
        &self,
        archive: ArchiveId,
        creator: Option<AccountId>,
        page: Page,
    ) -> Result<Listed<ArchiveRun>, StoreError> {
        let creator = creator.map(|id| id.to_string());
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM archive_run WHERE archive_id = ? AND (? IS NULL OR creator_id = ?)",
        )
        .bind(archive.to_string())
        .bind(&creator)
        .bind(&creator)
        .fetch_one(self.read())
        .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT * FROM archive_run WHERE archive_id = ? AND (? IS NULL OR creator_id = ?)
             ORDER BY created_at, id LIMIT ? OFFSET ?",
        )
        .bind(archive.to_string())
        .bind(&creator)
        .bind(&creator)
        .bind(limit)
        .bind(offset)
        .fetch_all(self.read())
        .await?;
        let items: Result<Vec<ArchiveRun>, StoreError> =
            rows.into_iter().map(ArchiveRun::try_from).collect();
        Ok(Listed {
            count: count.unsigned_abs(),
            items: items?,
        })
    }
}

async fn insert_run(
    change: &mut Transaction<'static, Sqlite>,
    (archive, algorithm): (ArchiveId, AlgorithmId),
    (creator, skipped): (Option<AccountId>, &[SkippedItem]),
    now: Timestamp,
) -> Result<ArchiveRunId, StoreError> {
    let id = ArchiveRunId::new();
    sqlx::query(
        "INSERT INTO archive_run (id, archive_id, algorithm_id, creator_id, skipped, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(archive.to_string())
    .bind(algorithm.to_string())
    .bind(creator.map(|id| id.to_string()))
    .bind(to_json(&skipped))
    .bind(to_text(now))
    .execute(&mut **change)
    .await?;
    Ok(id)
}
