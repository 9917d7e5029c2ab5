//! Filling a case of an archive: values and files at once, images when their import is done.

use std::collections::BTreeMap;

use domain::Slug;
use jiff::Timestamp;
use store::archives::ArchiveItem;
use store::ids::{ImageImportId, SocketId, UploadId};
use store::image_imports::ImportTarget;
use store::jobs::JobInput;
use store::values::{Content, NewContent};
use store::{StoreError, Viewer};

use crate::submit::{InputSource, Judged, RefuseSource, judge};
use crate::worker::Worker;

/// Which values of a case a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// Those that it names; the others stay.
    Named,
    /// All: those that it does not name are taken away.
    All,
}

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// Values are wrong; by socket.
    #[error("{} values are refused", .0.len())]
    Values(BTreeMap<String, Vec<String>>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Values that were accepted; nothing of them is kept yet.
#[derive(Debug, Default)]
pub struct Accepted {
    ready: Vec<(SocketId, NewContent)>,
    imports: Vec<(SocketId, Vec<UploadId>)>,
}

/// Judges values for a case; changes nothing.
///
/// # Errors
/// When a value is not accepted; all problems are told at once.
pub async fn accept(
    worker: &Worker,
    viewer: Viewer,
    values: &[(Slug, InputSource)],
) -> Result<Accepted, FillError> {
    let store = worker.store();
    let mut accepted = Accepted::default();
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slug, source) in values {
        let mut refuse =
            |why: Vec<String>| problems.entry(slug.to_string()).or_default().extend(why);
        let Some(socket) = store.socket_by_slug(slug).await? else {
            refuse(vec![format!("there is no socket `{slug}`")]);
            continue;
        };
        match judge(store, viewer, &socket, source).await {
            Ok(Judged::Ready(JobInput::New(socket, content))) => {
                accepted.ready.push((socket, content));
            }
            Ok(Judged::Ready(JobInput::Existing(value))) => {
                let found = store.value(value).await?;
                let content = found.map(|found| again(found.content));
                accepted
                    .ready
                    .extend(content.map(|content| (socket.id, content)));
            }
            Ok(Judged::Import(uploads)) => accepted.imports.push((socket.id, uploads)),
            Err(RefuseSource::Refused(why)) => refuse(why),
            Err(RefuseSource::Store(error)) => return Err(error.into()),
        }
    }
    if problems.is_empty() {
        Ok(accepted)
    } else {
        Err(FillError::Values(problems))
    }
}

/// Fills a case with values that were accepted.
///
/// # Errors
/// When the database fails.
pub async fn fill(
    worker: &Worker,
    viewer: Viewer,
    (item, which): (&ArchiveItem, Replace),
    Accepted { ready, imports }: Accepted,
) -> Result<(), StoreError> {
    let store = worker.store();
    let now = Timestamp::now();
    match which {
        Replace::Named => store.merge_values(item.id, &ready, now).await?,
        Replace::All => {
            let kept: Vec<SocketId> = imports.iter().map(|(socket, _)| *socket).collect();
            store.replace_values(item.id, (&ready, &kept), now).await?
        }
    };
    for (socket, uploads) in imports {
        let target = ImportTarget::ArchiveItem {
            archive_item: item.id,
            socket,
        };
        let import = (ImageImportId::new(), viewer.account);
        store
            .create_image_import(import, &uploads, target, now)
            .await?;
    }
    worker.ring_imports();
    Ok(())
}

/// The content of a value that there is, for another one.
fn again(content: Content) -> NewContent {
    match content {
        Content::Json(value) => NewContent::Json(value),
        Content::File {
            blob,
            filename,
            size,
        } => NewContent::File {
            blob: store::blobs::Blob::named(blob, size),
            filename,
        },
        Content::Image(image, _) => NewContent::Image(image),
    }
}
