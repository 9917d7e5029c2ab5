//! The picture of an algorithm, taken from a form.

use axum::body::Bytes;

use crate::error::ApiError;
use crate::own::algorithms::logo::{LARGEST, check};
use crate::state::AppState;
use crate::ui::files::FilesForm;
use crate::ui::problems::Problems;

/// The picture that was sent as `logo`, if one was and it is one.
///
/// # Errors
/// When the database or the disk fails.
pub(super) async fn sent(
    state: &AppState,
    form: &FilesForm,
    problems: &mut Problems,
) -> Result<Option<Bytes>, ApiError> {
    let Some(file) = form.files("logo").first().copied() else {
        return Ok(None);
    };
    let upload = state.store().upload(file.upload).await?;
    let Some((digest, size)) = upload.and_then(|upload| Some((upload.blob?, upload.size))) else {
        let problem = "The upload is not complete: choose the picture again.";
        problems.add("logo", problem);
        return Ok(None);
    };
    if size > LARGEST as u64 {
        let problem = format!("The picture has {size} bytes, expected at most {LARGEST}.");
        problems.add("logo", problem);
        return Ok(None);
    }
    let bytes = tokio::fs::read(state.store().blobs().path(&digest))
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    if let Err(refused) = check(&bytes) {
        for (field, problem) in refused.by_field() {
            problems.add(&field, problem);
        }
        return Ok(None);
    }
    Ok(Some(bytes.into()))
}
