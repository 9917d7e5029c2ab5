//! The tab of people: who uses and who edits, who sees it, and what becomes of requests.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use store::Page;
use store::algorithms::{AccessRequests, AlgorithmChange, AlgorithmRole};

use super::head::{Head, Tab, edited};
use crate::own::note;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

/// Somebody with a role.
struct MemberRow {
    username: String,
    is_editor: bool,
    is_visitor: bool,
}

#[derive(Template)]
#[template(path = "algorithm/people.html")]
struct PeoplePage {
    frame: Frame,
    head: Head,
    members: Vec<MemberRow>,
    are_granted_at_once: bool,
    /// What was typed.
    username: String,
    /// What was chosen.
    is_editor: bool,
    problems: Problems,
}

/// Shows them.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let typed = (String::new(), false);
    draw(&state, &visitor, &slug, (typed, Problems::default())).await
}

async fn draw(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    ((username, is_editor), problems): ((String, bool), Problems),
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(state, visitor, (slug, Tab::People)).await?;
    let found = state
        .store()
        .algorithm_members(algorithm.id, Page::ALL)
        .await?;
    let own = visitor.require()?.id;
    let mut members: Vec<MemberRow> = found
        .items
        .into_iter()
        .map(|member| MemberRow {
            is_editor: member.role == AlgorithmRole::Editor,
            is_visitor: member.account == own,
            username: member.username,
        })
        .collect();
    members.sort_by(|one, other| {
        (other.is_editor, &one.username).cmp(&(one.is_editor, &other.username))
    });
    let shown = PeoplePage {
        frame: Frame::new(
            visitor,
            Section::Algorithms,
            format!("{}: people", head.title),
        ),
        head,
        members,
        are_granted_at_once: algorithm.access_requests == AccessRequests::AcceptAll,
        username,
        is_editor,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// Gives somebody a role, in place of the one they have.
pub(super) async fn add(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let (algorithm, _) = edited(&state, &form.visitor, (&slug, Tab::People)).await?;
    let store = state.store();
    let username = form.get("username").trim().to_lowercase();
    let role = AlgorithmRole::parse(form.get("role")).unwrap_or(AlgorithmRole::User);
    let mut problems = Problems::default();
    let account = store.account_by_name(&username).await?;
    match &account {
        None if username.is_empty() => problems.add("username", "A name is missing."),
        None => problems.add("username", format!("There is no account `{username}`.")),
        Some((account, _)) => {
            let members = store.algorithm_members(algorithm.id, Page::ALL).await?;
            if role == AlgorithmRole::User && is_last_editor(&members.items, account.id) {
                problems.add("username", LAST_EDITOR);
            }
        }
    }
    let (Some((account, _)), false) = (account, problems.any()) else {
        let typed = (username, role == AlgorithmRole::Editor);
        return draw(&state, &form.visitor, &slug, (typed, problems)).await;
    };
    store
        .set_algorithm_role(algorithm.id, account.id, role)
        .await?;
    let by = form.visitor.require()?.id;
    let object = format!("algorithm {} account {}", algorithm.id, account.id);
    note(&state, by, "algorithm.member.set", &object).await?;
    let said = match role {
        AlgorithmRole::Editor => format!("{username} may change the algorithm now."),
        AlgorithmRole::User => format!("{username} may run the algorithm now."),
    };
    Ok(back(&slug, &said))
}

/// Why somebody stays.
const LAST_EDITOR: &str = "This is the only editor: make somebody else one first.";

fn is_last_editor(
    members: &[store::algorithms::Member<AlgorithmRole>],
    account: store::ids::AccountId,
) -> bool {
    let mut editors = members
        .iter()
        .filter(|member| member.role == AlgorithmRole::Editor);
    editors
        .next()
        .is_some_and(|editor| editor.account == account)
        && editors.next().is_none()
}

/// Takes somebody's role away.
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let (algorithm, _) = edited(&state, &form.visitor, (&slug, Tab::People)).await?;
    let store = state.store();
    let username = form.get("username");
    let members = store.algorithm_members(algorithm.id, Page::ALL).await?;
    let found = members
        .items
        .iter()
        .find(|member| member.username == username);
    let Some(found) = found else {
        return Ok(back(&slug, &format!("{username} had no role any more.")));
    };
    if is_last_editor(&members.items, found.account) {
        let mut problems = Problems::default();
        problems.add("members", LAST_EDITOR);
        let typed = (String::new(), false);
        return draw(&state, &form.visitor, &slug, (typed, problems)).await;
    }
    store
        .remove_algorithm_role(algorithm.id, found.account)
        .await?;
    let by = form.visitor.require()?;
    let object = format!("algorithm {} account {}", algorithm.id, found.account);
    note(&state, by.id, "algorithm.member.remove", &object).await?;
    if by.id == found.account && !by.is_administrator() {
        return Ok(notice::redirect(
            "/",
            "You have no role in the algorithm any more.",
        ));
    }
    Ok(back(&slug, &format!("{username} has no role any more.")))
}

/// Who sees it, and what becomes of requests.
pub(super) async fn visibility(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let (algorithm, _) = edited(&state, &form.visitor, (&slug, Tab::People)).await?;
    let change = AlgorithmChange {
        is_public: Some(form.get("visibility") == "public"),
        access_requests: Some(AccessRequests::parse(form.get("requests")).unwrap_or_default()),
        ..AlgorithmChange::default()
    };
    state
        .store()
        .change_algorithm(algorithm.id, &change, Timestamp::now())
        .await?;
    let by = form.visitor.require()?.id;
    note(
        &state,
        by,
        "algorithm.visibility",
        &format!("algorithm {}", algorithm.id),
    )
    .await?;
    Ok(back(&slug, "Saved."))
}

fn back(slug: &str, said: &str) -> Response {
    notice::redirect(&format!("/algorithms/{slug}/people/"), said)
}
