//! All archives, and the form for a new one.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use store::Page;

use crate::error::ApiError;
use crate::own::archives::{ArchiveQuery, ShownArchive, WantedArchive, find, make};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::counted;
use crate::ui::visitor::Visitor;

/// Archives of one page.
const ON_A_PAGE: u64 = 24;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "archives/list.html")]
struct ArchivesPage {
    frame: Frame,
    search: String,
    archives: Vec<(ShownArchive, String)>,
    count: u64,
    /// From 0.
    page: u64,
    pages: u64,
}

#[derive(Template)]
#[template(path = "archives/create.html")]
struct CreateArchivePage {
    frame: Frame,
    title: String,
    slug: String,
    description: String,
    is_public: bool,
    problems: Problems,
}

/// Archives that the visitor may see.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let query = ArchiveQuery {
        search: Some(asked.search.trim().to_owned()),
        offset: asked.page.saturating_mul(ON_A_PAGE),
        limit: Some(ON_A_PAGE),
    };
    let found = find(&state, &visitor.caller, &query).await?;
    let mut archives = Vec::new();
    for archive in found.results {
        let id = archive.id.parse().ok();
        let none = Page {
            offset: 0,
            limit: 1,
        };
        let items = state
            .store()
            .archive_items(visitor.caller.viewer, id, none)
            .await?;
        archives.push((archive, counted(items.count, "item", "items")));
    }
    page::show(&ArchivesPage {
        frame: Frame::new(&visitor, Section::Archives, "Archives"),
        search: asked.search,
        archives,
        count: found.count,
        page: asked.page,
        pages: found.count.div_ceil(ON_A_PAGE),
    })
}

/// The form for a new archive.
pub(super) async fn form(visitor: Visitor) -> Result<Response, PageError> {
    visitor.require()?;
    visitor.caller.require_creator()?;
    page::show(&CreateArchivePage {
        frame: Frame::new(&visitor, Section::Archives, "New archive"),
        title: String::new(),
        slug: String::new(),
        description: String::new(),
        is_public: false,
        problems: Problems::default(),
    })
}

/// Makes an archive.
pub(super) async fn create(
    State(state): State<AppState>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let wanted = WantedArchive {
        slug: form.get("slug").trim().to_owned(),
        title: form.get("title").trim().to_owned(),
        description: form.get("description").trim().to_owned(),
        is_public: form.is_ticked("is_public"),
    };
    match make(&state, &form.visitor.caller, wanted).await {
        Ok(made) => Ok(notice::redirect(
            &format!("/archives/{}/", made.slug),
            "The archive is made. Add its first items.",
        )),
        Err(refused) => {
            let refused = match refused.status() {
                StatusCode::CONFLICT => ApiError::field("slug", refused.text()),
                _ => refused,
            };
            let shown = CreateArchivePage {
                frame: Frame::new(&form.visitor, Section::Archives, "New archive"),
                title: form.get("title").to_owned(),
                slug: form.get("slug").to_owned(),
                description: form.get("description").to_owned(),
                is_public: form.is_ticked("is_public"),
                problems: Problems::of(refused)?,
            };
            Ok(page::draw(shown.problems.status(), &shown)?)
        }
    }
}
