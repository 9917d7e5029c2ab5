//! One item: made from several values, and changed.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use domain::{Slug, SuperKind};
use jiff::Timestamp;
use store::Page;
use store::archives::{Archive, ArchiveItem, CreateItemError};
use store::ids::{ArchiveItemId, ImageId};
use store::sockets::StoredSocket;
use store::values::{Content, StoredValue};

use super::add::{Choice, may_fill};
use super::open;
use crate::error::ApiError;
use crate::fill::{Accepted, FillError, Replace, accept, fill};
use crate::own::archives::ShownArchive;
use crate::own::note;
use crate::state::AppState;
use crate::submit::InputSource;
use crate::ui::cell::Cell;
use crate::ui::files::FilesForm;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// What fills a socket, as fields of the form.
struct Field {
    slug: String,
    title: String,
    description: String,
    kind: &'static str,
    /// `json`, `image` or `file`.
    input: &'static str,
    /// What was typed, or what there is.
    text: String,
    /// What there is.
    now: Option<Cell>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "archives/item.html")]
struct ArchiveItemPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    /// `None`: a new one.
    id: Option<String>,
    title: String,
    fields: Vec<Field>,
    /// Sockets that could be added.
    others: Vec<Choice>,
    problems: Problems,
}

/// The form of a new item, with the sockets that were chosen.
pub(super) async fn form(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    visitor.require()?;
    let (_, shown) = open(&state, &visitor, &slug).await?;
    may_fill(&shown)?;
    let chosen = chosen(query.as_deref());
    let page = blank(&state, (&visitor, shown), None, &chosen).await?;
    page::show(&page)
}

/// The item, as a form.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path((slug, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    visitor.require()?;
    let (archive, shown) = open(&state, &visitor, &slug).await?;
    let item = found(&state, &archive, &id).await?;
    let chosen = chosen(query.as_deref());
    let page = blank(&state, (&visitor, shown), Some(&item), &chosen).await?;
    page::show(&page)
}

/// Sockets in a query `socket=a&socket=b`; slugs need no escapes.
fn chosen(query: Option<&str>) -> BTreeSet<String> {
    let pairs = query.unwrap_or_default().split('&');
    let sockets = pairs.filter_map(|pair| pair.strip_prefix("socket="));
    sockets.map(str::to_owned).collect()
}

async fn found(state: &AppState, archive: &Archive, id: &str) -> Result<ArchiveItem, PageError> {
    let id: ArchiveItemId = id.parse().map_err(|_| ApiError::not_found())?;
    let found = state.store().archive_item(id).await?;
    let found = found.filter(|item| item.archive == archive.id);
    Ok(found.ok_or_else(ApiError::not_found)?)
}

/// The form with what there is.
async fn blank(
    state: &AppState,
    (visitor, archive): (&Visitor, ShownArchive),
    item: Option<&ArchiveItem>,
    chosen: &BTreeSet<String>,
) -> Result<ArchiveItemPage, PageError> {
    let all = state.store().sockets(Page::ALL, None).await?.items;
    let value = |socket: &StoredSocket| {
        let values = item.map(|item| item.values.as_slice()).unwrap_or_default();
        values.iter().find(|value| value.socket.id == socket.id)
    };
    let (mut fields, mut others) = (Vec::new(), Vec::new());
    for socket in &all {
        let now = value(socket);
        if now.is_some() || chosen.contains(socket.socket.slug.as_str()) {
            fields.push(field(socket, now));
        } else {
            others.push(Choice {
                slug: socket.socket.slug.to_string(),
                title: socket.socket.title.clone(),
                kind: socket.socket.kind.label(),
                is_chosen: false,
            });
        }
    }
    let title = item.map_or("New item", |item| match item.title.as_str() {
        "" => "An item",
        title => title,
    });
    Ok(ArchiveItemPage {
        frame: Frame::new(visitor, Section::Archives, title),
        tab: if item.is_some() { "items" } else { "add" },
        archive,
        id: item.map(|item| item.id.to_string()),
        title: item.map(|item| item.title.clone()).unwrap_or_default(),
        fields,
        others,
        problems: Problems::default(),
    })
}

fn field(socket: &StoredSocket, now: Option<&StoredValue>) -> Field {
    let text = match now.map(|value| &value.content) {
        Some(Content::Json(json)) => {
            serde_json::to_string_pretty(json).expect("JSON is plain data")
        }
        Some(Content::File { .. } | Content::Image(..)) => String::new(),
        None => {
            let example = socket.socket.default.as_ref().or(socket.example.as_ref());
            example.map(ToString::to_string).unwrap_or_default()
        }
    };
    Field {
        slug: socket.socket.slug.to_string(),
        title: socket.socket.title.clone(),
        description: socket.socket.description.clone(),
        kind: socket.socket.kind.label(),
        input: match socket.socket.super_kind() {
            SuperKind::Value => "json",
            SuperKind::Image => "image",
            SuperKind::File => "file",
        },
        text,
        now: now.map(Cell::of),
        problem: None,
    }
}

/// Makes an item.
pub(super) async fn create(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    sent: FilesForm,
) -> Result<Response, PageError> {
    let by = sent.visitor.require()?.id;
    let (archive, shown) = open(&state, &sent.visitor, &slug).await?;
    may_fill(&shown)?;
    let (title, accepted) = match judged(&state, &sent, &[]).await? {
        Ok(judged) => judged,
        Err(problems) => return again((&state, &sent), shown, None, problems).await,
    };
    let made = state
        .store()
        .create_archive_item(archive.id, &title, Timestamp::now())
        .await;
    let id = match made {
        Ok(id) => id,
        Err(problem) => {
            return again((&state, &sent), shown, None, title_problem(problem)?).await;
        }
    };
    let item = found(&state, &archive, &id.to_string()).await?;
    keep(&state, &sent, &item, accepted).await?;
    let object = format!("archive {} item {id}", archive.id);
    note(&state, by, "archive_item.create", &object).await?;
    Ok(notice::redirect(
        &format!("/archives/{slug}/"),
        "The item is made. Images in it appear once they are read.",
    ))
}

/// Changes an item.
pub(super) async fn change(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    sent: FilesForm,
) -> Result<Response, PageError> {
    let by = sent.visitor.require()?.id;
    let (archive, shown) = open(&state, &sent.visitor, &slug).await?;
    may_fill(&shown)?;
    let item = found(&state, &archive, &id).await?;
    let (title, accepted) = match judged(&state, &sent, &item.values).await? {
        Ok(judged) => judged,
        Err(problems) => return again((&state, &sent), shown, Some(&item), problems).await,
    };
    let place = (archive.id, item.id);
    let renamed = state.store().set_archive_item_title(place, &title).await;
    if let Err(problem) = renamed {
        return again((&state, &sent), shown, Some(&item), title_problem(problem)?).await;
    }
    keep(&state, &sent, &item, accepted).await?;
    let object = format!("archive {} item {id}", archive.id);
    note(&state, by, "archive_item.change", &object).await?;
    Ok(notice::redirect(
        &format!("/archives/{slug}/"),
        "The item is changed.",
    ))
}

/// A title that is another one's, as a problem of the form.
fn title_problem(problem: CreateItemError) -> Result<Problems, PageError> {
    match problem {
        CreateItemError::Store(problem) => Err(problem.into()),
        CreateItemError::TitleTaken(_) => {
            let mut problems = Problems::default();
            problems.add("title", problem.to_string());
            Ok(problems)
        }
    }
}

/// The title and the values of the form, if all of them may be used; nothing is changed yet.
async fn judged(
    state: &AppState,
    sent: &FilesForm,
    now: &[StoredValue],
) -> Result<Result<(String, Accepted), Problems>, PageError> {
    let mut problems = Problems::default();
    let title = match checked_title(sent) {
        Ok(title) => title,
        Err(problems) => return Ok(Err(problems)),
    };
    let values = sources(sent, now, &mut problems);
    if problems.any() {
        return Ok(Err(problems));
    }
    match accept(state.worker(), sent.visitor.caller.viewer, &values).await {
        Ok(accepted) => Ok(Ok((title, accepted))),
        Err(FillError::Store(problem)) => Err(problem.into()),
        Err(FillError::Values(refused)) => {
            for (slug, complaints) in refused {
                problems.add(&slug, complaints.join("; "));
            }
            Ok(Err(problems))
        }
    }
}

/// Whether the form takes a value away.
fn removes(sent: &FilesForm) -> bool {
    let mut fields = sent.fields().iter();
    fields.any(|(name, _)| name.starts_with("remove:"))
}

/// Fills an item with what was accepted; values whose box is ticked are taken away.
async fn keep(
    state: &AppState,
    sent: &FilesForm,
    item: &ArchiveItem,
    accepted: Accepted,
) -> Result<(), PageError> {
    let which = if removes(sent) {
        Replace::All
    } else {
        Replace::Named
    };
    let viewer = sent.visitor.caller.viewer;
    Ok(fill(state.worker(), viewer, (item, which), accepted).await?)
}

fn checked_title(sent: &FilesForm) -> Result<String, Problems> {
    let title = sent.get("title").trim();
    let length = title.chars().count();
    if length <= 255 {
        return Ok(title.to_owned());
    }
    let mut problems = Problems::default();
    problems.add(
        "title",
        format!("The title has {length} characters, expected at most 255."),
    );
    Err(problems)
}

/// The form again, with everything that was typed.
async fn again(
    (state, sent): (&AppState, &FilesForm),
    archive: ShownArchive,
    item: Option<&ArchiveItem>,
    problems: Problems,
) -> Result<Response, PageError> {
    let typed = |slug: &str| sent.is_ticked(&format!("json:{slug}"));
    let named = sent.fields().iter().filter(|(name, _)| name == "socket");
    let chosen = named.map(|(_, slug)| slug.clone()).collect();
    let mut page = blank(state, (&sent.visitor, archive), item, &chosen).await?;
    sent.get("title").clone_into(&mut page.title);
    for field in &mut page.fields {
        if typed(&field.slug) {
            sent.get(&format!("json:{}", field.slug))
                .clone_into(&mut field.text);
        }
        field.problem = problems.at(&field.slug).map(str::to_owned);
    }
    page.problems = problems;
    Ok(page::draw(page.problems.status(), &page)?)
}

/// What the form holds, and, where it takes something away, what stays.
fn sources(
    sent: &FilesForm,
    now: &[StoredValue],
    problems: &mut Problems,
) -> Vec<(Slug, InputSource)> {
    let mut values: Vec<(Slug, InputSource)> = Vec::new();
    let named = sent.fields().iter().filter(|(name, _)| name == "socket");
    for (_, slug) in named {
        let Some(name) = problems.take(slug, Slug::new(slug.as_str())) else {
            continue;
        };
        if sent.is_ticked(&format!("remove:{slug}")) {
            continue;
        }
        let there = now.iter().find(|value| value.socket.socket.slug == name);
        match source(sent, slug, there) {
            Ok(Some(source)) => values.push((name, source)),
            Ok(None) => {}
            Err(problem) => problems.add(slug, problem),
        }
    }
    if removes(sent) {
        for value in now {
            let slug = &value.socket.socket.slug;
            let is_named = values.iter().any(|(named, _)| named == slug);
            if !is_named && !sent.is_ticked(&format!("remove:{slug}")) {
                values.push((slug.clone(), InputSource::Existing(value.id)));
            }
        }
    }
    values
}

/// What the form says of one socket; `None`: nothing, so that it stays as it is.
fn source(
    sent: &FilesForm,
    slug: &str,
    now: Option<&StoredValue>,
) -> Result<Option<InputSource>, String> {
    let files = sent.files(&format!("files:{slug}"));
    if !files.is_empty() {
        let uploads = files.iter().map(|file| file.upload).collect();
        return Ok(Some(InputSource::Uploads(uploads)));
    }
    let image = sent.get(&format!("image:{slug}")).trim();
    if !image.is_empty() {
        let id = image.rsplit('/').find(|part| !part.is_empty());
        let id = id.and_then(|id| id.parse::<ImageId>().ok());
        let id = id.ok_or_else(|| format!("`{image}` is no id of an image"))?;
        return Ok(Some(InputSource::Image(id)));
    }
    let text = sent.get(&format!("json:{slug}")).trim();
    if text.is_empty() {
        return Ok(None);
    }
    let json = serde_json::from_str(text).map_err(|problem| format!("it is no JSON: {problem}"))?;
    let is_same =
        matches!(now.map(|value| &value.content), Some(Content::Json(old)) if *old == json);
    Ok((!is_same).then_some(InputSource::Json(json)))
}
