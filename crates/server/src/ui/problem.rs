//! Refusals as pages: what happened, and a way out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use store::StoreError;

use super::page::{self, Frame};
use crate::error::ApiError;

/// A page that is not shown.
#[derive(Debug)]
pub enum PageError {
    /// Somebody has to log in first.
    LogIn {
        /// Where they wanted to go: path and query.
        back: String,
    },
    /// Their password is known to somebody else: they have to choose another one first.
    NewPassword,
    /// The same refusal that the API gives.
    Refused(ApiError),
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem {
    frame: Frame,
    status: u16,
    message: String,
}

impl From<ApiError> for PageError {
    fn from(refused: ApiError) -> PageError {
        PageError::Refused(refused)
    }
}

impl From<StoreError> for PageError {
    fn from(problem: StoreError) -> PageError {
        PageError::Refused(problem.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            PageError::LogIn { back } => {
                Redirect::to(&format!("/login/?next={}", escaped(&back))).into_response()
            }
            PageError::NewPassword => Redirect::to("/account/").into_response(),
            PageError::Refused(refused) => refusal(&refused),
        }
    }
}

/// A refusal as a page.
pub(crate) fn refusal(refused: &ApiError) -> Response {
    let status = refused.status();
    let title = match status {
        StatusCode::NOT_FOUND => "Nothing here",
        StatusCode::FORBIDDEN => "Not for you",
        StatusCode::TOO_MANY_REQUESTS => "Too often",
        StatusCode::INTERNAL_SERVER_ERROR => "Our fault",
        _ => "Refused",
    };
    let message = if status == StatusCode::NOT_FOUND {
        "There is no such page, or it is not for you to see.".to_owned()
    } else {
        refused.text()
    };
    let problem = Problem {
        frame: Frame::of_nobody(title),
        status: status.as_u16(),
        message,
    };
    page::draw(status, &problem).unwrap_or_else(IntoResponse::into_response)
}

/// A path and its query as the value of a parameter.
fn escaped(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
