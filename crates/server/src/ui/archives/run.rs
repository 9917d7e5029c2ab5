//! One run: how far it is, and what came out, item by item.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::ids::{ArchiveItemId, ArchiveRunId, JobId, SocketId};

use super::open;
use crate::own::archives::ShownArchive;
use crate::own::archives::results::owned;
use crate::own::archives::runs::{ShownRun, end, found, shown};
use crate::state::AppState;
use crate::ui::cell::Cell;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, seconds};
use crate::ui::visitor::Visitor;

/// Rows of one page.
const ON_A_PAGE: u32 = 50;
/// Skipped items that are shown.
const MOST_SKIPPED: usize = 100;

/// Which part of the table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: String,
}

/// How many jobs are in a state.
struct StateCount {
    state: &'static str,
    badge: &'static str,
    count: u64,
}

/// What one item gave, as a row.
struct ResultRow {
    /// Id of the item; empty once it is gone.
    item: String,
    title: String,
    job: String,
    state: String,
    badge: &'static str,
    failure: String,
    time: String,
    cells: Vec<Option<Cell>>,
}

#[derive(Template)]
#[template(path = "archives/run.html")]
struct ArchiveRunPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    run: ShownRun,
    algorithm_title: String,
    at: Moment,
    states: Vec<StateCount>,
    is_running: bool,
    may_cancel: bool,
    /// The visitor sees what came out.
    is_owner: bool,
    columns: Vec<String>,
    rows: Vec<ResultRow>,
    after: String,
    next: Option<String>,
    /// Id, title, reason.
    skipped: Vec<(String, String, String)>,
    skipped_count: usize,
}

/// The run.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    visitor.require()?;
    let (archive, shown_archive) = open(&state, &visitor, &slug).await?;
    let (_, stored) = found(&state, &visitor.caller, (&slug, &id)).await?;
    let (run_id, created_at, algorithm) = (stored.id, stored.created_at, stored.algorithm);
    let run = shown(&state, &archive, stored).await?;
    let is_owner = owned(&state, &visitor.caller, (&slug, &id)).await.is_ok();
    let (columns, rows, next) = match is_owner {
        true => table(&state, run_id, asked.after.parse().ok()).await?,
        false => (Vec::new(), Vec::new(), None),
    };
    let algorithm = state.store().algorithm(algorithm).await?;
    let skipped_count = run.skipped.len();
    let is_running = run.ended < run.total;
    page::show(&ArchiveRunPage {
        frame: Frame::new(
            &visitor,
            Section::Archives,
            format!("Run over {}", archive.title),
        ),
        tab: "runs",
        archive: shown_archive,
        algorithm_title: algorithm.map(|one| one.title).unwrap_or_default(),
        at: created_at.into(),
        states: counts(&run.jobs),
        is_running,
        may_cancel: is_owner && is_running,
        is_owner,
        columns,
        rows,
        after: asked.after,
        next,
        skipped: skipped(&state, &run).await?,
        skipped_count,
        run,
    })
}

/// Items without a job, by the names that they have now.
async fn skipped(
    state: &AppState,
    run: &ShownRun,
) -> Result<Vec<(String, String, String)>, PageError> {
    let mut rows = Vec::new();
    for one in run.skipped.iter().take(MOST_SKIPPED) {
        let item = match one.item.parse::<ArchiveItemId>() {
            Ok(id) => state.store().archive_item(id).await?,
            Err(_) => None,
        };
        let title = item.map_or_else(|| "an item that is gone".to_owned(), |item| item.title);
        rows.push((one.item.clone(), title, one.reason.clone()));
    }
    Ok(rows)
}

/// States in the order of a job's life; those in which no job is are left out.
fn counts(jobs: &BTreeMap<String, u64>) -> Vec<StateCount> {
    let all = [
        "validating",
        "queued",
        "provisioning",
        "executing",
        "parsing",
        "succeeded",
        "failed",
        "cancelled",
    ];
    let counted = all.into_iter().filter_map(|state| {
        let count = *jobs.get(state)?;
        Some(StateCount {
            state,
            badge: badge(state),
            count,
        })
    });
    counted.collect()
}

fn badge(state: &str) -> &'static str {
    match state {
        "succeeded" => "good",
        "failed" => "bad",
        "cancelled" => "warning",
        "queued" | "validating" => "plain",
        _ => "busy",
    }
}

/// A part of the table of results.
async fn table(
    state: &AppState,
    run: ArchiveRunId,
    after: Option<JobId>,
) -> Result<(Vec<String>, Vec<ResultRow>, Option<String>), PageError> {
    let store = state.store();
    let mut jobs = store.run_jobs(run, (after, ON_A_PAGE + 1)).await?;
    let is_more = jobs.len() > ON_A_PAGE as usize;
    jobs.truncate(ON_A_PAGE as usize);
    let next = jobs
        .last()
        .filter(|_| is_more)
        .map(|job| job.id.to_string());
    let mut all = Vec::new();
    let mut columns: BTreeMap<SocketId, String> = BTreeMap::new();
    for job in jobs {
        let (_, outputs) = store.job_values(job.id).await?;
        let values = store.values_of(&outputs).await?;
        for value in &values {
            columns.insert(value.socket.id, value.socket.socket.title.clone());
        }
        all.push((job, values));
    }
    let rows = all.into_iter().map(|(job, values)| {
        let cell = |socket: &SocketId| {
            let mut values = values.iter();
            values
                .find(|value| value.socket.id == *socket)
                .map(Cell::of)
        };
        ResultRow {
            item: job.item.map(|id| id.to_string()).unwrap_or_default(),
            title: job.title,
            job: job.id.to_string(),
            badge: badge(&job.state),
            state: job.state,
            failure: job.failure_code.unwrap_or_default(),
            time: job.run_seconds.map(seconds).unwrap_or_default(),
            cells: columns.keys().map(cell).collect(),
        }
    });
    let rows = rows.collect();
    Ok((columns.into_values().collect(), rows, next))
}

/// Ends all jobs of a run.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    end(&state, &form.visitor.caller, (&slug, &id)).await?;
    Ok(notice::redirect(
        &format!("/archives/{slug}/runs/{id}/"),
        "All jobs of the run are asked to end.",
    ))
}
