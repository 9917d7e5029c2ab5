//! From a job in the database to a run: the algorithm as it was asked for, its image, its inputs as files.

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{ImageHold, Store as ContainerImages, StoredImage};
use domain::{Algorithm, Failure, FailureReason};
use executor::{GivenInputs, RunRequest};
use fs_err as fs;
use store::algorithm_models::AlgorithmModel;
use store::blobs::{Blob, BlobError, Blobs};
use store::jobs::StoredJob;
use store::values::{Content, StoredValue};
use tracing::error;

use super::{Worker, WorkerSettings};

/// A run that can start. The hold keeps its container image.
pub(super) struct Staged {
    pub(super) request: RunRequest,
    pub(super) hold: ImageHold,
}

/// Brings everything together. Inputs are links to the stored bytes, under the names that containers expect.
pub(super) async fn stage(
    worker: &Worker,
    job: &StoredJob,
    folder: &Utf8Path,
) -> Result<Staged, Failure> {
    let algorithm = algorithm(worker, job).await?;
    let digest = image_digest(worker, job).await?;
    let model = model(worker, job).await?;
    let (inputs, _) = worker
        .store
        .job_values(job.id)
        .await
        .map_err(|error| internal("find the inputs", &error))?;
    let inputs = worker
        .store
        .values_of(&inputs)
        .await
        .map_err(|error| internal("read the inputs", &error))?;
    let mut given = Vec::new();
    for value in &inputs {
        given.push(self::given(worker, value, folder).await?);
    }
    let settings = worker.settings();
    let (image, hold) = held_image(settings, &digest)?;
    let request = RunRequest {
        algorithm,
        declared: true,
        image,
        inputs: GivenInputs::Values(given),
        model,
        output_dir: folder.join("result"),
        overwrite: false,
        home: settings.home.clone(),
        runs: folder.join("runs"),
        waive: settings.waive.clone(),
        executor: settings.executor.clone(),
        shims: settings.shims.clone(),
    };
    Ok(Staged { request, hold })
}

/// A container image of an algorithm by its digest, kept for as long as the hold lives.
pub(crate) fn held_image(
    settings: &WorkerSettings,
    digest: &str,
) -> Result<(StoredImage, ImageHold), Failure> {
    let images = ContainerImages::open(settings.home.join("images"))
        .map_err(|error| internal("open the store of container images", &error))?;
    let unusable = |error: &dyn std::fmt::Display| {
        let message = format!("the container image `{digest}` cannot be used: {error}");
        Failure::new(FailureReason::ImageUnusable, message)
            .with_hint("upload the container image again and activate it")
    };
    let image = images.find(digest).map_err(|error| unusable(&error))?;
    let hold = images
        .hold(&image.digest)
        .map_err(|error| unusable(&error))?;
    Ok((image, hold))
}

/// The algorithm with the one interface and the limits that the job was submitted with.
async fn algorithm(worker: &Worker, job: &StoredJob) -> Result<Algorithm, Failure> {
    let failed = |error: &store::StoreError| internal("read the algorithm", error);
    let found = worker
        .store
        .algorithm(job.algorithm)
        .await
        .map_err(|error| failed(&error))?;
    let mut found = found.ok_or_else(|| gone("algorithm"))?;
    let interface = worker
        .store
        .interface(job.interface)
        .await
        .map_err(|error| failed(&error))?;
    found.interfaces = vec![interface.ok_or_else(|| gone("interface"))?];
    let mut algorithm = found.to_domain();
    algorithm.limits = job.limits.clone();
    Ok(algorithm)
}

async fn image_digest(worker: &Worker, job: &StoredJob) -> Result<String, Failure> {
    let image = worker
        .store
        .algorithm_image(job.image)
        .await
        .map_err(|error| internal("read the algorithm image", &error))?;
    image
        .and_then(|image| image.digest)
        .ok_or_else(|| gone("algorithm image"))
}

/// The tarball of weights.
async fn model(worker: &Worker, job: &StoredJob) -> Result<Option<Utf8PathBuf>, Failure> {
    let Some(model) = job.model else {
        return Ok(None);
    };
    let model = worker
        .store
        .algorithm_model(model)
        .await
        .map_err(|error| internal("read the algorithm model", &error))?;
    let model = model.ok_or_else(|| gone("algorithm model"))?;
    weights(worker.store.blobs(), &model).map(Some)
}

/// The tarball of a model, which is there.
pub(crate) fn weights(blobs: &Blobs, model: &AlgorithmModel) -> Result<Utf8PathBuf, Failure> {
    let blob = model.blob.as_ref();
    let blob = blob.ok_or_else(|| gone("algorithm model"))?;
    blobs
        .open_blob(blob)
        .map_err(|problem| damaged("the weights", &problem))?;
    Ok(blobs.path(blob))
}

/// A value as the executor takes it: JSON itself, or `@` and a path.
async fn given(
    worker: &Worker,
    value: &StoredValue,
    folder: &Utf8Path,
) -> Result<(String, String), Failure> {
    let slug = value.socket.socket.slug.to_string();
    let folder = folder.join("in").join(&slug);
    let place = match &value.content {
        Content::Json(json) => return Ok((slug, json.to_string())),
        Content::File {
            blob,
            filename,
            size,
        } => {
            let blob = Blob::named(blob.clone(), *size);
            link(worker, (&slug, blob), folder.join(filename)).await?
        }
        Content::Image(image, _) => {
            let image = worker
                .store
                .image(*image)
                .await
                .map_err(|error| internal("find an input image", &error))?
                .ok_or_else(|| gone("input image"))?;
            let name = format!("{}.{}", image.id, image.extension.as_str());
            let blob = Blob::named(image.blob, image.size);
            link(worker, (&slug, blob), folder.join(name)).await?
        }
    };
    Ok((slug, format!("@{place}")))
}

/// Another name for stored bytes, which are read once to make sure that they are what was stored: a program must not work
/// on a damaged image and succeed.
async fn link(
    worker: &Worker,
    (slug, blob): (&str, Blob),
    place: Utf8PathBuf,
) -> Result<Utf8PathBuf, Failure> {
    let blobs = worker.store.blobs().clone();
    let linking = tokio::task::spawn_blocking(move || {
        blobs.open_whole(&blob)?;
        blobs.verify(&blob.digest)?;
        let linked = place
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::hard_link(blobs.path(&blob.digest), &place));
        let kept = |source| BlobError::Disk {
            what: "kept",
            source,
        };
        linked.map_err(kept).map(|()| place)
    });
    let linked = linking
        .await
        .map_err(|error| internal("link an input", &error))?;
    linked.map_err(|problem| damaged(&format!("the input `{slug}`"), &problem))
}

/// Stored bytes that are gone or not what they were.
fn damaged(what: &str, problem: &BlobError) -> Failure {
    error!(%problem, "{what} of a job cannot be read from the store");
    let message = format!("{what} cannot be read from the store: {problem}");
    Failure::new(FailureReason::Internal, message).with_hint(
        "this is not the algorithm's fault: `gantry verify` tells the operator of the server what else is damaged",
    )
}

/// Something that the job refers to and that should be there.
fn gone(what: &str) -> Failure {
    let message = format!("the {what} of the job is no longer there");
    Failure::new(FailureReason::Internal, message)
}

/// A failure of ours.
pub(super) fn internal(step: &str, error: &dyn std::error::Error) -> Failure {
    let mut message = format!("failed to {step}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        message += &format!(": {cause}");
        source = cause.source();
    }
    Failure::new(FailureReason::Internal, message)
}
