//! Uploads in parts, as object stores take them: begin, sign addresses, PUT parts, complete (`gcapi.md` section 5).

use std::io;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, patch, put};
use axum::{Json, Router};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::ids::{AccountId, UploadId};
use store::uploads::{ChangeUploadError, JoinPartsError, Upload, UploadPart, UploadState};
use store::{Store, StoreError};

use super::page::Asked;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::links::Links;
use crate::path::Id;
use crate::quota;
use crate::state::AppState;

mod part;
mod sign;

pub use sign::Signer;

/// Part numbers are at most this, as with object stores.
const MOST_PARTS: u32 = 10_000;
/// Bytes of a file name.
const LONGEST_NAME: usize = 255;

/// What begins an upload.
#[derive(Debug, Deserialize)]
struct Begin {
    filename: String,
}

/// Which addresses are wanted.
#[derive(Debug, Deserialize)]
struct Wanted {
    part_numbers: Vec<u32>,
}

/// What was sent, as whoever sent it knows it.
#[derive(Debug, Deserialize)]
struct Sent {
    parts: Vec<SentPart>,
}

#[derive(Debug, Deserialize)]
struct SentPart {
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(rename = "PartNumber")]
    number: u32,
}

pub(super) fn router() -> Router<AppState> {
    let action = |name: &str| format!("/api/v1/uploads/{{id}}/{{multipart}}/{name}/");
    Router::new()
        .route("/api/v1/uploads/", get(list).post(begin))
        .route("/api/v1/uploads/{id}/", get(detail))
        .route(&action("generate-presigned-urls"), patch(addresses))
        .route(&action("complete-multipart-upload"), patch(complete))
        .route(&action("abort-multipart-upload"), patch(abort))
        .route(&action("list-parts"), get(parts))
        .route("/uploads/{id}/parts/{number}", put(part::put))
}

async fn list(
    State(state): State<AppState>,
    caller: Caller,
    asked: Asked,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let found = state
        .store()
        .uploads_of(caller.require()?.id, asked.page)
        .await?;
    Ok(asked.answer_with(&found, |one| shape(one, &links)))
}

async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Id(id): Id<UploadId>,
    links: Links,
) -> Result<Json<Value>, ApiError> {
    let upload = state.store().upload(id).await?;
    let upload = upload.filter(|upload| caller.viewer.account == Some(upload.account));
    Ok(Json(shape(
        &upload.ok_or_else(ApiError::not_found)?,
        &links,
    )))
}

async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    links: Links,
    crate::json::Json(sent): crate::json::Json<Begin>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let account = caller.require()?.id;
    let (store, limits) = (state.store(), &state.config().uploads);
    let found = store.count_open_uploads(account).await?;
    if found >= limits.most_per_user {
        return Err(ApiError::invalid(format!(
            "You have created too many uploads: {found} are neither completed nor aborted, expected fewer than {}.",
            limits.most_per_user
        )));
    }
    room_for(store, account, 0).await?;
    let now = Timestamp::now();
    let end = now + i64::from(limits.keep_hours).hours();
    let made = store
        .create_upload(account, base_name(&sent.filename)?, now, end)
        .await?;
    Ok((StatusCode::CREATED, Json(shape(&made, &links))))
}

/// Lets more bytes of somebody in.
///
/// # Errors
/// 403 with a sentence when their quota has no room for them.
pub(crate) async fn room_for(store: &Store, account: AccountId, more: u64) -> Result<(), ApiError> {
    match quota::against_bytes(store, account, more).await? {
        None => Ok(()),
        Some(used_up) => Err(ApiError::forbidden(said(&used_up.to_string()))),
    }
}

fn said(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// The name without folders: the client itself names files after the whole path of a socket.
///
/// # Errors
/// When nothing is left that names a file.
pub(crate) fn base_name(filename: &str) -> Result<&str, ApiError> {
    let name = filename
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .trim();
    let is_name = !name.is_empty()
        && name != "."
        && name != ".."
        && name.len() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    if is_name {
        return Ok(name);
    }
    let problem = format!("`{filename}` is no file name of 1 to {LONGEST_NAME} bytes.");
    Err(ApiError::field("filename", problem))
}

/// The upload in the path, if it is the caller's and both ids fit.
struct Own {
    upload: Upload,
    state: AppState,
    links: Links,
}

impl axum::extract::FromRequestParts<AppState> for Own {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &AppState,
    ) -> Result<Own, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let account = caller.require()?.id;
        let path = axum::extract::Path::<(String, String)>::from_request_parts(parts, state).await;
        let axum::extract::Path((id, multipart)) = path.map_err(|_| ApiError::not_found())?;
        let id: UploadId = id.parse().map_err(|_| ApiError::not_found())?;
        let upload = state.store().upload(id).await?;
        let is_own =
            |upload: &Upload| upload.account == account && upload.multipart_id == multipart;
        Ok(Own {
            upload: upload.filter(is_own).ok_or_else(ApiError::not_found)?,
            links: Links::from_request_parts(parts, state).await?,
            state: state.clone(),
        })
    }
}

async fn addresses(
    Own {
        upload,
        state,
        links,
    }: Own,
    crate::json::Json(wanted): crate::json::Json<Wanted>,
) -> Result<Json<Value>, ApiError> {
    if upload.state != UploadState::Initialized {
        return Err(closed(&upload));
    }
    let most = state.config().uploads.largest;
    if upload.size >= most {
        return Err(ApiError::forbidden(format!(
            "The upload has {} bytes, expected at most {most}.",
            upload.size
        )));
    }
    if wanted.part_numbers.len() > MOST_PARTS as usize {
        return Err(ApiError::field("part_numbers", "Too many numbers at once."));
    }
    let signer = Signer::new(state.signing_key());
    let mut signed = Map::new();
    for number in wanted.part_numbers {
        if !(1..=MOST_PARTS).contains(&number) {
            let problem = format!("`{number}` is no part number, expected 1 to {MOST_PARTS}.");
            return Err(ApiError::field("part_numbers", problem));
        }
        let path = signer.sign(upload.id, number, Timestamp::now());
        signed.insert(number.to_string(), links.absolute(&path).into());
    }
    let mut answer = shape(&upload, &links);
    answer["presigned_urls"] = Value::Object(signed);
    Ok(Json(answer))
}

async fn complete(
    Own {
        upload,
        state,
        links,
    }: Own,
    crate::json::Json(sent): crate::json::Json<Sent>,
) -> Result<Json<Value>, ApiError> {
    if upload.state != UploadState::Initialized {
        return Err(closed(&upload));
    }
    let store = state.store().clone();
    let there = store.parts(upload.id).await?;
    let parts = chosen(&sent.parts, &there)?;
    let (own, id) = (store.clone(), upload.id);
    let joined =
        tokio::task::spawn_blocking(move || own.part_files().join(own.blobs(), id, &parts));
    let blob = joined
        .await
        .map_err(|problem| ApiError::internal(&problem))?
        .map_err(|problem| match problem {
            JoinPartsError::Blob(problem) => StoreError::from(problem).into(),
            problem @ JoinPartsError::Altered { .. } => ApiError::internal(&problem),
        })?;
    let done = store.complete_upload(id, &blob, Timestamp::now()).await;
    let done = done.map_err(refusal)?;
    remove_parts(&state, id).map_err(|problem| ApiError::internal(&problem))?;
    Ok(Json(shape(&done, &links)))
}

/// The parts that the client names, in their order, each as it arrived.
fn chosen(sent: &[SentPart], there: &[UploadPart]) -> Result<Vec<UploadPart>, ApiError> {
    // Nothing sent and nothing named is an empty file; with parts here, a list without any would lose them.
    if let (true, Some(first)) = (sent.is_empty(), there.first()) {
        let problem = format!("No part is named, but part {} has arrived.", first.number);
        return Err(ApiError::field("parts", problem));
    }
    let mut chosen: Vec<UploadPart> = Vec::with_capacity(sent.len());
    for part in sent {
        let etag = part.etag.trim_matches('"');
        let found = there.iter().find(|found| found.number == part.number);
        let problem = match found {
            None => format!("Part {} has not arrived.", part.number),
            Some(found) if found.etag != etag => format!(
                "Part {} has the ETag `{}`, expected `{}`.",
                part.number, etag, found.etag
            ),
            Some(found)
                if chosen
                    .last()
                    .is_some_and(|last| last.number >= found.number) =>
            {
                "The parts are not in ascending order.".to_owned()
            }
            Some(found) => {
                chosen.push(found.clone());
                continue;
            }
        };
        return Err(ApiError::field("parts", problem));
    }
    Ok(chosen)
}

async fn abort(
    Own {
        upload,
        state,
        links,
    }: Own,
) -> Result<Json<Value>, ApiError> {
    let done = state
        .store()
        .abort_upload(upload.id)
        .await
        .map_err(refusal)?;
    remove_parts(&state, upload.id).map_err(|problem| ApiError::internal(&problem))?;
    Ok(Json(shape(&done, &links)))
}

async fn parts(
    Own {
        upload,
        state,
        links,
    }: Own,
) -> Result<Json<Value>, ApiError> {
    let there = state.store().parts(upload.id).await?;
    let shapes: Vec<Value> = there
        .iter()
        .map(|part| {
            json!({
                "ETag": format!("\"{}\"", part.etag),
                "PartNumber": part.number,
                "LastModified": part.modified_at.to_string(),
                "Size": part.size,
            })
        })
        .collect();
    let mut answer = shape(&upload, &links);
    answer["parts"] = shapes.into();
    Ok(Json(answer))
}

fn remove_parts(state: &AppState, upload: UploadId) -> io::Result<()> {
    state.store().part_files().remove(upload)
}

fn closed(upload: &Upload) -> ApiError {
    ApiError::forbidden(format!(
        "The upload is `{}`, expected `initialized`.",
        upload.state.as_str()
    ))
}

fn refusal(problem: ChangeUploadError) -> ApiError {
    match problem {
        ChangeUploadError::Gone(_) => ApiError::not_found(),
        ChangeUploadError::NotOpen(_) => ApiError::forbidden(problem.to_string()),
        ChangeUploadError::Store(problem) => problem.into(),
    }
}

/// `UserUpload`.
fn shape(upload: &Upload, links: &Links) -> Value {
    json!({
        "pk": upload.id,
        "api_url": links.api("uploads", upload.id),
        "created": upload.created_at.to_string(),
        "filename": upload.filename,
        "key": format!("uploads/{}", upload.id),
        "s3_upload_id": upload.multipart_id,
        "status": match upload.state {
            UploadState::Initialized => "Initialized",
            UploadState::Completed => "Completed",
            UploadState::Aborted => "Aborted",
        },
    })
}
