//! What the kernel says is in force for a container, read from `/proc` and the cgroup files just before the program starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Facts read back from the kernel; nothing here is copied from the plan.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KernelFacts {
    /// `user`, `pid`, `ipc`, `uts`, `mnt`, `net`, `cgroup`.
    pub namespaces: BTreeMap<String, NamespaceFact>,
    /// `/proc/<pid>/status`: the lines on capabilities, seccomp, new privileges, ids and groups, as they stand there.
    pub status: BTreeMap<String, String>,
    /// `/proc/<pid>/uid_map`: container id, host id, count.
    pub uid_map: Vec<[u64; 3]>,
    /// `/proc/<pid>/gid_map`: container id, host id, count.
    pub gid_map: Vec<[u64; 3]>,
    /// All mounts of the container.
    pub mounts: Vec<MountFact>,
    /// Network interfaces of the container.
    pub interfaces: Vec<String>,
    /// Whether the loopback interface is up.
    pub loopback_up: bool,
    /// Soft and hard limits of `/proc/<pid>/limits` by name.
    pub rlimits: BTreeMap<String, (String, String)>,
    /// Processors the program may run on, as a list such as `0-1`.
    pub processors: String,
    /// Limits read back from cgroup files.
    pub cgroup: CgroupFacts,
    /// The writable file system.
    pub scratch: ScratchFacts,
    /// System calls that the filter allows, possibly with conditions.
    pub seccomp_allowed_calls: usize,
    /// Kernel release.
    pub kernel: String,
}

/// One namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamespaceFact {
    /// Inode number in `/proc/<pid>/ns`.
    pub inode: u64,
    /// Whether the shim, on the host's side, is in the same one.
    pub shared_with_host: bool,
}

/// One line of `/proc/<pid>/mountinfo`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MountFact {
    /// In the container.
    pub target: String,
    /// `overlay`, `proc`, `tmpfs`, …
    pub fs_type: String,
    /// Options of this mount, such as `ro,nosuid,nodev`.
    pub options: Vec<String>,
}

/// Limits read back from cgroup files; `None` where no controller could be had.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CgroupFacts {
    /// `v1`, `v2` or `none`.
    pub version: String,
    /// Folders, by controller.
    pub folders: BTreeMap<String, String>,
    /// Bytes.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes of swap that can be used on top of memory.
    pub swap_limit_bytes: Option<u64>,
    /// Percent of one processor.
    pub cpu_percent: Option<u32>,
    /// Processes and threads, process 1 of ours included.
    pub pids_limit: Option<u64>,
}

/// The writable file system of a container.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScratchFacts {
    /// `ext4-image`, `tmpfs` or `host-folder` (no limit).
    pub kind: String,
    /// Bytes it can hold; `None` without a limit.
    pub capacity_bytes: Option<u64>,
    /// Files and folders it can hold; `None` without a limit.
    pub capacity_inodes: Option<u64>,
}
