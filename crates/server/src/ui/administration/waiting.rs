//! Why a queued job does not run yet.

use std::collections::HashMap;

use domain::{GpuRequest, Limits};
use store::ids::AccountId;
use store::jobs::StandingJob;

use crate::ui::quantity::{bytes, counted};
use crate::worker::{Capacity, Caps};

/// Everything that keeps a job from starting beside what runs; empty when only its turn has not come.
pub(super) fn reasons(
    job: &StandingJob,
    running: &[StandingJob],
    (capacity, caps): (&Capacity, Caps),
    quotas: &HashMap<AccountId, u64>,
) -> Vec<String> {
    if let Err(unfit) = capacity.admits(&job.limits) {
        return vec![format!("{unfit}: it can never run here")];
    }
    let mut reasons = Vec::new();
    let same = |of: &dyn Fn(&StandingJob) -> bool| running.iter().filter(|other| of(other)).count();
    if running.len() >= caps.jobs {
        reasons.push(format!(
            "{} at once are the most for this server",
            counted(caps.jobs as u64, "job", "jobs")
        ));
    }
    let whose = job.username.as_deref().unwrap_or("this person");
    let of_person = same(&|other| other.creator == job.creator) as u64;
    match job.creator.and_then(|creator| quotas.get(&creator)) {
        Some(most) if of_person >= *most => reasons.push(format!(
            "{whose} has a quota of {} at once, {of_person} run",
            counted(*most, "job", "jobs")
        )),
        None if job.creator.is_some() && of_person >= caps.per_account as u64 => {
            reasons.push(format!(
                "{whose} has {of_person} running, the most for one person"
            ));
        }
        Some(_) | None => {}
    }
    if same(&|other| other.algorithm == job.algorithm) >= caps.per_algorithm {
        reasons.push(format!(
            "{} of the algorithm run, the most for one",
            caps.per_algorithm
        ));
    }
    let percent = |millis: u64| format!("{} %", millis / 10);
    let count = |number: u64| number.to_string();
    let wants: [(&str, Amount, u64, Words<'_>); 4] = [
        ("memory", memory, capacity.memory, &bytes),
        ("processor time", millicpus, capacity.millicpus, &percent),
        ("disk", disk, capacity.disk, &bytes),
        ("GPUs", gpus, capacity.gpus, &count),
    ];
    for (what, amount, has, text) in wants {
        let taken = running.iter().map(|other| amount(&other.limits));
        let free = has.saturating_sub(taken.fold(0, u64::saturating_add));
        let needs = amount(&job.limits);
        if needs > free {
            reasons.push(format!(
                "needs {} of {what}, {} of {} are free",
                text(needs),
                text(free),
                text(has)
            ));
        }
    }
    reasons
}

/// An amount as people read it.
pub(super) type Words<'a> = &'a dyn Fn(u64) -> String;

/// How much of something a job may use.
pub(super) type Amount = fn(&Limits) -> u64;

pub(super) fn memory(limits: &Limits) -> u64 {
    limits.memory_bytes
}

pub(super) fn disk(limits: &Limits) -> u64 {
    limits.disk_bytes
}

pub(super) fn millicpus(limits: &Limits) -> u64 {
    u64::from(limits.cpu_percent) * 10
}

pub(super) fn gpus(limits: &Limits) -> u64 {
    u64::from(limits.gpu != GpuRequest::None)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use store::ids::{AlgorithmId, JobId};

    use super::*;

    fn job(memory_bytes: u64, creator: AccountId) -> StandingJob {
        StandingJob {
            id: JobId::new(),
            algorithm: AlgorithmId::new(),
            algorithm_slug: String::new(),
            algorithm_title: String::new(),
            creator: Some(creator),
            username: Some("ada".to_owned()),
            state: "queued".to_owned(),
            state_since: Timestamp::UNIX_EPOCH,
            created_at: Timestamp::UNIX_EPOCH,
            limits: Limits {
                memory_bytes,
                cpu_percent: 100,
                disk_bytes: 1,
                ..Limits::default()
            },
            is_cancelled: false,
            pending: 0,
        }
    }

    #[test]
    fn each_shortage_is_named_with_its_numbers() {
        let capacity = Capacity {
            memory: 10_000_000_000,
            millicpus: 4000,
            disk: 10,
            gpus: 0,
        };
        let caps = Caps {
            jobs: 3,
            per_account: 1,
            per_algorithm: 2,
        };
        let (ada, bea) = (AccountId::new(), AccountId::new());
        let cleo = AccountId::new();
        let quotas = HashMap::from([(cleo, 0)]);
        let running = [job(6_000_000_000, ada)];
        let why = |job: &StandingJob| reasons(job, &running, (&capacity, caps), &quotas);
        assert!(why(&job(4_000_000_000, bea)).is_empty());
        assert_eq!(
            why(&job(6_000_000_000, bea)),
            ["needs 6.0 GB of memory, 4.0 GB of 10.0 GB are free"]
        );
        assert_eq!(
            why(&job(1, ada)),
            ["ada has 1 running, the most for one person"]
        );
        assert_eq!(
            why(&job(1, cleo)),
            ["ada has a quota of 0 jobs at once, 0 run"]
        );
        let never = why(&job(11_000_000_000, bea));
        assert!(never[0].ends_with("it can never run here"), "{never:?}");
    }
}
