//! What the jobs of an algorithm used, and why they failed.

use domain::ResourceRecord;
use serde::Deserialize;

use crate::database::Store;
use crate::error::{StoreError, from_json};
use crate::ids::AlgorithmId;

/// The part of a report that is of interest here.
#[derive(Deserialize)]
struct Report {
    resources: Option<ResourceRecord>,
}

impl Store {
    /// What the newest jobs of an algorithm that ran used, whether or not they succeeded; at most `most` jobs are looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used_by_jobs(
        &self,
        algorithm: AlgorithmId,
        most: u32,
    ) -> Result<Vec<ResourceRecord>, StoreError> {
        let reports: Vec<String> = sqlx::query_scalar(
            "SELECT report FROM job WHERE algorithm_id = ? AND report IS NOT NULL ORDER BY created_at DESC LIMIT ?",
        )
        .bind(algorithm.to_string())
        .bind(i64::from(most))
        .fetch_all(self.read())
        .await?;
        let mut used = Vec::new();
        for report in reports {
            let report: Report = from_json("job.report", &report)?;
            used.extend(report.resources);
        }
        Ok(used)
    }

    /// How many jobs of an algorithm failed for each reason, by its code; the most frequent first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_failures(
        &self,
        algorithm: AlgorithmId,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT failure_code, COUNT(*) FROM job WHERE algorithm_id = ? AND state = 'failed'
                 AND failure_code IS NOT NULL GROUP BY failure_code ORDER BY COUNT(*) DESC, failure_code",
        )
        .bind(algorithm.to_string())
        .fetch_all(self.read())
        .await?;
        let counted = rows.into_iter();
        Ok(counted
            .map(|(code, count)| (code, count.unsigned_abs()))
            .collect())
    }
}
