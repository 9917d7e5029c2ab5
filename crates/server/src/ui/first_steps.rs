//! What the administrator of an empty server does first, with what is done already.

use store::Page;
use store::accounts::Account;
use store::audit::AuditFilter;

use crate::error::ApiError;
use crate::state::AppState;

/// Steps of an administrator on a new server.
pub(super) struct FirstSteps {
    pub(super) has_own_password: bool,
    pub(super) has_people: bool,
    /// Clients must trust an authority of Gantry's own.
    pub(super) has_authority: bool,
}

/// The steps, for an administrator of a server without algorithms; nobody else.
///
/// # Errors
/// When the database fails.
pub(super) async fn of(
    state: &AppState,
    account: Option<&Account>,
    algorithms: u64,
) -> Result<Option<FirstSteps>, ApiError> {
    let Some(account) = account.filter(|account| account.is_administrator() && algorithms == 0)
    else {
        return Ok(None);
    };
    let store = state.store();
    let changed = AuditFilter {
        account: None,
        action: Some("account.password".to_owned()),
        object: Some(format!("account {}", account.id)),
    };
    let one = Page {
        offset: 0,
        limit: 1,
    };
    Ok(Some(FirstSteps {
        has_own_password: store.audit_log(&changed, one).await?.count > 0,
        has_people: store.count_accounts().await? > 1,
        has_authority: super::authority::path(state).is_some(),
    }))
}
