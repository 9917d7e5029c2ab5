//! The tab of the result template: an editor, and what it makes of the `results.json` of a job or of pasted JSON.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use executor::result_template::DEFAULT_TEMPLATE;
use serde::Serialize;
use serde_json::Value;
use store::algorithms::StoredAlgorithm;
use store::jobs::JobSearch;

use super::head::{Head, Tab, edited};
use crate::error::ApiError;
use crate::own::algorithms::settings::{AlgorithmPatch, Preview, edit, render};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;
use crate::ui::{assets, notice, visible};

/// Jobs to choose from.
const JOBS: u32 = 30;
/// The output that templates are about, by its path.
const RESULTS: &str = "results.json";
/// What stands in the field of pasted results at first.
const SAMPLE: &str = "{\n  \"score\": 0.93\n}";

/// A job whose results may be taken.
struct JobChoice {
    id: String,
    made: Moment,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "algorithm/template.html")]
struct TemplatePage {
    frame: Frame,
    head: Head,
    template: String,
    jobs: Vec<JobChoice>,
    results: String,
    /// Some interface gives `results.json`.
    has_results: bool,
    /// A whole document, for the frame.
    document: Option<String>,
    problems: Problems,
}

impl TemplatePage {
    fn is_of_job(&self) -> bool {
        self.jobs.iter().any(|job| job.is_chosen)
    }
}

/// What is typed, and what it gives.
struct Typed {
    template: String,
    job: String,
    results: String,
}

impl Typed {
    fn of(form: &Form) -> Typed {
        Typed {
            template: form.get("template").replace("\r\n", "\n"),
            job: form.get("job").to_owned(),
            results: form.get("results").to_owned(),
        }
    }
}

/// The editor, with the newest job's results.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(&state, &visitor, (&slug, Tab::Template)).await?;
    let template = algorithm.result_template.clone();
    let jobs = jobs(&state, &visitor, &algorithm).await?;
    let typed = Typed {
        template: template.unwrap_or_else(|| DEFAULT_TEMPLATE.to_owned()),
        job: jobs.first().map(|job| job.id.clone()).unwrap_or_default(),
        results: SAMPLE.to_owned(),
    };
    let previewed = previewed(&state, &visitor, &slug, &typed).await?;
    draw(&visitor, (&algorithm, head), (typed, jobs), previewed)
}

/// Saves it, or shows what it would give.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let visitor = &form.visitor;
    let (algorithm, head) = edited(&state, visitor, (&slug, Tab::Template)).await?;
    let typed = Typed::of(&form);
    let mut refused = Problems::default();
    if matches!(form.get("do"), "save" | "default") {
        let is_empty = typed.template.trim().is_empty() || form.get("do") == "default";
        let patch = AlgorithmPatch {
            result_template: Some((!is_empty).then(|| typed.template.clone())),
            ..AlgorithmPatch::default()
        };
        match edit(&state, &visitor.caller, &slug, patch).await {
            Ok(()) => {
                let said = if is_empty {
                    "Results are shown with the default template from now on."
                } else {
                    "The template is saved. Results of new jobs are shown with it."
                };
                let back = format!("/algorithms/{slug}/template/");
                return Ok(notice::redirect(&back, said));
            }
            Err(problem) => {
                for (field, problem) in Problems::of(problem)?.all() {
                    let field = field.replace("result_template", "template");
                    refused.add(&field, problem.clone());
                }
            }
        }
    }
    let (document, problems) = previewed(&state, visitor, &slug, &typed).await?;
    let problems = if refused.any() { refused } else { problems };
    let jobs = jobs(&state, visitor, &algorithm).await?;
    draw(
        visitor,
        (&algorithm, head),
        (typed, jobs),
        (document, problems),
    )
}

/// What the live preview gets.
#[derive(Serialize)]
pub(super) struct Previewed {
    /// A whole document, for a frame that may do nothing.
    document: Option<String>,
    /// What is wrong, and in which field.
    problem: Option<(String, String)>,
}

/// The same as a small answer, for the script.
pub(super) async fn preview(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Json<Previewed>, ApiError> {
    let typed = Typed::of(&form);
    let seen = previewed(&state, &form.visitor, &slug, &typed).await;
    let (document, problems) = match seen {
        Ok(seen) => seen,
        Err(PageError::Refused(refused)) => return Err(refused),
        Err(PageError::LogIn { .. } | PageError::NewPassword) => {
            return Err(ApiError::unauthenticated());
        }
    };
    Ok(Json(Previewed {
        document,
        problem: problems.all().first().cloned(),
    }))
}

/// A document, or what is wrong.
async fn previewed(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    typed: &Typed,
) -> Result<(Option<String>, Problems), PageError> {
    visitor.require()?;
    let mut problems = Problems::default();
    let results = if typed.job.is_empty() {
        let read = serde_json::from_str::<Value>(&typed.results);
        problems.take(
            "results",
            read.map_err(|problem| format!("this is no JSON: {problem}")),
        )
    } else {
        None
    };
    if problems.any() {
        return Ok((None, problems));
    }
    let asked = Preview {
        job: (!typed.job.is_empty()).then(|| typed.job.clone()),
        results,
        template: Some(typed.template.clone()),
    };
    match render(state, &visitor.caller, slug, asked).await {
        Ok(rendered) => Ok((Some(document(&rendered.html)), problems)),
        Err(refused) => Ok((None, Problems::of(refused)?)),
    }
}

/// The rendered result as a document of its own.
fn document(html: &str) -> String {
    let style = assets::path("style.css");
    let html = visible::shown(html.to_owned());
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Preview</title>\
         <link rel=\"stylesheet\" href=\"{style}\"></head><body class=\"rendered\">{html}</body></html>"
    )
}

/// Jobs of the algorithm that the visitor may see and that succeeded.
async fn jobs(
    state: &AppState,
    visitor: &Visitor,
    algorithm: &StoredAlgorithm,
) -> Result<Vec<JobChoice>, ApiError> {
    if !gives_results(algorithm) {
        return Ok(Vec::new());
    }
    let search = JobSearch {
        algorithm: Some(algorithm.id),
        state: Some("succeeded"),
        ..JobSearch::default()
    };
    let found = state
        .store()
        .find_jobs(visitor.caller.viewer, &search, (None, JOBS))
        .await?;
    let choices = found.lines.into_iter().map(|job| JobChoice {
        id: job.id.to_string(),
        made: job.created_at.into(),
        is_chosen: false,
    });
    Ok(choices.collect())
}

fn gives_results(algorithm: &StoredAlgorithm) -> bool {
    let mut outputs = algorithm.interfaces.iter().flat_map(|one| &one.outputs);
    outputs.any(|output| output.socket.relative_path.as_str() == RESULTS)
}

fn draw(
    visitor: &Visitor,
    (algorithm, head): (&StoredAlgorithm, Head),
    (typed, mut jobs): (Typed, Vec<JobChoice>),
    (document, problems): (Option<String>, Problems),
) -> Result<Response, PageError> {
    for job in &mut jobs {
        job.is_chosen = job.id == typed.job;
    }
    let title = format!("{}: result template", head.title);
    let shown = TemplatePage {
        frame: Frame::new(visitor, Section::Algorithms, title),
        head,
        template: typed.template,
        jobs,
        results: typed.results,
        has_results: gives_results(algorithm),
        document,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}
