//! Jobs that have not ended, with the names that an operator knows them by.

use domain::Limits;
use jiff::Timestamp;
use sqlx::FromRow;

use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::{AccountId, AlgorithmId, JobId};
use crate::time::from_text;

/// A job that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingJob {
    /// Which.
    pub id: JobId,
    /// Of what.
    pub algorithm: AlgorithmId,
    /// The name of the algorithm in URLs.
    pub algorithm_slug: String,
    /// The name of the algorithm for people.
    pub algorithm_title: String,
    /// Whose; `None` for the server's own.
    pub creator: Option<AccountId>,
    /// Their name.
    pub username: Option<String>,
    /// The state's word.
    pub state: String,
    /// Since when.
    pub state_since: Timestamp,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// What it may use.
    pub limits: Limits,
    /// Somebody has asked for its end.
    pub is_cancelled: bool,
    /// Inputs that are still on their way in.
    pub pending: u64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    algorithm_id: String,
    slug: String,
    title: String,
    creator_id: Option<String>,
    username: Option<String>,
    state: String,
    state_since: String,
    created_at: String,
    limits: String,
    is_cancelled: bool,
    pending: i64,
}

impl TryFrom<Row> for StandingJob {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<StandingJob, StoreError> {
        Ok(StandingJob {
            id: JobId::read(&row.id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            algorithm_slug: row.slug,
            algorithm_title: row.title,
            creator: super::optional(row.creator_id.as_deref(), AccountId::read)?,
            username: row.username,
            state: row.state,
            state_since: from_text("job.state_since", &row.state_since)?,
            created_at: from_text("job.created_at", &row.created_at)?,
            limits: from_json("job.limits", &row.limits)?,
            is_cancelled: row.is_cancelled,
            pending: row.pending.unsigned_abs(),
        })
    }
}

macro_rules! standing {
    ($end:literal) => {
        concat!(
            "SELECT job.id, algorithm_id, slug, algorithm.title, job.creator_id, username, state, state_since,
                 job.created_at, job.limits, cancel_asked_at IS NOT NULL AS is_cancelled,
                 (SELECT COUNT(*) FROM job_pending WHERE job_id = job.id) AS pending
             FROM job JOIN algorithm ON algorithm.id = algorithm_id LEFT JOIN account ON account.id = job.creator_id ",
            $end
        )
    };
}

impl Store {
    /// Jobs that a worker has taken, the first taken first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_claimed(&self) -> Result<Vec<StandingJob>, StoreError> {
        const TEXT: &str = standing!(
            "WHERE state IN ('provisioning', 'executing', 'parsing') ORDER BY started_at, job.id"
        );
        self.standing(sqlx::query_as(TEXT)).await
    }

    /// Jobs that wait for their turn, in the order of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_queued(&self, most: u32) -> Result<Vec<StandingJob>, StoreError> {
        const TEXT: &str = standing!("WHERE state = 'queued' ORDER BY turn, job.id LIMIT ?");
        self.standing(sqlx::query_as(TEXT).bind(i64::from(most)))
            .await
    }

    /// Jobs that wait for their inputs, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing_validating(&self, most: u32) -> Result<Vec<StandingJob>, StoreError> {
        const TEXT: &str =
            standing!("WHERE state = 'validating' ORDER BY job.created_at, job.id LIMIT ?");
        self.standing(sqlx::query_as(TEXT).bind(i64::from(most)))
            .await
    }

    async fn standing(
        &self,
        query: sqlx::query::QueryAs<'_, sqlx::Sqlite, Row, sqlx::sqlite::SqliteArguments>,
    ) -> Result<Vec<StandingJob>, StoreError> {
        let rows = query.fetch_all(self.read()).await?;
        rows.into_iter().map(StandingJob::try_from).collect()
    }
}
