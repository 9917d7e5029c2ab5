//! The visitor's images: what they uploaded and what their jobs gave, newest first.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use store::ids::{ImageId, ImageImportId};
use store::image_imports::ImportTarget;
use store::images::{GalleryFilter, Image};

use super::files::FilesForm;
use super::form::Form;
use super::imports::{self, ImportLine};
use super::notice;
use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::quantity::{Moment, bytes, counted};
use super::visitor::Visitor;
use crate::own::images::remove;
use crate::path::Id;
use crate::state::AppState;

/// Images of one page.
const ON_A_PAGE: u32 = 48;
/// Imports that are shown.
const MOST_IMPORTS: u32 = 8;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    modality: String,
    before: String,
}

/// An image on a card.
struct ImageCard {
    id: String,
    name: String,
    /// Such as `256 × 256 × 40`.
    size: String,
    modality: String,
    bytes: String,
    is_output: bool,
    at: Moment,
}

#[derive(Template)]
#[template(path = "images.html")]
struct ImagesPage {
    frame: Frame,
    asked: Asked,
    cards: Vec<ImageCard>,
    /// Id of the last card when there are more.
    next: Option<String>,
    imports: Vec<ImportLine>,
    is_importing: bool,
    problem: Option<&'static str>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/images/", get(show).post(upload))
        .layer(DefaultBodyLimit::disable())
        .route("/images/{id}/delete/", post(delete))
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let page = list(&state, &visitor, asked, None).await?;
    page::show(&page)
}

async fn list(
    state: &AppState,
    visitor: &Visitor,
    asked: Asked,
    problem: Option<&'static str>,
) -> Result<ImagesPage, PageError> {
    let account = visitor.require()?;
    let store = state.store();
    let filter = GalleryFilter {
        search: asked.search.trim().to_owned(),
        modality: asked.modality.trim().to_owned(),
    };
    let part = (asked.before.parse().ok(), ON_A_PAGE + 1);
    let found = store.gallery(visitor.caller.viewer, &filter, part).await?;
    let is_more = found.len() > ON_A_PAGE as usize;
    let shown = &found[..found.len().min(ON_A_PAGE as usize)];
    let recent = store.recent_imports(account.id, MOST_IMPORTS).await?;
    let imports: Vec<ImportLine> = recent
        .iter()
        .map(|import| imports::line(import, String::new()))
        .collect();
    let last = shown.last().filter(|_| is_more);
    Ok(ImagesPage {
        frame: Frame::new(visitor, Section::Images, "Images"),
        next: last.map(|image| image.id.to_string()),
        cards: shown.iter().map(card).collect(),
        is_importing: imports.iter().any(|import| !import.has_ended),
        imports,
        asked,
        problem,
    })
}

fn card(image: &Image) -> ImageCard {
    let axes = image.summary["size"].as_array();
    let axes: Vec<String> = axes
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let size = axes.join(" × ");
    ImageCard {
        id: image.id.to_string(),
        name: image.name.clone(),
        size,
        modality: image.modality.clone(),
        bytes: bytes(image.size),
        is_output: image.import.is_none(),
        at: image.created_at.into(),
    }
}

/// Starts an import.
async fn upload(State(state): State<AppState>, sent: FilesForm) -> Result<Response, PageError> {
    let by = sent.visitor.require()?.id;
    let uploads: Vec<_> = sent.files("files").iter().map(|file| file.upload).collect();
    if uploads.is_empty() {
        let problem = Some("Choose at least one file.");
        let page = list(&state, &sent.visitor, Asked::default(), problem).await?;
        return Ok(page::draw(StatusCode::UNPROCESSABLE_ENTITY, &page)?);
    }
    let import = (ImageImportId::new(), Some(by));
    let target = ImportTarget::Nowhere {};
    state
        .store()
        .create_image_import(import, &uploads, target, Timestamp::now())
        .await?;
    state.worker().ring_imports();
    let files = counted(uploads.len() as u64, "file is", "files are");
    Ok(notice::redirect(
        "/images/",
        &format!("{files} being read."),
    ))
}

/// Takes an image away that nothing uses.
async fn delete(
    State(state): State<AppState>,
    Id(id): Id<ImageId>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    match remove(&state, &form.visitor.caller, id).await {
        Ok(()) => Ok(notice::redirect("/images/", "The image is deleted.")),
        Err(refused) if refused.status() == StatusCode::CONFLICT => Ok(notice::redirect(
            "/images/",
            "The image stays: a job or an archive uses it. Delete that first.",
        )),
        Err(refused) => Err(refused.into()),
    }
}
