//! Taking a job away, with everything that only it has.

use sqlx::{Sqlite, Transaction};

use super::change::{ApplyError, job_in};
use super::shown::{count_ended, count_job};
use crate::database::Store;
use crate::error::StoreError;
use crate::ids::JobId;
use crate::values::drop_values;

/// A job could not be taken away.
#[derive(Debug, thiserror::Error)]
pub enum DeleteJobError {
    /// There is no such job.
    #[error("there is no job `{0}`")]
    Gone(JobId),
    /// It has not ended.
    #[error("the job is `{state}`, expected one that has ended: cancel it first")]
    Active {
        /// Where it stands.
        state: &'static str,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Takes a job that has ended away: its events, its values and output images that nothing else uses. Uploaded images
    /// stay with whoever brought them. Bytes that nothing names any more go with the next [`Store::sweep_unnamed`].
    ///
    /// # Errors
    /// When it has not ended, or the database fails.
    pub async fn delete_job(&self, job: JobId) -> Result<(), DeleteJobError> {
        let mut change = self.write().await?;
        let found = job_in(&mut change, job)
            .await
            .map_err(|problem| match problem {
                ApplyError::Store(problem) => DeleteJobError::Store(problem),
                ApplyError::Gone(_) | ApplyError::Impossible(_) | ApplyError::NotOwner { .. } => {
                    DeleteJobError::Gone(job)
                }
            })?;
        if !found.state.is_final() {
            return Err(DeleteJobError::Active {
                state: found.state.word(),
            });
        }
        count_ended(&mut change, (found.state.word(), found.created_at), -1).await?;
        delete(&mut change, job).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

async fn delete(change: &mut Transaction<'static, Sqlite>, job: JobId) -> Result<(), StoreError> {
    let id = job.to_string();
    let values: Vec<(i64, String)> =
        sqlx::query_as("SELECT value_id, direction FROM job_value WHERE job_id = ?")
            .bind(&id)
            .fetch_all(&mut **change)
            .await?;
    let (outputs, inputs): (Vec<_>, Vec<_>) = values
        .into_iter()
        .partition(|(_, direction)| direction == "output");
    count_job(change, job, -1).await?;
    let numbers = |values: Vec<(i64, String)>| values.into_iter().map(|(number, _)| number);
    for statement in [
        "DELETE FROM job_value WHERE job_id = ?",
        "DELETE FROM job_pending WHERE job_id = ?",
        "DELETE FROM job_viewer WHERE job_id = ?",
        "DELETE FROM job_event WHERE job_id = ?",
        "DELETE FROM job_word WHERE job_id = ?",
        "DELETE FROM image_shown WHERE via = ?",
        "DELETE FROM job WHERE id = ?",
    ] {
        sqlx::query(statement)
            .bind(&id)
            .execute(&mut **change)
            .await?;
    }
    let (outputs, inputs): (Vec<i64>, Vec<i64>) =
        (numbers(outputs).collect(), numbers(inputs).collect());
    drop_values(change, &inputs, false).await?;
    drop_values(change, &outputs, true).await
}
