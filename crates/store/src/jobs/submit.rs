//! A new job: its row, its values, its place in the queue.

use domain::job::JobState;
use domain::{GpuRequest, Limits};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::change::record;
use super::pending::{Pending, insert_pending};
use crate::database::{Store, next_number};
use crate::error::{StoreError, to_json};
use crate::ids::{
    AccountId, AlgorithmId, AlgorithmImageId, AlgorithmModelId, ArchiveRunId, InterfaceId, JobId,
    SocketId, ValueId,
};
use crate::time::to_text;
use crate::values::{NewContent, insert_value};

/// What is submitted.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What runs.
    pub algorithm: AlgorithmId,
    /// In which version.
    pub image: AlgorithmImageId,
    /// With which weights.
    pub model: Option<AlgorithmModelId>,
    /// On which sockets.
    pub interface: InterfaceId,
    /// Whose it is.
    pub creator: Option<AccountId>,
    /// The run over an archive that it belongs to.
    pub archive_run: Option<ArchiveRunId>,
    /// What it may use.
    pub limits: Limits,
    /// What fills its input sockets already.
    pub inputs: Vec<JobInput>,
    /// What is still on its way in; the job waits for it.
    pub pending: Vec<Pending>,
}

/// What fills an input socket.
#[derive(Debug, Clone)]
pub enum JobInput {
    /// A value that there is.
    Existing(ValueId),
    /// A new one.
    New(SocketId, NewContent),
}

impl Store {
    /// Submits a job: queued when all inputs are there, else validating.
    ///
    /// # Errors
    /// When the database fails; nothing is kept then.
    pub async fn submit(&self, job: &NewJob, now: Timestamp) -> Result<JobId, StoreError> {
        let mut change = self.write().await?;
        let id = JobId::new();
        let state = if job.pending.is_empty() {
            JobState::Queued { attempts: 0 }
        } else {
            JobState::Validating
        };
        insert_row(&mut change, (id, job), &state, now).await?;
        for input in &job.inputs {
            let value = match input {
                JobInput::Existing(value) => *value,
                JobInput::New(socket, content) => {
                    insert_value(&mut change, *socket, content, now).await?
                }
            };
            link_value(&mut change, id, "input", value).await?;
        }
        insert_pending(&mut change, id, &job.pending).await?;
        record(&mut change, id, &state, now).await?;
        change.commit().await?;
        Ok(id)
    }
}

async fn insert_row(
    change: &mut Transaction<'static, Sqlite>,
    (id, job): (JobId, &NewJob),
    state: &JobState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let turn = if state.is_claimable() {
        next_turn(change, job.creator).await?
    } else {
        0
    };
    let limits = &job.limits;
    let column = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO job (id, algorithm_id, algorithm_image_id, algorithm_model_id, interface_id, creator_id,
             archive_run_id, state, state_since, deadline, turn, limits, memory, millicpus, gpus, disk, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(job.algorithm.to_string())
    .bind(job.image.to_string())
    .bind(job.model.map(|id| id.to_string()))
    .bind(job.interface.to_string())
    .bind(job.creator.map(|id| id.to_string()))
    .bind(job.archive_run.map(|id| id.to_string()))
    .bind(state.word())
    .bind(to_text(now))
    .bind(super::change::deadline(state, limits, now))
    .bind(turn)
    .bind(to_json(limits))
    .bind(column(limits.memory_bytes))
    .bind(i64::from(limits.cpu_percent) * 10)
    .bind(i64::from(limits.gpu != GpuRequest::None))
    .bind(column(limits.disk_bytes))
    .bind(to_text(now))
    .execute(&mut **change)
    .await?;
    Ok(())
}

/// Adds a value to a job.
pub(super) async fn link_value(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    direction: &'static str,
    value: ValueId,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO job_value (job_id, direction, value_id) VALUES (?, ?, ?)")
        .bind(job.to_string())
        .bind(direction)
        .bind(value.0)
        .execute(&mut **change)
        .await?;
    Ok(())
}

/// The turn of the next job of somebody: one after their last one, and not before the one that was claimed last. So
/// people take turns however many jobs each of them has, and whoever comes late is next, not last.
pub(super) async fn next_turn(
    change: &mut Transaction<'static, Sqlite>,
    creator: Option<AccountId>,
) -> Result<i64, StoreError> {
    let name = match creator {
        Some(id) => format!("turn of {id}"),
        None => "turn of the server".to_owned(),
    };
    let mine = next_number(change, &name).await?;
    let claimed: Option<i64> = sqlx::query_scalar("SELECT number FROM counter WHERE name = 'turn'")
        .fetch_optional(&mut **change)
        .await?;
    let turn = mine.max(claimed.unwrap_or(0) + 1);
    if turn != mine {
        sqlx::query("UPDATE counter SET number = ? WHERE name = ?")
            .bind(turn)
            .bind(&name)
            .execute(&mut **change)
            .await?;
    }
    Ok(turn)
}
