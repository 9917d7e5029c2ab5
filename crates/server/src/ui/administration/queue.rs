//! What runs, what waits, and why it waits.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use store::ids::JobId;
use store::jobs::StandingJob;

use super::running::{self, RunningRow};
use super::{require, waiting};
use crate::error::ApiError;
use crate::own::note;
use crate::path::Id;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, counted};
use crate::ui::visitor::Visitor;

/// Waiting jobs that are shown.
const MOST: u32 = 100;

/// A job that waits, as a row.
struct WaitingRow {
    id: String,
    algorithm_title: String,
    username: String,
    since: Moment,
    why: String,
}

#[derive(Template)]
#[template(path = "administration/queue.html")]
struct QueuePage {
    frame: Frame,
    tab: &'static str,
    running: Vec<RunningRow>,
    /// No job begins because the disk is full.
    lacks_disk: bool,
    waiting: Vec<WaitingRow>,
    validating: Vec<WaitingRow>,
    /// Jobs that wait for their turn, in all.
    queued: u64,
    /// Jobs that wait for their inputs, in all.
    incoming: u64,
    succeeded: u64,
    failed: u64,
}

/// The queue.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    require(&visitor)?;
    let store = state.store();
    let counts = store.count_jobs().await?;
    let count = |word: &str| counts.get(word).copied().unwrap_or(0);
    let claimed = store.standing_claimed().await?;
    let queued = store.standing_queued(MOST).await?;
    let settings = state.worker().settings();
    let quotas = store.running_quotas().await?;
    let waiting = queued
        .iter()
        .enumerate()
        .map(|(ahead, job)| {
            let why = waiting::reasons(job, &claimed, (&settings.capacity, settings.caps), &quotas);
            waiting_row(
                job,
                &if why.is_empty() {
                    turn(ahead)
                } else {
                    why.join("; ")
                },
            )
        })
        .collect();
    let validating = store.standing_validating(MOST).await?;
    let validating = validating
        .iter()
        .map(|job| {
            let inputs = counted(job.pending, "input is", "inputs are");
            waiting_row(job, &format!("{inputs} being imported"))
        })
        .collect();
    page::show(&QueuePage {
        frame: Frame::new(&visitor, Section::Administration, "Queue"),
        tab: "queue",
        running: running::rows(&state, claimed).await,
        lacks_disk: state.worker().lacks_disk(),
        waiting,
        validating,
        queued: count("queued"),
        incoming: count("validating"),
        succeeded: count("succeeded"),
        failed: count("failed"),
    })
}

fn turn(ahead: usize) -> String {
    match ahead {
        0 => "next in turn".to_owned(),
        ahead => format!(
            "its turn comes after {}",
            counted(ahead as u64, "other", "others")
        ),
    }
}

fn waiting_row(job: &StandingJob, why: &str) -> WaitingRow {
    WaitingRow {
        id: job.id.to_string(),
        algorithm_title: job.algorithm_title.clone(),
        username: job.username.clone().unwrap_or_default(),
        since: job.created_at.into(),
        why: why.to_owned(),
    }
}

/// Ends a job; once more kills it.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    let by = require(&form.visitor)?.id;
    let asked = state.worker().cancel(id).await.map_err(|problem| {
        if matches!(problem, store::jobs::ApplyError::Gone(_)) {
            ApiError::not_found()
        } else {
            ApiError::internal(&problem)
        }
    })?;
    if !asked {
        return Ok(notice::redirect(
            "/administration/",
            "The job had ended already.",
        ));
    }
    note(&state, by, "job.cancel", &format!("job {id}")).await?;
    Ok(notice::redirect(
        "/administration/",
        "The job is asked to end. Cancelling it once more kills it at once.",
    ))
}
