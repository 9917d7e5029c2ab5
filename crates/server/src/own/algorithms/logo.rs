//! The square picture of an algorithm.

use std::io::Cursor;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use imaging::ImageFormat;
use jiff::Timestamp;

use super::{changeable, visible};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::own::note;
use crate::state::AppState;

/// Bytes of a picture.
pub(crate) const LARGEST: usize = 2 << 20;
/// Pixels of a side.
const SIDES: std::ops::RangeInclusive<u64> = 16..=2048;

/// The picture of an algorithm.
#[utoipa::path(
    get, path = "/api/gantry/v1/algorithms/{slug}/logo/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "logo",
    responses(
        (status = 200, description = "PNG or JPEG", content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"))),
        (status = 404, description = "no such algorithm, or it has none"),
    )
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let algorithm = visible(&state, &caller, &slug).await?;
    let digest = algorithm.logo.ok_or_else(ApiError::not_found)?;
    let etag = format!("\"{digest}\"");
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let path = state.store().blobs().path(&digest);
    let bytes = tokio::fs::read(&path)
        .await
        .map_err(|problem| ApiError::internal(&format!("`{path}`: {problem}")))?;
    let media_type = if bytes.starts_with(&[0xff, 0xd8]) {
        "image/jpeg"
    } else {
        "image/png"
    };
    let mut response = bytes.into_response();
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Gives an algorithm a picture: square, PNG or JPEG, 16 to 2048 pixels, at most 2 MiB; its editors.
#[utoipa::path(
    put, path = "/api/gantry/v1/algorithms/{slug}/logo/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "set_logo",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "PNG or JPEG"),
    responses((status = 204), (status = 400), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
    bytes: Bytes,
) -> Result<StatusCode, ApiError> {
    set(&state, &caller, &slug, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an algorithm a picture.
///
/// # Errors
/// 404, 403 for who may not change it, 400 for what is no such picture.
pub(crate) async fn set(
    state: &AppState,
    caller: &Caller,
    slug: &str,
    bytes: Bytes,
) -> Result<(), ApiError> {
    let algorithm = changeable(state, caller, slug).await?;
    let store = state.store();
    let blobs = store.blobs().clone();
    let keeping = tokio::task::spawn_blocking(move || {
        check(&bytes)?;
        let kept = blobs.keep(&mut Cursor::new(bytes));
        kept.map_err(|problem| ApiError::internal(&problem))
    });
    let blob = keeping
        .await
        .map_err(|problem| ApiError::internal(&problem))??;
    store
        .set_algorithm_logo(algorithm.id, Some(&blob), Timestamp::now())
        .await?;
    let by = caller.require()?.id;
    note(
        state,
        by,
        "algorithm.logo.set",
        &format!("algorithm {}", algorithm.id),
    )
    .await
}

/// Takes the picture of an algorithm away.
#[utoipa::path(
    delete, path = "/api/gantry/v1/algorithms/{slug}/logo/", tag = "algorithms", params(("slug" = String, Path)),
    operation_id = "remove_logo",
    responses((status = 204), (status = 401), (status = 403), (status = 404))
)]
pub(super) async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Result<StatusCode, ApiError> {
    let algorithm = changeable(&state, &caller, &slug).await?;
    let store = state.store();
    store
        .set_algorithm_logo(algorithm.id, None, Timestamp::now())
        .await?;
    let by = caller.require()?.id;
    note(
        &state,
        by,
        "algorithm.logo.remove",
        &format!("algorithm {}", algorithm.id),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether bytes are such a picture.
///
/// # Errors
/// 400 with what they are instead.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ApiError> {
    let refused = |problem: String| Err(ApiError::field("logo", problem));
    if bytes.len() > LARGEST {
        return refused(format!(
            "The picture has {} bytes, expected at most {LARGEST}.",
            bytes.len()
        ));
    }
    let picture = match imaging::check_bytes(bytes) {
        Ok(picture) => picture,
        Err(problem) => return refused(format!("It is no PNG or JPEG picture: {problem}.")),
    };
    if !matches!(picture.format, ImageFormat::Png | ImageFormat::Jpeg) {
        return refused("It is no PNG or JPEG picture.".to_owned());
    }
    let side = |axis: usize| picture.size.get(axis).copied().unwrap_or(0);
    let (width, height) = (side(0), side(1));
    if width != height || !SIDES.contains(&width) {
        let (least, most) = (SIDES.start(), SIDES.end());
        return refused(format!(
            "The picture is {width} × {height}, expected a square of {least} to {most} pixels."
        ));
    }
    Ok(())
}
