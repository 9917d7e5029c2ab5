//! What the buttons on a job's page do: the same as the calls of our own API.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::ids::JobId;

use super::page::{self, Sharing};
use crate::error::ApiError;
use crate::own::jobs::change::{self, JobPatch};
use crate::own::jobs::{end, viewers, visible};
use crate::path::Id;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::problem::PageError;

/// Ends a job; a second time kills it.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let sentence = match end(&state, &form.visitor.caller, id).await {
        Ok(()) => "The job was asked to end.".to_owned(),
        // It ended by itself while the button was on its way.
        Err(refused) if refused.status() == StatusCode::CONFLICT => refused.text(),
        Err(refused) => return Err(refused.into()),
    };
    Ok(notice::redirect(&format!("/jobs/{id}/"), &sentence))
}

/// Submits a job once more.
pub(super) async fn retry(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let new = change::again(&state, &form.visitor.caller, id).await?;
    Ok(notice::redirect(
        &format!("/jobs/{}/", new.id),
        "Submitted again, with the same inputs.",
    ))
}

/// Changes the comment, and whether everybody sees the job.
pub(super) async fn edit(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let caller = &form.visitor.caller;
    let job = visible(&state, caller, id).await?;
    let is_public = form.is_ticked("is_public");
    let patch = JobPatch {
        comment: Some(form.get("comment").replace("\r\n", "\n")),
        is_public: (is_public != job.is_public).then_some(is_public),
    };
    change::edit(&state, caller, id, patch).await?;
    Ok(notice::redirect(&format!("/jobs/{id}/"), "Saved."))
}

/// Shows a job to somebody, or no longer.
pub(super) async fn share(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let caller = &form.visitor.caller;
    let name = form.get("username").trim();
    let is_shown = !form.is_ticked("remove");
    visible(&state, caller, id).await?;
    match viewers::share(&state, caller, (id, name), is_shown).await {
        Ok(()) => {
            let sentence = if is_shown {
                format!("{name} may see the job now.")
            } else {
                format!("{name} may not see the job any more.")
            };
            Ok(notice::redirect(&format!("/jobs/{id}/"), &sentence))
        }
        Err(refused) if refused.status() == StatusCode::NOT_FOUND => {
            let sharing = Sharing {
                typed: name.to_owned(),
                problem: Some(format!("There is no account `{name}`.")),
                ..Sharing::default()
            };
            let answer = (StatusCode::BAD_REQUEST, sharing);
            page::draw(&state, &form.visitor, id, answer).await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Takes a job away.
pub(super) async fn delete(
    State(state): State<AppState>,
    Id(id): Id<JobId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    change::remove(&state, &form.visitor.caller, id)
        .await
        .map_err(|refused: ApiError| PageError::from(refused))?;
    Ok(notice::redirect("/jobs/", "The job is deleted."))
}
