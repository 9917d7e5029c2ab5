//! Which queued job may start now, and which never can.

use std::collections::HashMap;

use domain::{GpuRequest, Limits};
use store::ids::{AccountId, AlgorithmId, JobId};
use store::jobs::Candidate;

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
    running: HashMap<JobId, Candidate>,
}

impl Admission {
    pub(super) fn new(capacity: Capacity, caps: Caps) -> Admission {
        Admission {
            capacity,
            caps,
            running: HashMap::new(),
        }
    }

    /// Whether it may start beside what runs.
    pub(super) fn fits(&self, job: &Candidate) -> bool {
        let taken = |amount: fn(&Limits) -> u64| -> u64 {
            let running = self.running.values().map(|job| amount(&job.limits));
            running.fold(amount(&job.limits), u64::saturating_add)
        };
        let of_account = |account: Option<AccountId>| {
            let same = self.running.values();
            same.filter(|other| other.creator == account).count()
        };
        let of_algorithm = |algorithm: AlgorithmId| {
            let same = self.running.values();
            same.filter(|other| other.algorithm == algorithm).count()
        };
        self.running.len() < self.caps.jobs
            && (job.creator.is_none() || of_account(job.creator) < self.caps.per_account)
            && of_algorithm(job.algorithm) < self.caps.per_algorithm
            && taken(|limits| limits.memory_bytes) <= self.capacity.memory
            && taken(millicpus) <= self.capacity.millicpus
            && taken(|limits| limits.disk_bytes) <= self.capacity.disk
            && taken(gpus) <= self.capacity.gpus
    }

    pub(super) fn enter(&mut self, job: &Candidate) {
        self.running.insert(job.id, job.clone());
    }

    pub(super) fn leave(&mut self, job: JobId) {
        self.running.remove(&job);
    }
}

#[cfg(test)]
mod tests {
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
        assert!(!admission.fits(&candidate(1, ada)));
        assert!(admission.fits(&candidate(1, bea)));
        admission.enter(&candidate(1, bea));
        assert!(!admission.fits(&candidate(1, bea)), "three in all");
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
