//! The list of jobs: filtered, searched, in an order, part by part, however many there are.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use store::Page;
use store::algorithms::AlgorithmFilter;
use store::ids::JobId;

use super::live::{Badge, badge};
use crate::own::jobs::list::{JobQuery, ListedJob, STATES, find};
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, counted, seconds};
use crate::ui::visitor::Visitor;

/// Jobs of one page.
const ON_A_PAGE: u64 = 50;
/// Algorithms to choose from.
const MOST_ALGORITHMS: u64 = 500;
/// Characters of a comment.
const SHORT: usize = 80;

/// What is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    state: String,
    algorithm: String,
    /// `mine`, or empty for all that the visitor may see.
    of: String,
    sort: String,
    after: String,
}

/// A job in the list.
struct Row {
    id: String,
    badge: Badge,
    is_active: bool,
    failure: Option<String>,
    algorithm_title: String,
    about: String,
    creator: Option<String>,
    created_at: Moment,
    took: Option<String>,
    comment: String,
    is_public: bool,
    outputs: Vec<(String, String)>,
}

/// Jobs.
#[derive(Template)]
#[template(path = "jobs.html")]
struct JobsPage {
    frame: Frame,
    asked: Asked,
    states: [(&'static str, &'static str); 8],
    algorithms: Vec<(String, String)>,
    rows: Vec<Row>,
    /// How many there are, in words.
    count: String,
    /// Where the next part begins.
    next: Option<String>,
    problem: Option<String>,
}

impl Asked {
    fn query(&self, username: &str) -> JobQuery {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        JobQuery {
            algorithm: given(&self.algorithm),
            state: given(&self.state),
            creator: (self.of == "mine").then(|| username.to_owned()),
            archive_run: None,
            search: given(&self.search),
            sort: given(&self.sort),
            after: given(&self.after),
            limit: Some(ON_A_PAGE),
        }
    }

    fn is_filtered(&self) -> bool {
        [&self.search, &self.state, &self.algorithm, &self.of]
            .iter()
            .any(|text| !text.trim().is_empty())
    }

    /// The same question with another order, or from another place on.
    fn link(&self, sort: &str, after: &str) -> String {
        let fields = [
            ("search", self.search.as_str()),
            ("state", &self.state),
            ("algorithm", &self.algorithm),
            ("of", &self.of),
            ("sort", sort),
            ("after", after),
        ];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = given
            .map(|(name, value)| format!("{name}={}", crate::links::escaped(value)))
            .collect();
        format!("/jobs/?{}", pairs.join("&"))
    }
}

/// Jobs that the visitor may see.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let username = visitor.require()?.username.clone();
    let mut status = StatusCode::OK;
    let (mut problem, mut found) = (None, None);
    match find(&state, &visitor.caller, &asked.query(&username)).await {
        Ok(list) => found = Some(list),
        // A link that somebody has changed by hand.
        Err(refused) if refused.status().is_client_error() => {
            status = refused.status();
            problem = Some(refused.text());
        }
        Err(refused) => return Err(refused.into()),
    }
    let (results, count, next) = found.map_or((Vec::new(), Some(0), None), |list| {
        (list.results, list.count, list.next)
    });
    let part = Page {
        offset: 0,
        limit: MOST_ALGORITHMS,
    };
    let algorithms = state
        .store()
        .algorithms(visitor.caller.viewer, &AlgorithmFilter::default(), part)
        .await?;
    let page = JobsPage {
        frame: Frame::new(&visitor, Section::Jobs, "Jobs"),
        states: STATES.map(|word| (word, badge(word, false).text)),
        algorithms: algorithms
            .items
            .into_iter()
            .map(|found| (found.slug.to_string(), found.title))
            .collect(),
        rows: rows(&state, results).await?,
        asked,
        count: count.map_or_else(
            || "More than 1000".to_owned(),
            |count| counted(count, "job", "jobs"),
        ),
        next,
        problem,
    };
    Ok(page::draw(status, &page)?)
}

async fn rows(state: &AppState, listed: Vec<ListedJob>) -> Result<Vec<Row>, PageError> {
    let ids: Vec<JobId> = listed
        .iter()
        .filter_map(|job| job.id.parse().ok())
        .collect();
    let mut outputs = state.store().output_glimpses(&ids).await?;
    Ok(listed
        .into_iter()
        .map(|job| {
            let outputs = outputs.remove(&job.id).unwrap_or_default();
            row(job, outputs)
        })
        .collect())
}

fn row(job: ListedJob, outputs: Vec<(String, String)>) -> Row {
    let is_active = !matches!(job.state.as_str(), "succeeded" | "failed" | "cancelled");
    let created_at: Timestamp = job.created_at.parse().unwrap_or_default();
    let mut about: Vec<&str> = job.inputs.iter().map(String::as_str).collect();
    if !job.archive_item_title.is_empty() {
        about.insert(0, &job.archive_item_title);
    }
    Row {
        badge: badge(&job.state, job.has_warnings),
        is_active,
        failure: job.failure.map(|code| code.replace('_', " ")),
        algorithm_title: job.algorithm_title,
        about: short(&about.join(", ")),
        creator: job.creator,
        created_at: created_at.into(),
        took: job.run_seconds.map(seconds),
        comment: short(&job.comment),
        is_public: job.is_public,
        outputs: outputs
            .into_iter()
            .map(|(title, text)| (title, glimpse(&text)))
            .collect(),
        id: job.id,
    }
}

/// A number with as many digits as anybody reads, or a text.
fn glimpse(text: &str) -> String {
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) => super::value::number(&number),
        Err(_) => text.to_owned(),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= SHORT {
        return text.to_owned();
    }
    text.chars().take(SHORT).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_what_was_asked() {
        let asked = Asked {
            search: "a b&c".into(),
            of: "mine".into(),
            ..Asked::default()
        };
        assert_eq!(
            asked.link("state", "x"),
            "/jobs/?search=a%20b%26c&of=mine&sort=state&after=x"
        );
        assert!(asked.is_filtered() && !Asked::default().is_filtered());
        assert_eq!(asked.query("ada").creator.as_deref(), Some("ada"));
    }
}
