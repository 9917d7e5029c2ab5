//! The tab of requests for access: those that wait, and what became of the others.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use store::Page;
use store::algorithms::{AccessRequest, AccessRequests, AccessState};

use super::head::{Head, Tab, edited};
use crate::error::ApiError;
use crate::own::algorithms::access::{Answer, answer_to};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;

/// A request.
struct RequestRow {
    id: String,
    username: String,
    state: AccessState,
    answer: String,
    asked: Moment,
}

impl From<AccessRequest> for RequestRow {
    fn from(request: AccessRequest) -> RequestRow {
        RequestRow {
            id: request.id.to_string(),
            username: request.username,
            state: request.state,
            answer: request.answer,
            asked: request.created_at.into(),
        }
    }
}

impl RequestRow {
    fn is_accepted(&self) -> bool {
        self.state == AccessState::Accepted
    }
}

#[derive(Template)]
#[template(path = "algorithm/requests.html")]
struct RequestsPage {
    frame: Frame,
    head: Head,
    waiting: Vec<RequestRow>,
    answered: Vec<RequestRow>,
    are_granted_at_once: bool,
    problems: Problems,
}

/// Shows them.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    draw(&state, &visitor, &slug, Problems::default()).await
}

async fn draw(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    problems: Problems,
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(state, visitor, (slug, Tab::Requests)).await?;
    let found = state
        .store()
        .access_requests(algorithm.id, Page::ALL)
        .await?;
    let (waiting, answered): (Vec<_>, Vec<_>) = found
        .items
        .into_iter()
        .map(RequestRow::from)
        .partition(|request| request.state == AccessState::Pending);
    let is_waiting = |id: &String| waiting.iter().any(|request| request.id == *id);
    if !problems.all().iter().all(|(id, _)| is_waiting(id)) {
        return Err(ApiError::not_found().into());
    }
    let shown = RequestsPage {
        frame: Frame::new(
            visitor,
            Section::Algorithms,
            format!("{}: requests", head.title),
        ),
        head,
        waiting,
        answered,
        are_granted_at_once: algorithm.access_requests == AccessRequests::AcceptAll,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// They may use it.
pub(super) async fn accept(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let answer = Answer {
        accept: true,
        reason: String::new(),
    };
    let answered = answer_to(&state, &form.visitor.caller, (&slug, &id), answer).await?;
    let said = format!("{} may run the algorithm now.", answered.username);
    Ok(notice::redirect(
        &format!("/algorithms/{slug}/requests/"),
        &said,
    ))
}

/// They may not, and this is why.
pub(super) async fn reject(
    State(state): State<AppState>,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let reason = form.get("reason").trim().to_owned();
    if reason.is_empty() {
        let mut problems = Problems::default();
        problems.add(&id, "A reason is missing: whoever asked reads it.");
        return draw(&state, &form.visitor, &slug, problems).await;
    }
    let answer = Answer {
        accept: false,
        reason,
    };
    let answered = answer_to(&state, &form.visitor.caller, (&slug, &id), answer).await;
    match answered {
        Ok(answered) => {
            let said = format!("{} is told that they may not, and why.", answered.username);
            Ok(notice::redirect(
                &format!("/algorithms/{slug}/requests/"),
                &said,
            ))
        }
        Err(refused) => {
            let refused = Problems::of(refused)?;
            let mut problems = Problems::default();
            problems.add(&id, refused.at("reason").unwrap_or_default());
            draw(&state, &form.visitor, &slug, problems).await
        }
    }
}
