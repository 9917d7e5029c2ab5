//! Files of images and values, for those who may see them.

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::blobs::{Blob, Digest};
use store::ids::{ImageId, ValueId};
use store::images::ImageExtension;
use store::values::{Content, StoredValue};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::path::Id;
use crate::state::AppState;

mod inline;
mod range;

use range::Range;

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// A file to hand out.
pub(crate) struct Handed {
    /// Where its bytes lie.
    pub(crate) digest: Digest,
    /// Bytes.
    pub(crate) size: u64,
    /// What it is saved as.
    pub(crate) filename: String,
    /// Its type.
    pub(crate) media_type: &'static str,
    /// A browser shows it instead of keeping it.
    pub(crate) is_inline: bool,
}

/// The routes of files. The last segment is for people and for clients that look at its ending; the id decides.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/files/images/{id}/{filename}", get(image))
        .route("/files/values/{id}/{filename}", get(value))
}

async fn image(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<ImageId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let store = state.store();
    if !store.may_view_image(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.image(id).await?.ok_or_else(ApiError::not_found)?;
    let handed = Handed {
        digest: found.blob,
        size: found.size,
        filename: format!("{id}.{}", found.extension.as_str()),
        media_type: match found.extension {
            ImageExtension::Mha => "application/octet-stream",
            ImageExtension::Tif => "image/tiff",
        },
        is_inline: false,
    };
    hand_out(&state, &handed, &headers).await
}

async fn value(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<i64>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (store, id) = (state.store(), ValueId(id));
    if !store.may_view_value(caller.viewer, id).await? {
        return Err(ApiError::not_found());
    }
    let found = store.value(id).await?.ok_or_else(ApiError::not_found)?;
    let shown = match query.as_deref() {
        Some("inline") => inline_type(&state, &found).await?,
        Some(_) | None => None,
    };
    let (digest, filename, size) = match found.content {
        Content::File {
            blob,
            filename,
            size,
        } => (blob, filename, size),
        Content::Json(json) => {
            let filename = format!("{}.json", found.socket.socket.slug);
            return Ok(json_file(&json, &filename));
        }
        Content::Image(..) => return Err(ApiError::not_found()),
    };
    let handed = Handed {
        digest,
        size,
        filename,
        // Never JSON: the client would write it anew, and its bytes would change.
        media_type: shown.unwrap_or("application/octet-stream"),
        is_inline: shown.is_some(),
    };
    hand_out(&state, &handed, &headers).await
}

/// What a browser may show a value as; `None` for everything that is only to be kept.
///
/// # Errors
/// When its file cannot be read.
pub(crate) async fn inline_type(
    state: &AppState,
    value: &StoredValue,
) -> Result<Option<&'static str>, ApiError> {
    let Content::File { blob, .. } = &value.content else {
        return Ok(None);
    };
    let path = state.store().blobs().path(blob);
    let begins = inline::beginning(&path)
        .await
        .map_err(|problem| ApiError::internal(&format!("`{path}`: {problem}")))?;
    Ok(inline::media_type(value.socket.socket.kind, &begins))
}

/// JSON of the database as a file.
fn json_file(json: &serde_json::Value, filename: &str) -> Response {
    let text = serde_json::to_vec_pretty(json).expect("JSON is plain data");
    let mut response = text.into_response();
    insert(
        &mut response,
        header::CONTENT_TYPE,
        "application/octet-stream",
    );
    insert(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(
        &mut response,
        header::CONTENT_DISPOSITION,
        &attachment(filename),
    );
    response
}

/// Hands it out, whole or the part that is asked for.
///
/// # Errors
/// When the disk fails.
pub(crate) async fn hand_out(
    state: &AppState,
    handed: &Handed,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let etag = format!("\"{}\"", handed.digest.as_str());
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let range = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let range = Range::read(range, handed.size);
    let Range::Part { first, length } = range else {
        let unmet = [(header::CONTENT_RANGE, format!("bytes */{}", handed.size))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, unmet).into_response());
    };
    let blob = Blob::named(handed.digest.clone(), handed.size);
    let blobs = state.store().blobs().clone();
    let opening = tokio::task::spawn_blocking(move || blobs.open_whole(&blob));
    let opened = opening
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let opened = opened.map_err(|problem| ApiError::damaged(&problem))?;
    let mut file = tokio::fs::File::from_std(opened.into_file());
    file.seek(std::io::SeekFrom::Start(first))
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), CHUNK));
    let mut response = body.into_response();
    if length < handed.size {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let last = (first + length).saturating_sub(1);
        insert(
            &mut response,
            header::CONTENT_RANGE,
            &format!("bytes {first}-{last}/{}", handed.size),
        );
    }
    describe(&mut response, handed, (length, &etag));
    Ok(response)
}

/// Says what is handed out, and what a browser may do with it.
fn describe(response: &mut Response, handed: &Handed, (length, etag): (u64, &str)) {
    insert(response, header::CONTENT_TYPE, handed.media_type);
    insert(response, header::CONTENT_LENGTH, &length.to_string());
    insert(response, header::ACCEPT_RANGES, "bytes");
    insert(response, header::ETAG, etag);
    insert(
        response,
        header::CACHE_CONTROL,
        "private, max-age=31536000, immutable",
    );
    insert(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if handed.is_inline {
        insert(response, header::CONTENT_SECURITY_POLICY, inline::POLICY);
    } else {
        insert(
            response,
            header::CONTENT_DISPOSITION,
            &attachment(&handed.filename),
        );
    }
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Names a download; RFC 6266 for names that are more than ASCII.
fn attachment(filename: &str) -> String {
    let plain: String = filename
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !"\"\\%;".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let escaped: String = filename
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}
