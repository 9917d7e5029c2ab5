//! What a container is promised, and the report on whether the promise was kept.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A promise about how a container is isolated and limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// No network but loopback.
    NetworkIsolation,
    /// Ids of the container are ids of nobody on the host.
    UserNamespace,
    /// Processes of the host cannot be seen.
    PidNamespace,
    /// No shared memory, semaphores or queues with the host.
    IpcNamespace,
    /// A host name of its own.
    UtsNamespace,
    /// A file system tree of its own.
    MountNamespace,
    /// The host's cgroups cannot be seen.
    CgroupNamespace,
    /// System calls are filtered, default deny.
    Seccomp,
    /// No program gains privileges by being started.
    NoNewPrivileges,
    /// No capability in any set.
    CapabilitiesDropped,
    /// `/input` cannot be written.
    ReadOnlyInput,
    /// `/proc` and `/sys` are hidden or read-only where they reach the host.
    MaskedPaths,
    /// Memory is limited.
    MemoryLimit,
    /// Swap does not extend memory.
    SwapOff,
    /// Processor time is limited.
    CpuLimit,
    /// Processes and threads are limited.
    PidsLimit,
    /// Bytes written to disk are limited.
    DiskLimit,
    /// Wall time is limited.
    TimeLimit,
    /// Log bytes are limited.
    LogLimit,
    /// `/dev/shm` has the size stated.
    ShmLimit,
    /// Open files are limited.
    OpenFilesLimit,
    /// No core dumps.
    CoreDumpsOff,
}

impl Guarantee {
    /// All, in the order of the report.
    pub const ALL: [Self; 22] = [
        Self::NetworkIsolation,
        Self::UserNamespace,
        Self::PidNamespace,
        Self::IpcNamespace,
        Self::UtsNamespace,
        Self::MountNamespace,
        Self::CgroupNamespace,
        Self::Seccomp,
        Self::NoNewPrivileges,
        Self::CapabilitiesDropped,
        Self::ReadOnlyInput,
        Self::MaskedPaths,
        Self::MemoryLimit,
        Self::SwapOff,
        Self::CpuLimit,
        Self::PidsLimit,
        Self::DiskLimit,
        Self::TimeLimit,
        Self::LogLimit,
        Self::ShmLimit,
        Self::OpenFilesLimit,
        Self::CoreDumpsOff,
    ];

    /// Those that a host may be unable to give and that a user may do without, by name.
    pub const WAIVABLE: [Self; 6] = [
        Self::MemoryLimit,
        Self::SwapOff,
        Self::CpuLimit,
        Self::PidsLimit,
        Self::DiskLimit,
        Self::UserNamespace,
    ];

    /// The name, as on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NetworkIsolation => "network_isolation",
            Self::UserNamespace => "user_namespace",
            Self::PidNamespace => "pid_namespace",
            Self::IpcNamespace => "ipc_namespace",
            Self::UtsNamespace => "uts_namespace",
            Self::MountNamespace => "mount_namespace",
            Self::CgroupNamespace => "cgroup_namespace",
            Self::Seccomp => "seccomp",
            Self::NoNewPrivileges => "no_new_privileges",
            Self::CapabilitiesDropped => "capabilities_dropped",
            Self::ReadOnlyInput => "read_only_input",
            Self::MaskedPaths => "masked_paths",
            Self::MemoryLimit => "memory_limit",
            Self::SwapOff => "swap_off",
            Self::CpuLimit => "cpu_limit",
            Self::PidsLimit => "pids_limit",
            Self::DiskLimit => "disk_limit",
            Self::TimeLimit => "time_limit",
            Self::LogLimit => "log_limit",
            Self::ShmLimit => "shm_limit",
            Self::OpenFilesLimit => "open_files_limit",
            Self::CoreDumpsOff => "core_dumps_off",
        }
    }

    /// The guarantee of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|guarantee| guarantee.name() == name)
    }
}

/// What was asked, what was in force, and what the kernel said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IsolationReport {
    /// What ran the container.
    pub runtime: String,
    /// One record per guarantee.
    pub guarantees: Vec<GuaranteeRecord>,
    /// Everything that was read back, as the runtime found it.
    pub facts: Value,
    /// The GPU that the container was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuRecord>,
}

/// A GPU that one container had for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuRecord {
    /// Its name in the machine's CDI specifications, such as `nvidia.com/gpu=0`.
    pub device: String,
    /// The device nodes that were in the container; empty where an engine chose them.
    pub nodes: Vec<String>,
    /// Files and folders of the driver that were in the container, read-only; empty where an engine chose them.
    pub driver_files: Vec<String>,
    /// What the specification asks for and the container did not get, and what was done instead.
    pub left_out: Vec<String>,
}

/// One guarantee of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GuaranteeRecord {
    /// Which.
    pub guarantee: Guarantee,
    /// What was asked, in words with units.
    pub asked: String,
    /// What was in force, in words with units.
    pub in_force: String,
    /// Whether the two agree.
    pub verdict: Verdict,
    /// Where that was read.
    pub source: String,
}

/// Whether a guarantee was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As asked.
    Kept,
    /// Not kept, and the user had done without it by name.
    Waived,
    /// Not kept.
    Broken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json_and_complete() {
        for guarantee in Guarantee::ALL {
            assert_eq!(serde_json::to_value(guarantee).unwrap(), guarantee.name());
            assert_eq!(Guarantee::from_name(guarantee.name()), Some(guarantee));
        }
        assert_eq!(Guarantee::from_name("firewall"), None);
    }
}
