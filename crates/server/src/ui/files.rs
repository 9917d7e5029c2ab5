//! Forms with files. A browser with JavaScript has uploaded them already, part by part (`web/src/upload.ts`), and sends their
//! ids in fields `upload:NAME`; without it the files are in the form itself and become uploads here. Both look the same after.

use std::io::{self, Read};

use axum::body::Bytes;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use jiff::{Timestamp, ToSpan as _};
use store::blobs::{Blob, BlobError, Blobs};
use store::ids::{AccountId, UploadId};
use store::uploads::UploadState;
use tokio::sync::mpsc;

use super::form::check_origin;
use super::problem::PageError;
use super::visitor::Visitor;
use crate::error::ApiError;
use crate::gcapi::{base_name, room_for};
use crate::state::AppState;

/// Bytes of all fields that are no files.
const LARGEST_TEXT: usize = 10 << 20;
/// Fields and files of one form.
const MOST_FIELDS: usize = 5000;
/// Chunks that wait for the disk.
const WAITING: usize = 8;

/// The fields and files of a form, and who sent it. The route needs `DefaultBodyLimit::disable()`: files have a bound of their own.
#[derive(Debug, Clone)]
pub struct FilesForm {
    /// Who; the form is of their login, and they are logged in.
    pub visitor: Visitor,
    fields: Vec<(String, String)>,
    files: Vec<SentFile>,
}

/// A file that has become a completed upload of the visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Name of the field.
    pub field: String,
    /// Name of the file, without folders.
    pub filename: String,
    /// Its bytes.
    pub upload: UploadId,
}

impl SentFile {
    fn of(field: String, filename: &str, upload: UploadId) -> SentFile {
        SentFile {
            field,
            filename: filename.to_owned(),
            upload,
        }
    }
}

impl FilesForm {
    /// The first value of a field; empty if it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// Whether a field was sent, as boxes are only when they are ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// Every field that is no file, as sent.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The files of a field, in their order.
    #[must_use]
    pub fn files(&self, name: &str) -> Vec<&SentFile> {
        self.files
            .iter()
            .filter(|file| file.field == name)
            .collect()
    }
}

impl FromRequest<AppState> for FilesForm {
    type Rejection = PageError;

    async fn from_request(request: Request, state: &AppState) -> Result<FilesForm, PageError> {
        check_origin(request.headers())?;
        let visitor = Visitor::of(state, request.headers(), request.uri()).await?;
        let account = visitor.require()?.id;
        let mut parts = Multipart::from_request(request, state)
            .await
            .map_err(|refused| ApiError::detail(refused.status(), refused.body_text()))?;
        let mut form = FilesForm {
            visitor,
            fields: Vec::new(),
            files: Vec::new(),
        };
        let mut left = LARGEST_TEXT;
        let mut is_ours = false;
        while let Some(field) = parts
            .next_field()
            .await
            .map_err(|problem| broken(&problem))?
        {
            if form.fields.len() + form.files.len() >= MOST_FIELDS {
                return Err(ApiError::invalid(format!(
                    "The form has more than {MOST_FIELDS} fields."
                ))
                .into());
            }
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(filename) = field.file_name().map(str::to_owned) {
                if !is_ours {
                    return Err(ApiError::forbidden(
                        "The field `csrf` has to come before any file.",
                    )
                    .into());
                }
                // What a browser sends for a field of files in which nothing was chosen.
                if filename.is_empty() {
                    continue;
                }
                let filename = base_name(&filename)?;
                let upload = received(state, account, (filename, field)).await?;
                form.files.push(SentFile::of(name, filename, upload));
                continue;
            }
            let text = text(field, &mut left).await?;
            if name == "csrf" {
                form.visitor.check_csrf(&text)?;
                is_ours = true;
            } else if let Some(of) = name.strip_prefix("upload:") {
                form.files
                    .push(uploaded(state, account, (of, &text)).await?);
            } else {
                form.fields.push((name, text));
            }
        }
        if !is_ours {
            form.visitor.check_csrf("")?;
        }
        Ok(form)
    }
}

fn broken(problem: &axum::extract::multipart::MultipartError) -> ApiError {
    ApiError::detail(problem.status(), problem.body_text())
}

async fn text(mut field: Field<'_>, left: &mut usize) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|problem| broken(&problem))? {
        *left = left.checked_sub(chunk.len()).ok_or_else(|| {
            let detail = format!("The form has more than {LARGEST_TEXT} bytes of text.");
            ApiError::detail(StatusCode::PAYLOAD_TOO_LARGE, detail)
        })?;
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| ApiError::invalid("A field of the form is not UTF-8."))
}

/// A file that was uploaded before the form was sent.
async fn uploaded(
    state: &AppState,
    account: AccountId,
    (field, id): (&str, &str),
) -> Result<SentFile, ApiError> {
    let id: Option<UploadId> = id.parse().ok();
    let found = match id {
        Some(id) => state.store().upload(id).await?,
        None => None,
    };
    let own =
        found.filter(|upload| upload.account == account && upload.state == UploadState::Completed);
    let own = own.ok_or_else(|| {
        ApiError::field(
            field,
            "The upload is not complete, or its time is over: upload it again.",
        )
    })?;
    Ok(SentFile {
        field: field.to_owned(),
        filename: own.filename,
        upload: own.id,
    })
}

/// Keeps a file that is in the form.
async fn received(
    state: &AppState,
    account: AccountId,
    (filename, field): (&str, Field<'_>),
) -> Result<UploadId, ApiError> {
    let store = state.store();
    let limits = &state.config().uploads;
    room_for(store, account, 0).await?;
    let now = Timestamp::now();
    let end = now + i64::from(limits.keep_hours).hours();
    let upload = store.create_upload(account, filename, now, end).await?;
    let kept = match kept(store.blobs().clone(), field, limits.largest).await {
        Ok(blob) => {
            let done = store
                .complete_upload(upload.id, &blob, Timestamp::now())
                .await;
            done.map_err(|problem| ApiError::internal(&problem))
        }
        Err(problem) => Err(problem),
    };
    if kept.is_err() {
        // Its bytes are gone already; what is left of it ends with its time at the latest.
        let _ = store.abort_upload(upload.id).await;
    }
    Ok(kept?.id)
}

/// Passes the bytes of a file on to the thread that keeps them.
async fn kept(blobs: Blobs, mut field: Field<'_>, most: u64) -> Result<Blob, ApiError> {
    let (chunks, arriving) = mpsc::channel(WAITING);
    let keeping = tokio::task::spawn_blocking(move || {
        let mut reader = Arriving {
            chunks: arriving,
            chunk: Bytes::new(),
            left: most,
        };
        blobs.keep(&mut reader)
    });
    let arrived = loop {
        match field.chunk().await {
            Ok(Some(chunk)) => {
                // Nobody takes it when the disk has failed, which `keeping` says.
                if chunks.send(Ok(chunk)).await.is_err() {
                    break Ok(());
                }
            }
            Ok(None) => break Ok(()),
            Err(problem) => {
                let _ = chunks
                    .send(Err(io::ErrorKind::ConnectionAborted.into()))
                    .await;
                break Err(broken(&problem));
            }
        }
    };
    drop(chunks);
    let kept = keeping
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    arrived?;
    kept.map_err(|problem| unkept(&problem, most))
}

fn unkept(problem: &BlobError, most: u64) -> ApiError {
    let kind = match problem {
        BlobError::Disk { source, .. } => source.kind(),
        BlobError::Altered { .. } | BlobError::Size { .. } => io::ErrorKind::Other,
    };
    if kind == io::ErrorKind::FileTooLarge {
        let detail = format!("A file has more than {most} bytes.");
        return ApiError::detail(StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    if kind == io::ErrorKind::StorageFull {
        return ApiError::detail(
            StatusCode::INSUFFICIENT_STORAGE,
            "The disk of the server is full.",
        );
    }
    ApiError::internal(problem)
}

/// Chunks of a request as a reader for another thread.
struct Arriving {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
    left: u64,
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.chunk.len());
        buffer[..count].copy_from_slice(&self.chunk.split_to(count));
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}
