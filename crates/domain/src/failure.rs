//! Why a job failed: a closed set of reasons, each with what the algorithm's author needs to act on it.

use serde::{Deserialize, Serialize};

/// Why a job failed. The codes are public and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The program returned a code other than 0.
    ExitCode,
    /// The program was ended by a signal.
    Signal,
    /// It needed more memory than it may have.
    MemoryLimit,
    /// It needed more processes or threads than it may have.
    PidsLimit,
    /// It wrote more than it may.
    DiskLimit,
    /// It ran longer than it may.
    TimeLimit,
    /// It wrote more log than it may.
    LogLimit,
    /// It needed more memory of its GPU than that has.
    GpuMemory,
    /// An output is not there.
    OutputMissing,
    /// An output is not what its socket says.
    OutputInvalid,
    /// There is more than one candidate for an output.
    OutputAmbiguous,
    /// An output image does not lie where the input lies, and the algorithm refuses that.
    GeometryRefused,
    /// An input is not what its socket says.
    InputInvalid,
    /// The container image cannot be run.
    ImageUnusable,
    /// What the job needs is not to be had here.
    NoResources,
    /// Somebody ended it.
    CancelledByUser,
    /// What ran it is gone.
    WorkerLost,
    /// Our fault.
    Internal,
}

impl FailureReason {
    /// All reasons.
    pub const ALL: [Self; 18] = [
        Self::ExitCode,
        Self::Signal,
        Self::MemoryLimit,
        Self::PidsLimit,
        Self::DiskLimit,
        Self::TimeLimit,
        Self::LogLimit,
        Self::GpuMemory,
        Self::OutputMissing,
        Self::OutputInvalid,
        Self::OutputAmbiguous,
        Self::GeometryRefused,
        Self::InputInvalid,
        Self::ImageUnusable,
        Self::NoResources,
        Self::CancelledByUser,
        Self::WorkerLost,
        Self::Internal,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::ExitCode => "exit_code",
            Self::Signal => "signal",
            Self::MemoryLimit => "memory_limit",
            Self::PidsLimit => "pids_limit",
            Self::DiskLimit => "disk_limit",
            Self::TimeLimit => "time_limit",
            Self::LogLimit => "log_limit",
            Self::GpuMemory => "gpu_memory",
            Self::OutputMissing => "output_missing",
            Self::OutputInvalid => "output_invalid",
            Self::OutputAmbiguous => "output_ambiguous",
            Self::GeometryRefused => "geometry_refused",
            Self::InputInvalid => "input_invalid",
            Self::ImageUnusable => "image_unusable",
            Self::NoResources => "no_resources",
            Self::CancelledByUser => "cancelled_by_user",
            Self::WorkerLost => "worker_lost",
            Self::Internal => "internal",
        }
    }
}

/// A failed job, for the one who wrote the algorithm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The reason; its code in JSON.
    #[serde(rename = "code")]
    pub reason: FailureReason,
    /// What happened, as a lower-case fragment.
    pub message: String,
    /// The limit that was met, with its unit.
    pub limit: Option<String>,
    /// What was measured against it, with its unit.
    pub peak: Option<String>,
    /// Seconds since the program started.
    pub at_seconds: Option<f64>,
    /// What the program returned.
    pub exit_code: Option<i32>,
    /// Name of the signal that ended the program.
    pub signal: Option<String>,
    /// The last lines of the log, oldest first.
    pub log_tail: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Everything that is wrong with inputs or outputs, not only the first.
    pub problems: Vec<Problem>,
}

impl Failure {
    /// A failure of which only the reason and the message are known.
    pub fn new(reason: FailureReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            limit: None,
            peak: None,
            at_seconds: None,
            exit_code: None,
            signal: None,
            log_tail: Vec::new(),
            hint: None,
            problems: Vec::new(),
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// One thing that is wrong with an input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Why, as a code.
    pub code: FailureReason,
    /// The socket, if it belongs to one.
    pub socket: Option<String>,
    /// Where: below `/input` or `/output`.
    pub path: Option<String>,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_json() {
        for reason in FailureReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
        let failure = Failure::new(FailureReason::MemoryLimit, "x");
        assert_eq!(
            serde_json::to_value(failure).unwrap()["code"],
            "memory_limit"
        );
    }
}
