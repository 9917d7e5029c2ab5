//! Forms that pages send: fields in their order, once it is sure that a page of ours was filled in.

use axum::Form as Sent;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};

use super::problem::PageError;
use super::visitor::Visitor;
use crate::error::ApiError;
use crate::state::AppState;

/// The fields of a form, and who sent it.
#[derive(Debug, Clone)]
pub struct Form {
    /// Who; the form is of their login.
    pub visitor: Visitor,
    fields: Vec<(String, String)>,
}

impl Form {
    /// The first value of a field; empty if it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(field, _)| field == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Every field, as sent.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &AppState) -> Result<Form, PageError> {
        check_origin(request.headers())?;
        let visitor = Visitor::of(state, request.headers(), request.uri()).await?;
        let sent = Sent::<Vec<(String, String)>>::from_request(request, state).await;
        let Sent(fields) =
            sent.map_err(|refused| ApiError::detail(refused.status(), refused.body_text()))?;
        let form = Form { visitor, fields };
        form.visitor.check_csrf(form.get("csrf"))?;
        Ok(form)
    }
}

/// Browsers say where a form comes from; that of another site is refused even before anybody is logged in.
///
/// # Errors
/// 403 for another site.
pub fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_foreign = match (
        text("sec-fetch-site"),
        text("origin"),
        text(header::HOST.as_str()),
    ) {
        (Some(site), _, _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin
            .split_once("://")
            .is_none_or(|(_, from)| from != host),
        (None, _, _) => false,
    };
    if is_foreign {
        return Err(ApiError::forbidden("The form comes from another site."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        check_origin(&headers).is_ok()
    }

    #[test]
    fn forms_of_other_sites_are_refused() {
        assert!(checked(&[("sec-fetch-site", "same-origin")]));
        assert!(!checked(&[("sec-fetch-site", "cross-site")]));
        assert!(!checked(&[("sec-fetch-site", "same-site")]));
        assert!(checked(&[("origin", "https://here:1"), ("host", "here:1")]));
        assert!(!checked(&[("origin", "https://there"), ("host", "here")]));
        assert!(!checked(&[("origin", "null"), ("host", "here")]));
        assert!(checked(&[("host", "here")]));
    }
}
