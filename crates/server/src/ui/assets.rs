//! Scripts and styles, built from `web/` and carried by the program. Their names hold a hash of their content.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// A file as it is and packed with gzip.
struct File {
    name: &'static str,
    plain: &'static [u8],
    packed: &'static [u8],
}

/// The tables that `build.rs` writes.
mod built {
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/assets.rs"));
}

/// The path of what the sources call `style.css` or `page.ts`.
///
/// # Panics
/// When `web/src` has no such entry; a test draws every page.
#[must_use]
pub fn path(entry: &str) -> String {
    let found = built::ENTRIES.iter().find(|(source, _)| *source == entry);
    let (_, name) =
        found.unwrap_or_else(|| panic!("`web/src/{entry}` is no entry of `web/vite.config.ts`"));
    format!("/assets/{name}")
}

/// Hands out a file for ever: another content has another name.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(found) = built::FILES.iter().find(|file| file.name == name) else {
        return ApiError::not_found().into_response();
    };
    let takes_gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let kind = [
        (header::CONTENT_TYPE, media_type(&name)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    if takes_gzip {
        return (
            StatusCode::OK,
            kind,
            [(header::CONTENT_ENCODING, "gzip")],
            found.packed,
        )
            .into_response();
    }
    (StatusCode::OK, kind, found.plain).into_response()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_file() {
        for (entry, name) in built::ENTRIES {
            assert!(
                built::FILES.iter().any(|file| file.name == *name),
                "{entry}"
            );
        }
        assert!(path("style.css").ends_with(".css"));
        assert!(path("page.ts").ends_with(".js"));
    }
}
