//! The exit codes of `gantry`: public, one table, never renumbered.

use std::fmt::Write;
use std::process::ExitCode;

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
            Self::Internal => "an unexpected error, not the algorithm's",
            Self::Usage => "wrong usage of the command line",
            Self::AlgorithmFailed => "the algorithm failed: exit code or signal",
            Self::InputsRefused => "inputs refused, nothing was started",
            Self::OutputsRefused => {
                "outputs refused: missing, invalid, ambiguous or of wrong geometry"
            }
            Self::LimitHit => "a limit was hit: memory, processes, disk, time or log",
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
