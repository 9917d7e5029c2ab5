//! Accounts: made and changed by administrators; a password also by its owner. And what was done by whom.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::accounts::{Account, CreateAccountError, NewAccount, Role};
use store::audit::AuditFilter;
use store::ids::AccountId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use super::part::Part;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::passwords;
use crate::path::Id;
use crate::query::Query;
use crate::state::AppState;

/// Characters of a password.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=1000;

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct WantedAccount {
    /// 1 to 64 lower-case letters, digits and `.`, `_`, `-`, `+`, `@`.
    pub(crate) username: String,
    /// 10 to 1000 characters.
    pub(crate) password: String,
    /// May be empty.
    #[serde(default)]
    pub(crate) email: String,
    /// `user`, `creator` or `administrator`; without it, `user`.
    pub(crate) role: Option<String>,
    /// The owner has to choose another password at the first login in a browser; tokens work all the same.
    #[serde(default)]
    pub(crate) must_change_password: bool,
}

/// What changes of an account; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct AccountPatch {
    /// `user`, `creator` or `administrator`; administrators only.
    pub(crate) role: Option<String>,
    /// `false` locks it out; administrators only.
    pub(crate) is_active: Option<bool>,
    /// 10 to 1000 characters; ends all logins with the old one.
    pub(crate) password: Option<String>,
    /// `true`: the owner has to choose another password at the next login in a browser.
    pub(crate) must_change_password: Option<bool>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownAccount {
    /// UUID.
    pub(crate) id: String,
    /// As typed at the login.
    pub(crate) username: String,
    /// May be empty.
    pub(crate) email: String,
    /// `user`, `creator` or `administrator`.
    pub(crate) role: String,
    /// `false`: every login and token is refused.
    pub(crate) is_active: bool,
    /// The owner has to choose another password at the next login in a browser.
    pub(crate) must_change_password: bool,
    /// When it was made.
    pub(crate) created_at: String,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
struct AccountList {
    /// How many there are in all.
    count: u64,
    /// Those of the part.
    results: Vec<ShownAccount>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
struct AuditLine {
    /// When.
    at: String,
    /// UUID of the account; null: the server itself.
    account: Option<String>,
    /// A dotted verb, such as `token.create`.
    action: String,
    /// To what.
    object: String,
    /// More.
    detail: Value,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(audit))
}

/// Accounts by name; administrators only.
#[utoipa::path(
    get, path = "/api/gantry/v1/accounts/", tag = "accounts", params(Part),
    responses((status = 200, body = AccountList), (status = 400), (status = 401), (status = 403))
)]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Json<AccountList>, ApiError> {
    caller.require_administrator()?;
    let found = state.store().accounts(&part.search, part.page()?).await?;
    Ok(Json(AccountList {
        count: found.count,
        results: found.items.iter().map(shown).collect(),
    }))
}

/// A new account; administrators only.
#[utoipa::path(
    post, path = "/api/gantry/v1/accounts/", tag = "accounts", request_body = WantedAccount,
    responses((status = 201, body = ShownAccount), (status = 400), (status = 401), (status = 403), (status = 409))
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedAccount>,
) -> Result<(StatusCode, Json<ShownAccount>), ApiError> {
    Ok((
        StatusCode::CREATED,
        Json(make(&state, &caller, wanted).await?),
    ))
}

/// Makes an account.
///
/// # Errors
/// 403 for who is no administrator, 400 by field, 409 when its name is taken.
pub(crate) async fn make(
    state: &AppState,
    caller: &Caller,
    wanted: WantedAccount,
) -> Result<ShownAccount, ApiError> {
    let by = caller.require_administrator()?.id;
    let new = NewAccount {
        username: wanted.username,
        email: wanted.email,
        password_hash: hashed(wanted.password).await?,
        role: role(wanted.role.as_deref().unwrap_or("user"))?,
    };
    let made = state.store().create_account(&new, Timestamp::now()).await;
    let made = made.map_err(|problem| match problem {
        CreateAccountError::Store(problem) => problem.into(),
        CreateAccountError::UsernameTaken(_) => {
            ApiError::detail(StatusCode::CONFLICT, problem.to_string())
        }
        CreateAccountError::InvalidUsername(_) => ApiError::field("username", problem.to_string()),
    })?;
    if wanted.must_change_password {
        state.store().demand_new_password(made.id).await?;
    }
    note(state, by, "account.create", &format!("account {}", made.id)).await?;
    let must_change_password = wanted.must_change_password;
    Ok(ShownAccount {
        must_change_password,
        ..shown(&made)
    })
}

/// Changes an account. Everybody may change their own password, administrators all of every account but their own role.
#[utoipa::path(
    patch, path = "/api/gantry/v1/accounts/{id}/", tag = "accounts", request_body = AccountPatch,
    params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownAccount), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<AccountId>,
    crate::json::Json(change): crate::json::Json<AccountPatch>,
) -> Result<Json<ShownAccount>, ApiError> {
    Ok(Json(edit(&state, &caller, id, change).await?))
}

/// Changes an account.
///
/// # Errors
/// 403 for who may not, 404 for an account that there is not, 400 by field.
pub(crate) async fn edit(
    state: &AppState,
    caller: &Caller,
    id: AccountId,
    change: AccountPatch,
) -> Result<ShownAccount, ApiError> {
    let by = caller.require()?;
    if by.id != id {
        caller.require_administrator()?;
    }
    let store = state.store();
    let (role, is_active) = (
        change.role.as_deref().map(role).transpose()?,
        change.is_active,
    );
    if (role.is_some() || is_active.is_some()) && (!by.is_administrator() || by.id == id) {
        // The last administrator must not lock the door from outside.
        return Err(ApiError::forbidden(
            "Another administrator changes roles and locks.",
        ));
    }
    if store.account(id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    if let Some(password) = change.password {
        store
            .set_password_hash(id, &hashed(password).await?)
            .await?;
        note(state, by.id, "account.password", &format!("account {id}")).await?;
    }
    if change.must_change_password == Some(true) {
        store.demand_new_password(id).await?;
    }
    if let Some(role) = role {
        store.set_role(id, role).await?;
        note(state, by.id, "account.role", &format!("account {id}")).await?;
    }
    if let Some(is_active) = is_active {
        store.set_active(id, is_active).await?;
        note(state, by.id, "account.active", &format!("account {id}")).await?;
    }
    let now = store.account(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(shown(&now))
}

/// What was done, newest first; administrators only.
#[utoipa::path(
    get, path = "/api/gantry/v1/audit/", tag = "accounts", params(Part),
    responses((status = 200, body = Vec<AuditLine>), (status = 401), (status = 403))
)]
async fn audit(
    State(state): State<AppState>,
    caller: Caller,
    Query(part): Query<Part>,
) -> Result<Json<Vec<AuditLine>>, ApiError> {
    caller.require_administrator()?;
    let filter = AuditFilter {
        account: None,
        action: (!part.search.is_empty()).then(|| part.search.clone()),
        object: None,
    };
    let found = state.store().audit_log(&filter, part.page()?).await?;
    let shown = found.items.into_iter().map(|record| AuditLine {
        at: record.at.to_string(),
        account: record.account.map(|id| id.to_string()),
        action: record.action,
        object: record.object,
        detail: record.detail,
    });
    Ok(Json(shown.collect()))
}

/// What is kept of a password.
///
/// # Errors
/// 400 when it is too short or too long.
pub(crate) async fn hashed(password: String) -> Result<String, ApiError> {
    let length = password.chars().count();
    if !PASSWORD.contains(&length) {
        let (least, most) = PASSWORD.into_inner();
        let problem = format!("The password has {length} characters, expected {least} to {most}.");
        return Err(ApiError::field("password", problem));
    }
    let hashing = tokio::task::spawn_blocking(move || passwords::hash(&password));
    let hash = hashing
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    hash.map_err(|problem| ApiError::internal(&problem))
}

fn role(word: &str) -> Result<Role, ApiError> {
    word.parse().map_err(|_| {
        let problem =
            format!("`{word}` is no role, expected `user`, `creator` or `administrator`.");
        ApiError::field("role", problem)
    })
}

fn shown(account: &Account) -> ShownAccount {
    ShownAccount {
        id: account.id.to_string(),
        username: account.username.clone(),
        email: account.email.clone(),
        role: account.role.as_str().to_owned(),
        is_active: account.is_active,
        must_change_password: account.must_change_password,
        created_at: account.created_at.to_string(),
    }
}
