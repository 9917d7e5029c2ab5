//! Times by which a state must have been left.
//!
//! The deadlines that are stored are times of the wall clock, for people. Whoever ends jobs that are late must judge by a
//! clock that never jumps.
use jiff::Timestamp;

use super::StoredJob;
use super::change::deadline;
use crate::database::Store;
use crate::error::StoreError;

impl Store {
    /// Jobs in states that must be left after a time: they wait for their inputs, or somebody works on them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn timed_jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        self.jobs_in_states(
            "SELECT * FROM job WHERE state IN ('validating', 'provisioning', 'executing', 'parsing') ORDER BY id",
        )
        .await
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
