//! The first tab: what the algorithm does, what goes in and what comes out, and what an editor has still to do.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::{GeometryRule, GpuRequest, Limits};
use store::Page;
use store::algorithm_images::{AlgorithmImage, ImportState};
use store::algorithms::{
    AccessRequest, AccessRequests, AccessState, AlgorithmRole, StoredAlgorithm,
};

use super::head::{Head, Tab, seen};
use super::socket_view::{InterfaceView, interfaces};
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, bytes, counted, seconds};
use crate::ui::visitor::Visitor;

/// Something that an editor should see to.
struct Hint {
    is_bad: bool,
    text: String,
    path: String,
    link: &'static str,
}

#[derive(Template)]
#[template(path = "algorithm/information.html")]
struct InformationPage {
    frame: Frame,
    head: Head,
    /// Parts of the description.
    paragraphs: Vec<String>,
    interfaces: Vec<InterfaceView>,
    limits: Vec<(&'static str, String)>,
    geometry: &'static str,
    usual_time: Option<String>,
    editors: Vec<String>,
    made: Moment,
    hints: Vec<Hint>,
    /// What the visitor has asked, if they have.
    request: Option<RequestView>,
    /// A request is granted at once.
    is_granted_at_once: bool,
}

/// The visitor's own request to use the algorithm.
struct RequestView {
    is_rejected: bool,
    answer: String,
    asked: Moment,
}

/// Shows it.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let (algorithm, head) = seen(&state, &visitor, (&slug, Tab::Information)).await?;
    let store = state.store();
    let request = match (&visitor.caller.account, head.needs_access()) {
        (Some(account), true) => store.access_request_of(algorithm.id, account.id).await?,
        _ => None,
    };
    let hints = if head.may_change {
        hints(&state, &algorithm, &head).await?
    } else {
        Vec::new()
    };
    let members = store.algorithm_members(algorithm.id, Page::ALL).await?;
    let editors = members.items.into_iter();
    let editors = editors.filter(|member| member.role == AlgorithmRole::Editor);
    page::show(&InformationPage {
        frame: Frame::new(&visitor, Section::Algorithms, algorithm.title.clone()),
        paragraphs: paragraphs(&algorithm.description),
        interfaces: interfaces(&algorithm.interfaces),
        limits: limits(&algorithm.limits),
        geometry: match algorithm.geometry {
            GeometryRule::Warn => "The result carries a warning",
            GeometryRule::Refuse => "The job fails",
        },
        usual_time: algorithm.average_seconds.map(seconds),
        editors: if head.is_logged_in {
            editors.map(|member| member.username).collect()
        } else {
            Vec::new()
        },
        made: algorithm.created_at.into(),
        hints,
        request: request
            .filter(|asked| asked.state != AccessState::Accepted)
            .map(view),
        is_granted_at_once: algorithm.access_requests == AccessRequests::AcceptAll,
        head,
    })
}

fn view(request: AccessRequest) -> RequestView {
    RequestView {
        is_rejected: request.state == AccessState::Rejected,
        answer: request.answer,
        asked: request.created_at.into(),
    }
}

/// Parts of a text between empty lines.
fn paragraphs(text: &str) -> Vec<String> {
    let parts = text.replace("\r\n", "\n");
    let parts = parts.split("\n\n").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn limits(limits: &Limits) -> Vec<(&'static str, String)> {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds, for people")]
    let time = seconds(limits.wall_time_ms as f64 / 1000.0);
    let gpu = match &limits.gpu {
        GpuRequest::None => "none".to_owned(),
        GpuRequest::Any => "one".to_owned(),
        GpuRequest::Named(name) => name.clone(),
    };
    vec![
        ("Memory", bytes(limits.memory_bytes)),
        ("Processor", format!("{} %", limits.cpu_percent)),
        ("Time", time),
        ("Disk", bytes(limits.disk_bytes)),
        ("Processes", limits.pids.to_string()),
        ("GPU", gpu),
    ]
}

async fn hints(
    state: &AppState,
    algorithm: &StoredAlgorithm,
    head: &Head,
) -> Result<Vec<Hint>, PageError> {
    let slug = &head.slug;
    let versions = state
        .store()
        .algorithm_images(store::Viewer::SYSTEM, Some(algorithm.id), Page::ALL)
        .await?;
    let mut hints = Vec::new();
    hints.extend(version_hint(slug, &versions.items));
    if let Some(why) = head.unfit() {
        hints.push(Hint {
            is_bad: true,
            text: format!("No job can ever run here: {why}."),
            path: format!("/algorithms/{slug}/limits/"),
            link: "Change the limits",
        });
    }
    if algorithm.description.trim().is_empty() {
        hints.push(Hint {
            is_bad: false,
            text: "There is no description: others cannot tell what the algorithm is for."
                .to_owned(),
            path: format!("/algorithms/{slug}/edit/"),
            link: "Write one",
        });
    }
    let waiting = head.tabs.iter().map(|tab| tab.waiting).sum();
    if waiting > 0 {
        let who = counted(waiting, "person waits", "people wait");
        hints.push(Hint {
            is_bad: false,
            text: format!("{who} for access."),
            path: format!("/algorithms/{slug}/requests/"),
            link: "Answer",
        });
    }
    Ok(hints)
}

/// What is to be done about container images, which are the oldest first.
fn version_hint(slug: &str, versions: &[AlgorithmImage]) -> Option<Hint> {
    let mut newest = versions.iter().rev();
    let newest = newest.find(|version| version.import_state != ImportState::Removed);
    let is_active = versions.iter().any(|version| version.is_active);
    let (is_bad, text, link) = match newest.map(|version| version.import_state) {
        Some(ImportState::Failed) => {
            let problem = newest
                .map(|version| version.problem.as_str())
                .unwrap_or_default();
            let text = format!("The newest container image was refused: {problem}");
            (true, text, "Versions")
        }
        Some(ImportState::Queued | ImportState::Started) => {
            let text = "A container image is being imported.".to_owned();
            (false, text, "See how far it is")
        }
        Some(ImportState::Completed) if !is_active => {
            let text = "No container image is active, so no job can run.".to_owned();
            (false, text, "Activate one")
        }
        Some(ImportState::Completed | ImportState::Removed) => return None,
        None => {
            let text = "There is no container image yet, so no job can run.".to_owned();
            (false, text, "Upload one")
        }
    };
    Some(Hint {
        is_bad,
        text,
        path: format!("/algorithms/{slug}/versions/"),
        link,
    })
}
