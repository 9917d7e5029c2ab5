//! What a job will need, whether this machine can give it, and how long the queue is: said before anything is sent.

use store::algorithms::StoredAlgorithm;

use crate::quota;
use crate::state::AppState;
use crate::ui::jobs::waiting::{self, Waiting};
use crate::ui::jobs::{limits, sentence};
use crate::ui::problem::PageError;
use crate::ui::quantity::{counted, seconds};
use crate::ui::visitor::Visitor;

/// What a job will need.
pub(super) struct Needs {
    pub(super) limits: Vec<(&'static str, String)>,
    /// Why nothing can be submitted now.
    pub(super) refusals: Vec<String>,
    /// How long it usually takes.
    pub(super) usual: Option<String>,
    pub(super) queue: String,
}

impl Needs {
    pub(super) async fn of(
        state: &AppState,
        visitor: &Visitor,
        algorithm: &StoredAlgorithm,
    ) -> Result<Needs, PageError> {
        let store = state.store();
        let mut refusals = Vec::new();
        if store.active_algorithm_image(algorithm.id).await?.is_none() {
            refusals.push("It has no container image that can run yet.".to_owned());
        }
        let capacity = &state.worker().settings().capacity;
        if let Err(unfit) = capacity.admits(&algorithm.limits) {
            refusals.push(format!("It can never run here: {unfit}."));
        }
        let account = visitor.require()?.id;
        let most = state.config().jobs.most_active_per_user;
        let used_up = quota::against_job(store, account, most).await?;
        refusals.extend(used_up.iter().map(|one| sentence(&one.to_string())));
        Ok(Needs {
            limits: limits(&algorithm.limits),
            refusals,
            usual: algorithm.average_seconds.map(seconds),
            queue: words(waiting::before(state, None).await?),
        })
    }
}

fn words(waiting: Waiting) -> String {
    let running = counted(waiting.running, "job runs", "jobs run");
    match (waiting.ahead, waiting.seconds) {
        (0, _) => format!("Nobody waits; {running} now."),
        (ahead, None) => format!(
            "{} before yours; {running} now.",
            counted(ahead, "job waits", "jobs wait")
        ),
        (ahead, Some(time)) => format!(
            "{} before yours, about {}; {running} now.",
            counted(ahead, "job waits", "jobs wait"),
            seconds(time)
        ),
    }
}
