//! Sockets: the typed slots that all algorithms of this server share. Found by everybody who is logged in, made by creators.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use domain::{Slug, SocketKind};
use serde::Deserialize;
use store::Page;

use super::algorithms::socket_view::SocketView;
use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::visitor::Visitor;
use crate::error::ApiError;
use crate::state::AppState;

mod check;
mod create;
mod typed;

/// Sockets of one page.
const ON_A_PAGE: u64 = 50;

/// The pages of sockets.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/sockets/", get(list))
        .route("/sockets/create/", get(create::show).post(create::create))
        .route("/sockets/check/", post(check::check))
        .route("/sockets/{slug}/", get(detail))
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    kind: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "sockets/list.html")]
struct SocketsPage {
    frame: Frame,
    search: String,
    kind: String,
    kinds: Vec<&'static str>,
    sockets: Vec<SocketView>,
    count: u64,
    /// From 0.
    page: u64,
    pages: u64,
}

#[derive(Template)]
#[template(path = "sockets/detail.html")]
struct SocketPage {
    frame: Frame,
    socket: SocketView,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    visitor.require()?;
    let part = Page {
        offset: asked.page.saturating_mul(ON_A_PAGE),
        limit: ON_A_PAGE,
    };
    let kind = Some(asked.kind.as_str()).filter(|kind| !kind.is_empty());
    let found = state
        .store()
        .find_sockets(asked.search.trim(), kind, part)
        .await?;
    page::show(&SocketsPage {
        frame: Frame::new(&visitor, Section::Algorithms, "Sockets"),
        kinds: SocketKind::ALL.iter().map(|kind| kind.label()).collect(),
        sockets: found.items.iter().map(SocketView::from).collect(),
        count: found.count,
        pages: found.count.div_ceil(ON_A_PAGE),
        page: asked.page,
        search: asked.search,
        kind: asked.kind,
    })
}

async fn detail(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    visitor.require()?;
    let slug = Slug::new(slug).map_err(|_| ApiError::not_found())?;
    let found = state.store().socket_by_slug(&slug).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    page::show(&SocketPage {
        frame: Frame::new(&visitor, Section::Algorithms, found.socket.title.clone()),
        socket: (&found).into(),
    })
}
