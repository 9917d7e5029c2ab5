//! Why a job failed, for people: the reason in words, the limit against what was measured, what to do.

use domain::{Failure, FailureReason, Limits, ResourceRecord};

/// What a page says of a failure.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) title: &'static str,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) limit: Option<String>,
    pub(super) peak: Option<String>,
    pub(super) meter: Option<Meter>,
    pub(super) hint: Option<String>,
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<String>,
    pub(super) at: Option<String>,
    pub(super) log_tail: Vec<String>,
    pub(super) problems: Vec<Wrong>,
}

/// One thing that is wrong with an input or output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) socket: String,
    pub(super) path: String,
    pub(super) message: String,
}

/// What was measured against a limit, as a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Meter {
    pub(super) value: f64,
    pub(super) limit: f64,
}

impl Told {
    pub(super) fn of(failure: &Failure, limits: &Limits, used: Option<&ResourceRecord>) -> Told {
        let problems = failure.problems.iter().map(|problem| Wrong {
            socket: problem.socket.clone().unwrap_or_default(),
            path: problem.path.clone().unwrap_or_default(),
            message: sentence(&problem.message),
        });
        Told {
            title: title(failure.reason),
            code: failure.reason.code(),
            message: sentence(&failure.message),
            limit: failure.limit.clone(),
            peak: failure.peak.clone(),
            meter: used.and_then(|used| meter(failure.reason, limits, used)),
            hint: failure.hint.as_deref().map(sentence),
            exit_code: failure.exit_code,
            signal: failure.signal.clone(),
            at: failure.at_seconds.map(crate::ui::quantity::seconds),
            log_tail: failure.log_tail.clone(),
            problems: problems.collect(),
        }
    }
}

fn title(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::ExitCode => "The program ended with an error",
        FailureReason::Signal => "The program was ended by a signal",
        FailureReason::MemoryLimit => "Out of memory",
        FailureReason::PidsLimit => "Too many processes",
        FailureReason::DiskLimit => "Out of disk space",
        FailureReason::TimeLimit => "Out of time",
        FailureReason::LogLimit => "Too much log",
        FailureReason::GpuMemory => "Not enough memory on the GPU",
        FailureReason::OutputMissing => "An output is missing",
        FailureReason::OutputInvalid => "An output is not what it should be",
        FailureReason::OutputAmbiguous => "An output is ambiguous",
        FailureReason::GeometryRefused => "An output does not lie where the input lies",
        FailureReason::InputInvalid => "An input cannot be used",
        FailureReason::ImageUnusable => "The container image cannot be run",
        FailureReason::NoResources => "This machine could not run it",
        FailureReason::CancelledByUser => "Cancelled",
        FailureReason::WorkerLost => "The server stopped while it ran",
        FailureReason::Internal => "Our fault",
    }
}

/// The bar, where a reason is about something that has a number.
fn meter(reason: FailureReason, limits: &Limits, used: &ResourceRecord) -> Option<Meter> {
    let (value, limit) = match reason {
        FailureReason::MemoryLimit => (used.peak_memory_bytes? as f64, limits.memory_bytes as f64),
        FailureReason::PidsLimit => (used.peak_pids? as f64, f64::from(limits.pids)),
        FailureReason::DiskLimit => (used.bytes_written? as f64, limits.disk_bytes as f64),
        FailureReason::TimeLimit => (used.wall_seconds, limits.wall_time_ms as f64 / 1000.0),
        FailureReason::LogLimit => (
            used.stdout_bytes.max(used.stderr_bytes) as f64,
            limits.log_max_bytes as f64,
        ),
        FailureReason::ExitCode
        | FailureReason::Signal
        | FailureReason::GpuMemory
        | FailureReason::OutputMissing
        | FailureReason::OutputInvalid
        | FailureReason::OutputAmbiguous
        | FailureReason::GeometryRefused
        | FailureReason::InputInvalid
        | FailureReason::ImageUnusable
        | FailureReason::NoResources
        | FailureReason::CancelledByUser
        | FailureReason::WorkerLost
        | FailureReason::Internal => return None,
    };
    Some(Meter { value, limit })
}

/// A lower-case fragment as a sentence.
pub(in crate::ui) fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let mut text: String = first.to_uppercase().chain(letters).collect();
    if !text.ends_with(['.', '!', '?', '…', ':']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words() {
        let used = ResourceRecord {
            peak_memory_bytes: Some(5),
            ..ResourceRecord::default()
        };
        for reason in FailureReason::ALL {
            let told = Told::of(
                &Failure::new(reason, "it was"),
                &Limits::default(),
                Some(&used),
            );
            assert!(!told.title.is_empty());
            assert_eq!(told.message, "It was.");
            assert_eq!(
                reason == FailureReason::MemoryLimit,
                told.meter.is_some_and(|meter| meter.value == 5.0),
                "{reason:?}"
            );
        }
        assert_eq!(sentence(""), "");
    }
}
