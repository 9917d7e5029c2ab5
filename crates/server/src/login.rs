//! Whether a name and a password belong together; failed tries are counted.

use std::net::IpAddr;

use axum::http::StatusCode;
use jiff::{Timestamp, ToSpan as _};
use store::accounts::Account;

use crate::error::ApiError;
use crate::passwords;
use crate::state::AppState;

/// Failed logins are counted for so long.
const WINDOW_MINUTES: i64 = 15;

/// The account of a name and its password.
///
/// # Errors
/// 401 when they do not belong together or the account is locked, 429 after too many failures.
pub(crate) async fn check(
    state: &AppState,
    username: &str,
    password: &str,
    address: IpAddr,
) -> Result<Account, ApiError> {
    let (store, now) = (state.store(), Timestamp::now());
    let address = address.to_string();
    let since = now - WINDOW_MINUTES.minutes();
    let failures = store.login_failures(username, &address, since).await?;
    let most = state.config().login.failures;
    if failures.by_username >= most || failures.by_address >= 4 * most {
        let wait = u64::try_from(WINDOW_MINUTES * 60).unwrap_or_default();
        return Err(ApiError::too_many(
            "Too many failed logins: wait a quarter of an hour.",
            wait,
        ));
    }
    let found = store.account_by_name(username).await?;
    let hash = found.as_ref().map(|(_, hash)| hash.clone());
    let password = password.to_owned();
    let checking =
        tokio::task::spawn_blocking(move || passwords::is_right(&password, hash.as_deref()));
    let is_right = checking
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let account = found
        .map(|(account, _)| account)
        .filter(|account| is_right && account.is_active);
    let Some(account) = account else {
        store.note_login_failure(username, &address, now).await?;
        return Err(ApiError::detail(
            StatusCode::UNAUTHORIZED,
            "Wrong name or password.",
        ));
    };
    store.clear_login_failures(username).await?;
    Ok(account)
}
