//! What would become of a submission, without submitting it: every answer at once.

use std::collections::BTreeMap;

use domain::Limits;
use store::StoreError;

use super::{RefuseSource, Submission, SubmitError, interface, judge};
use crate::quota;
use crate::worker::Worker;

/// What is known before a submission.
#[derive(Debug)]
pub struct SubmitCheck {
    /// Inputs and outputs of the interface that takes exactly these inputs; `None`: there is none.
    pub interface: Option<(Vec<String>, Vec<String>)>,
    /// What is wrong with single inputs, by socket.
    pub inputs: BTreeMap<String, Vec<String>>,
    /// What is wrong with the submission as a whole: no version, no interface, too many jobs, more than the machine has.
    pub problems: Vec<String>,
    /// Why it can never run here; `None`: it can.
    pub unfit: Option<String>,
    /// What a job may use.
    pub limits: Limits,
    /// Jobs that wait in all.
    pub queued: u64,
    /// Jobs that run now.
    pub running: u64,
}

impl SubmitCheck {
    /// Whether it would be accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.inputs.is_empty() && self.problems.is_empty()
    }
}

/// Judges a submission; nothing is kept of it. Uploaded images are looked at when the job is submitted, not before.
///
/// # Errors
/// `SubmitError::Algorithm` for an algorithm that whoever asks may not run, and when the database fails.
pub async fn check(
    worker: &Worker,
    submission: &Submission,
    most_active: u64,
) -> Result<SubmitCheck, SubmitError> {
    let (store, viewer) = (worker.store(), submission.viewer);
    let found = store.algorithm(submission.algorithm).await?;
    let algorithm = found.ok_or(SubmitError::Algorithm)?;
    if !store.may_run_algorithm(viewer, algorithm.id).await? {
        return Err(SubmitError::Algorithm);
    }
    let mut problems = Vec::new();
    if store.active_algorithm_image(algorithm.id).await?.is_none() {
        problems.push(SubmitError::NoImage.to_string());
    }
    let chosen = match interface(&algorithm, &submission.inputs) {
        Ok(chosen) => Some(chosen),
        Err(problem) => {
            problems.push(problem.to_string());
            None
        }
    };
    let unfit = worker.settings().capacity.admits(&algorithm.limits).err();
    problems.extend(unfit.clone().map(|why| SubmitError::Unfit(why).to_string()));
    if let Some(account) = viewer.account {
        let used_up = quota::against_job(store, account, most_active).await?;
        problems.extend(used_up.iter().map(ToString::to_string));
    }
    let slugs = |sockets: &[store::sockets::StoredSocket]| -> Vec<String> {
        let slugs = sockets.iter().map(|stored| stored.socket.slug.to_string());
        slugs.collect()
    };
    Ok(SubmitCheck {
        interface: chosen.map(|found| (slugs(&found.inputs), slugs(&found.outputs))),
        inputs: judge_all(worker, submission, &algorithm).await?,
        problems,
        unfit: unfit.map(|why| why.to_string()),
        limits: algorithm.limits,
        queued: store.count_queued_jobs().await?,
        running: worker.live().count() as u64,
    })
}

/// What is wrong with each input, whether or not they fit an interface together.
async fn judge_all(
    worker: &Worker,
    submission: &Submission,
    algorithm: &store::algorithms::StoredAlgorithm,
) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (slug, source) in &submission.inputs {
        let mut inputs = algorithm.interfaces.iter().flat_map(|one| &one.inputs);
        let Some(socket) = inputs.find(|one| one.socket.slug == *slug) else {
            let why = format!("the algorithm has no input `{slug}`");
            problems.entry(slug.to_string()).or_default().push(why);
            continue;
        };
        match judge(worker.store(), submission.viewer, socket, source).await {
            Ok(_) => {}
            Err(RefuseSource::Refused(why)) => {
                problems.entry(slug.to_string()).or_default().extend(why);
            }
            Err(RefuseSource::Store(error)) => return Err(error),
        }
    }
    Ok(problems)
}
