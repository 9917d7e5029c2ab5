//! Who is next.

use domain::Limits;
use domain::job::{JobEvent, JobState};
use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::change::{ApplyError, JobChange, apply_in, job_in};
use super::{JobRow, StoredJob};
use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::{AccountId, AlgorithmId, JobId};
use crate::time::to_text;

/// A queued job, as far as the admission has to know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which.
    pub id: JobId,
    /// Whose.
    pub creator: Option<AccountId>,
    /// Of what.
    pub algorithm: AlgorithmId,
    /// What it may use.
    pub limits: Limits,
}

/// What is left for a job, and whose turn it cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub memory: u64,
    /// Thousandths of a processor.
    pub millicpus: u64,
    /// Bytes.
    pub disk: u64,
    /// How many GPUs.
    pub gpus: u64,
    /// People who have as many running as they may.
    pub but_not_of: Vec<AccountId>,
    /// Algorithms that have as many running as they may.
    pub but_not: Vec<AlgorithmId>,
}

/// Where a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePlace {
    /// Jobs that are to be claimed before it.
    pub ahead: u64,
    /// Queued jobs in all.
    pub queued: u64,
}

#[derive(FromRow)]
struct CandidateRow {
    id: String,
    creator_id: Option<String>,
    algorithm_id: String,
    limits: String,
}

impl TryFrom<CandidateRow> for Candidate {
    type Error = StoreError;

    fn try_from(row: CandidateRow) -> Result<Candidate, StoreError> {
        Ok(Candidate {
            id: JobId::read(&row.id)?,
            creator: super::optional(row.creator_id.as_deref(), AccountId::read)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            limits: from_json("job.limits", &row.limits)?,
        })
    }
}

impl Store {
    /// The queued job that comes first among those that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_job(&self, room: &Room) -> Result<Option<Candidate>, StoreError> {
        let column = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        // All of this is answered from the index `job_queue` alone, however many wait.
        let mut question =
            QueryBuilder::<Sqlite>::new("SELECT id FROM job WHERE state = 'queued' AND memory <= ");
        question.push_bind(column(room.memory));
        question.push(" AND millicpus <= ");
        question.push_bind(column(room.millicpus));
        question.push(" AND disk <= ");
        question.push_bind(column(room.disk));
        question.push(" AND gpus <= ");
        question.push_bind(column(room.gpus));
        if !room.but_not_of.is_empty() {
            question.push(" AND (creator_id IS NULL OR creator_id NOT IN (");
            let mut ids = question.separated(", ");
            for id in &room.but_not_of {
                ids.push_bind(id.to_string());
            }
            question.push("))");
        }
        if !room.but_not.is_empty() {
            question.push(" AND algorithm_id NOT IN (");
            let mut ids = question.separated(", ");
            for id in &room.but_not {
                ids.push_bind(id.to_string());
            }
            question.push(")");
        }
        question.push(" ORDER BY turn, id LIMIT 1");
        let id: Option<String> = question
            .build_query_scalar()
            .fetch_optional(self.read())
            .await?;
        let Some(id) = id else { return Ok(None) };
        let row: Option<CandidateRow> =
            sqlx::query_as("SELECT id, creator_id, algorithm_id, limits FROM job WHERE id = ?")
                .bind(id)
                .fetch_optional(self.read())
                .await?;
        row.map(Candidate::try_from).transpose()
    }

    /// The first queued jobs, in the order in which they are to be claimed if there is room for each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_jobs(&self, most: u32) -> Result<Vec<Candidate>, StoreError> {
        let rows: Vec<CandidateRow> = sqlx::query_as(
            "SELECT id, creator_id, algorithm_id, limits FROM job WHERE state = 'queued' ORDER BY turn, id LIMIT ?",
        )
        .bind(i64::from(most))
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(Candidate::try_from).collect()
    }

    /// Takes a queued job; from now on `owner` answers for it.
    ///
    /// # Errors
    /// When it is no longer queued, or the database fails.
    pub async fn claim(
        &self,
        job: JobId,
        owner: &str,
        now: Timestamp,
    ) -> Result<StoredJob, ApplyError> {
        let mut change = self.write().await?;
        let event = JobChange::by_nobody(JobEvent::Claimed);
        apply_in(&mut change, job, event, now).await?;
        sqlx::query("UPDATE job SET owner = ?, started_at = ? WHERE id = ?")
            .bind(owner)
            .bind(to_text(now))
            .bind(job.to_string())
            .execute(&mut *change)
            .await
            .map_err(StoreError::from)?;
        sqlx::query(
            "INSERT INTO counter (name, number) SELECT 'turn', turn FROM job WHERE id = ?
             ON CONFLICT (name) DO UPDATE SET number = CASE WHEN excluded.number > counter.number
                 THEN excluded.number ELSE counter.number END",
        )
        .bind(job.to_string())
        .execute(&mut *change)
        .await
        .map_err(StoreError::from)?;
        let claimed = job_in(&mut change, job).await?;
        change.commit().await.map_err(StoreError::from)?;
        Ok(claimed)
    }

    /// Jobs that some server process holds, whichever; after a crash there is nobody behind them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claimed_jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        self.jobs_in_states(
            "SELECT * FROM job WHERE state IN ('provisioning', 'executing', 'parsing') ORDER BY turn, id",
        )
        .await
    }

    /// Jobs that wait for their inputs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn validating_jobs(&self) -> Result<Vec<StoredJob>, StoreError> {
        self.jobs_in_states("SELECT * FROM job WHERE state = 'validating' ORDER BY id")
            .await
    }

    pub(super) async fn jobs_in_states(
        &self,
        question: &'static str,
    ) -> Result<Vec<StoredJob>, StoreError> {
        let rows: Vec<JobRow> = sqlx::query_as(question).fetch_all(self.read()).await?;
        rows.into_iter().map(StoredJob::try_from).collect()
    }

    /// Where a queued job waits; `None` for one that is not queued.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue_place(&self, job: JobId) -> Result<Option<QueuePlace>, StoreError> {
        let Some(found) = self.job(job).await? else {
            return Ok(None);
        };
        if !matches!(found.state, JobState::Queued { .. }) {
            return Ok(None);
        }
        let (ahead, queued): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM job AS other, job AS this WHERE this.id = ? AND other.state = 'queued'
                 AND (other.turn < this.turn OR (other.turn = this.turn AND other.id < this.id))),
             (SELECT COUNT(*) FROM job WHERE state = 'queued')",
        )
        .bind(job.to_string())
        .fetch_one(self.read())
        .await?;
        Ok(Some(QueuePlace {
            ahead: ahead.unsigned_abs(),
            queued: queued.unsigned_abs(),
        }))
    }
}
