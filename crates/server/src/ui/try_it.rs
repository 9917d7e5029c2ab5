//! Trying an algorithm: a form made from one of its interfaces, and the submission that it becomes.
//!
//! Reading order: here the pages; [`field`] draws an input, [`typed`] holds what was filled in, [`read`] makes of it what a job
//! takes, [`needs`] says before what it costs; [`check`] and [`images`] answer scripts of the page.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::Slug;
use serde::Deserialize;
use store::algorithms::StoredAlgorithm;
use store::interfaces::StoredInterface;
use store::jobs::JobEdit;

use crate::error::ApiError;
use crate::state::AppState;
use crate::submit::{Submission, SubmitError, submit};
use crate::ui::files::FilesForm;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::visitor::Visitor;

mod check;
mod choices;
mod field;
mod images;
mod needs;
mod read;
mod typed;

use field::{Control, Field};
use needs::Needs;
use typed::Typed;

/// What is wrong with inputs, by socket.
type Problems = BTreeMap<String, Vec<String>>;

/// The pages of trying.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route(
            "/algorithms/{slug}/try/",
            get(show).post(send).layer(DefaultBodyLimit::disable()),
        )
        .route("/algorithms/{slug}/try/check/", post(check::check))
        .route("/algorithms/{slug}/try/images/", get(images::show))
}

/// Which interface, and the job that is tried again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    interface: String,
    from: String,
}

/// A choice between interfaces.
#[derive(Template)]
#[template(path = "try_it_choose.html")]
struct ChoosePage {
    frame: Frame,
    slug: String,
    title: String,
    /// Id, what it takes, what it gives.
    interfaces: Vec<(String, Vec<String>, Vec<String>)>,
}

/// The form.
#[derive(Template)]
#[template(path = "try_it.html")]
struct TryPage {
    frame: Frame,
    slug: String,
    title: String,
    description: String,
    interface: String,
    has_others: bool,
    fields: Vec<Field>,
    gives: Vec<String>,
    needs: Needs,
    comment: String,
    problems: Vec<String>,
    from: Option<String>,
}

impl TryPage {
    fn has_problems(&self) -> bool {
        self.fields.iter().any(|field| !field.problems.is_empty())
    }
}

/// The algorithm, if the visitor may run it.
async fn algorithm(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
) -> Result<StoredAlgorithm, PageError> {
    let store = state.store();
    let slug = Slug::new(slug).map_err(|_| ApiError::not_found())?;
    let found = store.algorithm_by_slug(&slug).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let viewer = visitor.caller.viewer;
    if !store.may_view_algorithm(viewer, found.id).await? {
        visitor.require()?;
        return Err(ApiError::not_found().into());
    }
    visitor.require()?;
    if !store.may_run_algorithm(viewer, found.id).await? {
        let why = "You may see this algorithm but not run it: ask for access on its page.";
        return Err(ApiError::forbidden(why).into());
    }
    Ok(found)
}

async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let algorithm = algorithm(&state, &visitor, &slug).await?;
    let mut from = None;
    if let Ok(id) = asked.from.parse() {
        from = Some(crate::own::jobs::visible(&state, &visitor.caller, id).await?);
        from = from.filter(|job| job.algorithm == algorithm.id);
    }
    let wanted = match &from {
        Some(job) => job.interface.to_string(),
        None => asked.interface,
    };
    let all = &algorithm.interfaces;
    let found = all.iter().find(|one| one.id.to_string() == wanted);
    let interface = match (found, all.as_slice()) {
        (Some(found), _) | (None, [found]) => found,
        _ => return page::show(&choose(&visitor, &algorithm)),
    };
    let typed = match &from {
        Some(job) => Typed::of_job(&state, job, interface).await?,
        None => Typed::of_defaults(interface),
    };
    let filled = Filled {
        algorithm: &algorithm,
        interface,
        typed: &typed,
    };
    let from = from.map(|job| job.id.to_string());
    let page = draw(
        &state,
        &visitor,
        &filled,
        (Problems::new(), Vec::new(), from),
    )
    .await?;
    page::show(&page)
}

fn choose(visitor: &Visitor, algorithm: &StoredAlgorithm) -> ChoosePage {
    let titles = |sockets: &[store::sockets::StoredSocket]| -> Vec<String> {
        let titles = sockets.iter().map(|stored| stored.socket.title.clone());
        titles.collect()
    };
    let interfaces = algorithm.interfaces.iter();
    ChoosePage {
        frame: Frame::new(
            visitor,
            Section::Algorithms,
            format!("Try {}", algorithm.title),
        ),
        slug: algorithm.slug.to_string(),
        title: algorithm.title.clone(),
        interfaces: interfaces
            .map(|one| {
                (
                    one.id.to_string(),
                    titles(&one.inputs),
                    titles(&one.outputs),
                )
            })
            .collect(),
    }
}

/// A form as it was filled in.
struct Filled<'a> {
    algorithm: &'a StoredAlgorithm,
    interface: &'a StoredInterface,
    typed: &'a Typed,
}

async fn draw(
    state: &AppState,
    visitor: &Visitor,
    filled: &Filled<'_>,
    (mut by_input, problems, from): (Problems, Vec<String>, Option<String>),
) -> Result<TryPage, PageError> {
    let Filled {
        algorithm,
        interface,
        typed,
    } = filled;
    let mut fields = Vec::new();
    for stored in &interface.inputs {
        let wrong = by_input
            .remove(stored.socket.slug.as_str())
            .unwrap_or_default();
        fields.push(Field::of(state, visitor, (stored, typed), wrong).await?);
    }
    let gives = interface.outputs.iter();
    Ok(TryPage {
        frame: Frame::new(
            visitor,
            Section::Algorithms,
            format!("Try {}", algorithm.title),
        ),
        slug: algorithm.slug.to_string(),
        title: algorithm.title.clone(),
        description: algorithm.description.clone(),
        interface: interface.id.to_string(),
        has_others: algorithm.interfaces.len() > 1,
        fields,
        gives: gives.map(|stored| stored.socket.title.clone()).collect(),
        needs: Needs::of(state, visitor, algorithm).await?,
        comment: typed.get("comment").to_owned(),
        problems,
        from,
    })
}

/// Submits what was filled in, or shows the form again with everything in it.
async fn send(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: FilesForm,
) -> Result<Response, PageError> {
    let visitor = form.visitor.clone();
    let algorithm = algorithm(&state, &visitor, &slug).await?;
    let wanted = form.get("interface").to_owned();
    let mut interfaces = algorithm.interfaces.iter();
    let Some(interface) = interfaces.find(|one| one.id.to_string() == wanted) else {
        // It was taken away while the form was filled in.
        return Ok(Redirect::to(&format!("/algorithms/{slug}/try/")).into_response());
    };
    let typed = Typed::of_form(form, interface);
    let filled = Filled {
        algorithm: &algorithm,
        interface,
        typed: &typed,
    };
    if !typed.get("find").is_empty() {
        let nothing = (Problems::new(), Vec::new(), None);
        return page::show(&draw(&state, &visitor, &filled, nothing).await?);
    }
    let (by_input, problems) = match submitted(&state, &visitor, &filled).await? {
        Ok(job) => {
            let sentence = "Submitted. This page follows the job.";
            return Ok(notice::redirect(&format!("/jobs/{job}/"), sentence));
        }
        Err(wrong) => wrong,
    };
    let page = draw(&state, &visitor, &filled, (by_input, problems, None)).await?;
    Ok(page::draw(StatusCode::BAD_REQUEST, &page)?)
}

/// Submits; else what is wrong with single inputs, and as a whole.
async fn submitted(
    state: &AppState,
    visitor: &Visitor,
    filled: &Filled<'_>,
) -> Result<Result<String, (Problems, Vec<String>)>, PageError> {
    let inputs = match read::inputs(state, visitor, filled.interface, filled.typed).await? {
        Ok(inputs) => inputs,
        Err(problems) => return Ok(Err((problems, Vec::new()))),
    };
    let comment = filled.typed.get("comment").replace("\r\n", "\n");
    if comment.chars().count() > 10_000 {
        let why = "The comment has more than 10000 characters.".to_owned();
        return Ok(Err((Problems::new(), vec![why])));
    }
    let submission = Submission {
        algorithm: filled.algorithm.id,
        viewer: visitor.caller.viewer,
        archive_run: None,
        inputs,
    };
    let most = state.config().jobs.most_active_per_user;
    let job = match submit(state.worker(), &submission, most).await {
        Ok(job) => job,
        Err(SubmitError::Inputs(problems)) => return Ok(Err((problems, Vec::new()))),
        Err(SubmitError::Store(problem)) => return Err(problem.into()),
        Err(
            problem @ (SubmitError::Algorithm
            | SubmitError::NoImage
            | SubmitError::UsedUp(_)
            | SubmitError::Interface(_)
            | SubmitError::Unfit(_)),
        ) => {
            let sentence = super::jobs::sentence(&problem.to_string());
            return Ok(Err((Problems::new(), vec![sentence])));
        }
    };
    if !comment.is_empty() {
        let edit = JobEdit {
            comment: Some(comment),
            is_public: None,
        };
        state.store().edit_job(job, &edit).await?;
    }
    Ok(Ok(job.to_string()))
}
