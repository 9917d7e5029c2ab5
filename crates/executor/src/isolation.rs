//! The isolation report: what was asked, what the kernel showed, and whether the two agree.
//!
//! The sandbox judges; here its findings get the names that jobs know.

use std::collections::BTreeSet;

use crate::kinds::Executor;
use container::sandbox::{ContainerPlan, Finding, KernelFacts, findings};
use domain::{GpuRecord, Guarantee, GuaranteeRecord, IsolationReport, Verdict};

/// Guarantee by guarantee, what the sandbox found.
pub(crate) fn report(
    (plan, gpu): (&ContainerPlan, Option<&GpuRecord>),
    facts: &KernelFacts,
    executor: &dyn Executor,
    waived: &BTreeSet<Guarantee>,
) -> IsolationReport {
    IsolationReport {
        runtime: executor.runtime(),
        guarantees: findings(plan, facts)
            .into_iter()
            .map(|finding| record(finding, executor, waived))
            .collect(),
        facts: serde_json::to_value(facts).expect("facts hold nothing that JSON cannot"),
        gpu: gpu.cloned(),
    }
}

fn record(
    finding: Finding,
    executor: &dyn Executor,
    waived: &BTreeSet<Guarantee>,
) -> GuaranteeRecord {
    // A promise that is kept all the same needs no excuse.
    let lacks = executor.lacks(finding.promise).filter(|_| !finding.kept);
    let guarantee = Guarantee::from_name(finding.promise)
        .expect("sandbox and jobs have the same names, as a test shows");
    GuaranteeRecord {
        guarantee,
        asked: finding.asked,
        in_force: match &lacks {
            Some(why) => {
                let kind = executor.kind().name();
                format!("not provided by {kind}: {why}; found {}", finding.in_force)
            }
            None => finding.in_force,
        },
        verdict: match (finding.kept, lacks.is_some() || waived.contains(&guarantee)) {
            (true, _) => Verdict::Kept,
            (false, true) => Verdict::Waived,
            (false, false) => Verdict::Broken,
        },
        source: finding.source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promise_of_the_sandbox_is_a_guarantee() {
        let promises = container::sandbox::promises();
        let names: Vec<&str> = Guarantee::ALL
            .iter()
            .map(|guarantee| guarantee.name())
            .collect();
        assert_eq!(promises, names);
    }
}
