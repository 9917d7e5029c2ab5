//! One algorithm over a whole archive: which items fit, and one transaction with all their jobs.

use std::collections::BTreeSet;

use domain::Slug;
use jiff::Timestamp;
use store::algorithms::StoredAlgorithm;
use store::archives::{Archive, ArchiveItem, SkippedItem};
use store::ids::{AlgorithmId, ArchiveRunId, InterfaceId};
use store::interfaces::StoredInterface;
use store::jobs::{JobInput, JobOrigin, NewJob};
use store::{Page, Viewer};

use crate::quota;
use crate::submit::{SubmitError, runnable};
use crate::worker::Worker;

/// Items of a run; all their jobs are written in one transaction.
pub const MOST_ITEMS: u64 = 20_000;
/// Items that are read in one go.
const BATCH: u64 = 1000;

/// A run could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RunArchiveError {
    /// The archive is too large for one run.
    #[error("the archive has {0} items, expected at most {MOST_ITEMS} for one run")]
    TooLarge(u64),
    /// No item fits, so there is nothing to run.
    #[error("no item of the archive fits: {0}")]
    NothingFits(String),
    /// The algorithm cannot be run.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl From<store::StoreError> for RunArchiveError {
    fn from(error: store::StoreError) -> Self {
        Self::Submit(error.into())
    }
}

/// Starts a job for each item that fits an interface; the others are noted with the reason.
///
/// # Errors
/// When the algorithm cannot be run here, or no item fits.
pub async fn run_archive(
    worker: &Worker,
    viewer: Viewer,
    (archive, algorithm): (&Archive, AlgorithmId),
) -> Result<ArchiveRunId, RunArchiveError> {
    let store = worker.store();
    let (algorithm, like) = template(worker, viewer, algorithm).await?;
    let (jobs, skipped) = plan(worker, (viewer, archive), &algorithm, &like).await?;
    if jobs.is_empty() {
        let why = skipped.first().map(|item| item.reason.clone());
        let why = why.unwrap_or_else(|| "it is empty".to_owned());
        return Err(RunArchiveError::NothingFits(why));
    }
    if let Some(account) = viewer.account
        && let Some(used_up) = quota::against_run(store, account, jobs.len() as u64).await?
    {
        return Err(SubmitError::from(used_up).into());
    }
    let run = store
        .start_archive_run(
            (archive.id, algorithm.id),
            viewer.account,
            (&skipped, &jobs),
            Timestamp::now(),
        )
        .await?;
    worker.ring_all();
    Ok(run)
}

/// The algorithm, and a job of it that has no inputs yet.
async fn template(
    worker: &Worker,
    viewer: Viewer,
    algorithm: AlgorithmId,
) -> Result<(StoredAlgorithm, NewJob), RunArchiveError> {
    let store = worker.store();
    let (algorithm, image) = runnable(store, viewer, algorithm).await?;
    let capacity = &worker.settings().capacity;
    capacity
        .admits(&algorithm.limits)
        .map_err(SubmitError::from)?;
    let model = store.active_algorithm_model(algorithm.id).await?;
    let like = NewJob {
        algorithm: algorithm.id,
        image: image.id,
        model: model.map(|model| model.id),
        interface: algorithm
            .interfaces
            .first()
            .map_or_else(InterfaceId::new, |interface| interface.id),
        creator: viewer.account,
        archive_run: None,
        limits: algorithm.limits.clone(),
        inputs: Vec::new(),
        pending: Vec::new(),
    };
    Ok((algorithm, like))
}

/// What a run would do.
#[derive(Debug, Default)]
pub struct RunPreview {
    /// How many items each interface would take, by the names of its inputs.
    pub interfaces: Vec<(Vec<String>, u64)>,
    /// Items that fit none.
    pub skipped: Vec<SkippedItem>,
}

/// What [`run_archive`] would do; nothing is started.
///
/// # Errors
/// As there, but for an archive of which no item fits.
pub async fn preview(
    worker: &Worker,
    viewer: Viewer,
    (archive, algorithm): (&Archive, AlgorithmId),
) -> Result<RunPreview, RunArchiveError> {
    let (algorithm, like) = template(worker, viewer, algorithm).await?;
    let (jobs, skipped) = plan(worker, (viewer, archive), &algorithm, &like).await?;
    let interfaces = algorithm.interfaces.iter().map(|interface| {
        let inputs = interface.inputs.iter();
        let names = inputs.map(|input| input.socket.slug.to_string());
        let taken = jobs.iter().filter(|(job, _)| job.interface == interface.id);
        (names.collect(), taken.count() as u64)
    });
    Ok(RunPreview {
        interfaces: interfaces.collect(),
        skipped,
    })
}

/// Jobs, and where each comes from.
type Planned = Vec<(NewJob, JobOrigin)>;

/// A job like `like` for each item that fits, and the items that do not.
async fn plan(
    worker: &Worker,
    (viewer, archive): (Viewer, &Archive),
    algorithm: &StoredAlgorithm,
    like: &NewJob,
) -> Result<(Planned, Vec<SkippedItem>), RunArchiveError> {
    let store = worker.store();
    let (mut jobs, mut skipped) = (Vec::new(), Vec::new());
    let mut offset = 0;
    loop {
        let page = Page {
            offset,
            limit: BATCH,
        };
        let found = store.archive_items(viewer, Some(archive.id), page).await?;
        if found.count > MOST_ITEMS {
            return Err(RunArchiveError::TooLarge(found.count));
        }
        for item in &found.items {
            match fitting(algorithm, item) {
                Ok(interface) => jobs.push((
                    NewJob {
                        interface: interface.id,
                        inputs: inputs(interface, item),
                        ..like.clone()
                    },
                    JobOrigin {
                        archive_item: Some((item.id, item.title.clone())),
                        retry_of: None,
                    },
                )),
                Err(reason) => skipped.push(SkippedItem {
                    item: item.id,
                    reason,
                }),
            }
        }
        offset += BATCH;
        if offset >= found.count {
            return Ok((jobs, skipped));
        }
    }
}

/// The interface that takes most of what the item holds; values that it does not take are left out.
fn fitting<'a>(
    algorithm: &'a StoredAlgorithm,
    item: &ArchiveItem,
) -> Result<&'a StoredInterface, String> {
    let held: BTreeSet<&Slug> = item
        .values
        .iter()
        .map(|value| &value.socket.socket.slug)
        .collect();
    let fits = |interface: &&StoredInterface| {
        let mut inputs = interface.inputs.iter();
        inputs.all(|input| held.contains(&input.socket.slug))
    };
    let fitting = algorithm.interfaces.iter().filter(fits);
    let best = fitting.max_by_key(|interface| (interface.inputs.len(), interface.id));
    best.ok_or_else(|| {
        let list = |slugs: Vec<String>| format!("[{}]", slugs.join(", "));
        let name = |slug: &Slug| format!("`{slug}`");
        let held = list(held.iter().map(|slug| name(slug)).collect());
        let wanted: Vec<String> = algorithm
            .interfaces
            .iter()
            .map(|interface| {
                let inputs = interface.inputs.iter();
                list(inputs.map(|input| name(&input.socket.slug)).collect())
            })
            .collect();
        format!(
            "it holds {held}, expected all of {}",
            wanted.join(" or all of ")
        )
    })
}

fn inputs(interface: &StoredInterface, item: &ArchiveItem) -> Vec<JobInput> {
    let taken = item.values.iter().filter(|value| {
        let mut inputs = interface.inputs.iter();
        inputs.any(|input| input.id == value.socket.id)
    });
    taken.map(|value| JobInput::Existing(value.id)).collect()
}
