//! Times by which a state must have been left.
//!
//! They are times of the wall clock, because they outlive a process. Whoever watches them also watches a clock that never
//! jumps, and moves them along when the wall clock does.

use jiff::{SignedDuration, Timestamp};

use super::change::deadline;
use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::StoreError;
use crate::time::{from_text, to_text};

impl Store {
    /// Jobs whose state should have been left by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn late_jobs(&self, now: Timestamp) -> Result<Vec<StoredJob>, StoreError> {
        let rows: Vec<JobRow> = sqlx::query_as(
            "SELECT * FROM job WHERE state IN ('validating', 'provisioning', 'executing', 'parsing') AND deadline < ?
             ORDER BY id",
        )
        .bind(to_text(now))
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(StoredJob::try_from).collect()
    }

    /// Moves every deadline, because the wall clock has jumped. How many.
    ///
    /// # Errors
    /// When the database fails; then none is moved.
    pub async fn move_deadlines(&self, by: SignedDuration) -> Result<usize, StoreError> {
        let mut change = self.write().await?;
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, deadline FROM job WHERE deadline IS NOT NULL
               AND state IN ('validating', 'provisioning', 'executing', 'parsing')",
        )
        .fetch_all(&mut *change)
        .await?;
        for (id, deadline) in &rows {
            let before = from_text("job.deadline", deadline)?;
            let after = before.checked_add(by).unwrap_or(before);
            sqlx::query("UPDATE job SET deadline = ? WHERE id = ?")
                .bind(to_text(after))
                .bind(id)
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(rows.len())
    }

    /// Gives jobs that wait for their inputs their whole time again: while there was no server, nobody could bring them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_validating(&self, now: Timestamp) -> Result<usize, StoreError> {
        let waiting = self.validating_jobs().await?;
        let mut change = self.write().await?;
        for job in &waiting {
            sqlx::query("UPDATE job SET deadline = ? WHERE id = ? AND state = 'validating'")
                .bind(deadline(&job.state, &job.limits, now))
                .bind(job.id.to_string())
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(waiting.len())
    }
}
