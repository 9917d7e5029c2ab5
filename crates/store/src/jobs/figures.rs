//! Numbers about all jobs together, for whoever watches the server.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::database::Store;
use crate::error::StoreError;
use crate::time::from_optional;

/// What can be told of all jobs without telling anything of one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFigures {
    /// Failed jobs by the code of their reason.
    pub failures: BTreeMap<String, u64>,
    /// When the queued job that waits longest was submitted.
    pub oldest_queued: Option<Timestamp>,
    /// Jobs that succeeded.
    pub runs: u64,
    /// How long their programs took together, seconds.
    pub run_seconds: f64,
}

impl Store {
    /// Computes them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_figures(&self) -> Result<JobFigures, StoreError> {
        let failures: Vec<(Option<String>, i64)> = sqlx::query_as(
            "SELECT failure_code, COUNT(*) FROM job WHERE state = 'failed' GROUP BY failure_code",
        )
        .fetch_all(self.read())
        .await?;
        let oldest: Option<String> =
            sqlx::query_scalar("SELECT MIN(created_at) FROM job WHERE state = 'queued'")
                .fetch_one(self.read())
                .await?;
        // Kept up to date with every job, so that nothing has to be counted here.
        let (runs, run_seconds): (i64, f64) = sqlx::query_as(
            "SELECT CAST(COALESCE(SUM(finished_jobs), 0) AS BIGINT), COALESCE(SUM(total_seconds), 0.0) FROM algorithm",
        )
        .fetch_one(self.read())
        .await?;
        let failures = failures
            .into_iter()
            .filter_map(|(code, count)| Some((code?, count.unsigned_abs())));
        Ok(JobFigures {
            failures: failures.collect(),
            oldest_queued: from_optional("job.created_at", oldest.as_deref())?,
            runs: runs.unsigned_abs(),
            run_seconds,
        })
    }
}
