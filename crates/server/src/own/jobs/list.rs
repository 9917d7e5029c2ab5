//! Lists of jobs.

use axum::Json;
use axum::extract::State;
use domain::Slug;
use serde::{Deserialize, Serialize};
use store::ids::ArchiveRunId;
use store::jobs::{JobLine, JobLines, JobMark, JobSearch, JobSort};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::part::bounded;
use crate::query::Query;
use crate::state::AppState;

/// The words of all states.
pub(crate) const STATES: [&str; 8] = [
    "validating",
    "queued",
    "provisioning",
    "executing",
    "parsing",
    "succeeded",
    "failed",
    "cancelled",
];

/// Which jobs, in which order. All that is given must hold.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// Short name of the algorithm.
    pub(crate) algorithm: Option<String>,
    /// `validating`, `queued`, `provisioning`, `executing`, `parsing`, `succeeded`, `failed` or `cancelled`.
    pub(crate) state: Option<String>,
    /// Name of the account whose jobs they are; only administrators may ask for others than themselves.
    pub(crate) creator: Option<String>,
    /// UUID of a run over an archive.
    #[param(format = Uuid)]
    pub(crate) archive_run: Option<String>,
    /// Words that begin words of the comment or of the name of an input image; or the beginning of the id, at least eight
    /// characters.
    pub(crate) search: Option<String>,
    /// `newest` (the default), `state`, or `duration` (longest first).
    pub(crate) sort: Option<String>,
    /// Where the part begins: `next` of the part before.
    pub(crate) after: Option<String>,
    /// At most how many are given; without it, 100.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u64>,
}

/// A part of a list of jobs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobList {
    /// How many there are in all; null for more than 1000.
    pub(crate) count: Option<u64>,
    /// Where the next part begins; null after the last one.
    pub(crate) next: Option<String>,
    /// Those of the part.
    pub(crate) results: Vec<ListedJob>,
}

/// A job in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedJob {
    /// UUID.
    pub(crate) id: String,
    /// Short name of the algorithm.
    pub(crate) algorithm: String,
    /// Name of the algorithm.
    pub(crate) algorithm_title: String,
    /// Name of the account whose it is; null: the server's.
    pub(crate) creator: Option<String>,
    /// Where it stands.
    pub(crate) state: String,
    /// Code of the reason of a failure, such as `memory_limit`; else null.
    pub(crate) failure: Option<String>,
    /// It succeeded, but somebody should look.
    pub(crate) has_warnings: bool,
    /// Its owner's note.
    pub(crate) comment: String,
    /// Everybody sees it.
    pub(crate) is_public: bool,
    /// UUID of the run over an archive that it belongs to.
    pub(crate) archive_run: Option<String>,
    /// Title of the archive's item; else empty.
    pub(crate) archive_item_title: String,
    /// Names of input images and files.
    pub(crate) inputs: Vec<String>,
    /// When it was submitted.
    pub(crate) created_at: String,
    /// When a worker took it last.
    pub(crate) started_at: Option<String>,
    /// When it ended.
    pub(crate) completed_at: Option<String>,
    /// How long the program ran, seconds.
    pub(crate) run_seconds: Option<f64>,
}

/// Jobs that the caller may see: their own, public ones, those shared with them; administrators see all.
#[utoipa::path(
    get, path = "/api/gantry/v1/jobs/", tag = "jobs", params(JobQuery), operation_id = "list_jobs",
    responses((status = 200, body = JobList), (status = 400))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<JobQuery>,
) -> Result<Json<JobList>, ApiError> {
    Ok(Json(find(&state, &caller, &query).await?))
}

/// The jobs that a query is about.
///
/// # Errors
/// 400 for words that mean nothing, 403 for somebody else's jobs.
pub(crate) async fn find(
    state: &AppState,
    caller: &Caller,
    query: &JobQuery,
) -> Result<JobList, ApiError> {
    let sort = sort(query.sort.as_deref())?;
    let limit = bounded(query.limit.unwrap_or(super::super::part::USUAL))?;
    let mark = match &query.after {
        None => None,
        Some(text) => Some(JobMark::read(text, sort).ok_or_else(|| {
            let problem = format!("`{text}` is no `next` of a list in this order.");
            ApiError::field("after", problem)
        })?),
    };
    let Some(search) = search(state, caller, (query, sort)).await? else {
        return Ok(JobList {
            count: Some(0),
            next: None,
            results: Vec::new(),
        });
    };
    let found = state
        .store()
        .find_jobs(caller.viewer, &search, (mark.as_ref(), limit))
        .await?;
    Ok(shown(found))
}

/// As the store takes it; `None`: nothing can match.
async fn search(
    state: &AppState,
    caller: &Caller,
    (query, sort): (&JobQuery, JobSort),
) -> Result<Option<JobSearch>, ApiError> {
    let store = state.store();
    let mut search = JobSearch {
        sort,
        state: query.state.as_deref().map(state_word).transpose()?,
        text: query.search.clone().unwrap_or_default(),
        ..JobSearch::default()
    };
    if let Some(slug) = &query.algorithm {
        let found = match Slug::new(slug) {
            Ok(slug) => store.algorithm_by_slug(&slug).await?,
            Err(_) => None,
        };
        // Whether an algorithm that nobody shows them exists, people do not learn here: they see no job of it either.
        let Some(found) = found else {
            return Ok(None);
        };
        search.algorithm = Some(found.id);
    }
    if let Some(name) = &query.creator {
        let own = caller.account.as_ref();
        if let Some(own) = own.filter(|own| own.username == *name) {
            search.creator = Some(own.id);
        } else {
            caller.require_administrator()?;
            let Some((found, _)) = store.account_by_name(name).await? else {
                return Ok(None);
            };
            search.creator = Some(found.id);
        }
    }
    if let Some(run) = &query.archive_run {
        let run = run
            .parse::<ArchiveRunId>()
            .map_err(|_| ApiError::field("archive_run", format!("`{run}` is no UUID.")))?;
        search.archive_run = Some(run);
    }
    Ok(Some(search))
}

fn state_word(word: &str) -> Result<&'static str, ApiError> {
    let found = STATES.into_iter().find(|known| *known == word);
    found.ok_or_else(|| {
        let problem = format!(
            "`{word}` is no state, expected one of `{}`.",
            STATES.join("`, `")
        );
        ApiError::field("state", problem)
    })
}

fn sort(word: Option<&str>) -> Result<JobSort, ApiError> {
    match word {
        None | Some("newest") => Ok(JobSort::Newest),
        Some("state") => Ok(JobSort::State),
        Some("duration") => Ok(JobSort::Duration),
        Some(other) => {
            let problem =
                format!("`{other}` is no order, expected `newest`, `state` or `duration`.");
            Err(ApiError::field("sort", problem))
        }
    }
}

fn shown(found: JobLines) -> JobList {
    JobList {
        count: found.count,
        next: found.next.map(|mark| mark.to_text()),
        results: found.lines.into_iter().map(ListedJob::from).collect(),
    }
}

impl From<JobLine> for ListedJob {
    fn from(line: JobLine) -> ListedJob {
        ListedJob {
            id: line.id.to_string(),
            algorithm: line.algorithm,
            algorithm_title: line.algorithm_title,
            creator: line.creator,
            state: line.state,
            failure: line.failure_code,
            has_warnings: line.has_warnings,
            comment: line.comment,
            is_public: line.is_public,
            archive_run: line.archive_run.map(|id| id.to_string()),
            archive_item_title: line.archive_item_title,
            inputs: line.inputs,
            created_at: line.created_at.to_string(),
            started_at: line.started_at.map(|at| at.to_string()),
            completed_at: line.completed_at.map(|at| at.to_string()),
            run_seconds: line.run_seconds,
        }
    }
}
