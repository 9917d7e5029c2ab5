//! A new job: its row, its values, its place in the queue.

use domain::job::JobState;
use domain::{GpuRequest, Limits};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::change::record;
use super::pending::{Pending, insert_pending};
use super::shown::count_job;
use super::words::note_image;
use crate::database::Store;
use crate::error::{StoreError, to_json};
use crate::ids::{
    AccountId, AlgorithmId, AlgorithmImageId, AlgorithmModelId, ArchiveItemId, ArchiveRunId,
    ImageId, InterfaceId, JobId, SocketId, ValueId,
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

/// Where a job comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobOrigin {
    /// The item of an archive that it is about, and its title.
    pub archive_item: Option<(ArchiveItemId, String)>,
    /// The job that it repeats.
    pub retry_of: Option<JobId>,
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
        self.submit_from(job, &JobOrigin::default(), now).await
    }

    /// [`Store::submit`] for a job that comes from an archive or repeats another one.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub async fn submit_from(
        &self,
        job: &NewJob,
        origin: &JobOrigin,
        now: Timestamp,
    ) -> Result<JobId, StoreError> {
        let mut change = self.write().await?;
        let id = submit_in(&mut change, (job, origin), now).await?;
        change.commit().await?;
        Ok(id)
    }
}

/// The heart of [`Store::submit`].
pub(crate) async fn submit_in(
    change: &mut Transaction<'static, Sqlite>,
    (job, origin): (&NewJob, &JobOrigin),
    now: Timestamp,
) -> Result<JobId, StoreError> {
    let id = JobId::new();
    let state = if job.pending.is_empty() {
        JobState::Queued { attempts: 0 }
    } else {
        JobState::Validating
    };
    insert_row(change, (id, job), &state, now).await?;
    insert_origin(change, id, origin).await?;
    count_job(change, id, 1).await?;
    for input in &job.inputs {
        let value = match input {
            JobInput::Existing(value) => *value,
            JobInput::New(socket, content) => insert_value(change, *socket, content, now).await?,
        };
        link_value(change, id, "input", value).await?;
        note_words(change, id, value).await?;
    }
    insert_pending(change, id, &job.pending).await?;
    record(change, id, &state, now).await?;
    Ok(id)
}

async fn insert_row(
    change: &mut Transaction<'static, Sqlite>,
    (id, job): (JobId, &NewJob),
    state: &JobState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let turn = if state.is_claimable() {
        next_turn(change, (job.creator, job.algorithm)).await?
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

async fn insert_origin(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    origin: &JobOrigin,
) -> Result<(), StoreError> {
    if *origin == JobOrigin::default() {
        return Ok(());
    }
    let item = origin.archive_item.as_ref();
    sqlx::query(
        "UPDATE job SET archive_item_id = ?, archive_item_title = ?, retry_of = ? WHERE id = ?",
    )
    .bind(item.map(|(id, _)| id.to_string()))
    .bind(item.map_or("", |(_, title)| title.as_str()))
    .bind(origin.retry_of.map(|id| id.to_string()))
    .bind(job.to_string())
    .execute(&mut **change)
    .await?;
    Ok(())
}

/// Lets a job be found by the name of an input image.
pub(super) async fn note_words(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    value: ValueId,
) -> Result<(), StoreError> {
    let image: Option<Option<String>> =
        sqlx::query_scalar("SELECT image_id FROM value WHERE id = ?")
            .bind(value.0)
            .fetch_optional(&mut **change)
            .await?;
    match image.flatten() {
        Some(image) => note_image(change, job, (value, ImageId::read(&image)?)).await,
        None => Ok(()),
    }
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
    lend_image(change, job, value).await
}

/// Whoever has a job sees its images, also those of others.
async fn lend_image(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    value: ValueId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO image_shown (whose, image_id, via)
         SELECT job.creator_id, image.id, job.id FROM job, value JOIN image ON image.id = value.image_id
         WHERE job.id = ? AND value.id = ? AND job.creator_id IS NOT NULL
           AND (image.account_id IS NULL OR image.account_id <> job.creator_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(job.to_string())
    .bind(value.0)
    .execute(&mut **change)
    .await?;
    Ok(())
}

/// The turn of the next job of somebody: after their last one of this algorithm, and not before the one that was claimed
/// last. So people take turns however many jobs each of them has, their algorithms do, and whoever comes late is next, not
/// last. Who has jobs of several algorithms takes every second turn with each, so that many algorithms are not many people.
pub(super) async fn next_turn(
    change: &mut Transaction<'static, Sqlite>,
    (creator, algorithm): (Option<AccountId>, AlgorithmId),
) -> Result<i64, StoreError> {
    let whose = creator.map_or_else(|| "the server".to_owned(), |id| id.to_string());
    let name = format!("turn of {whose} with {algorithm}");
    let numbers: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, number FROM counter WHERE name IN (?, 'turn')")
            .bind(&name)
            .fetch_all(&mut **change)
            .await?;
    let last = numbers.iter().map(|(_, number)| *number).max().unwrap_or(0);
    // Two looks into the index `job_waiting`, on either side of the algorithm, however many jobs of it wait.
    let has_others: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (
             SELECT 1 AS other FROM (SELECT 1 AS one FROM job WHERE state = 'queued' AND creator_id = ?
                 AND algorithm_id < ? LIMIT 1) AS before
             UNION SELECT 1 FROM (SELECT 1 AS one FROM job WHERE state = 'queued' AND creator_id = ?
                 AND algorithm_id > ? LIMIT 1) AS after) AS others",
    )
    .bind(creator.map(|id| id.to_string()))
    .bind(algorithm.to_string())
    .bind(creator.map(|id| id.to_string()))
    .bind(algorithm.to_string())
    .fetch_one(&mut **change)
    .await?;
    let turn = last + 1 + has_others;
    sqlx::query(
        "INSERT INTO counter (name, number) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET number = excluded.number",
    )
    .bind(&name)
    .bind(turn)
    .execute(&mut **change)
    .await?;
    Ok(turn)
}
