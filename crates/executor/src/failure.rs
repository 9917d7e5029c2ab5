//! From how a container ended to why the job failed: the reason, the limit, what was measured, the last words, a hint.

use container::sandbox::{ContainerPlan, End, Measured, Outcome, ShimError, StartProblem, Stream};
use domain::{Failure, FailureReason};

use crate::logs::Logs;

/// Why the job failed, or `None` when the program returned 0.
pub(crate) fn of(outcome: &Outcome, plan: &ContainerPlan, logs: &Logs) -> Option<Failure> {
    let unknown = Measured::default();
    let measured = outcome.measured.as_ref().unwrap_or(&unknown);
    let failure = match &outcome.end {
        End::Exited { code: 0 } => return None,
        End::Exited { code } => exited(*code, plan, measured, logs),
        End::Signaled { signal } => signaled(*signal),
        End::TimedOut { code } => timed_out(*code, plan, measured),
        End::OutOfMemory => out_of_memory(plan, measured),
        End::LogFlood => log_flood(plan, measured),
        End::DiskFull => disk_full(plan, measured),
        End::Lost { said } => lost(said),
        End::Cancelled => Failure::new(FailureReason::CancelledByUser, "the job was cancelled"),
        End::NotStarted { error } => return Some(not_started(error)),
    };
    Some(Failure {
        at_seconds: Some(measured.wall_seconds),
        log_tail: last_words(logs),
        ..failure
    })
}

/// The program never ran.
pub(crate) fn not_started(error: &ShimError) -> Failure {
    let reason = match error.problem {
        StartProblem::Image => FailureReason::ImageUnusable,
        StartProblem::Host => FailureReason::NoResources,
        StartProblem::Internal => FailureReason::Internal,
    };
    Failure {
        hint: error.hint.clone(),
        ..Failure::new(reason, error.message.clone())
    }
}

/// The end of stderr, or of stdout when stderr is empty.
fn last_words(logs: &Logs) -> Vec<String> {
    let stderr = logs.tail(Stream::Stderr);
    if stderr.is_empty() {
        logs.tail(Stream::Stdout)
    } else {
        stderr
    }
}

fn exited(code: i32, plan: &ContainerPlan, measured: &Measured, logs: &Logs) -> Failure {
    let mut failure = if measured.disk_full {
        disk_full(plan, measured)
    } else if measured.pids_refusals > 0 {
        pids_refused(plan, measured)
    } else {
        let words = logs.tail(Stream::Stderr).pop();
        let message = match words {
            Some(line) => format!("the program returned exit code {code}: {}", line.trim()),
            None => format!("the program returned exit code {code} and wrote nothing to stderr"),
        };
        let failure = Failure::new(FailureReason::ExitCode, message);
        match hint_for_exit(code) {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    };
    failure.exit_code = Some(code);
    failure
}

fn hint_for_exit(code: i32) -> Option<&'static str> {
    match code {
        126 => Some(
            "a shell returns 126 for a file that it may not execute: check its mode and its first line",
        ),
        127 => Some(
            "a shell returns 127 for a command that it cannot find: check PATH and the image's contents",
        ),
        134 => {
            Some("134 is 128 + SIGABRT: the program gave itself up, often by a failed assertion")
        }
        137 => Some(
            "137 is 128 + SIGKILL: something in the container killed it; the memory limit was not met",
        ),
        139 => Some(
            "139 is 128 + SIGSEGV: a library of the image was perhaps built for another processor",
        ),
        _ => None,
    }
}

fn signaled(signal: i32) -> Failure {
    let name = signal_name(signal);
    let mut failure = Failure::new(
        FailureReason::Signal,
        format!("the program was ended by signal {signal} ({name})"),
    );
    failure.signal = Some(name.to_owned());
    match signal {
        4 => failure
            .with_hint("SIGILL: the program needs processor instructions that this machine lacks"),
        11 => failure.with_hint(
            "SIGSEGV: a fault in native code; run with `PYTHONFAULTHANDLER=1` to see where",
        ),
        _ => failure,
    }
}

fn signal_name(signal: i32) -> &'static str {
    const NAMES: [&str; 16] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
    ];
    usize::try_from(signal - 1)
        .ok()
        .and_then(|index| NAMES.get(index))
        .copied()
        .unwrap_or("another signal")
}

fn timed_out(code: Option<i32>, plan: &ContainerPlan, measured: &Measured) -> Failure {
    let limit = plan.limits.wall_time_ms as f64 / 1000.0;
    let mut failure = Failure::new(FailureReason::TimeLimit, "time limit exceeded");
    failure.limit = Some(format!("{limit} s"));
    failure.peak = Some(format!("{:.1} s", measured.wall_seconds));
    failure.exit_code = code;
    failure.with_hint("raise `limits.time`, or make the program write progress to see where it waits; data loaders with workers wait for ever when they lack shared memory")
}

fn out_of_memory(plan: &ContainerPlan, measured: &Measured) -> Failure {
    let mut failure = Failure::new(
        FailureReason::MemoryLimit,
        format!(
            "the memory limit was exceeded: the kernel killed {} of the container's processes",
            measured.out_of_memory_kills
        ),
    );
    failure.limit = Some(bytes(plan.limits.memory_bytes));
    failure.peak = measured.peak_memory_bytes.map(bytes);
    failure.with_hint("raise `limits.memory`, or hold less in memory at once; what lies in `/dev/shm` counts as well")
}

fn disk_full(plan: &ContainerPlan, measured: &Measured) -> Failure {
    let mut failure = Failure::new(
        FailureReason::DiskLimit,
        "the disk limit was reached: the container's file system was full",
    );
    failure.limit = Some(bytes(plan.limits.disk_bytes));
    failure.peak = measured.peak_disk_bytes.map(bytes);
    failure.with_hint("raise `limits.disk`, or write less to the file system, `/tmp` and `/output`, which share it")
}

/// Nobody's fault here, and worth another try.
fn lost(said: &str) -> Failure {
    let message = format!("the container is gone before its program has ended: {said}");
    Failure::new(FailureReason::WorkerLost, message)
        .with_hint("run it again; look into the Docker engine's own log if it is lost again")
}

fn pids_refused(plan: &ContainerPlan, measured: &Measured) -> Failure {
    let mut failure = Failure::new(
        FailureReason::PidsLimit,
        format!(
            "the limit on processes and threads was reached: {} new ones were refused",
            measured.pids_refusals
        ),
    );
    failure.limit = Some(format!("{} processes and threads", plan.limits.pids));
    failure.peak = measured
        .peak_pids
        .map(|peak| format!("{peak} processes and threads"));
    failure
        .with_hint("start fewer workers (`num_workers`, `OMP_NUM_THREADS`), or raise `limits.pids`")
}

fn log_flood(plan: &ContainerPlan, measured: &Measured) -> Failure {
    let mut failure = Failure::new(
        FailureReason::LogLimit,
        "the program wrote more to its log than it may",
    );
    failure.limit = Some(bytes(plan.limits.log_max_bytes));
    failure.peak = Some(bytes(measured.stdout_bytes.max(measured.stderr_bytes)));
    failure.with_hint("print less, or write large texts to a file in `/output`")
}

/// Bytes with the unit people read, and exactly.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => format!("{:.1} {unit} ({count} bytes)", count as f64 / *size as f64),
        None => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(24_000_000_000), "24.0 GB (24000000000 bytes)");
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(
            (signal_name(9), signal_name(15), signal_name(64)),
            ("SIGKILL", "SIGTERM", "another signal")
        );
    }
}
