//! Medical images: uploaded files become `.mha` volumes and `.tif` pyramids, and go where they are waited for.
//!
//! One bad file never spoils the others; its reason is kept. Every step can be repeated after a crash: an import ends in one
//! transaction, and what it tells a job may be told twice.

use std::collections::HashSet;

use camino::Utf8PathBuf;
use domain::{Failure, FailureReason};
use store::StoreError;
use store::blobs::Blob;
use store::ids::{ImageId, ImageImportId, JobId, SocketId};
use store::image_imports::{ImageImport, ImageImportState, ImportTarget};
use store::images::NewImage;
use store::jobs::{ApplyError, PendingSource};
use store::values::NewContent;
use tracing::{error, info, warn};

use super::{consume, now};
use crate::worker::{Worker, is_refused_room};

mod convert;
mod layout;
pub(crate) mod unzip;

use convert::Outcome;

/// What is known from one round of imports to the next.
#[derive(Debug)]
pub(super) struct Imports {
    /// Nothing was done yet since the start.
    is_first: bool,
    /// Jobs may not have been told of imports that have ended: the last server was killed, or the database could not be written.
    untold: bool,
    /// Imports that failed once for want of room on the disk.
    without_room: HashSet<ImageImportId>,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports {
            is_first: true,
            untold: true,
            without_room: HashSet::new(),
        }
    }
}

impl Imports {
    /// Imports everything that waits, oldest first. While the disk is full, everything goes on waiting.
    pub(super) async fn round(&mut self, worker: &Worker) -> Result<(), StoreError> {
        if self.untold {
            tell(worker, self.is_first).await?;
            (self.is_first, self.untold) = (false, false);
        }
        for waiting in worker.store().image_imports_to_do().await? {
            if worker.lacks_disk() {
                return Ok(());
            }
            self.untold = true;
            self.import(worker, &waiting).await?;
            self.untold = false;
        }
        Ok(())
    }

    async fn import(&mut self, worker: &Worker, waiting: &ImageImport) -> Result<(), StoreError> {
        let store = worker.store();
        if !store.start_image_import(waiting.id).await? {
            return Ok(());
        }
        let outcome = outcome(worker, waiting).await?;
        if let Some(problem) = &outcome.our_fault {
            if self.tries_again(worker, waiting.id, problem) {
                warn!(import = %waiting.id, %problem, "an import found no room on the disk; it is tried again");
                return Ok(());
            }
            return give_up(worker, waiting, problem).await;
        }
        let Outcome {
            images, refused, ..
        } = one_where_one_is_wanted(waiting, outcome);
        let problem = refused.join("\n");
        let ids = if images.is_empty() {
            warn!(import = %waiting.id, %problem, "uploaded files give no image");
            store.fail_image_import(waiting.id, &problem, now()).await?;
            None
        } else {
            let end = (images.as_slice(), problem.as_str());
            let ids = store.finish_image_import(waiting.id, end, now()).await?;
            info!(import = %waiting.id, images = images.len(), "images are imported");
            ids
        };
        if let ImportTarget::Job { job, socket } = waiting.target {
            match ids.as_deref() {
                Some([image]) => arrived(worker, (job, socket), *image).await?,
                Some(_) | None => refuse(worker, (job, socket), &problem).await?,
            }
        }
        for upload in &waiting.uploads {
            if let Some(upload) = store.upload(*upload).await? {
                consume(store, &upload).await?;
            }
        }
        Ok(())
    }

    /// Whether an import that failed on our side is worth another try: the disk was full, by something else than this import
    /// alone, of which nothing is left by now.
    fn tries_again(&mut self, worker: &Worker, id: ImageImportId, problem: &str) -> bool {
        is_refused_room(problem) && (worker.lacks_disk() || self.without_room.insert(id))
    }
}

/// Tells jobs of imports that have ended; at the start also ends jobs whose import never began.
async fn tell(worker: &Worker, at_start: bool) -> Result<(), StoreError> {
    let store = worker.store();
    for job in store.validating_jobs().await? {
        for pending in store.pending_inputs(job.id).await? {
            let PendingSource::Import(id) = pending.source else {
                continue;
            };
            let place = (job.id, pending.socket);
            match store.image_import(id).await? {
                Some(import) => match (import.state, import.images.as_slice()) {
                    (ImageImportState::Succeeded, [image]) => {
                        arrived(worker, place, *image).await?
                    }
                    (ImageImportState::Succeeded | ImageImportState::Failed, _) => {
                        refuse(worker, place, &import.problem).await?;
                    }
                    (ImageImportState::Queued | ImageImportState::Started, _) => {}
                },
                None if at_start => {
                    refuse(worker, place, "the server was killed while the job came in").await?
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// The import ends, and whoever waits for it is told that it is not the files' fault. The uploads stay for another try.
async fn give_up(worker: &Worker, waiting: &ImageImport, problem: &str) -> Result<(), StoreError> {
    error!(import = %waiting.id, %problem, "an import failed on our side");
    let said = format!("the server could not import the files: {problem}");
    let store = worker.store();
    store.fail_image_import(waiting.id, &said, now()).await?;
    if let ImportTarget::Job { job, .. } = waiting.target {
        let failure = Failure::new(FailureReason::Internal, said).with_hint(
            "this is not the files' fault: submit the job again when the server's operator has looked into its log",
        );
        let told = store.input_refused(job, failure, now()).await;
        heard(worker, job, told.map(|_| ()))?;
    }
    Ok(())
}

/// Lays out the files, and converts them; away from the threads that answer requests.
async fn outcome(worker: &Worker, waiting: &ImageImport) -> Result<Outcome, StoreError> {
    let store = worker.store();
    let mut files = Vec::new();
    for id in &waiting.uploads {
        let Some(upload) = store.upload(*id).await? else {
            return Ok(Outcome::refused("an uploaded file is no longer there"));
        };
        let Some(digest) = &upload.blob else {
            return Ok(Outcome::refused("an uploaded file is not complete"));
        };
        let blob = Blob::named(digest.clone(), upload.size);
        if let Err(problem) = store.blobs().open_whole(&blob) {
            return Ok(Outcome::failed(&problem));
        }
        files.push((upload.filename.clone(), store.blobs().path(digest)));
    }
    let folder = worker
        .settings()
        .home
        .join("imports")
        .join(waiting.id.to_string());
    let (own, account, import) = (store.clone(), waiting.account, waiting.id);
    let converting = tokio::task::spawn_blocking(move || {
        let outcome = in_folder(&folder, &files, &own);
        if let Err(problem) = fs_err::remove_dir_all(&folder) {
            warn!(%problem, "the folder of an import could not be taken away");
        }
        outcome
    });
    let mut outcome = converting
        .await
        .unwrap_or_else(|problem| Outcome::failed(&problem));
    for image in &mut outcome.images {
        (image.account, image.import) = (account, Some(import));
    }
    Ok(outcome)
}

fn in_folder(
    folder: &Utf8PathBuf,
    files: &[(String, Utf8PathBuf)],
    store: &store::Store,
) -> Outcome {
    let failed = |problem: std::io::Error| Outcome::failed(&problem);
    // What an interrupted attempt left.
    if folder.exists()
        && let Err(problem) = fs_err::remove_dir_all(folder)
    {
        return failed(problem);
    }
    let (uploaded, converted) = (folder.join("uploaded"), folder.join("converted"));
    for made in [&uploaded, &converted] {
        if let Err(problem) = fs_err::create_dir_all(made) {
            return failed(problem);
        }
    }
    match layout::lay_out(&uploaded, files) {
        Ok(mut refused) => {
            let mut outcome = convert::convert_all(&uploaded, &converted, store);
            refused.append(&mut outcome.refused);
            outcome.refused = refused;
            outcome
        }
        Err(problem) => failed(problem),
    }
}

/// An input socket and a socket of a case take one image: none of several is better than any.
fn one_where_one_is_wanted(waiting: &ImageImport, mut outcome: Outcome) -> Outcome {
    let wants_one = match waiting.target {
        ImportTarget::Job { .. } | ImportTarget::ArchiveItem { .. } => true,
        ImportTarget::Archive { .. } | ImportTarget::Nowhere {} => false,
    };
    if wants_one && outcome.images.len() > 1 {
        let names: Vec<&str> = outcome
            .images
            .iter()
            .map(|image: &NewImage| image.name.as_str())
            .collect();
        let problem = format!(
            "the files are {} images (`{}`), expected 1",
            names.len(),
            names.join("`, `")
        );
        outcome.refused.push(problem);
        outcome.images.clear();
    }
    if outcome.images.is_empty() && outcome.refused.is_empty() {
        outcome.refused.push("the files hold no image".to_owned());
    }
    outcome
}

async fn arrived(
    worker: &Worker,
    (job, socket): (JobId, SocketId),
    image: ImageId,
) -> Result<(), StoreError> {
    let content = NewContent::Image(image);
    let told = worker
        .store()
        .input_arrived(job, (socket, &content), now())
        .await;
    heard(worker, job, told.map(|_| ()))
}

async fn refuse(
    worker: &Worker,
    (job, socket): (JobId, SocketId),
    problem: &str,
) -> Result<(), StoreError> {
    let found = worker.store().socket(socket).await?;
    let slug = found.map_or_else(
        || socket.0.to_string(),
        |found| found.socket.slug.to_string(),
    );
    let message = format!("the input `{slug}` cannot be used: {problem}");
    let failure = Failure::new(FailureReason::InputInvalid, message)
        .with_hint("`gantry inspect` says what is wrong with a file before it is uploaded");
    let told = worker.store().input_refused(job, failure, now()).await;
    heard(worker, job, told.map(|_| ()))
}

/// A job that has ended meanwhile needs nothing any more.
fn heard(worker: &Worker, job: JobId, told: Result<(), ApplyError>) -> Result<(), StoreError> {
    worker.ring(job);
    match told {
        Ok(())
        | Err(ApplyError::Gone(_) | ApplyError::Impossible(_) | ApplyError::NotOwner { .. }) => {
            Ok(())
        }
        Err(ApplyError::Store(problem)) => Err(problem),
    }
}
