//! The items of an archive as a table: a column for each socket.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::Page;
use store::archives::ArchiveItem;
use store::ids::SocketId;

use super::open;
use crate::own::archives::ShownArchive;
use crate::own::archives::items::delete as delete_item;
use crate::state::AppState;
use crate::ui::cell::Cell;
use crate::ui::form::Form;
use crate::ui::imports::{self, ImportLine};
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::counted;
use crate::ui::visitor::Visitor;

/// Items of one page.
const ON_A_PAGE: u64 = 50;
/// Imports that are shown.
const MOST_IMPORTS: u32 = 20;

/// Which part.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    page: u64,
}

/// An item, as a row.
struct ItemRow {
    id: String,
    title: String,
    /// One for each column; `None`: it holds nothing there.
    cells: Vec<Option<Cell>>,
}

#[derive(Template)]
#[template(path = "archives/items.html")]
struct ArchiveItemsPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    /// Titles of sockets.
    columns: Vec<String>,
    items: Vec<ItemRow>,
    count: u64,
    /// From 0.
    page: u64,
    pages: u64,
    imports: Vec<ImportLine>,
    is_importing: bool,
}

/// The items.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let (archive, shown) = open(&state, &visitor, &slug).await?;
    let store = state.store();
    let part = Page {
        offset: asked.page.saturating_mul(ON_A_PAGE),
        limit: ON_A_PAGE,
    };
    let found = store
        .archive_items(visitor.caller.viewer, Some(archive.id), part)
        .await?;
    let imports = match shown.may_fill {
        true => store.imports_of_archive(archive.id, MOST_IMPORTS).await?,
        false => Vec::new(),
    };
    let imports: Vec<ImportLine> = imports
        .iter()
        .map(|of| {
            let place = match &of.item {
                Some((_, title)) if !title.is_empty() => format!("the item “{title}”"),
                Some(_) => "an item without a title".to_owned(),
                None => String::new(),
            };
            imports::line(&of.import, place)
        })
        .collect();
    let (columns, items) = table(&found.items);
    page::show(&ArchiveItemsPage {
        frame: Frame::new(&visitor, Section::Archives, &archive.title),
        tab: "items",
        archive: shown,
        columns,
        items,
        count: found.count,
        page: asked.page,
        pages: found.count.div_ceil(ON_A_PAGE),
        is_importing: imports.iter().any(|import| !import.has_ended),
        imports,
    })
}

/// Columns in the order in which the sockets were made.
fn table(items: &[ArchiveItem]) -> (Vec<String>, Vec<ItemRow>) {
    let values = items.iter().flat_map(|item| &item.values);
    let columns: BTreeMap<SocketId, String> = values
        .map(|value| (value.socket.id, value.socket.socket.title.clone()))
        .collect();
    let rows = items.iter().map(|item| {
        let cell = |socket: &SocketId| {
            let mut values = item.values.iter();
            values
                .find(|value| value.socket.id == *socket)
                .map(Cell::of)
        };
        ItemRow {
            id: item.id.to_string(),
            title: item.title.clone(),
            cells: columns.keys().map(cell).collect(),
        }
    });
    let rows = rows.collect();
    (columns.into_values().collect(), rows)
}

/// Takes ticked items away.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let mut count = 0;
    for id in form.all("item") {
        delete_item(&state, &form.visitor.caller, (&slug, id)).await?;
        count += 1;
    }
    let said = match count {
        0 => "No item was ticked.".to_owned(),
        count => format!("{} deleted.", counted(count, "item is", "items are")),
    };
    Ok(notice::redirect(&format!("/archives/{slug}/"), &said))
}
