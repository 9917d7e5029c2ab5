//! What an archive is called, who sees it, who fills it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use store::Page;

use crate::own::archives::members::{Member, set, take_away};
use crate::own::archives::{ArchivePatch, ShownArchive, changeable, edit, shown};
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::visitor::Visitor;

#[derive(Template)]
#[template(path = "archives/settings.html")]
struct ArchiveSettingsPage {
    frame: Frame,
    tab: &'static str,
    archive: ShownArchive,
    title: String,
    description: String,
    is_public: bool,
    /// Name and role.
    members: Vec<(String, &'static str)>,
    /// What was typed for a new member.
    username: String,
    role: String,
    problems: Problems,
}

/// The forms.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let page = forms(&state, &visitor, &slug).await?;
    page::show(&page)
}

async fn forms(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
) -> Result<ArchiveSettingsPage, PageError> {
    visitor.require()?;
    let archive = changeable(state, &visitor.caller, slug).await?;
    let members = state.store().archive_members(archive.id, Page::ALL).await?;
    let members = members.items.into_iter();
    Ok(ArchiveSettingsPage {
        frame: Frame::new(
            visitor,
            Section::Archives,
            format!("Settings of {}", archive.title),
        ),
        tab: "settings",
        archive: shown(state, &visitor.caller, &archive).await?,
        title: archive.title,
        description: archive.description,
        is_public: archive.is_public,
        members: members
            .map(|member| (member.username, member.role.word()))
            .collect(),
        username: String::new(),
        role: "user".to_owned(),
        problems: Problems::default(),
    })
}

fn place(slug: &str) -> String {
    format!("/archives/{slug}/settings/")
}

/// Changes title, description and who sees it.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let patch = ArchivePatch {
        title: Some(form.get("title").trim().to_owned()),
        description: Some(form.get("description").trim().to_owned()),
        is_public: Some(form.is_ticked("is_public")),
    };
    match edit(&state, &form.visitor.caller, &slug, patch).await {
        Ok(()) => Ok(notice::redirect(&place(&slug), "The archive is changed.")),
        Err(refused) => {
            let page = ArchiveSettingsPage {
                title: form.get("title").to_owned(),
                description: form.get("description").to_owned(),
                is_public: form.is_ticked("is_public"),
                problems: Problems::of(refused)?,
                ..forms(&state, &form.visitor, &slug).await?
            };
            Ok(page::draw(page.problems.status(), &page)?)
        }
    }
}

/// Gives somebody a role.
pub(super) async fn add_member(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    form.visitor.require()?;
    let member = Member {
        username: form.get("username").trim().to_owned(),
        role: form.get("role").to_owned(),
    };
    match set(&state, &form.visitor.caller, &slug, &member).await {
        Ok(()) => Ok(notice::redirect(
            &place(&slug),
            &format!("{} has the role {}.", member.username, member.role),
        )),
        Err(refused) => {
            let page = ArchiveSettingsPage {
                username: member.username,
                role: member.role,
                problems: Problems::of(refused)?,
                ..forms(&state, &form.visitor, &slug).await?
            };
            Ok(page::draw(page.problems.status(), &page)?)
        }
    }
}

/// Takes somebody's role away.
pub(super) async fn remove_member(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let by = form.visitor.require()?;
    let username = form.get("username");
    let is_self = by.username == username;
    take_away(&state, &form.visitor.caller, (&slug, username)).await?;
    let to = match is_self {
        true => "/archives/".to_owned(),
        false => place(&slug),
    };
    let said = format!("{username} has no role in the archive any more.");
    Ok(notice::redirect(&to, &said))
}
