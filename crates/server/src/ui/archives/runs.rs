//! An algorithm over the whole archive: what it would do, and the runs so far.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::Page;
use store::algorithms::AlgorithmFilter;

use super::open;
use crate::own::archives::ShownArchive;
use crate::own::archives::runs::{ShownRun, begin, of_archive};
use crate::own::part::Part;
use crate::run_archive::{self, RunArchiveError};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::counted;
use crate::ui::visitor::Visitor;

/// Runs of one page.
const ON_A_PAGE: u64 = 100;
/// Skipped items that are shown before a run.
const MOST_SKIPPED: usize = 20;

/// An algorithm to choose.
struct Choice {
    slug: String,
    title: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "archives/runs.html")]
struct ArchiveRunsPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    algorithms: Vec<Choice>,
    runs: Vec<ShownRun>,
}

/// What is asked before a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    algorithm: String,
}

/// An item that no interface takes.
struct SkippedRow {
    id: String,
    title: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "archives/new_run.html")]
struct NewRunPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    algorithm: String,
    algorithm_title: String,
    /// Inputs and how many items.
    interfaces: Vec<(String, String)>,
    jobs: u64,
    skipped: Vec<SkippedRow>,
    skipped_count: usize,
    problems: Problems,
}

/// The runs so far.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    visitor.require()?;
    let (archive, shown) = open(&state, &visitor, &slug).await?;
    let part = Part {
        limit: ON_A_PAGE,
        ..Part::default()
    };
    let mut runs = of_archive(&state, &visitor.caller, &slug, &part)
        .await?
        .results;
    runs.reverse();
    page::show(&ArchiveRunsPage {
        frame: Frame::new(
            &visitor,
            Section::Archives,
            format!("Runs over {}", archive.title),
        ),
        tab: "runs",
        archive: shown,
        algorithms: choices(&state, &visitor, "").await?,
        runs,
    })
}

/// Algorithms that the visitor may run and that can run.
async fn choices(
    state: &AppState,
    visitor: &Visitor,
    chosen: &str,
) -> Result<Vec<Choice>, PageError> {
    let (store, viewer) = (state.store(), visitor.caller.viewer);
    let found = store
        .algorithms(viewer, &AlgorithmFilter::default(), Page::ALL)
        .await?;
    let mut choices = Vec::new();
    for algorithm in found.items {
        let can_run = store.active_algorithm_image(algorithm.id).await?.is_some();
        if can_run && store.may_run_algorithm(viewer, algorithm.id).await? {
            choices.push(Choice {
                is_chosen: algorithm.slug.as_str() == chosen,
                slug: algorithm.slug.to_string(),
                title: algorithm.title,
            });
        }
    }
    Ok(choices)
}

/// What a run would do.
pub(super) async fn preview(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let page = plan(&state, &visitor, &slug, &asked.algorithm).await?;
    page::show(&page)
}

async fn plan(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    algorithm: &str,
) -> Result<NewRunPage, PageError> {
    visitor.require()?;
    let (archive, shown) = open(state, visitor, slug).await?;
    let found = crate::own::algorithms::visible(state, &visitor.caller, algorithm).await?;
    let viewer = visitor.caller.viewer;
    let previewed = run_archive::preview(state.worker(), viewer, (&archive, found.id)).await;
    let mut problems = Problems::default();
    let previewed = match previewed {
        Ok(previewed) => previewed,
        Err(RunArchiveError::Submit(crate::submit::SubmitError::Store(problem))) => {
            return Err(problem.into());
        }
        Err(problem) => {
            problems.add("", problem.to_string());
            run_archive::RunPreview::default()
        }
    };
    let mut skipped = Vec::new();
    for item in previewed.skipped.iter().take(MOST_SKIPPED) {
        let found = state.store().archive_item(item.item).await?;
        skipped.push(SkippedRow {
            id: item.item.to_string(),
            title: found.map(|item| item.title).unwrap_or_default(),
            reason: item.reason.clone(),
        });
    }
    Ok(NewRunPage {
        frame: Frame::new(visitor, Section::Archives, format!("Run {}", found.title)),
        tab: "runs",
        archive: shown,
        algorithm: found.slug.to_string(),
        algorithm_title: found.title,
        jobs: previewed.interfaces.iter().map(|(_, count)| count).sum(),
        interfaces: previewed
            .interfaces
            .into_iter()
            .map(|(inputs, count)| (inputs.join(", "), counted(count, "item", "items")))
            .collect(),
        skipped,
        skipped_count: previewed.skipped.len(),
        problems,
    })
}

/// Starts a run.
pub(super) async fn start(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let algorithm = form.get("algorithm");
    match begin(&state, &form.visitor.caller, &slug, algorithm).await {
        Ok(run) => Ok(notice::redirect(
            &format!("/archives/{slug}/runs/{}/", run.id),
            &format!("{} queued.", counted(run.total, "job is", "jobs are")),
        )),
        Err(refused) => {
            let problems = Problems::of(refused)?;
            let page = NewRunPage {
                problems,
                ..plan(&state, &form.visitor, &slug, algorithm).await?
            };
            Ok(page::draw(page.problems.status(), &page)?)
        }
    }
}
