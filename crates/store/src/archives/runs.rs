//! Runs of one algorithm over all items of an archive. The jobs name the run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{AccountId, AlgorithmId, ArchiveId, ArchiveItemId, ArchiveRunId};
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
        let id = ArchiveRunId::new();
        let mut change = self.write().await?;
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
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(id)
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
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM archive_run WHERE archive_id = ?")
                .bind(archive.to_string())
                .fetch_one(self.read())
                .await?;
        let (limit, offset) = page.columns();
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT * FROM archive_run WHERE archive_id = ? ORDER BY created_at, id LIMIT ? OFFSET ?",
        )
        .bind(archive.to_string())
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
