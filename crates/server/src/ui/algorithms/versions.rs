//! The tab of container images: uploaded, imported in the background, one of them active.

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use store::algorithm_images::{AlgorithmImage, ImportState};
use store::ids::AlgorithmImageId;
use store::{Page, Viewer};

use super::cases;
use super::head::{Tab, edited};
use super::version_forms::{Shown, Sort, VersionRow, brought, draw, names};
use crate::error::ApiError;
use crate::own::algorithms::changeable;
use crate::own::note;
use crate::own::versions::{checked, drop_layers, refusal, removal};
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::bytes;
use crate::ui::visitor::Visitor;

/// All of them.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    list(
        &state,
        &visitor,
        &slug,
        (String::new(), Problems::default()),
    )
    .await
}

pub(super) async fn list(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    (comment, problems): (String, Problems),
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(state, visitor, (slug, Tab::Versions)).await?;
    let found = state
        .store()
        .algorithm_images(Viewer::SYSTEM, Some(algorithm.id), Page::ALL)
        .await?;
    let creators = found.items.iter().map(|version| version.creator).collect();
    let names = names(state, creators).await?;
    let there = found.items.into_iter().rev();
    let there = there.filter(|version| version.import_state != ImportState::Removed);
    let kept = cases::view(state, algorithm.id).await?;
    let are_required = kept.as_ref().is_some_and(|cases| cases.is_required);
    let mut rows = Vec::new();
    for version in there {
        rows.push(VersionRow {
            cases: Some(cases::of_version(state, &version, are_required).await?),
            id: version.id.to_string(),
            state: version.import_state,
            problem: version.problem,
            size: (version.import_state == ImportState::Completed).then(|| bytes(version.size)),
            digest: version.digest,
            comment: version.comment,
            is_active: version.is_active,
            creator: version.creator.and_then(|id| names.get(&id).cloned()),
            made: version.created_at.into(),
            download: None,
        });
    }
    let shown = Shown {
        head,
        sort: Sort::Images,
        cases: kept,
        comment,
        problems,
    };
    draw(state, visitor, shown, rows)
}

/// Adds one.
pub(super) async fn push(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let algorithm = changeable(&state, &form.visitor.caller, &slug).await?;
    let new = match brought(&form, &algorithm) {
        Ok(new) => new,
        Err(problems) => {
            let typed = form.get("comment").to_owned();
            return list(&state, &form.visitor, &slug, (typed, problems)).await;
        }
    };
    let by = form.visitor.require()?.id;
    let id = state
        .store()
        .create_algorithm_image(&new, Timestamp::now())
        .await?;
    state.worker().ring_imports();
    let object = format!("algorithm_image {id}");
    note(&state, by, "algorithm_image.create", &object).await?;
    let said = "The archive is here. Once it is imported, new jobs run this version.";
    Ok(back(&slug, said))
}

/// New jobs run this one.
pub(super) async fn activate(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let version = found(&state, &form, (&slug, &id)).await?;
    let activation = state.store().activate_algorithm_image(version.id).await?;
    if let Some(problem) = refusal(activation) {
        return Ok(back(&slug, &problem));
    }
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_image {}", version.id);
    note(&state, by, "algorithm_image.activate", &object).await?;
    Ok(back(&slug, "New jobs run this version from now on."))
}

/// Changes the note.
pub(super) async fn comment(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let version = found(&state, &form, (&slug, &id)).await?;
    let comment = checked(form.get("comment").trim())?;
    state
        .store()
        .set_algorithm_image_comment(version.id, comment)
        .await?;
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_image {}", version.id);
    note(&state, by, "algorithm_image.comment", &object).await?;
    Ok(back(&slug, "The comment is changed."))
}

/// Takes it away.
pub(super) async fn remove(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let version = found(&state, &form, (&slug, &id)).await?;
    let removed = state.store().remove_algorithm_image(version.id).await;
    if let Some(digest) = removed.map_err(removal)? {
        drop_layers(&state, digest).await;
    }
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_image {}", version.id);
    note(&state, by, "algorithm_image.remove", &object).await?;
    Ok(back(
        &slug,
        "The version is gone. Jobs that ran it still name it.",
    ))
}

pub(super) fn back(slug: &str, said: &str) -> Response {
    notice::redirect(&format!("/algorithms/{slug}/versions/"), said)
}

/// A version of an algorithm that the visitor may change.
pub(super) async fn found(
    state: &AppState,
    form: &Form,
    (slug, id): (&str, &str),
) -> Result<AlgorithmImage, PageError> {
    form.visitor.require()?;
    let algorithm = changeable(state, &form.visitor.caller, slug).await?;
    let id: AlgorithmImageId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = state.store().algorithm_image(id).await?;
    let is_there = |version: &AlgorithmImage| {
        version.algorithm == algorithm.id && version.import_state != ImportState::Removed
    };
    Ok(found.filter(is_there).ok_or_else(ApiError::not_found)?)
}
