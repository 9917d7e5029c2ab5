//! What the jobs of an algorithm did, in numbers.

use sqlx::FromRow;

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::AlgorithmId;

/// Jobs of one month that stand in one state.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MonthCount {
    /// Such as `2026-11`, UTC, of the submission.
    pub month: String,
    /// The state's word.
    pub state: String,
    /// How many.
    pub jobs: i64,
}

/// What one job that succeeded took.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct JobMeasure {
    /// Time of the program, seconds.
    pub run_seconds: Option<f64>,
    /// Highest memory use, bytes; `None`: not measured.
    pub peak_memory: Option<i64>,
    /// Limit of its memory, bytes.
    pub memory: i64,
}

impl Store {
    /// How many jobs of an algorithm there were in each month, by the state in which they stand now; oldest month first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_jobs_by_month(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Vec<MonthCount>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT SUBSTR(created_at, 1, 7) AS month, state, COUNT(*) AS jobs FROM job
             WHERE algorithm_id = ? GROUP BY SUBSTR(created_at, 1, 7), state ORDER BY month, state",
        )
        .bind(algorithm.to_string())
        .fetch_all(self.read())
        .await?;
        Ok(rows)
    }

    /// What the newest jobs of an algorithm that succeeded took, at most `most`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn measured_jobs(
        &self,
        algorithm: AlgorithmId,
        most: u32,
    ) -> Result<Vec<JobMeasure>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT run_seconds, peak_memory, memory FROM job WHERE algorithm_id = ? AND state = 'succeeded'
             ORDER BY created_at DESC LIMIT ?",
        )
        .bind(algorithm.to_string())
        .bind(i64::from(most))
        .fetch_all(self.read())
        .await?;
        Ok(rows)
    }
}
