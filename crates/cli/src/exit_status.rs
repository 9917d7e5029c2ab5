//! The exit codes of `gantry`: public, one table, never renumbered.

use std::fmt::Write;
use std::process::ExitCode;

use domain::{FailureReason, RunReport};

/// What the exit code of `gantry` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// All went well.
    Succeeded,
    /// Something that should not happen happened in Gantry or in the machine under it.
    Internal,
    /// The command line is wrong.
    Usage,
    /// The algorithm ended with another exit code than 0 or was killed by a signal.
    AlgorithmFailed,
    /// The given inputs do not fit the algorithm; it was not started.
    InputsRefused,
    /// The algorithm ended well, but its outputs break the contract.
    OutputsRefused,
    /// The algorithm was ended at a limit.
    LimitHit,
    /// The container image or the manifest cannot be used, or there is none by that name.
    ImageRefused,
    /// This machine cannot keep a requested guarantee or lacks a requested resource; nothing was started.
    HostUnable,
    /// The user ended the run.
    Cancelled,
}

impl ExitStatus {
    /// A medical image was refused, or does not lie where it should. What is wrong is known, but not whose fault it is.
    pub(crate) const IMAGE_NOT_GOOD: Self = Self::Internal;

    /// Every exit code there is, in the order of the numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::Succeeded,
        Self::Internal,
        Self::Usage,
        Self::AlgorithmFailed,
        Self::InputsRefused,
        Self::OutputsRefused,
        Self::LimitHit,
        Self::ImageRefused,
        Self::HostUnable,
        Self::Cancelled,
    ];

    /// The exit code that a run ends with.
    pub(crate) fn of_report(report: &RunReport) -> Self {
        match &report.failure {
            None => Self::Succeeded,
            Some(failure) => Self::of_reason(failure.reason),
        }
    }

    /// The exit code that stands for a reason.
    pub(crate) fn of_reason(reason: FailureReason) -> Self {
        match reason {
            FailureReason::ExitCode | FailureReason::Signal => Self::AlgorithmFailed,
            FailureReason::MemoryLimit
            | FailureReason::PidsLimit
            | FailureReason::DiskLimit
            | FailureReason::TimeLimit
            | FailureReason::LogLimit
            | FailureReason::GpuMemory => Self::LimitHit,
            FailureReason::OutputMissing
            | FailureReason::OutputInvalid
            | FailureReason::OutputAmbiguous
            | FailureReason::GeometryRefused => Self::OutputsRefused,
            FailureReason::InputInvalid => Self::InputsRefused,
            FailureReason::ImageUnusable => Self::ImageRefused,
            FailureReason::NoResources => Self::HostUnable,
            FailureReason::CancelledByUser => Self::Cancelled,
            FailureReason::WorkerLost | FailureReason::Internal => Self::Internal,
        }
    }

    /// The number the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::AlgorithmFailed => 10,
            Self::InputsRefused => 11,
            Self::OutputsRefused => 12,
            Self::LimitHit => 13,
            Self::ImageRefused => 14,
            Self::HostUnable => 15,
            Self::Cancelled => 130,
        }
    }

    /// What the number means, in a few words.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Internal => {
                "a medical image is refused or not in its place; else an unexpected error, not the algorithm's"
            }
            Self::Usage => "wrong usage of the command line",
            Self::AlgorithmFailed => "the algorithm failed: exit code or signal",
            Self::InputsRefused => "inputs refused, nothing was started",
            Self::OutputsRefused => {
                "outputs refused: missing, invalid, ambiguous or of wrong geometry"
            }
            Self::LimitHit => "a limit was hit: memory, processes, disk, time, log or GPU memory",
            Self::ImageRefused => "image or manifest refused, unusable or not found",
            Self::HostUnable => {
                "this machine cannot keep a guarantee or lacks a resource, nothing was started"
            }
            Self::Cancelled => "cancelled by the user",
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// The table as it stands at the end of `gantry --help`.
pub(crate) fn help_table() -> String {
    let mut text = String::from("Exit codes:\n");
    for status in ExitStatus::ALL {
        let _ = writeln!(text, "  {:>3}  {}", status.code(), status.meaning());
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published page names every reason beside the code that stands for it, in the words of the help.
    #[test]
    fn the_page_is_the_table() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exit-codes.md");
        let page = fs_err::read_to_string(root).expect("the page is in the repository");
        let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| code");
        let rows: Vec<&str> = page.lines().filter(is_row).collect();
        let expected: Vec<String> = ExitStatus::ALL.into_iter().map(row).collect();
        assert_eq!(rows, expected);
    }

    fn row(status: ExitStatus) -> String {
        let codes: Vec<String> = FailureReason::ALL
            .into_iter()
            .filter(|reason| ExitStatus::of_reason(*reason) == status)
            .map(|reason| format!("`{}`", reason.code()))
            .collect();
        let codes = if codes.is_empty() {
            "-".to_owned()
        } else {
            codes.join(", ")
        };
        format!("| {} | {} | {codes} |", status.code(), status.meaning())
    }
}
