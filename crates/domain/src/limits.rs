//! What a job may use.

use serde::{Deserialize, Serialize};

/// Limits of one job. The defaults are the contract's (`algorithms.txt`, "What resources are available?") where it names
/// one, else ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory with swap off, bytes. Contract: 24 GB.
    pub memory_bytes: u64,
    /// Percent of one processor. Contract: 200 %.
    pub cpu_percent: u32,
    /// Processes and threads. Contract: 512.
    pub pids: u32,
    /// Wall time of the program alone, milliseconds. Contract: 2 h.
    pub wall_time_ms: u64,
    /// Container file system, `/output` and `/tmp` together, bytes.
    pub disk_bytes: u64,
    /// Kept of each log stream, bytes.
    pub log_kept_bytes: u64,
    /// Written to one log stream at which the job is ended, bytes.
    pub log_max_bytes: u64,
    /// `/dev/shm`, bytes; counts against memory. Data loaders need it, so unlike the contract's platform we have it.
    pub shm_bytes: u64,
    /// Open files of a process.
    pub open_files: u64,
    /// Files and folders in `/output`.
    pub output_files: u64,
    /// All outputs together, bytes; never more than the disk, so that holes and further names of a file are no way around it.
    pub output_bytes: u64,
    /// Whether a GPU is needed.
    pub gpu: GpuRequest,
}

/// Which GPU a job needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpuRequest {
    /// None.
    #[default]
    None,
    /// One, whichever is free.
    Any,
    /// The one of this name, such as `nvidia.com/gpu=0`.
    Named(String),
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 24_000_000_000,
            cpu_percent: 200,
            pids: 512,
            wall_time_ms: 2 * 60 * 60 * 1000,
            disk_bytes: 32 << 30,
            log_kept_bytes: 64 << 20,
            log_max_bytes: 1 << 30,
            shm_bytes: 1 << 30,
            open_files: 65_536,
            output_files: 10_000,
            output_bytes: 16 << 30,
            gpu: GpuRequest::None,
        }
    }
}

impl GpuRequest {
    /// `none`, `any`, or the name of a device.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "" | "none" => Self::None,
            "any" => Self::Any,
            name => Self::Named(name.to_owned()),
        }
    }
}
