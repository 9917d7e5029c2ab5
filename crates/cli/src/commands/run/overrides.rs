//! The limits that the command line says instead of the manifest.

use domain::{GpuRequest, Limits};

use crate::arguments::LimitArguments;

/// Puts the given limits in the place of the manifest's.
pub(crate) fn apply(asked: &LimitArguments, limits: &mut Limits) {
    limits.memory_bytes = asked.memory.unwrap_or(limits.memory_bytes);
    limits.cpu_percent = asked.cpus.unwrap_or(limits.cpu_percent);
    limits.wall_time_ms = asked.time.unwrap_or(limits.wall_time_ms);
    limits.disk_bytes = asked.disk.unwrap_or(limits.disk_bytes);
    limits.pids = asked.pids.unwrap_or(limits.pids);
    if let Some(gpu) = &asked.gpu {
        limits.gpu = GpuRequest::parse(gpu);
    }
}
