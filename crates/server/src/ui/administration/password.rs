//! A password that was made for somebody: shown once, and to be replaced at the first login.

use askama::Template;
use axum::response::Response;

use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::visitor::Visitor;

#[derive(Template)]
#[template(path = "administration/password.html")]
struct PasswordPage {
    frame: Frame,
    tab: &'static str,
    username: String,
    password: String,
    is_new: bool,
}

/// The page with the password, the only time that it is shown.
pub(super) fn show(
    visitor: &Visitor,
    title: &str,
    (username, password, is_new): (String, String, bool),
) -> Result<Response, PageError> {
    page::show(&PasswordPage {
        frame: Frame::new(visitor, Section::Administration, title),
        tab: "people",
        username,
        password,
        is_new,
    })
}
