//! Who asks: a token in `Authorization`, or the cookie of a browser with its CSRF secret.

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use store::Viewer;
use store::accounts::Account;
use store::sessions::Session;
use subtle::ConstantTimeEq as _;

use crate::error::ApiError;
use crate::state::AppState;

/// The cookie of a browser's login.
pub const SESSION_COOKIE: &str = "gantry_session";
/// The header that changes made by a browser must carry, with the login's CSRF secret.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Whoever makes a request. As an extractor it refuses wrong tokens, and takes none for nobody.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For lists: what they may see.
    pub viewer: Viewer,
    /// Who; `None`: nobody is logged in.
    pub account: Option<Account>,
}

impl Caller {
    /// Whoever has this account, or nobody.
    #[must_use]
    pub fn of(account: Option<Account>) -> Caller {
        Caller {
            viewer: account.as_ref().map_or(Viewer::ANONYMOUS, Account::viewer),
            account,
        }
    }

    /// The account.
    ///
    /// # Errors
    /// 401 when nobody is logged in.
    pub fn require(&self) -> Result<&Account, ApiError> {
        self.account.as_ref().ok_or_else(ApiError::unauthenticated)
    }

    /// The account of an administrator.
    ///
    /// # Errors
    /// 401 when nobody is logged in, 403 when it is somebody else.
    pub fn require_administrator(&self) -> Result<&Account, ApiError> {
        let account = self.require()?;
        if account.is_administrator() {
            return Ok(account);
        }
        Err(ApiError::forbidden("Only administrators may do this."))
    }

    /// The account of somebody who may make algorithms, sockets and archives.
    ///
    /// # Errors
    /// 401 when nobody is logged in, 403 when it is somebody else.
    pub fn require_creator(&self) -> Result<&Account, ApiError> {
        let account = self.require()?;
        if account.may_create() {
            return Ok(account);
        }
        Err(ApiError::forbidden(
            "Only accounts with the role `creator` or `administrator` may do this.",
        ))
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Caller, ApiError> {
        let store = state.store();
        let account = if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let secret = header.to_str().ok().and_then(bearer);
            let secret = secret.ok_or_else(ApiError::invalid_token)?;
            let found = store
                .account_of_token(&digest(secret), Timestamp::now())
                .await?;
            Some(found.ok_or_else(ApiError::invalid_token)?.0)
        } else {
            let session = session(state, &parts.headers).await?;
            if let Some(session) = &session
                && !parts.method.is_safe()
            {
                check_csrf(&parts.headers, &session.csrf)?;
            }
            let account = session.map(|session| session.account);
            if account
                .as_ref()
                .is_some_and(|account| account.must_change_password)
            {
                return Err(ApiError::forbidden(
                    "Choose a password of your own first, on the page `/account/`: somebody else knows this one.",
                ));
            }
            account
        };
        Ok(Caller::of(account))
    }
}

/// The login that the cookie of a browser stands for.
///
/// # Errors
/// When the database fails.
pub(crate) async fn session(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<Option<Session>, ApiError> {
    let Some(secret) = cookie(headers, SESSION_COOKIE) else {
        return Ok(None);
    };
    let found = state
        .store()
        .session(&digest(secret), Timestamp::now())
        .await?;
    Ok(found)
}

/// The token of `Bearer TOKEN`; clients write the scheme in any case, and `Token` means the same.
fn bearer(header: &str) -> Option<&str> {
    let mut words = header.split_ascii_whitespace();
    let (scheme, secret) = (words.next()?, words.next()?);
    let is_scheme = ["bearer", "token"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    (is_scheme && words.next().is_none()).then_some(secret)
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn check_csrf(headers: &HeaderMap, expected: &str) -> Result<(), ApiError> {
    let found = headers
        .get(CSRF_HEADER)
        .map_or(&[][..], |value| value.as_bytes());
    if bool::from(found.ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    Err(ApiError::detail(
        StatusCode::FORBIDDEN,
        format!(
            "A change from a browser needs the header `{CSRF_HEADER}` with the secret that the login gave."
        ),
    ))
}

/// What the database knows of a secret: its SHA-256, hexadecimal.
#[must_use]
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// A new secret: 32 random bytes, hexadecimal.
#[must_use]
pub fn new_secret() -> String {
    hex(&rand::rng().random::<[u8; 32]>())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_behind_either_scheme_in_any_case() {
        assert_eq!(bearer("BEARER abc"), Some("abc"));
        assert_eq!(bearer("Token  abc "), Some("abc"));
        for wrong in ["", "Bearer", "abc", "Basic abc", "Bearer a b"] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "a=1; gantry_session=xyz; b=2".parse().unwrap());
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("xyz"));
        assert_eq!(cookie(&headers, "session"), None);
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, other) = (new_secret(), new_secret());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
        assert_eq!(
            digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
