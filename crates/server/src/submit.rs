//! Submitting a job: everything that can be judged before it waits, and every problem at once.
//!
//! Used by the compatible API, by our own, and by runs over archives.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Slug, SuperKind};
use jiff::Timestamp;
use store::algorithm_images::AlgorithmImage;
use store::algorithms::StoredAlgorithm;
use store::ids::{AccountId, AlgorithmId, ArchiveRunId, ImageImportId, JobId};
use store::image_imports::ImportTarget;
use store::interfaces::StoredInterface;
use store::jobs::{JobInput, JobOrigin, NewJob, Pending, PendingSource};
use store::sockets::StoredSocket;
use store::{Store, StoreError, Viewer};

use crate::quota::{self, UsedUp};
use crate::worker::{Unfit, Worker};

mod check;
mod source;

pub use check::{SubmitCheck, check};
pub use source::{InputSource, RefuseSource};
pub(crate) use source::{Judged, judge};

/// What somebody wants to be run.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What.
    pub algorithm: AlgorithmId,
    /// Who.
    pub viewer: Viewer,
    /// The run over an archive that it belongs to.
    pub archive_run: Option<ArchiveRunId>,
    /// What fills which input socket.
    pub inputs: Vec<(Slug, InputSource)>,
}

/// A job was not accepted. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// There is no such algorithm, or it may not be used by whoever asks.
    #[error("there is no such algorithm, or you may not use it")]
    Algorithm,
    /// It has no container image that can run.
    #[error("the algorithm has no active container image")]
    NoImage,
    /// Whoever asks has taken as much as they may.
    #[error(transparent)]
    UsedUp(#[from] UsedUp),
    /// No interface takes exactly these inputs.
    #[error("{0}")]
    Interface(String),
    /// Inputs are wrong; by socket.
    #[error("{} inputs are refused", .0.len())]
    Inputs(BTreeMap<String, Vec<String>>),
    /// It can never run here.
    #[error("this can never run here: {0}")]
    Unfit(#[from] Unfit),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Submits a job; it is queued when all its inputs are there.
///
/// # Errors
/// When it is not accepted.
pub async fn submit(
    worker: &Worker,
    submission: &Submission,
    most_active: u64,
) -> Result<JobId, SubmitError> {
    submit_from(worker, submission, &JobOrigin::default(), most_active).await
}

/// [`submit`] for a job that comes from somewhere.
///
/// # Errors
/// When it is not accepted.
pub async fn submit_from(
    worker: &Worker,
    submission: &Submission,
    origin: &JobOrigin,
    most_active: u64,
) -> Result<JobId, SubmitError> {
    let store = worker.store();
    let viewer = submission.viewer;
    let (algorithm, image) = runnable(store, viewer, submission.algorithm).await?;
    let interface = interface(&algorithm, &submission.inputs)?;
    worker.settings().capacity.admits(&algorithm.limits)?;
    if let Some(account) = viewer.account {
        let mut used_up = quota::against_job(store, account, most_active)
            .await?
            .into_iter();
        if let Some(used_up) = used_up.next() {
            return Err(used_up.into());
        }
    }
    let accepted = accept_all(store, viewer, interface, &submission.inputs).await?;
    let model = store.active_algorithm_model(algorithm.id).await?;
    let imports: Vec<_> = accepted
        .uploads
        .into_iter()
        .map(|(socket, uploads)| (socket, ImageImportId::new(), uploads))
        .collect();
    let job = NewJob {
        algorithm: algorithm.id,
        image: image.id,
        model: model.map(|model| model.id),
        interface: interface.id,
        creator: viewer.account,
        archive_run: submission.archive_run,
        limits: algorithm.limits.clone(),
        inputs: accepted.ready,
        pending: imports
            .iter()
            .map(|(socket, id, _)| Pending {
                socket: socket.id,
                source: PendingSource::Import(*id),
            })
            .collect(),
    };
    let now = Timestamp::now();
    let id = store.submit_from(&job, origin, now).await?;
    for (socket, import, uploads) in imports {
        let target = ImportTarget::Job {
            job: id,
            socket: socket.id,
        };
        store
            .create_image_import((import, viewer.account), &uploads, target, now)
            .await?;
    }
    worker.ring(id);
    worker.ring_imports();
    Ok(id)
}

/// The algorithm and the image that its jobs use now.
pub(crate) async fn runnable(
    store: &Store,
    viewer: Viewer,
    algorithm: AlgorithmId,
) -> Result<(StoredAlgorithm, AlgorithmImage), SubmitError> {
    let found = store.algorithm(algorithm).await?;
    let found = found.ok_or(SubmitError::Algorithm)?;
    if !store.may_run_algorithm(viewer, algorithm).await? {
        return Err(SubmitError::Algorithm);
    }
    let image = store.active_algorithm_image(algorithm).await?;
    Ok((found, image.ok_or(SubmitError::NoImage)?))
}

/// The one interface that takes exactly these inputs.
fn interface<'a>(
    algorithm: &'a StoredAlgorithm,
    inputs: &[(Slug, InputSource)],
) -> Result<&'a StoredInterface, SubmitError> {
    let given: BTreeSet<Slug> = inputs.iter().map(|(slug, _)| slug.clone()).collect();
    if given.len() != inputs.len() {
        return Err(SubmitError::Interface(
            "an input socket is given twice, expected each once".to_owned(),
        ));
    }
    let domain = algorithm.to_domain();
    domain
        .choose_interface(&given)
        .map_err(|error| SubmitError::Interface(error.to_string()))?;
    let is_given = |interface: &&StoredInterface| {
        let slugs = interface.inputs.iter();
        slugs
            .map(|socket| socket.socket.slug.clone())
            .collect::<BTreeSet<_>>()
            == given
    };
    let found = algorithm.interfaces.iter().find(is_given);
    found.ok_or_else(|| SubmitError::Interface("the interface is no longer there".to_owned()))
}

/// Inputs that were judged.
#[derive(Default)]
struct Accepted {
    ready: Vec<JobInput>,
    uploads: Vec<(StoredSocket, Vec<store::ids::UploadId>)>,
}

async fn accept_all(
    store: &Store,
    viewer: Viewer,
    interface: &StoredInterface,
    inputs: &[(Slug, InputSource)],
) -> Result<Accepted, SubmitError> {
    let mut accepted = Accepted::default();
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slug, source) in inputs {
        let socket = interface.inputs.iter().find(|one| one.socket.slug == *slug);
        let socket = socket.expect("the interface has exactly these inputs");
        match judge(store, viewer, socket, source).await {
            Ok(Judged::Ready(input)) => accepted.ready.push(input),
            Ok(Judged::Import(uploads)) => {
                accepted.uploads.push((socket.clone(), uploads));
            }
            Err(RefuseSource::Refused(why)) => {
                problems.entry(slug.to_string()).or_default().extend(why);
            }
            Err(RefuseSource::Store(error)) => return Err(error.into()),
        }
    }
    if problems.is_empty() {
        Ok(accepted)
    } else {
        Err(SubmitError::Inputs(problems))
    }
}

/// Whether files of this socket become images first.
fn takes_images(socket: &StoredSocket) -> bool {
    socket.socket.super_kind() == SuperKind::Image
}

/// Somebody whose uploads may be used.
fn owner(viewer: Viewer) -> Result<AccountId, RefuseSource> {
    viewer
        .account
        .ok_or_else(|| RefuseSource::Refused(vec!["uploads need a login".to_owned()]))
}
