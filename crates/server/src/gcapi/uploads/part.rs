//! The bytes of one part, at a signed address: no login, the signature is enough.

use std::io::{self, Read};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::ids::UploadId;
use store::uploads::{Upload, UploadState};
use tokio_stream::StreamExt as _;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::{Signer, refusal};
use crate::error::ApiError;
use crate::state::AppState;

/// What the address says.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    expires: i64,
    signature: String,
}

pub(super) async fn put(
    State(state): State<AppState>,
    Path((id, number)): Path<(String, String)>,
    signed: Result<Query<Signed>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let denied = || ApiError::forbidden("The address is not signed, or its time is over.");
    let Query(signed) = signed.map_err(|_| denied())?;
    let id: UploadId = id.parse().map_err(|_| denied())?;
    let number: u32 = number.parse().map_err(|_| denied())?;
    let now = Timestamp::now();
    let signer = Signer::new(state.signing_key());
    if !signer.verifies((id, number), (signed.expires, &signed.signature), now) {
        return Err(denied());
    }
    let upload = state
        .store()
        .upload(id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    if upload.state != UploadState::Initialized {
        return Err(super::closed(&upload));
    }
    let room = room(&state, &upload).await?;
    let stated = headers.get(header::CONTENT_LENGTH);
    let stated = stated.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|stated| stated > room) {
        return Err(too_large(&state));
    }
    super::room_for(state.store(), upload.account, stated.unwrap_or(0)).await?;
    let part = receive(&state, (id, number), (body, room)).await?;
    if let Err(problem) = state.store().put_part(id, number, &part, now).await {
        // It was completed or given up meanwhile.
        let _ = state.store().part_files().remove(id);
        return Err(refusal(problem));
    }
    let etag = format!("\"{}\"", part.etag);
    Ok((StatusCode::OK, [(header::ETAG, etag)]).into_response())
}

/// Bytes that the upload may still have.
async fn room(state: &AppState, upload: &Upload) -> Result<u64, ApiError> {
    let parts = state.store().parts(upload.id).await?;
    let there: u64 = parts.iter().map(|part| part.size).sum();
    Ok(state.config().uploads.largest.saturating_sub(there))
}

async fn receive(
    state: &AppState,
    (id, number): (UploadId, u32),
    (body, room): (Body, u64),
) -> Result<store::uploads::WrittenPart, ApiError> {
    let stream = body
        .into_data_stream()
        .map(|chunk| chunk.map_err(io::Error::other));
    let reader = StreamReader::new(stream);
    let files = state.store().part_files().clone();
    let writing = tokio::task::spawn_blocking(move || {
        let mut bounded = Bounded {
            reader: SyncIoBridge::new(reader),
            left: room,
        };
        let written = files.write(id, number, &mut bounded);
        if let Err(problem) = &written
            && problem.kind() == io::ErrorKind::StorageFull
        {
            // Clients hear an answer only when they have sent everything. What goes wrong now is theirs to notice.
            let _ = io::copy(&mut bounded, &mut io::sink());
        }
        written
    });
    match writing.await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(problem)) if problem.kind() == io::ErrorKind::FileTooLarge => Err(too_large(state)),
        Ok(Err(problem)) if problem.kind() == io::ErrorKind::StorageFull => Err(ApiError::detail(
            StatusCode::INSUFFICIENT_STORAGE,
            "The disk of the server is full.",
        )),
        Ok(Err(problem)) => Err(ApiError::internal(&problem)),
        Err(problem) => Err(ApiError::internal(&problem)),
    }
}

fn too_large(state: &AppState) -> ApiError {
    let most = state.config().uploads.largest;
    let detail = format!("The upload has more than {most} bytes.");
    ApiError::detail(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// Ends with an error, not with an end, where there is more than there may be.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}
