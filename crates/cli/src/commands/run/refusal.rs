//! A problem met before there was anything to run, as the report that `--json` owes its reader.

use std::collections::BTreeMap;

use domain::{Failure, FailureReason, RunReport, RunStatus, Timings};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// The report.
pub(super) fn report(problem: &Problem, algorithm: &str) -> RunReport {
    let reason = match problem.status() {
        ExitStatus::ImageRefused => FailureReason::ImageUnusable,
        ExitStatus::InputsRefused => FailureReason::InputInvalid,
        ExitStatus::HostUnable => FailureReason::NoResources,
        ExitStatus::Cancelled => FailureReason::CancelledByUser,
        ExitStatus::Succeeded
        | ExitStatus::Usage
        | ExitStatus::Internal
        | ExitStatus::AlgorithmFailed
        | ExitStatus::OutputsRefused
        | ExitStatus::LimitHit => FailureReason::Internal,
    };
    let mut failure = Failure::new(reason, problem.message());
    failure.hint = problem.hint_text().map(str::to_owned);
    RunReport {
        status: RunStatus::Refused,
        failure: Some(failure),
        exit_code: None,
        outputs: Vec::new(),
        extra_files: Vec::new(),
        warnings: Vec::new(),
        result: None,
        isolation: None,
        resources: None,
        timings: Timings::default(),
        image_digest: String::new(),
        algorithm: algorithm.to_owned(),
        interface: None,
        files: BTreeMap::new(),
    }
}
