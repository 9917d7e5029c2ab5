//! What one person may take, said by administrators, and what they have taken.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::ids::AccountId;
use store::quotas::Quota;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::note;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

/// The largest number of a quota: what the database keeps.
const MOST: u64 = i64::MAX.unsigned_abs();

/// What one person may take; null: what the server gives everybody.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WantedQuota {
    /// Jobs that run at the same time; more wait.
    pub(crate) running: Option<u64>,
    /// Jobs that have not ended, those of runs over archives too; more are refused.
    pub(crate) unfinished: Option<u64>,
    /// Bytes that are kept for them; uploads and jobs beyond are refused.
    pub(crate) bytes: Option<u64>,
}

/// What one person has taken, and what they may take.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct ShownQuota {
    /// What was said for this person.
    pub(crate) quota: WantedQuota,
    /// Jobs that run.
    pub(crate) running: u64,
    /// Jobs that have not ended.
    pub(crate) unfinished: u64,
    /// Images, files, uploads, weights and container images that are theirs; bytes.
    pub(crate) bytes: u64,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// What somebody may take and has taken; they themselves and administrators.
#[utoipa::path(
    get, path = "/api/gantry/v1/accounts/{id}/quota/", tag = "accounts", operation_id = "account_quota",
    params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownQuota), (status = 401), (status = 403), (status = 404))
)]
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<ShownQuota>, ApiError> {
    if caller.require()?.id != id {
        caller.require_administrator()?;
    }
    Ok(Json(of(&state, id).await?))
}

/// Says what somebody may take; administrators only. What is left out or null is as for everybody.
#[utoipa::path(
    put, path = "/api/gantry/v1/accounts/{id}/quota/", tag = "accounts", request_body = WantedQuota,
    operation_id = "set_account_quota", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = ShownQuota), (status = 400), (status = 401), (status = 403), (status = 404))
)]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<AccountId>,
    crate::json::Json(wanted): crate::json::Json<WantedQuota>,
) -> Result<Json<ShownQuota>, ApiError> {
    set(&state, &caller, id, wanted).await?;
    Ok(Json(of(&state, id).await?))
}

/// What somebody may take and has taken.
///
/// # Errors
/// 404 for an account that there is not.
pub(crate) async fn of(state: &AppState, id: AccountId) -> Result<ShownQuota, ApiError> {
    let store = state.store();
    store.account(id).await?.ok_or_else(ApiError::not_found)?;
    let quota = store.quota(id).await?;
    let (running, unfinished) = store.count_taken_jobs(id).await?;
    Ok(ShownQuota {
        quota: WantedQuota {
            running: quota.running,
            unfinished: quota.unfinished,
            bytes: quota.bytes,
        },
        running,
        unfinished,
        bytes: store.stored_bytes(id).await?,
    })
}

/// Says what somebody may take from now on.
///
/// # Errors
/// 403 for who is no administrator, 404 for an account that there is not, 400 by field.
pub(crate) async fn set(
    state: &AppState,
    caller: &Caller,
    id: AccountId,
    wanted: WantedQuota,
) -> Result<(), ApiError> {
    let by = caller.require_administrator()?.id;
    let store = state.store();
    store.account(id).await?.ok_or_else(ApiError::not_found)?;
    let fields = [
        ("running", wanted.running),
        ("unfinished", wanted.unfinished),
        ("bytes", wanted.bytes),
    ];
    for (field, number) in fields {
        if number.is_some_and(|number| number > MOST) {
            let problem = format!("The number is too large, expected at most {MOST}.");
            return Err(ApiError::field(field, problem));
        }
    }
    let quota = Quota {
        running: wanted.running,
        unfinished: wanted.unfinished,
        bytes: wanted.bytes,
    };
    store.set_quota(id, &quota).await?;
    note(state, by, "account.quota", &format!("account {id}")).await?;
    // Who may run more now should not wait for the next job to end.
    state.worker().ring_all();
    Ok(())
}
