//! The page at `/api/`: the OpenAPI document for people. Made here, with nothing from elsewhere and no script.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;

use crate::state::AppState;

mod operation;
mod schema;

use operation::operation;

/// Nothing is loaded but the page's own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("api_page/style.css");

/// The page and its style.
pub(super) fn router(document: &Value) -> Router<AppState> {
    let html = page(document);
    Router::new()
        .route(
            "/api/",
            get(async move || answer(html, "text/html; charset=utf-8")),
        )
        .route(
            "/api/style.css",
            get(async || answer(STYLE.to_owned(), "text/css; charset=utf-8")),
        )
}

fn answer(text: String, media_type: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The whole page.
fn page(document: &Value) -> String {
    let groups = groups(document);
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Gantry: the API</title><link rel=\"stylesheet\" href=\"/api/style.css\"></head><body>\n\
         <header><h1>The API of this server</h1>",
    );
    html += &prose(document["info"]["description"].as_str().unwrap_or_default());
    html += "<p>As a document for programs: <a href=\"/api/gantry/v1/openapi.json\">openapi.json</a> (OpenAPI 3.1). \
             The Python client <code>gcapi</code> has an API of its own under <code>/api/v1/</code>.</p></header>\n<nav aria-label=\"Operations\">";
    for (tag, operations) in &groups {
        html += &format!("<h2>{}</h2><ul>", escaped(tag));
        for (path, method, _) in operations {
            html += &format!(
                "<li><a href=\"#{}\"><span class=\"{method}\">{}</span> {}</a></li>",
                anchor(method, path),
                method.to_uppercase(),
                escaped(short(path)),
            );
        }
        html += "</ul>";
    }
    html += "</nav>\n<main>";
    for (tag, operations) in &groups {
        html += &format!("<section><h2>{}</h2>", escaped(tag));
        for (path, method, found) in operations {
            html += &operation(document, (path, method), found);
        }
        html += "</section>\n";
    }
    html + "</main></body></html>\n"
}

/// A path, a method, what the document says of them.
type Operation<'a> = (&'a str, &'a str, &'a Value);

/// The operations by tag, in the order of the document.
fn groups(document: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut groups: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("other");
            let entry = (path.as_str(), method.as_str(), operation);
            match groups.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, known)) => known.push(entry),
                None => groups.push((tag, vec![entry])),
            }
        }
    }
    groups
}

/// Without what all paths begin with.
fn short(path: &str) -> &str {
    path.strip_prefix("/api/gantry/v1").unwrap_or(path)
}

/// A name inside the page.
fn anchor(method: &str, path: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let path: String = short(path).chars().map(plain).collect();
    format!("{method}{}", path.trim_end_matches('-'))
}

/// Text that stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A paragraph, with code between backticks.
fn prose(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut html = String::from("<p>");
    for (place, part) in text.split('`').enumerate() {
        if place % 2 == 1 {
            html += &format!("<code>{}</code>", escaped(part));
        } else {
            html += &escaped(part);
        }
    }
    html + "</p>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_html() {
        assert_eq!(
            prose("a `<b>` & c"),
            "<p>a <code>&lt;b&gt;</code> &amp; c</p>"
        );
        assert_eq!(
            anchor("get", "/api/gantry/v1/jobs/{id}/log/"),
            "get-jobs--id--log"
        );
    }

    #[test]
    fn the_page_shows_every_operation_of_the_document() {
        let document = crate::own::document_of_all_routes();
        let html = page(&document);
        let mut count = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                let id = format!("id=\"{}\"", anchor(method, path));
                assert_eq!(html.matches(&id).count(), 1, "{method} {path}");
                count += 1;
            }
        }
        assert!(count > 60, "{count} operations");
        assert!(!html.contains("<script") && !html.contains("style="));
    }
}
