//! How a container ended, what it used, and what was in force: the shim's answer.

use serde::{Deserialize, Serialize};

use super::facts::KernelFacts;

/// The shim's answer, written once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it used; `None` when the program never started.
    pub measured: Option<Measured>,
    /// What the kernel enforced, read just before the program started; `None` when it never came to that.
    pub facts: Option<KernelFacts>,
    /// When what happened.
    pub timings: ShimTimings,
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum End {
    /// The program returned this code.
    Exited {
        /// 0 to 255.
        code: i32,
    },
    /// The program was ended by this signal, which nobody of ours sent.
    Signaled {
        /// Signal number.
        signal: i32,
    },
    /// The wall time was over; `code` if the program answered SIGTERM with an exit within the grace period.
    TimedOut {
        /// Exit code, if it exited by itself.
        code: Option<i32>,
    },
    /// The kernel ran out of the container's memory and killed one or more of its processes; the rest was ended.
    OutOfMemory,
    /// More was written to a stream than `log_max_bytes`.
    LogFlood,
    /// More was written than the disk limit, to a file system that does not end there by itself: an engine's.
    DiskFull,
    /// The container was ended by somebody else, or its engine went away.
    Lost {
        /// What is known of it.
        said: String,
    },
    /// The caller asked for the end, or went away.
    Cancelled,
    /// The program never ran.
    NotStarted {
        /// Why.
        error: ShimError,
    },
}

/// Why the program never ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ShimError {
    /// Whose fault it is.
    pub problem: StartProblem,
    /// What happened, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Whose fault it is that a program never ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartProblem {
    /// The container image: its user, its working folder, its command.
    Image,
    /// The host cannot give a guarantee that was asked for.
    Host,
    /// Ours.
    Internal,
}

/// What a container used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Seconds from the start of the program to its end.
    pub wall_seconds: f64,
    /// Seconds of processor time in user mode, all processes together.
    pub cpu_user_seconds: f64,
    /// Seconds of processor time in the kernel, all processes together.
    pub cpu_system_seconds: f64,
    /// Highest memory use in bytes; from the cgroup, else the largest resident set of one process.
    pub peak_memory_bytes: Option<u64>,
    /// Highest number of processes and threads of the program, process 1 of ours not counted.
    pub peak_pids: Option<u64>,
    /// How often a new process or thread was refused by the limit.
    pub pids_refusals: u64,
    /// Processes killed for lack of memory.
    pub out_of_memory_kills: u64,
    /// Highest number of bytes in use on the scratch file system.
    pub peak_disk_bytes: Option<u64>,
    /// Bytes that the scratch file system can hold.
    pub disk_capacity_bytes: Option<u64>,
    /// Whether the scratch file system was seen full (bytes or inodes).
    pub disk_full: bool,
    /// Bytes written to stdout.
    pub stdout_bytes: u64,
    /// Bytes written to stderr.
    pub stderr_bytes: u64,
    /// Bytes of both streams that were not kept.
    pub log_bytes_dropped: u64,
    /// Microseconds for which the processor limit held the program back.
    pub throttled_us: Option<u64>,
    /// Use as time went by, oldest first, at most [`MOST_SAMPLES`], evenly spaced; empty for a program that was short.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// More samples than this are not kept: every other one goes, and later ones come half as often.
pub const MOST_SAMPLES: usize = 600;

/// What a container used at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds since the program started.
    pub at_seconds: f64,
    /// Memory in use, bytes.
    pub memory_bytes: Option<u64>,
    /// Processor time so far, all processes together, seconds.
    pub cpu_seconds: Option<f64>,
    /// Processes and threads of the program, process 1 of ours not counted.
    pub pids: Option<u64>,
    /// Bytes in use on the scratch file system: everything written and still there.
    #[serde(default)]
    pub disk_bytes: Option<u64>,
}

/// Seconds spent per phase, monotonic clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ShimTimings {
    /// Root file system, cgroups, namespaces and mounts.
    pub provision_seconds: f64,
    /// From the ready sandbox to the started program, the facts included.
    pub start_seconds: f64,
    /// The program.
    pub run_seconds: f64,
}
