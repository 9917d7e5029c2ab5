//! What the owner of a job says of it, and whom they show it to.

use super::shown::count_job;
use super::words::note_comment;
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::{AccountId, JobId};

/// What changes of a job; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobEdit {
    /// Its owner's note.
    pub comment: Option<String>,
    /// Whether everybody sees it, with its images.
    pub is_public: Option<bool>,
}

impl Store {
    /// Changes what the owner says of a job. `false`: there is no such job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn edit_job(&self, job: JobId, edit: &JobEdit) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        count_job(&mut change, job, -1).await?;
        let changed = sqlx::query(
            "UPDATE job SET comment = COALESCE(?, comment), is_public = COALESCE(?, is_public) WHERE id = ?",
        )
        .bind(&edit.comment)
        .bind(edit.is_public)
        .bind(job.to_string())
        .execute(&mut *change)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        count_job(&mut change, job, 1).await?;
        if let Some(comment) = &edit.comment {
            note_comment(&mut change, job, comment).await?;
        }
        change.commit().await?;
        Ok(true)
    }

    /// Shows a job to somebody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn share_job(&self, job: JobId, account: AccountId) -> Result<(), StoreError> {
        let mut change = self.write().await?;
        count_job(&mut change, job, -1).await?;
        sqlx::query(
            "INSERT INTO job_viewer (job_id, account_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(job.to_string())
        .bind(account.to_string())
        .execute(&mut *change)
        .await?;
        count_job(&mut change, job, 1).await?;
        change.commit().await?;
        Ok(())
    }

    /// Shows a job to somebody no longer. `false`: it was not shown to them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unshare_job(&self, job: JobId, account: AccountId) -> Result<bool, StoreError> {
        let mut change = self.write().await?;
        count_job(&mut change, job, -1).await?;
        let removed = sqlx::query("DELETE FROM job_viewer WHERE job_id = ? AND account_id = ?")
            .bind(job.to_string())
            .bind(account.to_string())
            .execute(&mut *change)
            .await?;
        count_job(&mut change, job, 1).await?;
        change.commit().await?;
        Ok(removed.rows_affected() > 0)
    }

    /// Names of the accounts that a job is shown to, at most 1000.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_viewers(&self, job: JobId) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar(
            "SELECT username FROM job_viewer JOIN account ON account.id = account_id
             WHERE job_id = ? ORDER BY username LIMIT 1000",
        )
        .bind(job.to_string())
        .fetch_all(self.read())
        .await?;
        Ok(names)
    }
}
