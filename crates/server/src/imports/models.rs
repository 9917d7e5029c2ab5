//! Weights: an uploaded tarball becomes a version beside the container image.

use std::io::Read;

use store::StoreError;
use store::algorithm_models::{AlgorithmModel, ImportedModel};
use store::blobs::{Blob, Blobs, Digest};
use tracing::{info, warn};

use super::{consume, upload_of};
use crate::worker::Worker;

/// Takes every tarball that waits, oldest first.
pub(super) async fn import_all(worker: &Worker) -> Result<(), StoreError> {
    for version in worker.store().algorithm_models_to_import().await? {
        import(worker, &version).await?;
    }
    Ok(())
}

async fn import(worker: &Worker, version: &AlgorithmModel) -> Result<(), StoreError> {
    let store = worker.store();
    if !store.start_algorithm_model(version.id).await? {
        return Ok(());
    }
    let upload = upload_of(store, version.upload).await?;
    let Some((upload, digest)) = upload.and_then(|upload| {
        let digest = upload.blob.clone()?;
        Some((upload, digest))
    }) else {
        let problem = "the uploaded tarball is no longer there: upload it again";
        return store.fail_algorithm_model(version.id, problem).await;
    };
    let blobs = store.blobs().clone();
    let blob = Blob::named(digest.clone(), upload.size);
    let looking = tokio::task::spawn_blocking(move || look(&blobs, &digest));
    match looking.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(()) => {
            info!(version = %version.id, "weights are imported");
            let imported = ImportedModel {
                blob,
                activate: true,
            };
            store
                .complete_algorithm_model(version.id, &imported, super::now())
                .await?;
        }
        Err(problem) => {
            warn!(version = %version.id, %problem, "weights are refused");
            store.fail_algorithm_model(version.id, &problem).await?;
        }
    }
    consume(store, &upload).await
}

/// The first bytes tell gzip; what is inside is checked when it is unpacked for a job.
fn look(blobs: &Blobs, digest: &Digest) -> Result<(), String> {
    let mut start = [0; 2];
    let mut file = blobs.open_blob(digest).map_err(|error| error.to_string())?;
    let is_gzip = file.read_exact(&mut start).is_ok() && start == [0x1f, 0x8b];
    if is_gzip {
        Ok(())
    } else {
        Err("the file is no `.tar.gz`; make it with `tar -czf model.tar.gz -C model .`".to_owned())
    }
}
