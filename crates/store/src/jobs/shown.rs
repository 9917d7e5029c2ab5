//! To whom jobs are shown, for the numbers that lists of jobs keep.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use crate::error::StoreError;
use crate::ids::{AlgorithmId, JobId};
use crate::tally::{self, ALL, Change, PUBLIC};
use crate::time::to_text;
use crate::viewer::Viewer;

/// All jobs.
pub(super) const JOBS: &str = "job";

/// The list of the jobs of one algorithm.
pub(super) fn jobs_of(algorithm: &str) -> String {
    format!("job of {algorithm}")
}

/// The list that a client asks for.
pub(super) fn list_of(algorithm: Option<AlgorithmId>) -> String {
    algorithm.map_or_else(|| JOBS.to_owned(), |id| jobs_of(&id.to_string()))
}

/// Whose jobs somebody sees: everything, or what is public and theirs or shown to them.
pub(super) fn seen_by(viewer: Viewer) -> Vec<String> {
    match (viewer.is_administrator, viewer.account) {
        (true, _) => vec![ALL.to_owned()],
        (false, None) => vec![PUBLIC.to_owned()],
        (false, Some(account)) => vec![PUBLIC.to_owned(), account.to_string()],
    }
}

/// The list of the jobs that ended in a state, by its word.
pub(super) fn jobs_in(state: &str) -> String {
    format!("job in {state}")
}

/// Notes that a job has come to its final state (1), or is about to go (-1).
pub(super) async fn count_ended(
    change: &mut Transaction<'static, Sqlite>,
    (state, created_at): (&str, Timestamp),
    by: i64,
) -> Result<(), StoreError> {
    let row = Change {
        list: jobs_in(state),
        whose: ALL.to_owned(),
        hour: tally::hour(&to_text(created_at)),
        by,
    };
    tally::note(change, &[row]).await
}

/// Notes that a job is about to go or to be shown to others (`by` is -1), or has come or been shown (`by` is 1).
pub(super) async fn count_job(
    change: &mut Transaction<'static, Sqlite>,
    job: JobId,
    by: i64,
) -> Result<(), StoreError> {
    let found: Option<(String, Option<String>, bool, String)> = sqlx::query_as(
        "SELECT algorithm_id, creator_id, is_public, created_at FROM job WHERE id = ?",
    )
    .bind(job.to_string())
    .fetch_optional(&mut **change)
    .await?;
    let Some((algorithm, creator, is_public, created_at)) = found else {
        return Ok(());
    };
    let mut whose = BTreeSet::from([ALL.to_owned()]);
    if is_public {
        whose.insert(PUBLIC.to_owned());
    } else {
        let viewers: Vec<String> =
            sqlx::query_scalar("SELECT account_id FROM job_viewer WHERE job_id = ?")
                .bind(job.to_string())
                .fetch_all(&mut **change)
                .await?;
        whose.extend(creator.into_iter().chain(viewers));
    }
    let hour = tally::hour(&created_at);
    let rows: Vec<Change> = [JOBS.to_owned(), jobs_of(&algorithm)]
        .iter()
        .flat_map(|list| whose.iter().map(move |whose| (list, whose)))
        .map(|(list, whose)| Change {
            list: list.clone(),
            whose: whose.clone(),
            hour: hour.clone(),
            by,
        })
        .collect();
    tally::note(change, &rows).await
}
