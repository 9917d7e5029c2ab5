//! Container images: an uploaded archive becomes a version of an algorithm.

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{ImportImageError, ImportOptions, Imported, Store as ContainerImages};
use store::StoreError;
use store::algorithm_images::{AlgorithmImage, ImportedImage};
use tracing::{error, info, warn};

use super::{Taken, consume, now, upload_of};
use crate::worker::Worker;

/// Imports every archive that waits, oldest first. While the disk is full, all of them go on waiting.
pub(super) async fn import_all(worker: &Worker, taken: Taken) -> Result<(), StoreError> {
    for version in worker.store().algorithm_images_to_import().await? {
        if worker.lacks_disk() {
            return Ok(());
        }
        import(worker, &version, taken).await?;
    }
    Ok(())
}

async fn import(worker: &Worker, version: &AlgorithmImage, taken: Taken) -> Result<(), StoreError> {
    let store = worker.store();
    if !store.start_algorithm_image(version.id).await? {
        return Ok(());
    }
    let upload = upload_of(store, version.upload).await?;
    let Some((upload, digest)) = upload.and_then(|upload| {
        let digest = upload.blob.clone()?;
        Some((upload, digest))
    }) else {
        let problem = "the uploaded archive is no longer there: upload it again";
        return store.fail_algorithm_image(version.id, problem).await;
    };
    let archive = store.blobs().path(&digest);
    let filename = upload.filename.clone();
    let root = worker.settings().home.join("images");
    let options = ImportOptions {
        allow_root: taken.allow_root,
        unpack: taken.unpack,
        ..ImportOptions::at(now())
    };
    let unpacking =
        tokio::task::spawn_blocking(move || unpack(root, (&archive, &filename), &options));
    let imported = unpacking
        .await
        .unwrap_or_else(|error| Err(Unimported::OurFault(error.to_string())));
    match imported {
        Ok(Imported {
            image,
            unpacked_because,
            ..
        }) => {
            let unpacked_because = unpacked_because.as_deref().unwrap_or("it is not unpacked");
            info!(version = %version.id, digest = %image.digest, unpacked_because, "a container image is imported");
            let imported = ImportedImage {
                digest: image.digest,
                size: image.unpacked_bytes,
                activate: true,
            };
            store
                .complete_algorithm_image(version.id, &imported)
                .await?;
            // It may have to be held against cases.
            worker.ring_imports();
        }
        Err(Unimported::Refused(problem)) => {
            warn!(version = %version.id, %problem, "a container image is refused");
            store.fail_algorithm_image(version.id, &problem).await?;
        }
        Err(Unimported::OurFault(problem)) => {
            error!(version = %version.id, %problem, "an import failed on our side");
            let said = format!(
                "the server could not import the archive, which is not the archive's fault: {problem}"
            );
            // The upload stays for another try.
            return store.fail_algorithm_image(version.id, &said).await;
        }
    }
    consume(store, &upload).await
}

/// Why an archive did not become an image.
enum Unimported {
    /// It is the archive's fault.
    Refused(String),
    /// The disk is full, or fails.
    OurFault(String),
}

/// Blocks. The image is sealed while its files are still in memory, so that damage can be told from then on.
fn unpack(
    root: Utf8PathBuf,
    (archive, filename): (&Utf8Path, &str),
    options: &ImportOptions,
) -> Result<Imported, Unimported> {
    let ours = |problem: &dyn std::fmt::Display| Unimported::OurFault(problem.to_string());
    let images = ContainerImages::open(root).map_err(|problem| ours(&problem))?;
    let imported = images.import(archive, options, &mut |_| {});
    let imported = imported.map_err(|problem| {
        if let ImportImageError::Store { source, .. }
        | ImportImageError::ReadSource { source, .. } = &problem
        {
            return ours(&format!("{problem}: {source}"));
        }
        // The uploader knows the file by its name, not by where it lies here.
        Unimported::Refused(said(&problem).replace(archive.as_str(), filename))
    })?;
    images
        .seal(&imported.image.digest)
        .map_err(|problem| ours(&problem))?;
    Ok(imported)
}

/// The error with its hint, for the uploader.
fn said(error: &ImportImageError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}
