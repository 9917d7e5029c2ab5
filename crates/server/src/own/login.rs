//! From a name and a password to a token; and the tokens that somebody has.

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use store::ids::TokenId;
use store::tokens::{NewToken, Token};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use crate::auth::{Caller, digest, new_secret};
use crate::error::ApiError;
use crate::login;
use crate::path::Id;
use crate::state::AppState;

/// Characters of a secret by which its owner recognises it.
const PREFIX: usize = 8;
/// Days after which a token ends at the latest, if it ends: a hundred years.
const MOST_DAYS: u32 = 36_500;
/// Characters of a token's name.
const LONGEST_NAME: usize = 100;

/// Who logs in, and what the new token is called.
#[derive(Debug, Deserialize, ToSchema)]
struct Login {
    /// The account's name.
    username: String,
    /// Its password.
    password: String,
    /// What the token is called, such as the name of a machine.
    #[serde(default)]
    name: String,
    /// After how many days it ends; without it, never.
    #[schema(minimum = 1, maximum = 36500)]
    expires_in_days: Option<u32>,
}

/// What is wanted of a new token.
#[derive(Debug, Deserialize, ToSchema)]
struct WantedToken {
    /// What it is called.
    name: String,
    /// After how many days it ends; without it, never.
    #[schema(minimum = 1, maximum = 36500)]
    expires_in_days: Option<u32>,
}

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct ShownToken {
    /// UUID.
    id: String,
    /// What it is called.
    name: String,
    /// First characters of the secret.
    prefix: String,
    /// When it was made.
    created_at: String,
    /// When it ends; null: never.
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    last_used_at: Option<String>,
    /// The secret; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// UUID.
    id: String,
    /// The account's name.
    username: String,
    /// May be empty.
    email: String,
    /// `user`, `creator` or `administrator`.
    role: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(token))
        .routes(routes!(me))
        .routes(routes!(list, create))
        .routes(routes!(delete))
}

/// A new token for a name and a password.
#[utoipa::path(
    post, path = "/api/gantry/v1/login/token/", tag = "login", request_body = Login,
    responses(
        (status = 201, body = ShownToken),
        (status = 401, description = "wrong name or password"),
        (status = 429, description = "too many failed logins; `Retry-After` says how many seconds to wait"),
    )
)]
async fn token(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<std::net::SocketAddr>,
    crate::json::Json(sent): crate::json::Json<Login>,
) -> Result<(StatusCode, Json<ShownToken>), ApiError> {
    let account = login::check(&state, &sent.username, &sent.password, address.ip()).await?;
    let wanted = WantedToken {
        name: sent.name,
        expires_in_days: sent.expires_in_days,
    };
    make(&state, account.id, &wanted).await
}

/// Who the token belongs to.
#[utoipa::path(get, path = "/api/gantry/v1/me/", tag = "login", responses((status = 200, body = Me), (status = 401)))]
async fn me(caller: Caller) -> Result<Json<Me>, ApiError> {
    let account = caller.require()?;
    Ok(Json(Me {
        id: account.id.to_string(),
        username: account.username.clone(),
        email: account.email.clone(),
        role: account.role.as_str().to_owned(),
    }))
}

/// The caller's tokens.
#[utoipa::path(get, path = "/api/gantry/v1/tokens/", tag = "login", responses((status = 200, body = Vec<ShownToken>), (status = 401)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Vec<ShownToken>>, ApiError> {
    let tokens = state.store().tokens_of(caller.require()?.id).await?;
    Ok(Json(
        tokens.iter().map(|token| shown(token, None)).collect(),
    ))
}

/// A new token; its secret is shown once.
#[utoipa::path(
    post, path = "/api/gantry/v1/tokens/", tag = "login", request_body = WantedToken,
    responses((status = 201, body = ShownToken), (status = 400), (status = 401))
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    crate::json::Json(wanted): crate::json::Json<WantedToken>,
) -> Result<(StatusCode, Json<ShownToken>), ApiError> {
    make(&state, caller.require()?.id, &wanted).await
}

/// Ends a token of the caller.
#[utoipa::path(
    delete, path = "/api/gantry/v1/tokens/{id}/", tag = "login",
    params(("id" = String, Path, format = Uuid)),
    responses((status = 204), (status = 401), (status = 404))
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, ApiError> {
    let account = caller.require()?.id;
    if !state.store().delete_token(account, id).await? {
        return Err(ApiError::not_found());
    }
    note(&state, account, "token.delete", &format!("token {id}")).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn make(
    state: &AppState,
    account: store::ids::AccountId,
    wanted: &WantedToken,
) -> Result<(StatusCode, Json<ShownToken>), ApiError> {
    let (made, secret) = new_token(state, account, &wanted.name, wanted.expires_in_days).await?;
    Ok((StatusCode::CREATED, Json(shown(&made, Some(secret)))))
}

/// Makes a token; gives it with its secret, which nobody keeps.
///
/// # Errors
/// 400 for a name that is too long or an end beyond the calendar.
pub(crate) async fn new_token(
    state: &AppState,
    account: store::ids::AccountId,
    name: &str,
    days: Option<u32>,
) -> Result<(Token, String), ApiError> {
    if name.chars().count() > LONGEST_NAME {
        let problem = format!("The name is longer than {LONGEST_NAME} characters.");
        return Err(ApiError::field("name", problem));
    }
    let now = Timestamp::now();
    let expires_at = match days {
        Some(days) if (1..=MOST_DAYS).contains(&days) => {
            let end = now.checked_add((i64::from(days) * 24).hours());
            Some(end.map_err(|problem| ApiError::internal(&problem))?)
        }
        Some(days) => {
            let problem = format!("`{days}` days are out of range, expected 1 to {MOST_DAYS}.");
            return Err(ApiError::field("expires_in_days", problem));
        }
        None => None,
    };
    let secret = new_secret();
    let new = NewToken {
        account,
        name: name.to_owned(),
        expires_at,
    };
    let made = state
        .store()
        .create_token(&new, &digest(&secret), &secret[..PREFIX], now)
        .await?;
    note(
        state,
        account,
        "token.create",
        &format!("token {}", made.id),
    )
    .await?;
    Ok((made, secret))
}

fn shown(token: &Token, secret: Option<String>) -> ShownToken {
    ShownToken {
        id: token.id.to_string(),
        name: token.name.clone(),
        prefix: token.prefix.clone(),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.map(|at| at.to_string()),
        last_used_at: token.last_used_at.map(|at| at.to_string()),
        token: secret,
    }
}
