//! One person: role, lock, password, quota.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::quantity::parse_bytes;
use store::accounts::{Account, Role};
use store::ids::AccountId;

use super::{password, require};
use crate::error::ApiError;
use crate::first_start;
use crate::own::accounts::{self, AccountPatch};
use crate::own::quotas::{self, WantedQuota};
use crate::path::Id;
use crate::state::AppState;
use crate::ui::algorithms::size_text;
use crate::ui::allowance::Allowance;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::Moment;
use crate::ui::visitor::Visitor;

#[derive(Template)]
#[template(path = "administration/person.html")]
struct PersonPage {
    frame: Frame,
    tab: &'static str,
    id: String,
    username: String,
    email: String,
    role: &'static str,
    roles: [&'static str; 3],
    is_active: bool,
    has_first_password: bool,
    is_self: bool,
    created_at: Moment,
    allowance: Allowance,
    /// What everybody may: jobs at once, where there is such a bound, and jobs that have not ended.
    at_once: Option<usize>,
    most_active: u64,
    typed: TypedQuota,
    problems: Problems,
}

/// The quota as it is typed; empty: as for everybody.
struct TypedQuota {
    running: String,
    unfinished: String,
    bytes: String,
}

impl TypedQuota {
    fn of(quota: WantedQuota) -> TypedQuota {
        let text = |number: Option<u64>| number.map(|number| number.to_string());
        TypedQuota {
            running: text(quota.running).unwrap_or_default(),
            unfinished: text(quota.unfinished).unwrap_or_default(),
            bytes: quota.bytes.map(size_text::bytes).unwrap_or_default(),
        }
    }

    fn sent(form: &Form) -> TypedQuota {
        let text = |name: &str| form.get(name).trim().to_owned();
        TypedQuota {
            running: text("running"),
            unfinished: text("unfinished"),
            bytes: text("bytes"),
        }
    }

    fn read(&self, problems: &mut Problems) -> WantedQuota {
        let mut number = |field: &str, text: &str| {
            let read = (!text.is_empty()).then(|| {
                text.parse::<u64>().map_err(|_| {
                    format!("`{text}` is no number of jobs, expected one such as `4`, or nothing")
                })
            });
            problems.take(field, read.transpose()).flatten()
        };
        let (running, unfinished) = (
            number("running", &self.running),
            number("unfinished", &self.unfinished),
        );
        let bytes = (!self.bytes.is_empty()).then(|| parse_bytes(&self.bytes));
        WantedQuota {
            running,
            unfinished,
            bytes: problems.take("bytes", bytes.transpose()).flatten(),
        }
    }
}

/// The page of somebody.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Id(id): Id<AccountId>,
) -> Result<Response, PageError> {
    require(&visitor)?;
    let quota = state.store().quota(id).await?;
    let typed = TypedQuota::of(WantedQuota {
        running: quota.running,
        unfinished: quota.unfinished,
        bytes: quota.bytes,
    });
    draw(&state, &visitor, id, (typed, Problems::default())).await
}

async fn draw(
    state: &AppState,
    visitor: &Visitor,
    id: AccountId,
    (typed, problems): (TypedQuota, Problems),
) -> Result<Response, PageError> {
    let own = require(visitor)?.id;
    let account: Account = state
        .store()
        .account(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let jobs = &state.config().jobs;
    let shown = PersonPage {
        frame: Frame::new(visitor, Section::Administration, account.username.clone()),
        tab: "people",
        id: id.to_string(),
        username: account.username,
        email: account.email,
        role: account.role.as_str(),
        roles: Role::ALL.map(Role::as_str),
        is_active: account.is_active,
        has_first_password: account.must_change_password,
        is_self: id == own,
        created_at: account.created_at.into(),
        allowance: Allowance::of(state, id).await?,
        at_once: jobs.at_once_per_user,
        most_active: jobs.most_active_per_user,
        typed,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// Where the page of somebody is.
fn path(id: AccountId) -> String {
    format!("/administration/people/{id}/")
}

/// Says what somebody may take.
pub(super) async fn set_quota(
    State(state): State<AppState>,
    Id(id): Id<AccountId>,
    form: Form,
) -> Result<Response, PageError> {
    require(&form.visitor)?;
    let typed = TypedQuota::sent(&form);
    let mut problems = Problems::default();
    let wanted = typed.read(&mut problems);
    if !problems.any() {
        match quotas::set(&state, &form.visitor.caller, id, wanted).await {
            Ok(()) => return Ok(notice::redirect(&path(id), "The quota is saved.")),
            Err(refused) => problems = Problems::of(refused)?,
        }
    }
    draw(&state, &form.visitor, id, (typed, problems)).await
}

/// Gives somebody another role.
pub(super) async fn set_role(
    State(state): State<AppState>,
    Id(id): Id<AccountId>,
    form: Form,
) -> Result<Response, PageError> {
    require(&form.visitor)?;
    let patch = AccountPatch {
        role: Some(form.get("role").to_owned()),
        ..AccountPatch::default()
    };
    let changed = accounts::edit(&state, &form.visitor.caller, id, patch).await?;
    let said = format!(
        "{} is now {}.",
        changed.username,
        with_article(&changed.role)
    );
    Ok(notice::redirect(&path(id), &said))
}

fn with_article(role: &str) -> String {
    let article = if role.starts_with('a') { "an" } else { "a" };
    format!("{article} {role}")
}

/// Locks somebody out, or lets them in again.
pub(super) async fn set_active(
    State(state): State<AppState>,
    Id(id): Id<AccountId>,
    form: Form,
) -> Result<Response, PageError> {
    require(&form.visitor)?;
    let is_active = form.get("active") == "yes";
    let patch = AccountPatch {
        is_active: Some(is_active),
        ..AccountPatch::default()
    };
    let changed = accounts::edit(&state, &form.visitor.caller, id, patch).await?;
    let said = match is_active {
        true => format!("{} may log in again.", changed.username),
        false => format!(
            "{} is locked out: logins and tokens are refused.",
            changed.username
        ),
    };
    Ok(notice::redirect(&path(id), &said))
}

/// Makes a new password for somebody and shows it once.
pub(super) async fn new_password(
    State(state): State<AppState>,
    Id(id): Id<AccountId>,
    form: Form,
) -> Result<Response, PageError> {
    require(&form.visitor)?;
    let password = first_start::new_password();
    let patch = AccountPatch {
        password: Some(password.clone()),
        must_change_password: Some(true),
        ..AccountPatch::default()
    };
    let changed = accounts::edit(&state, &form.visitor.caller, id, patch).await?;
    let (title, is_new) = ("A new password", false);
    password::show(&form.visitor, title, (changed.username, password, is_new))
}
