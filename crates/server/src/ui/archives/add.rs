//! Many images at once: each becomes an item of its own.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::SuperKind;
use jiff::Timestamp;
use store::Page;
use store::ids::{ImageImportId, SocketId};
use store::image_imports::ImportTarget;
use store::sockets::StoredSocket;

use super::open;
use crate::error::ApiError;
use crate::own::archives::ShownArchive;
use crate::own::note;
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::counted;
use crate::ui::visitor::Visitor;

/// A socket to choose.
pub(super) struct Choice {
    pub(super) slug: String,
    pub(super) title: String,
    pub(super) kind: &'static str,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "archives/add.html")]
struct AddItemsPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    /// Sockets that take images.
    images: Vec<Choice>,
    /// All sockets.
    all: Vec<Choice>,
    problems: Problems,
}

/// The form.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let page = form(&state, &visitor, &slug, Problems::default()).await?;
    page::show(&page)
}

async fn form(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    problems: Problems,
) -> Result<AddItemsPage, PageError> {
    visitor.require()?;
    let (archive, shown) = open(state, visitor, slug).await?;
    may_fill(&shown)?;
    let store = state.store();
    let used = used(state, visitor, archive.id).await?;
    let all = store.sockets(Page::ALL, None).await?.items;
    let is_image = |socket: &&StoredSocket| socket.socket.super_kind() == SuperKind::Image;
    let choice = |socket: &StoredSocket| Choice {
        slug: socket.socket.slug.to_string(),
        title: socket.socket.title.clone(),
        kind: socket.socket.kind.label(),
        is_chosen: used.contains(&socket.id),
    };
    Ok(AddItemsPage {
        frame: Frame::new(
            visitor,
            Section::Archives,
            format!("Add to {}", archive.title),
        ),
        tab: "add",
        archive: shown,
        images: all.iter().filter(is_image).map(choice).collect(),
        all: all.iter().map(choice).collect(),
        problems,
    })
}

/// Sockets that the first items of an archive hold.
async fn used(
    state: &AppState,
    visitor: &Visitor,
    archive: store::ids::ArchiveId,
) -> Result<Vec<SocketId>, PageError> {
    let first = Page {
        offset: 0,
        limit: 20,
    };
    let items = state
        .store()
        .archive_items(visitor.caller.viewer, Some(archive), first)
        .await?;
    let values = items.items.iter().flat_map(|item| &item.values);
    Ok(values.map(|value| value.socket.id).collect())
}

pub(super) fn may_fill(archive: &ShownArchive) -> Result<(), PageError> {
    if archive.may_fill {
        return Ok(());
    }
    Err(ApiError::forbidden("Only editors and uploaders of the archive add to it.").into())
}

/// Starts the import.
pub(super) async fn send(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    sent: FilesForm,
) -> Result<Response, PageError> {
    let by = sent.visitor.require()?.id;
    let (archive, shown) = open(&state, &sent.visitor, &slug).await?;
    may_fill(&shown)?;
    let store = state.store();
    let mut problems = Problems::default();
    let found = store.sockets(Page::ALL, Some(sent.get("socket"))).await?;
    let socket = found.items.into_iter().next();
    let socket = socket.filter(|socket| socket.socket.super_kind() == SuperKind::Image);
    if socket.is_none() {
        problems.add("socket", "Choose what the images are.");
    }
    let uploads: Vec<_> = sent.files("files").iter().map(|file| file.upload).collect();
    if uploads.is_empty() {
        problems.add("files", "Choose at least one file.");
    }
    let (Some(socket), false) = (socket, problems.any()) else {
        let page = form(&state, &sent.visitor, &slug, problems).await?;
        return Ok(page::draw(page.problems.status(), &page)?);
    };
    let target = ImportTarget::Archive {
        archive: archive.id,
        socket: socket.id,
    };
    let import = (ImageImportId::new(), Some(by));
    store
        .create_image_import(import, &uploads, target, Timestamp::now())
        .await?;
    state.worker().ring_imports();
    note(
        &state,
        by,
        "archive.add",
        &format!("archive {}", archive.id),
    )
    .await?;
    let files = counted(uploads.len() as u64, "file is", "files are");
    Ok(notice::redirect(
        &format!("/archives/{slug}/"),
        &format!("{files} being read. Each image in them becomes an item."),
    ))
}
