//! Which queued job may start now, and which never can.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use domain::{GpuRequest, Limits};
use store::ids::{AccountId, JobId};
use store::jobs::{Candidate, Room};

/// For so long, smaller jobs may pass one that waits for memory, processors or disk; then they wait until it has them.
pub(super) const PASSED_BY: Duration = Duration::from_secs(30);

/// What all jobs may use together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// Bytes.
    pub memory: u64,
    /// Thousandths of a processor.
    pub millicpus: u64,
    /// Bytes.
    pub disk: u64,
    /// How many GPUs there are.
    pub gpus: u64,
}

/// How many jobs may run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// In all.
    pub jobs: usize,
    /// Of one person.
    pub per_account: usize,
    /// Of one algorithm.
    pub per_algorithm: usize,
}

/// Why a job can never run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the job needs {needs} of {what}, this machine gives at most {has}")]
pub struct Unfit {
    what: &'static str,
    needs: String,
    has: String,
}

impl Capacity {
    /// Whether a job with these limits could run if nothing else did.
    ///
    /// # Errors
    /// With the first resource of which there is too little.
    pub fn admits(&self, limits: &Limits) -> Result<(), Unfit> {
        let bytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
        let cpus = |millis: u64| format!("{} %", millis / 10);
        let wants = [
            (
                "memory",
                limits.memory_bytes,
                self.memory,
                &bytes as &dyn Fn(u64) -> String,
            ),
            ("processor time", millicpus(limits), self.millicpus, &cpus),
            ("disk", limits.disk_bytes, self.disk, &bytes),
            ("GPUs", gpus(limits), self.gpus, &|count| count.to_string()),
        ];
        match wants.into_iter().find(|(_, needs, has, _)| needs > has) {
            None => Ok(()),
            Some((what, needs, has, text)) => Err(Unfit {
                what,
                needs: text(needs),
                has: text(has),
            }),
        }
    }
}

fn millicpus(limits: &Limits) -> u64 {
    u64::from(limits.cpu_percent) * 10
}

fn gpus(limits: &Limits) -> u64 {
    u64::from(limits.gpu != GpuRequest::None)
}

/// What runs, and what it takes.
pub(super) struct Admission {
    capacity: Capacity,
    caps: Caps,
    /// Of people for whom another number than `caps.per_account` was said.
    quotas: HashMap<AccountId, u64>,
    running: HashMap<JobId, Candidate>,
    /// Whose turn it is, and since when there is no room for it.
    waits: Option<(JobId, Instant)>,
}

impl Admission {
    pub(super) fn new(capacity: Capacity, caps: Caps) -> Admission {
        Admission {
            capacity,
            caps,
            quotas: HashMap::new(),
            running: HashMap::new(),
            waits: None,
        }
    }

    /// How many jobs of these people may run at the same time.
    pub(super) fn set_quotas(&mut self, quotas: HashMap<AccountId, u64>) {
        self.quotas = quotas;
    }

    /// Whether there are as many jobs as there may be.
    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= self.caps.jobs
    }

    /// For whoever's turn it is: everything, but for people and algorithms that have as much as they may.
    pub(super) fn any_room(&self) -> Room {
        let algorithm = |job: &Candidate| Some(job.algorithm);
        Room {
            memory: u64::MAX,
            millicpus: u64::MAX,
            disk: u64::MAX,
            gpus: u64::MAX,
            but_not_of: self.people_at_cap(),
            but_not: at_cap(&self.counts(algorithm), |_| self.caps.per_algorithm),
        }
    }

    /// For those behind: what is left.
    pub(super) fn room(&self) -> Room {
        let left = |has: u64, amount: fn(&Limits) -> u64| {
            let taken = self.running.values().map(|job| amount(&job.limits));
            has.saturating_sub(taken.fold(0, u64::saturating_add))
        };
        Room {
            memory: left(self.capacity.memory, |limits| limits.memory_bytes),
            millicpus: left(self.capacity.millicpus, millicpus),
            disk: left(self.capacity.disk, |limits| limits.disk_bytes),
            gpus: left(self.capacity.gpus, gpus),
            ..self.any_room()
        }
    }

    fn people_at_cap(&self) -> Vec<AccountId> {
        let mut counts = self.counts(|job| job.creator);
        // Who may run nothing at all is at that even with nothing.
        for person in self.quotas.keys() {
            counts.entry(*person).or_default();
        }
        at_cap(&counts, |person| match self.quotas.get(person) {
            Some(most) => usize::try_from(*most).unwrap_or(usize::MAX),
            None => self.caps.per_account,
        })
    }

    fn counts<T: Eq + Hash>(&self, of: fn(&Candidate) -> Option<T>) -> HashMap<T, usize> {
        let mut counts: HashMap<T, usize> = HashMap::new();
        for one in self.running.values().filter_map(of) {
            *counts.entry(one).or_default() += 1;
        }
        counts
    }

    /// Whether it may start beside what runs.
    pub(super) fn fits(&self, job: &Candidate) -> bool {
        self.lacks(job).is_empty()
    }

    fn lacks(&self, job: &Candidate) -> Vec<&'static str> {
        let room = self.room();
        let limits = &job.limits;
        let wants = [
            ("memory", limits.memory_bytes, room.memory),
            ("processors", millicpus(limits), room.millicpus),
            ("disk", limits.disk_bytes, room.disk),
            (GPU, gpus(limits), room.gpus),
        ];
        let too_much = wants.into_iter().filter(|(_, needs, left)| needs > left);
        too_much.map(|(what, ..)| what).collect()
    }

    /// Whether those behind may pass the job whose turn it is and for which there is no room. For a while they may; then
    /// they may not, or a large job would wait for ever while small ones come and go. One that waits for a GPU holds up
    /// nobody: what it does not use meanwhile would help it nothing.
    pub(super) fn may_be_passed(&mut self, job: &Candidate, now: Instant) -> bool {
        let since = match self.waits {
            Some((waiting, since)) if waiting == job.id => since,
            Some(_) | None => {
                self.waits = Some((job.id, now));
                now
            }
        };
        now.duration_since(since) < PASSED_BY || self.lacks(job).contains(&GPU)
    }

    pub(super) fn enter(&mut self, job: &Candidate) {
        self.running.insert(job.id, job.clone());
    }

    pub(super) fn leave(&mut self, job: JobId) {
        self.running.remove(&job);
    }
}

/// Those who have as many as they may.
fn at_cap<T: Copy>(counts: &HashMap<T, usize>, cap: impl Fn(&T) -> usize) -> Vec<T> {
    let full = counts.iter().filter(|(one, count)| **count >= cap(one));
    full.map(|(one, _)| *one).collect()
}

/// The resource that nothing else stands in for.
const GPU: &str = "GPU";

#[cfg(test)]
mod tests {
    use store::ids::AlgorithmId;

    use super::*;

    fn admission() -> Admission {
        let capacity = Capacity {
            memory: 10,
            millicpus: 4000,
            disk: 10,
            gpus: 1,
        };
        let caps = Caps {
            jobs: 3,
            per_account: 2,
            per_algorithm: 2,
        };
        Admission::new(capacity, caps)
    }

    fn candidate(memory_bytes: u64, account: AccountId) -> Candidate {
        Candidate {
            id: JobId::new(),
            creator: Some(account),
            algorithm: AlgorithmId::new(),
            limits: Limits {
                memory_bytes,
                cpu_percent: 100,
                disk_bytes: 1,
                ..Limits::default()
            },
        }
    }

    #[test]
    fn resources_are_shared_and_given_back() {
        let mut admission = admission();
        let (ada, bea) = (AccountId::new(), AccountId::new());
        let first = candidate(6, ada);
        assert!(admission.fits(&first));
        admission.enter(&first);
        assert!(!admission.fits(&candidate(6, bea)));
        assert!(admission.fits(&candidate(4, bea)));
        assert_eq!(admission.room().memory, 4);
        admission.leave(first.id);
        assert!(admission.fits(&candidate(6, bea)));
    }

    #[test]
    fn nobody_takes_everything() {
        let mut admission = admission();
        let (ada, bea) = (AccountId::new(), AccountId::new());
        for _ in 0..2 {
            admission.enter(&candidate(1, ada));
        }
        assert_eq!(admission.any_room().but_not_of, [ada]);
        assert!(!admission.is_full());
        admission.enter(&candidate(1, bea));
        assert!(admission.is_full(), "three in all");
    }

    #[test]
    fn a_quota_stands_above_what_everybody_may() {
        let mut admission = admission();
        let (ada, bea, cleo) = (AccountId::new(), AccountId::new(), AccountId::new());
        admission.set_quotas(HashMap::from([(ada, 1), (bea, 3), (cleo, 0)]));
        assert_eq!(admission.any_room().but_not_of, [cleo]);
        admission.enter(&candidate(1, ada));
        for _ in 0..2 {
            admission.enter(&candidate(1, bea));
        }
        let full = admission.any_room().but_not_of;
        assert!(full.contains(&ada) && full.contains(&cleo) && full.len() == 2);
    }

    #[test]
    fn no_algorithm_takes_everything() {
        let mut admission = admission();
        let first = candidate(1, AccountId::new());
        let mut second = candidate(1, AccountId::new());
        second.algorithm = first.algorithm;
        admission.enter(&first);
        assert!(admission.any_room().but_not.is_empty());
        admission.enter(&second);
        assert_eq!(admission.room().but_not, [first.algorithm]);
    }

    #[test]
    fn a_large_job_is_passed_by_small_ones_but_not_for_ever() {
        let mut admission = admission();
        admission.enter(&candidate(3, AccountId::new()));
        let large = candidate(10, AccountId::new());
        let start = Instant::now();
        assert!(!admission.fits(&large));
        assert!(admission.may_be_passed(&large, start));
        assert!(admission.may_be_passed(&large, start + PASSED_BY / 2));
        assert!(!admission.may_be_passed(&large, start + PASSED_BY));
        let other = candidate(9, AccountId::new());
        let later = start + 2 * PASSED_BY;
        assert!(
            admission.may_be_passed(&other, later),
            "each has its own time"
        );
    }

    #[test]
    fn a_job_that_waits_for_a_gpu_holds_up_nobody() {
        let mut admission = admission();
        let mut first = candidate(1, AccountId::new());
        first.limits.gpu = GpuRequest::Any;
        let mut second = candidate(10, AccountId::new());
        second.limits.gpu = GpuRequest::Any;
        admission.enter(&first);
        assert_eq!(admission.room().gpus, 0);
        let start = Instant::now();
        admission.may_be_passed(&second, start);
        assert!(admission.may_be_passed(&second, start + 10 * PASSED_BY));
    }

    #[test]
    fn what_can_never_run_says_why() {
        let limits = candidate(11_000_000_000, AccountId::new()).limits;
        let problem = admission().capacity.admits(&limits).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "the job needs 11.0 GB of memory, this machine gives at most 0.0 GB"
        );
    }
}
