//! Jobs: what runs, for whom, where it stands, what came out.
//!
//! A state changes only through `Store::apply`, `Store::claim` and `Store::finish`: each reads the state, asks
//! [`domain::job::JobState::next`], and writes in one transaction, with a numbered event beside it. Reading order: `submit`
//! → `claim` → `change` → `finish` → `list`.

use domain::job::JobState;
use domain::{Failure, Limits};
use jiff::Timestamp;
use sqlx::FromRow;

use crate::error::{StoreError, corrupt, from_json};
use crate::ids::{
    AccountId, AlgorithmId, AlgorithmImageId, AlgorithmModelId, ArchiveItemId, ArchiveRunId,
    InterfaceId, JobId,
};
use crate::time::{from_optional, from_text};

mod change;
mod claim;
mod deadlines;
mod delete;
mod edit;
mod figures;
mod finish;
mod glimpses;
mod list;
mod pending;
mod records;
mod search;
mod shown;
mod standing;
mod statistics;
mod submit;
mod used;
mod words;

pub use change::{ApplyError, JobChange};
pub use claim::{Candidate, QueuePlace, Room};
pub use delete::DeleteJobError;
pub use edit::JobEdit;
pub use figures::JobFigures;
pub use finish::{Finished, JobOutput, OutputContent};
pub use list::JobFilter;
pub use pending::{Pending, PendingSource};
pub use records::JobRecord;
pub use search::{JobLine, JobLines, JobMark, JobSearch, JobSort};
pub use standing::StandingJob;
pub use statistics::{JobMeasure, MonthCount};
pub(crate) use submit::submit_in;
pub use submit::{JobInput, JobOrigin, NewJob};

/// One execution of an algorithm image on a set of values.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredJob {
    /// Its id.
    pub id: JobId,
    /// What runs.
    pub algorithm: AlgorithmId,
    /// In which version.
    pub image: AlgorithmImageId,
    /// With which weights.
    pub model: Option<AlgorithmModelId>,
    /// On which sockets.
    pub interface: InterfaceId,
    /// Whose it is; `None` for the server's own.
    pub creator: Option<AccountId>,
    /// The run over an archive that it belongs to.
    pub archive_run: Option<ArchiveRunId>,
    /// The item of the archive that it is about.
    pub archive_item: Option<ArchiveItemId>,
    /// The job that it repeats.
    pub retry_of: Option<JobId>,
    /// Where it stands.
    pub state: JobState,
    /// Since when.
    pub state_since: Timestamp,
    /// When the state must have been left.
    pub deadline: Option<Timestamp>,
    /// The server process that works on it.
    pub owner: Option<String>,
    /// How often it was claimed.
    pub attempt: u32,
    /// What it may use.
    pub limits: Limits,
    /// What the program returned.
    pub exit_code: Option<i32>,
    /// It succeeded, but somebody should look.
    pub has_warnings: bool,
    /// Its owner's note.
    pub comment: String,
    /// Whether everybody sees it.
    pub is_public: bool,
    /// When somebody asked for its end.
    pub cancel_asked_at: Option<Timestamp>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it was claimed last.
    pub started_at: Option<Timestamp>,
    /// When it came to its final state.
    pub completed_at: Option<Timestamp>,
    /// How long the program took, seconds.
    pub run_seconds: Option<f64>,
}

/// The columns of [`StoredJob`].
#[derive(FromRow)]
struct JobRow {
    id: String,
    algorithm_id: String,
    algorithm_image_id: String,
    algorithm_model_id: Option<String>,
    interface_id: String,
    creator_id: Option<String>,
    archive_run_id: Option<String>,
    archive_item_id: Option<String>,
    retry_of: Option<String>,
    state: String,
    state_since: String,
    deadline: Option<String>,
    owner: Option<String>,
    attempt: i64,
    limits: String,
    failure: Option<String>,
    exit_code: Option<i64>,
    has_warnings: bool,
    comment: String,
    is_public: bool,
    cancel_asked_at: Option<String>,
    created_at: String,
    started_at: Option<String>,
    completed_at: Option<String>,
    run_seconds: Option<f64>,
}

impl TryFrom<JobRow> for StoredJob {
    type Error = StoreError;

    fn try_from(row: JobRow) -> Result<StoredJob, StoreError> {
        let attempt = u32::try_from(row.attempt)
            .map_err(|error| corrupt("job.attempt", &row.attempt.to_string(), &error))?;
        Ok(StoredJob {
            id: JobId::read(&row.id)?,
            algorithm: AlgorithmId::read(&row.algorithm_id)?,
            image: AlgorithmImageId::read(&row.algorithm_image_id)?,
            model: optional(row.algorithm_model_id.as_deref(), AlgorithmModelId::read)?,
            interface: InterfaceId::read(&row.interface_id)?,
            creator: optional(row.creator_id.as_deref(), AccountId::read)?,
            archive_run: optional(row.archive_run_id.as_deref(), ArchiveRunId::read)?,
            archive_item: optional(row.archive_item_id.as_deref(), ArchiveItemId::read)?,
            retry_of: optional(row.retry_of.as_deref(), JobId::read)?,
            state: state(&row.state, attempt, row.failure.as_deref())?,
            state_since: from_text("job.state_since", &row.state_since)?,
            deadline: from_optional("job.deadline", row.deadline.as_deref())?,
            owner: row.owner,
            attempt,
            limits: from_json("job.limits", &row.limits)?,
            exit_code: row.exit_code.and_then(|code| i32::try_from(code).ok()),
            has_warnings: row.has_warnings,
            comment: row.comment,
            is_public: row.is_public,
            cancel_asked_at: from_optional("job.cancel_asked_at", row.cancel_asked_at.as_deref())?,
            created_at: from_text("job.created_at", &row.created_at)?,
            started_at: from_optional("job.started_at", row.started_at.as_deref())?,
            completed_at: from_optional("job.completed_at", row.completed_at.as_deref())?,
            run_seconds: row.run_seconds,
        })
    }
}

fn optional<T>(
    text: Option<&str>,
    read: impl Fn(&str) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    text.map(read).transpose()
}

/// A state from its columns.
fn state(word: &str, attempt: u32, failure: Option<&str>) -> Result<JobState, StoreError> {
    Ok(match word {
        "validating" => JobState::Validating,
        "queued" => JobState::Queued { attempts: attempt },
        "provisioning" => JobState::Provisioning { attempt },
        "executing" => JobState::Executing { attempt },
        "parsing" => JobState::Parsing { attempt },
        "succeeded" => JobState::Succeeded,
        "failed" => {
            let failure = failure.ok_or_else(|| {
                corrupt("job.failure", "null", &"a failed job that does not say why")
            })?;
            let failure: Failure = from_json("job.failure", failure)?;
            JobState::Failed {
                failure: Box::new(failure),
            }
        }
        "cancelled" => JobState::Cancelled,
        other => return Err(corrupt("job.state", other, &"no state of a job")),
    })
}
