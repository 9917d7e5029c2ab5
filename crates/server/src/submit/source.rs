//! What fills one input socket, judged before the job is accepted.

use domain::SuperKind;
use serde_json::Value;
use store::ids::{ImageId, UploadId, ValueId};
use store::jobs::JobInput;
use store::sockets::StoredSocket;
use store::uploads::UploadState;
use store::values::{Content, NewContent};
use store::{Store, StoreError, Viewer};

use super::{owner, takes_images};

/// Where the value of an input socket comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum InputSource {
    /// JSON itself.
    Json(Value),
    /// An image that there is.
    Image(ImageId),
    /// Uploaded files that become one image, or the one file of a file socket.
    Uploads(Vec<UploadId>),
    /// A value that there is, such as that of an archive's item.
    Existing(ValueId),
}

/// An input is not accepted.
#[derive(Debug)]
pub enum RefuseSource {
    /// Everything that is wrong with it.
    Refused(Vec<String>),
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for RefuseSource {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// An input that may be used.
pub(crate) enum Judged {
    /// It is there.
    Ready(JobInput),
    /// Files that must become an image first.
    Import(Vec<UploadId>),
}

fn refused<T>(why: impl Into<String>) -> Result<T, RefuseSource> {
    Err(RefuseSource::Refused(vec![why.into()]))
}

/// Judges one input; files are looked at again when the job runs.
pub(crate) async fn judge(
    store: &Store,
    viewer: Viewer,
    socket: &StoredSocket,
    source: &InputSource,
) -> Result<Judged, RefuseSource> {
    let slug = &socket.socket.slug;
    let kind = socket.socket.kind.label();
    match source {
        InputSource::Json(value) if socket.socket.super_kind() == SuperKind::Value => {
            if let Err(violation) = socket.socket.check_json(value) {
                return Err(RefuseSource::Refused(violation.complaints));
            }
            let content = NewContent::Json(value.clone());
            Ok(Judged::Ready(JobInput::New(socket.id, content)))
        }
        InputSource::Image(image) if takes_images(socket) => {
            if !store.may_view_image(viewer, *image).await? {
                return refused(format!(
                    "there is no image `{image}`, or you may not see it"
                ));
            }
            let content = NewContent::Image(*image);
            Ok(Judged::Ready(JobInput::New(socket.id, content)))
        }
        InputSource::Uploads(uploads) if takes_images(socket) => {
            for upload in uploads {
                completed(store, viewer, *upload).await?;
            }
            if uploads.is_empty() {
                return refused("no file is given, expected at least one");
            }
            Ok(Judged::Import(uploads.clone()))
        }
        InputSource::Uploads(uploads) if socket.socket.super_kind() == SuperKind::File => {
            let [upload] = uploads.as_slice() else {
                return refused(format!("{} files are given, expected 1", uploads.len()));
            };
            let content = completed(store, viewer, *upload).await?;
            Ok(Judged::Ready(JobInput::New(socket.id, content)))
        }
        InputSource::Existing(value) => existing(store, viewer, socket, *value).await,
        InputSource::Json(_) | InputSource::Image(_) | InputSource::Uploads(_) => refused(format!(
            "the socket `{slug}` is of the kind `{kind}`, expected {}",
            match socket.socket.super_kind() {
                SuperKind::Value => "a value",
                SuperKind::File => "one uploaded file",
                SuperKind::Image => "an image or uploaded files",
            }
        )),
    }
}

/// A completed upload of whoever asks, as the content of a file socket.
async fn completed(
    store: &Store,
    viewer: Viewer,
    upload: UploadId,
) -> Result<NewContent, RefuseSource> {
    let owner = owner(viewer)?;
    let found = store.upload(upload).await?;
    let Some(found) = found.filter(|found| found.account == owner) else {
        return refused(format!("there is no upload `{upload}` of yours"));
    };
    match (found.state, found.blob) {
        (UploadState::Completed, Some(digest)) => Ok(NewContent::File {
            blob: store::blobs::Blob::named(digest, found.size),
            filename: found.filename,
        }),
        (UploadState::Completed, None) | (UploadState::Initialized | UploadState::Aborted, _) => {
            refused(format!(
                "the upload `{upload}` is not completed, expected all its parts"
            ))
        }
    }
}

/// A value that was used before: of the same socket, and one that may be seen.
async fn existing(
    store: &Store,
    viewer: Viewer,
    socket: &StoredSocket,
    value: ValueId,
) -> Result<Judged, RefuseSource> {
    let found = store.value(value).await?;
    let is_visible = store.may_view_value(viewer, value).await?;
    let Some(found) = found.filter(|_| is_visible) else {
        return refused(format!(
            "there is no value `{}`, or you may not see it",
            value.0
        ));
    };
    if found.socket.id == socket.id {
        return Ok(Judged::Ready(JobInput::Existing(value)));
    }
    match found.content {
        Content::Image(image, _) if takes_images(socket) => {
            let content = NewContent::Image(image);
            Ok(Judged::Ready(JobInput::New(socket.id, content)))
        }
        Content::Image(..) | Content::Json(_) | Content::File { .. } => refused(format!(
            "the value `{}` is of the socket `{}`, expected one of `{}`",
            value.0, found.socket.socket.slug, socket.socket.slug
        )),
    }
}
