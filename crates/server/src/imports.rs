//! What happens to uploads in the background: container images and weights of algorithms, and medical images.
//!
//! As with jobs, the database is the truth and a bell only wakes: every import that has not ended is looked for and done,
//! one after the other, so that a server that was killed goes on where it stopped.

use std::time::Duration;

use jiff::Timestamp;
use store::uploads::Upload;
use store::{Store, StoreError};
use tokio::sync::watch;
use tracing::error;

use crate::worker::Worker;

mod containers;
mod images;
mod models;

pub(crate) use images::unzip;

/// Without a bell, imports are looked for this often.
const TICK: Duration = Duration::from_secs(5);

/// Which container images are taken, and how.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// Those that run as root as well.
    pub allow_root: bool,
    /// Layers are unpacked also where the kernel can read files out of their tars.
    pub unpack: bool,
}

/// Imports container images, weights and medical images until `stop` becomes true.
///
/// Medical images do not wait for container images, which can be large.
pub async fn run(worker: Worker, taken: Taken, stop: watch::Receiver<bool>) {
    tokio::join!(
        versions(&worker, taken, stop.clone()),
        medical_images(&worker, stop)
    );
}

async fn versions(worker: &Worker, taken: Taken, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        // Before the look, so that no bell is missed.
        let asked = worker.import_asked();
        for result in [
            containers::import_all(worker, taken).await,
            models::import_all(worker).await,
        ] {
            if let Err(problem) = result {
                error!(%problem, "versions could not be imported");
            }
        }
        wait(asked, &mut stop).await;
    }
}

async fn medical_images(worker: &Worker, mut stop: watch::Receiver<bool>) {
    let mut imports = images::Imports::default();
    while !*stop.borrow() {
        let asked = worker.import_asked();
        if let Err(problem) = imports.round(worker).await {
            error!(%problem, "images could not be imported, or jobs not be told of them; it is tried again");
        }
        wait(asked, &mut stop).await;
    }
}

/// Until the bell rings, some seconds have gone by, or the server stops.
pub(crate) async fn wait(asked: impl Future<Output = ()>, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = asked => {}
        () = tokio::time::sleep(TICK) => {}
        _ = stop.changed() => {}
    }
}

/// The upload of a version, when it can still be used.
async fn upload_of(
    store: &Store,
    upload: Option<store::ids::UploadId>,
) -> Result<Option<Upload>, StoreError> {
    match upload {
        Some(upload) => store.upload(upload).await,
        None => Ok(None),
    }
}

/// The upload has become something else.
async fn consume(store: &Store, upload: &Upload) -> Result<(), StoreError> {
    store.consume_upload(upload.id).await.map(|_| ())
}

/// The edge at which the clock is read.
fn now() -> Timestamp {
    Timestamp::now()
}
