//! From one state to the next.

use domain::job::{ImpossibleTransition, JobEvent, JobState};
use domain::{Failure, Limits};
use jiff::{SignedDuration, Timestamp};
use sqlx::{Sqlite, Transaction};

use super::shown::count_ended;
use super::submit::next_turn;
use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::{StoreError, to_json};
use crate::ids::{ArchiveRunId, JobId};
use crate::time::to_text;

/// What happened to a job, and who says so.
#[derive(Debug, Clone)]
pub struct JobChange {
    /// What happened.
    pub event: JobEvent,
    /// The server process that holds the job; `None` for a change that anybody may make.
    pub owner: Option<String>,
}

impl JobChange {
    /// A change that needs no owner.
    #[must_use]
    pub fn by_nobody(event: JobEvent) -> JobChange {
        JobChange { event, owner: None }
    }
}

/// A state could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is no such job.
    #[error("there is no job `{0}`")]
    Gone(JobId),
    /// The state does not know the event: it came too late.
    #[error(transparent)]
    Impossible(#[from] ImpossibleTransition),
    /// Somebody else works on the job.
    #[error("the job belongs to {found:?}, expected `{expected}`")]
    NotOwner {
        /// Who asked.
        expected: String,
        /// Who has it.
        found: Option<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Moves a job on. Nothing is changed unless the state knows the event.
    ///
    /// # Errors
    /// When it does not, or the database fails.
    pub async fn apply(
        &self,
        job: JobId,
        event: JobChange,
        now: Timestamp,
    ) -> Result<JobState, ApplyError> {
        let mut change = self.write().await?;
        let state = apply_in(&mut change, job, event, now).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(state)
    }

    /// Notes that somebody wants the end of a job; one that nobody works on ends at once. `false`: it had ended.
    ///
    /// # Errors
    /// When there is no such job, or the database fails.
    pub async fn ask_cancel(&self, job: JobId, now: Timestamp) -> Result<bool, ApplyError> {
        let mut change = self.write().await?;
        let asked = ask_cancel_in(&mut change, job, now).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(asked)
    }

    /// [`Store::ask_cancel`] for all jobs of a run that have not ended; gives those.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_cancel_run(
        &self,
        run: ArchiveRunId,
        now: Timestamp,
    ) -> Result<Vec<JobId>, ApplyError> {
        let mut change = self.write().await?;
        let jobs: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM job WHERE archive_run_id = ?
               AND state IN ('validating', 'queued', 'provisioning', 'executing', 'parsing') ORDER BY id",
        )
        .bind(run.to_string())
        .fetch_all(&mut *change)
        .await
        .map_err(StoreError::from)?;
        let mut asked = Vec::new();
        for job in jobs {
            let job = JobId::read(&job)?;
            ask_cancel_in(&mut change, job, now).await?;
            asked.push(job);
        }
        change.commit().await.map_err(StoreError::from)?;
        Ok(asked)
    }
}

/// The heart of [`Store::ask_cancel`].
async fn ask_cancel_in(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    now: Timestamp,
) -> Result<bool, ApplyError> {
    let found = job_in(change, job).await?;
    if found.state.is_final() {
        return Ok(false);
    }
    sqlx::query("UPDATE job SET cancel_asked_at = ? WHERE id = ? AND cancel_asked_at IS NULL")
        .bind(to_text(now))
        .bind(job.to_string())
        .execute(&mut **change)
        .await
        .map_err(StoreError::from)?;
    if !found.state.is_claimed() {
        let event = JobChange::by_nobody(JobEvent::Cancelled);
        apply_in(change, job, event, now).await?;
    }
    Ok(true)
}

/// A job as the transaction sees it.
pub(super) async fn job_in(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
) -> Result<StoredJob, ApplyError> {
    let row: Option<JobRow> = sqlx::query_as("SELECT * FROM job WHERE id = ?")
        .bind(job.to_string())
        .fetch_optional(&mut **change)
        .await
        .map_err(StoreError::from)?;
    let row = row.ok_or(ApplyError::Gone(job))?;
    Ok(StoredJob::try_from(row)?)
}

/// The heart of [`Store::apply`].
pub(super) async fn apply_in(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    JobChange { event, owner }: JobChange,
    now: Timestamp,
) -> Result<JobState, ApplyError> {
    let found = job_in(change, job).await?;
    if let Some(expected) = owner.filter(|owner| found.owner.as_ref() != Some(owner)) {
        return Err(ApplyError::NotOwner {
            expected,
            found: found.owner,
        });
    }
    let next = found.state.clone().next(event)?;
    let turn = match (next.is_claimable(), found.state.is_claimed()) {
        // What a lost worker gives back goes to the front.
        (true, false) => Some(next_turn(change, (found.creator, found.algorithm)).await?),
        (true, true) => Some(0),
        (false, _) => None,
    };
    write_state(change, (&found, &next), turn, now).await?;
    record(change, job, &next, now).await?;
    Ok(next)
}

async fn write_state(
    change: &mut Transaction<'static, Sqlite>,
    (found, next): (&StoredJob, &JobState),
    turn: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failure: Option<&Failure> = match next {
        JobState::Failed { failure } => Some(failure),
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Executing { .. }
        | JobState::Parsing { .. }
        | JobState::Succeeded
        | JobState::Cancelled => None,
    };
    let owner = found.owner.as_ref().filter(|_| next.is_claimed());
    sqlx::query(
        "UPDATE job SET state = ?, state_since = ?, deadline = ?, owner = ?, attempt = ?, turn = COALESCE(?, turn),
             failure = ?, failure_code = ?, completed_at = ? WHERE id = ?",
    )
    .bind(next.word())
    .bind(to_text(now))
    .bind(deadline(next, &found.limits, now))
    .bind(owner)
    .bind(i64::from(next.attempt().unwrap_or(found.attempt)))
    .bind(turn)
    .bind(failure.map(to_json))
    .bind(failure.map(|failure| failure.reason.code()))
    .bind(next.is_final().then(|| to_text(now)))
    .bind(found.id.to_string())
    .execute(&mut **change)
    .await?;
    if next.is_final() {
        count_ended(change, (next.word(), found.created_at), 1).await?;
        sqlx::query("DELETE FROM job_pending WHERE job_id = ?")
            .bind(found.id.to_string())
            .execute(&mut **change)
            .await?;
    }
    Ok(())
}

/// Notes a state under the job's next number.
pub(super) async fn record(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    state: &JobState,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO job_event (job_id, number, at, state, detail)
         SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ?, ? FROM job_event WHERE job_id = ?",
    )
    .bind(job.to_string())
    .bind(to_text(now))
    .bind(state.word())
    .bind(to_json(state))
    .bind(job.to_string())
    .execute(&mut **change)
    .await?;
    Ok(())
}

/// When a state must have been left.
pub(super) fn deadline(state: &JobState, limits: &Limits, now: Timestamp) -> Option<String> {
    let allowance = SignedDuration::try_from(state.allowance(limits)?).ok()?;
    now.checked_add(allowance).ok().map(to_text)
}
