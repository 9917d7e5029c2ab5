//! The first page: algorithms, by text and modality.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use store::Page;
use store::algorithms::AlgorithmFilter;

use super::first_steps::{self, FirstSteps};
use super::page::{self, Frame, Section};
use super::problem::PageError;
use super::quantity::seconds;
use super::visitor::Visitor;
use crate::state::AppState;

/// Algorithms of one page.
const ON_A_PAGE: u64 = 24;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    modality: String,
    page: u64,
}

/// An algorithm on a card.
struct Card {
    slug: String,
    title: String,
    description: String,
    modality: String,
    is_public: bool,
    can_run: bool,
    usual_time: Option<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    search: String,
    modality: String,
    cards: Vec<Card>,
    count: u64,
    /// From 0.
    page: u64,
    pages: u64,
    first_steps: Option<FirstSteps>,
}

/// Algorithms that the visitor may see.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AlgorithmFilter {
        slug: None,
        search: given(&asked.search),
        modality: given(&asked.modality),
    };
    let part = Page {
        offset: asked.page.saturating_mul(ON_A_PAGE),
        limit: ON_A_PAGE,
    };
    let found = state
        .store()
        .algorithms(visitor.caller.viewer, &filter, part)
        .await?;
    let mut cards = Vec::new();
    for algorithm in found.items {
        let active = state.store().active_algorithm_image(algorithm.id).await?;
        cards.push(Card {
            slug: algorithm.slug.to_string(),
            title: algorithm.title,
            description: algorithm.description,
            modality: algorithm.modality,
            is_public: algorithm.is_public,
            can_run: active.is_some(),
            usual_time: algorithm.average_seconds.map(seconds),
        });
    }
    let is_whole = filter == AlgorithmFilter::default();
    let first_steps = if is_whole {
        first_steps::of(&state, visitor.caller.account.as_ref(), found.count).await?
    } else {
        None
    };
    page::show(&HomePage {
        first_steps,
        frame: Frame::new(&visitor, Section::Algorithms, "Algorithms"),
        search: asked.search,
        modality: asked.modality,
        cards,
        count: found.count,
        page: asked.page,
        pages: found.count.div_ceil(ON_A_PAGE),
    })
}
