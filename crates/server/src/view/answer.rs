//! Answers whose bytes never change for their address: kept by browsers for a year, and not sent twice.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use store::blobs::Digest;

/// Number of the form in which things are sent. It is part of every address that a description names, because browsers
/// keep what lies there: it has to grow whenever the same address would give other bytes.
pub(super) const VERSION: u32 = 1;

/// Something that is sent.
pub(super) struct Sent {
    pub(super) media_type: &'static str,
    /// `Content-Encoding`, where the bytes are compressed.
    pub(super) encoding: Option<&'static str>,
    pub(super) bytes: Vec<u8>,
}

/// Whether the address alone decides the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It names a version, or shows what can have no other form.
    Forever,
    /// A newer server may say more: ask again each time.
    Asking,
}

/// The tag of what is made from these bytes.
pub(super) fn tag(digest: &Digest) -> String {
    format!("\"{}-{VERSION}\"", digest.as_str().get(..32).unwrap_or(""))
}

/// The answer to somebody who has it already.
pub(super) fn known(headers: &HeaderMap, tag: &str) -> Option<Response> {
    let known = headers.get(header::IF_NONE_MATCH)?.to_str().ok()?;
    let mut tags = known.split(',').map(str::trim);
    // Compression is no difference here: a proxy may have made the tag a weak one.
    tags.any(|known| known.trim_start_matches("W/") == tag)
        .then(|| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            put(&mut response, header::ETAG, tag);
            response
        })
}

/// An answer with everything that browsers need to keep it.
pub(super) fn answer(sent: Sent, tag: &str, keep: Keep) -> Response {
    let mut response = Response::new(Body::from(sent.bytes));
    put(&mut response, header::CONTENT_TYPE, sent.media_type);
    put(&mut response, header::ETAG, tag);
    put(
        &mut response,
        header::CACHE_CONTROL,
        match keep {
            Keep::Forever => "private, max-age=31536000, immutable",
            Keep::Asking => "private, no-cache",
        },
    );
    put(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(encoding) = sent.encoding {
        put(&mut response, header::CONTENT_ENCODING, encoding);
    }
    put(
        &mut response,
        header::VARY,
        "Accept-Encoding, Cookie, Authorization",
    );
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        assert!(known(&headers, "\"a\"").is_none());
        headers.insert(header::IF_NONE_MATCH, "\"b\", W/\"a\"".parse().unwrap());
        assert_eq!(
            known(&headers, "\"a\"").unwrap().status(),
            StatusCode::NOT_MODIFIED
        );
        assert!(known(&headers, "\"c\"").is_none());
    }
}
