//! Inputs that are still on their way in.

use domain::Failure;
use domain::job::{JobEvent, JobState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};

use super::change::{ApplyError, JobChange, apply_in};
use super::submit::{link_value, note_words};
use crate::database::Store;
use crate::error::{StoreError, from_json, to_json};
use crate::ids::{ImageImportId, JobId, SocketId, UploadId};
use crate::values::{NewContent, insert_value};

/// An input socket that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub socket: SocketId,
    /// For what.
    pub source: PendingSource,
}

/// Where the value of a socket will come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingSource {
    /// Files that become an image.
    Import(ImageImportId),
    /// A file that has to be judged.
    Upload(UploadId),
}

impl Store {
    /// What a job still waits for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_inputs(&self, job: JobId) -> Result<Vec<Pending>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT socket_id, source FROM job_pending WHERE job_id = ? ORDER BY socket_id",
        )
        .bind(job.to_string())
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|(socket, source)| {
                Ok(Pending {
                    socket: SocketId(socket),
                    source: from_json("job_pending.source", &source)?,
                })
            })
            .collect()
    }

    /// An input has arrived; with the last one the job is queued. Does nothing for a job that no longer waits for it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn input_arrived(
        &self,
        job: JobId,
        (socket, content): (SocketId, &NewContent),
        now: Timestamp,
    ) -> Result<Option<JobState>, ApplyError> {
        let mut change = self.write().await?;
        let removed = sqlx::query("DELETE FROM job_pending WHERE job_id = ? AND socket_id = ?")
            .bind(job.to_string())
            .bind(socket.0)
            .execute(&mut *change)
            .await
            .map_err(StoreError::from)?;
        if removed.rows_affected() == 0 {
            return Ok(None);
        }
        let value = insert_value(&mut change, socket, content, now).await?;
        link_value(&mut change, job, "input", value).await?;
        note_words(&mut change, job, value).await?;
        let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM job_pending WHERE job_id = ?")
            .bind(job.to_string())
            .fetch_one(&mut *change)
            .await
            .map_err(StoreError::from)?;
        let state = if left == 0 {
            let event = JobChange::by_nobody(JobEvent::InputsAccepted);
            Some(apply_in(&mut change, job, event, now).await?)
        } else {
            None
        };
        change.commit().await.map_err(StoreError::from)?;
        Ok(state)
    }

    /// An input cannot be used: the job fails, and says which one and why.
    ///
    /// # Errors
    /// When the database fails, or the job has ended.
    pub async fn input_refused(
        &self,
        job: JobId,
        failure: Failure,
        now: Timestamp,
    ) -> Result<JobState, ApplyError> {
        let event = JobChange::by_nobody(JobEvent::Failed(Box::new(failure)));
        self.apply(job, event, now).await
    }
}

pub(super) async fn insert_pending(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    pending: &[Pending],
) -> Result<(), StoreError> {
    for Pending { socket, source } in pending {
        sqlx::query("INSERT INTO job_pending (job_id, socket_id, source) VALUES (?, ?, ?)")
            .bind(job.to_string())
            .bind(socket.0)
            .bind(to_json(source))
            .execute(&mut **change)
            .await?;
    }
    Ok(())
}
