//! The tab of weights: tarballs that jobs find unpacked at `/opt/ml/model`, none or one of them active.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use store::algorithm_images::ImportState;
use store::algorithm_models::AlgorithmModel;
use store::ids::AlgorithmModelId;
use store::{Page, Viewer};

use super::head::{Tab, edited};
use super::version_forms::{Shown, Sort, VersionRow, brought, draw, names};
use crate::error::ApiError;
use crate::media::{Handed, hand_out};
use crate::own::algorithms::changeable;
use crate::own::note;
use crate::own::versions::{checked, removal};
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

async fn list(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    (comment, problems): (String, Problems),
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(state, visitor, (slug, Tab::Models)).await?;
    let store = state.store();
    let found = store
        .algorithm_models(Viewer::SYSTEM, Some(algorithm.id), Page::ALL)
        .await?;
    let creators = found.items.iter().map(|model| model.creator).collect();
    let names = names(state, creators).await?;
    let mut rows = Vec::new();
    let there = found.items.into_iter().rev();
    for model in there.filter(|model| model.import_state != ImportState::Removed) {
        let size = match &model.blob {
            Some(blob) => store.blob_size(blob).await?,
            None => None,
        };
        let download = model
            .blob
            .as_ref()
            .map(|_| format!("/algorithms/{slug}/models/{}/model.tar.gz", model.id));
        rows.push(VersionRow {
            cases: None,
            id: model.id.to_string(),
            state: model.import_state,
            problem: model.problem,
            size: size.map(bytes),
            digest: model.blob.map(|blob| blob.to_string()),
            comment: model.comment,
            is_active: model.is_active,
            creator: model.creator.and_then(|id| names.get(&id).cloned()),
            made: model.created_at.into(),
            download,
        });
    }
    let shown = Shown {
        head,
        sort: Sort::Models,
        cases: None,
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
        .create_algorithm_model(&new, Timestamp::now())
        .await?;
    state.worker().ring_imports();
    let object = format!("algorithm_model {id}");
    note(&state, by, "algorithm_model.create", &object).await?;
    let said = "The tarball is here. Once it is looked at, new jobs use it.";
    Ok(back(&slug, said))
}

/// New jobs use these.
pub(super) async fn activate(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let model = found(&state, &form.visitor, (&slug, &id)).await?;
    if !state.store().activate_algorithm_model(model.id).await? {
        return Ok(back(
            &slug,
            "The weights are not imported, so no job can use them.",
        ));
    }
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_model {}", model.id);
    note(&state, by, "algorithm_model.activate", &object).await?;
    Ok(back(&slug, "New jobs use these weights from now on."))
}

/// New jobs use none.
pub(super) async fn deactivate(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let algorithm = changeable(&state, &form.visitor.caller, &slug).await?;
    let store = state.store();
    store.deactivate_algorithm_models(algorithm.id).await?;
    let by = form.visitor.require()?.id;
    let object = format!("algorithm {}", algorithm.id);
    note(&state, by, "algorithm_model.deactivate", &object).await?;
    Ok(back(&slug, "New jobs run without weights from now on."))
}

/// Changes the note.
pub(super) async fn comment(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let model = found(&state, &form.visitor, (&slug, &id)).await?;
    let comment = checked(form.get("comment").trim())?;
    state
        .store()
        .set_algorithm_model_comment(model.id, comment)
        .await?;
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_model {}", model.id);
    note(&state, by, "algorithm_model.comment", &object).await?;
    Ok(back(&slug, "The comment is changed."))
}

/// Takes them away.
pub(super) async fn remove(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let model = found(&state, &form.visitor, (&slug, &id)).await?;
    let removed = state.store().remove_algorithm_model(model.id).await;
    removed.map_err(removal)?;
    let by = form.visitor.require()?.id;
    let object = format!("algorithm_model {}", model.id);
    note(&state, by, "algorithm_model.remove", &object).await?;
    Ok(back(
        &slug,
        "The weights are gone. Jobs that used them still name them.",
    ))
}

/// The tarball, for editors.
pub(super) async fn file(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let model = found(&state, &visitor, (&slug, &id)).await?;
    let digest = model.blob.ok_or_else(ApiError::not_found)?;
    let size = state.store().blob_size(&digest).await?;
    let handed = Handed {
        digest,
        size: size.ok_or_else(ApiError::not_found)?,
        filename: format!("{slug}-model.tar.gz"),
        media_type: "application/gzip",
        is_inline: false,
    };
    Ok(hand_out(&state, &handed, &headers).await?)
}

fn back(slug: &str, said: &str) -> Response {
    notice::redirect(&format!("/algorithms/{slug}/models/"), said)
}

/// Weights of an algorithm that the visitor may change.
async fn found(
    state: &AppState,
    visitor: &Visitor,
    (slug, id): (&str, &str),
) -> Result<AlgorithmModel, PageError> {
    visitor.require()?;
    let algorithm = changeable(state, &visitor.caller, slug).await?;
    let id: AlgorithmModelId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = state.store().algorithm_model(id).await?;
    let is_there = |model: &AlgorithmModel| {
        model.algorithm == algorithm.id && model.import_state != ImportState::Removed
    };
    Ok(found.filter(is_there).ok_or_else(ApiError::not_found)?)
}
