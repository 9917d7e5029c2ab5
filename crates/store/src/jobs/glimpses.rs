//! Short outputs of many jobs at once, for lists.

use std::collections::BTreeMap;

use sqlx::QueryBuilder;

use crate::database::Store;
use crate::error::StoreError;
use crate::ids::JobId;

/// Characters of JSON that are short.
const SHORT: i64 = 60;
/// Outputs of one job that are shown.
const MOST: usize = 3;

impl Store {
    /// Title and text of the short numbers, texts and truths among the outputs of these jobs, by the job's id; at most three
    /// of each job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn output_glimpses(
        &self,
        jobs: &[JobId],
    ) -> Result<BTreeMap<String, Vec<(String, String)>>, StoreError> {
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        if jobs.is_empty() {
            return Ok(found);
        }
        let mut text = QueryBuilder::new(
            "SELECT job_id, socket.title, json FROM job_value JOIN value ON value.id = job_value.value_id
                 JOIN socket ON socket.id = value.socket_id
             WHERE direction = 'output' AND json IS NOT NULL AND json NOT LIKE '{%' AND json NOT LIKE '[%'
               AND LENGTH(json) <= ",
        );
        text.push_bind(SHORT).push(" AND job_id IN (");
        let mut ids = text.separated(", ");
        for job in jobs {
            ids.push_bind(job.to_string());
        }
        text.push(") ORDER BY job_id, value.id");
        let rows: Vec<(String, String, String)> =
            text.build_query_as().fetch_all(self.read()).await?;
        for (job, title, json) in rows {
            let shown = found.entry(job).or_default();
            if shown.len() < MOST {
                // A text stands without its quotes.
                let plain = serde_json::from_str::<String>(&json).unwrap_or(json);
                shown.push((title, plain));
            }
        }
        Ok(found)
    }
}
