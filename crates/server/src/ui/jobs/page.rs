//! The page of one job.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::job::JobState;
use domain::{ResourceRecord, RunReport};
use store::ids::JobId;
use store::jobs::StoredJob;

use super::failure::Told;
use super::isolation::Isolation;
use super::live::{self, Live};
use super::log::{self, Part, Wanted};
use super::resources::Resources;
use super::value::{self, Body, Shown};
use crate::error::ApiError;
use crate::own::jobs::visible;
use crate::path::Id;
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, bytes, seconds};
use crate::ui::visitor::Visitor;
use crate::view::Scene;

/// A job, from its submission to its result.
#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    id: String,
    about: About,
    live: Live,
    rights: Rights,
    failure: Option<Told>,
    warnings: Vec<String>,
    scenes: Vec<Scene>,
    inputs: Vec<Shown>,
    outputs: Vec<Shown>,
    /// Titles of outputs that did not come.
    missing: Vec<String>,
    /// Cleaned HTML.
    result: Option<String>,
    part: Part,
    /// Where the script goes on to read.
    cursor: String,
    isolation: Option<Isolation>,
    resources: Option<Resources>,
    sharing: Sharing,
}

/// What a job is.
struct About {
    title: String,
    slug: String,
    creator: Option<String>,
    created_at: Moment,
    completed_at: Option<Moment>,
    took: Option<String>,
    comment: String,
    is_public: bool,
    retry_of: Option<String>,
    /// What it may use, in words.
    limits: Vec<(&'static str, String)>,
    version: String,
    exit_code: Option<i32>,
}

/// What the visitor may do.
struct Rights {
    /// Change, share, cancel, delete.
    may_change: bool,
    /// Submit it again.
    may_run: bool,
}

/// Whom it is shown to, and what was wrong with the last wish.
#[derive(Default)]
pub(super) struct Sharing {
    pub(super) names: Vec<String>,
    pub(super) typed: String,
    pub(super) problem: Option<String>,
}

impl JobPage {
    fn has_chart(&self) -> bool {
        self.inputs.iter().chain(&self.outputs).any(Shown::is_chart)
    }
}

/// The page of a job.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Id(id): Id<JobId>,
) -> Result<Response, PageError> {
    draw(&state, &visitor, id, (StatusCode::OK, Sharing::default())).await
}

/// The page of a job after a wish to share it.
pub(super) async fn draw(
    state: &AppState,
    visitor: &Visitor,
    id: JobId,
    (status, sharing): (StatusCode, Sharing),
) -> Result<Response, PageError> {
    let store = state.store();
    // Before anything else is read: the script hears again of what the page shows already, but of nothing less. A state that
    // came between would stay unseen for as long as the job is in it.
    let states = store.job_records(id, 0).await?.last().map(|it| it.number);
    let job = found(state, visitor, id).await?;
    let report = store.job_report(id).await?;
    let about = about(state, &job).await?;
    let rights = rights(state, visitor, &job).await?;
    let wanted = Wanted {
        most: log::ON_JOB,
        ..Wanted::default()
    };
    let part = log::part(state, &job, wanted).await?;
    let (mut inputs, mut outputs) = value::of_job(state, id, report.as_ref()).await?;
    let scenes = Scene::of_job(state, &visitor.caller, id).await?;
    for shown in inputs.iter_mut().chain(&mut outputs) {
        let mut sets = scenes.iter().flat_map(|scene| &scene.annotations);
        if sets.any(|set| set.socket == shown.slug) {
            shown.drawn_with_images();
        }
    }
    let names = if rights.may_change {
        store.job_viewers(id).await?
    } else {
        Vec::new()
    };
    let used = report.as_ref().and_then(|report| report.resources.as_ref());
    let page = JobPage {
        frame: Frame::new(visitor, Section::Jobs, format!("{} · job", about.title)),
        id: id.to_string(),
        live: live::of(state, &job).await?,
        failure: failure(&job, used),
        warnings: warnings(report.as_ref(), &scenes),
        scenes,
        missing: missing(state, &job, &outputs).await?,
        inputs,
        outputs,
        result: report
            .as_ref()
            .and_then(|report| report.result.as_ref())
            .map(|result| result.html.clone()),
        cursor: format!(
            "{}.{}.{}",
            states.unwrap_or(0),
            job.attempt,
            part.last().max(part.total)
        ),
        part,
        isolation: report
            .as_ref()
            .and_then(|report| report.isolation.as_ref())
            .map(Isolation::of),
        resources: used.map(|used| Resources::of(used, &job.limits)),
        sharing: Sharing { names, ..sharing },
        about,
        rights,
    };
    Ok(page::draw(status, &page)?)
}

/// The job, if the visitor may see it; whoever is not logged in may be somebody who may.
async fn found(state: &AppState, visitor: &Visitor, id: JobId) -> Result<StoredJob, PageError> {
    match visible(state, &visitor.caller, id).await {
        Ok(job) => Ok(job),
        Err(refused) if refused.status() == StatusCode::NOT_FOUND => {
            visitor.require()?;
            Err(refused.into())
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Why it failed, if it did.
fn failure(job: &StoredJob, used: Option<&ResourceRecord>) -> Option<Told> {
    match &job.state {
        JobState::Failed { failure } => Some(Told::of(failure, &job.limits, used)),
        JobState::Validating
        | JobState::Queued { .. }
        | JobState::Provisioning { .. }
        | JobState::Executing { .. }
        | JobState::Parsing { .. }
        | JobState::Succeeded
        | JobState::Cancelled => None,
    }
}

async fn about(state: &AppState, job: &StoredJob) -> Result<About, ApiError> {
    let store = state.store();
    let algorithm = store.algorithm(job.algorithm).await?;
    let creator = match job.creator {
        Some(id) => store.account(id).await?,
        None => None,
    };
    let version = store.algorithm_image(job.image).await?;
    let version = version.map_or_else(String::new, |version| {
        let digest = version.digest.unwrap_or_default();
        let digest: String = digest.chars().take(19).collect();
        if version.comment.is_empty() {
            digest
        } else {
            format!("{} ({digest})", version.comment)
        }
    });
    let (title, slug) = algorithm.map_or_else(
        || ("An algorithm that is gone".to_owned(), String::new()),
        |found| (found.title, found.slug.to_string()),
    );
    Ok(About {
        title,
        slug,
        creator: creator.map(|account| account.username),
        created_at: job.created_at.into(),
        completed_at: job.completed_at.map(Moment::from),
        took: job.run_seconds.map(seconds),
        comment: job.comment.clone(),
        is_public: job.is_public,
        retry_of: job.retry_of.map(|id| id.to_string()),
        limits: limits(&job.limits),
        version,
        exit_code: job.exit_code,
    })
}

/// What a job may use, in words.
pub(in crate::ui) fn limits(limits: &domain::Limits) -> Vec<(&'static str, String)> {
    let gpu = match &limits.gpu {
        domain::GpuRequest::None => "none".to_owned(),
        domain::GpuRequest::Any => "one".to_owned(),
        domain::GpuRequest::Named(name) => name.clone(),
    };
    let cpus = f64::from(limits.cpu_percent) / 100.0;
    vec![
        ("Memory", bytes(limits.memory_bytes)),
        ("Processors", format!("{cpus}")),
        ("GPU", gpu),
        ("Time", seconds(limits.wall_time_ms as f64 / 1000.0)),
        ("Disk", bytes(limits.disk_bytes)),
    ]
}

async fn rights(state: &AppState, visitor: &Visitor, job: &StoredJob) -> Result<Rights, ApiError> {
    let Some(account) = visitor.caller.account.as_ref() else {
        return Ok(Rights {
            may_change: false,
            may_run: false,
        });
    };
    let viewer = visitor.caller.viewer;
    Ok(Rights {
        may_change: job.creator == Some(account.id) || account.is_administrator(),
        may_run: state
            .store()
            .may_run_algorithm(viewer, job.algorithm)
            .await?,
    })
}

/// What should be looked at although it ran. A viewer says itself of what it shows that it lies elsewhere.
fn warnings(report: Option<&RunReport>, scenes: &[Scene]) -> Vec<String> {
    let Some(report) = report else {
        return Vec::new();
    };
    let told: Vec<String> = report
        .outputs
        .iter()
        .filter(|output| {
            scenes
                .iter()
                .any(|scene| scene.tells_place_of(&output.socket))
        })
        .filter_map(|output| Some(output.geometry.as_ref()?.warning(&output.relative_path)))
        .collect();
    let others = report.warnings.iter();
    others
        .filter(|warning| !told.contains(warning))
        .map(|warning| super::failure::sentence(warning))
        .collect()
}

async fn missing(
    state: &AppState,
    job: &StoredJob,
    outputs: &[Shown],
) -> Result<Vec<String>, ApiError> {
    if !job.state.is_final() {
        return Ok(Vec::new());
    }
    let interface = state.store().interface(job.interface).await?;
    let expected = interface.map_or_else(Vec::new, |interface| interface.outputs);
    let missing = expected.into_iter().map(|stored| stored.socket);
    Ok(missing
        .filter(|socket| {
            !outputs
                .iter()
                .any(|shown| shown.slug == socket.slug.as_str())
        })
        .map(|socket| socket.title)
        .collect())
}
