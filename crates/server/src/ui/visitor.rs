//! Who looks at a page.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use subtle::ConstantTimeEq as _;

use super::problem::PageError;
use crate::auth::{self, Caller};
use crate::error::ApiError;
use crate::state::AppState;

/// What somebody may open whose password is known to somebody else.
const WITH_ANY_PASSWORD: [&str; 4] = ["/account/", "/account/password/", "/login/", "/logout/"];

/// Whoever looks at a page; nobody needs to be logged in. What they may change is asked of [`Visitor::caller`].
#[derive(Debug, Clone)]
pub struct Visitor {
    /// For the same questions that the API asks.
    pub caller: Caller,
    /// What forms of this login send back as `csrf`; empty without a login.
    pub csrf: String,
    /// Path and query of the page.
    pub here: String,
    /// What the last form did, to be shown once.
    pub notice: Option<String>,
}

impl Visitor {
    /// Whoever is logged in.
    ///
    /// # Errors
    /// A redirect to the login, which leads back here.
    pub fn require(&self) -> Result<&store::accounts::Account, PageError> {
        let account = self.caller.account.as_ref();
        account.ok_or_else(|| PageError::LogIn {
            back: self.here.clone(),
        })
    }

    /// Whether a form was made for this login.
    ///
    /// # Errors
    /// 403 when it was not: somebody else's page has sent it, or the login has ended since.
    pub fn check_csrf(&self, sent: &str) -> Result<(), ApiError> {
        if bool::from(sent.as_bytes().ct_eq(self.csrf.as_bytes())) {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "The form is not of this login: go back, load the page again and send it once more.",
        ))
    }

    /// Reads who it is; says nothing about the form that they may have sent.
    ///
    /// # Errors
    /// A redirect to the form for another password where that has to come first; when the database fails.
    pub(super) async fn of(
        state: &AppState,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Visitor, PageError> {
        let session = auth::session(state, headers).await?;
        if let Some(session) = &session
            && session.account.must_change_password
            && !WITH_ANY_PASSWORD.contains(&uri.path())
        {
            return Err(PageError::NewPassword);
        }
        let here = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Visitor {
            csrf: session
                .as_ref()
                .map(|session| session.csrf.clone())
                .unwrap_or_default(),
            caller: Caller::of(session.map(|session| session.account)),
            here: here.to_owned(),
            notice: super::notice::read(headers),
        })
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Visitor, PageError> {
        Visitor::of(state, &parts.headers, &parts.uri).await
    }
}
