//! The frame that every page has, and its way into a response.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::visitor::Visitor;
use super::{assets, notice, visible};
use crate::error::ApiError;

/// Parts of the site, for the bar on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// `/` and all algorithms.
    Algorithms,
    /// Jobs.
    Jobs,
    /// Archives.
    Archives,
    /// Images.
    Images,
    /// For administrators.
    Administration,
    /// The visitor's own account, and pages that belong nowhere.
    Elsewhere,
}

/// What the frame of a page shows; every page has one as `frame`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Of the window, without the name of the program.
    pub title: String,
    /// Which part of the site this is.
    pub section: Section,
    /// Name of whoever is logged in.
    pub username: Option<String>,
    /// They see the administration.
    pub is_administrator: bool,
    /// They may make algorithms and archives.
    pub may_create: bool,
    /// For the field `csrf` of forms.
    pub csrf: String,
    /// What the last form did.
    pub notice: Option<String>,
    /// Path and query of the page.
    pub here: String,
}

impl Frame {
    /// The frame for a visitor.
    #[must_use]
    pub fn new(visitor: &Visitor, section: Section, title: impl Into<String>) -> Frame {
        let account = visitor.caller.account.as_ref();
        Frame {
            title: title.into(),
            section,
            username: account.map(|account| account.username.clone()),
            is_administrator: account.is_some_and(store::accounts::Account::is_administrator),
            may_create: account.is_some_and(store::accounts::Account::may_create),
            csrf: visitor.csrf.clone(),
            notice: visitor.notice.clone(),
            here: visitor.here.clone(),
        }
    }

    /// The frame of a page that knows nobody.
    #[must_use]
    pub fn of_nobody(title: impl Into<String>) -> Frame {
        Frame {
            title: title.into(),
            section: Section::Elsewhere,
            username: None,
            is_administrator: false,
            may_create: false,
            csrf: String::new(),
            notice: None,
            here: "/".to_owned(),
        }
    }

    /// `page` for the link of the section that the page is in, as `aria-current` wants it.
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        let here = match self.section {
            Section::Algorithms => "algorithms",
            Section::Jobs => "jobs",
            Section::Archives => "archives",
            Section::Images => "images",
            Section::Administration => "administration",
            Section::Elsewhere => "",
        };
        here == name
    }

    /// The path of a script or style sheet.
    #[must_use]
    pub fn asset(&self, entry: &str) -> String {
        assets::path(entry)
    }

    /// Of this program.
    #[must_use]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// A page as a response.
///
/// # Errors
/// When the template cannot be filled, which is our fault.
pub fn draw(status: StatusCode, page: &impl Template) -> Result<Response, ApiError> {
    let mut response = part(page)?;
    *response.status_mut() = status;
    response
        .headers_mut()
        .append(header::SET_COOKIE, notice::CLEAR);
    let language = HeaderValue::from_static("en");
    response
        .headers_mut()
        .insert(header::CONTENT_LANGUAGE, language);
    Ok(response)
}

/// A part of a page, for its script.
///
/// # Errors
/// When the template cannot be filled, which is our fault.
pub(super) fn part(page: &impl Template) -> Result<Response, ApiError> {
    let html = page
        .render()
        .map_err(|problem| ApiError::internal(&problem))?;
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    Ok((kind, visible::shown(html)).into_response())
}

/// A page that is as it should be.
///
/// # Errors
/// As for [`draw`].
pub fn show(page: &impl Template) -> Result<Response, super::problem::PageError> {
    Ok(draw(StatusCode::OK, page)?)
}
