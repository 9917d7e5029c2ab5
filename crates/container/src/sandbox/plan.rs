//! What to run and under which limits: the request that the shim gets as one JSON document.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Everything the shim needs to run one container once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerPlan {
    /// Names cgroups, the host name and the id range's lock; `[a-z0-9-]`, at most 64 bytes.
    pub id: String,
    /// An existing folder that belongs to this container alone: plan, log, facts, outcome, scratch image.
    pub work_dir: Utf8PathBuf,
    /// A folder shared by all containers of a user: empty file systems to copy, locks of id ranges.
    pub shared_dir: Utf8PathBuf,
    /// Layers, bottom first: unpacked folders, usable as overlay `lowerdir` with `userxattr`, or indexes beside their tars.
    pub layers: Vec<Utf8PathBuf>,
    /// The program.
    pub process: ProcessPlan,
    /// Read-only binds into the container.
    pub binds: Vec<BindMount>,
    /// Folders on the scratch file system, empty at the start.
    pub writable: Vec<WritableFolder>,
    /// Device nodes of the host that the container gets, with the mounts and variables already in `binds` and `process`.
    pub devices: Vec<Device>,
    /// Symlinks to make in the container's root, in this order, after all mounts.
    pub links: Vec<Symlink>,
    /// The limits.
    pub limits: SandboxLimits,
    /// Guarantees that the caller does without where the host cannot give them.
    pub waive: BTreeSet<Waivable>,
    /// What becomes of the container when the caller goes away.
    pub orphaned: Orphaned,
    /// The engine that makes the container; `None`: the shim makes it itself.
    #[serde(default)]
    pub engine: Option<EnginePlan>,
}

/// What an engine needs to know besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnginePlan {
    /// Where it listens.
    pub socket: Utf8PathBuf,
    /// Its id of the image that was made of the plan's layers.
    pub image: String,
    /// What GPUs the container is to get from it.
    pub gpus: EngineGpus,
}

/// GPUs that the engine gives; which one, it says itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineGpus {
    /// None.
    None,
    /// By names of the Container Device Interface, such as `nvidia.com/gpu=0`.
    Cdi(Vec<String>),
    /// By number or id, from the engine's own runtime for NVIDIA's GPUs.
    Nvidia(Vec<String>),
}

/// The program as the container image describes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessPlan {
    /// Entrypoint and command together; never empty.
    pub command: Vec<String>,
    /// `NAME=value`; `PATH`, `HOME` and `HOSTNAME` are added where missing.
    pub env: Vec<String>,
    /// Absolute; created when the image lacks it.
    pub working_dir: String,
    /// `USER` of the image: name or number, optionally `:group`.
    pub user: String,
}

/// A file or folder of the host, seen read-only (`nosuid`, `nodev`) in the container.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindMount {
    /// On the host.
    pub source: Utf8PathBuf,
    /// In the container; created when missing, symlinks resolved inside the container's root only.
    pub target: String,
    /// `Some((uid, gid))`: show what this host user and group own as owned by the container's user, so that private
    /// files (mode 0600) can be read without a copy. `None`: as it is.
    pub owner: Option<(u32, u32)>,
    /// Whether programs may be started from it.
    pub executable: bool,
}

/// An empty folder on the scratch file system.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WritableFolder {
    /// In the container.
    pub target: String,
    /// Permission bits, such as `0o1777`.
    pub mode: u32,
}

/// A character device of the host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// On the host.
    pub source: Utf8PathBuf,
    /// In the container, below `/dev`.
    pub target: String,
}

/// A symlink in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symlink {
    /// Where, absolute; folders on the way are made, symlinks on the way resolved inside the container's root only. A file
    /// or symlink of the image is replaced, a folder is not.
    pub path: String,
    /// What it says, absolute or relative to its folder.
    pub target: String,
}

/// Limits of one container.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxLimits {
    /// Memory with swap off, in bytes.
    pub memory_bytes: u64,
    /// Percent of one processor: 200 is two.
    pub cpu_percent: u32,
    /// Processes and threads of the program (our process 1 comes on top).
    pub pids: u32,
    /// From the start of the program to SIGTERM, in milliseconds.
    pub wall_time_ms: u64,
    /// From SIGTERM to SIGKILL, in milliseconds.
    pub grace_ms: u64,
    /// Container file system, `/output` and `/tmp` together, in bytes.
    pub disk_bytes: u64,
    /// Bytes kept of each stream; what lies between the first three quarters and the last quarter is dropped.
    pub log_kept_bytes: u64,
    /// Bytes written to one stream at which the container is ended.
    pub log_max_bytes: u64,
    /// Size of `/dev/shm` in bytes; 0 for none.
    pub shm_bytes: u64,
    /// `RLIMIT_NOFILE`, soft and hard.
    pub open_files: u64,
}

/// A guarantee that a host may be unable to give and that a caller may do without, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waivable {
    /// The memory limit.
    MemoryLimit,
    /// Swap does not extend memory.
    SwapOff,
    /// The processor limit.
    CpuLimit,
    /// The limit on processes and threads.
    PidsLimit,
    /// The limit on bytes written.
    DiskLimit,
    /// Ids of the container are ids of nobody on the host.
    UserNamespace,
}

/// What becomes of a container whose caller has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orphaned {
    /// It is ended: the desk.
    Stop,
    /// It goes on, and a later caller finds its files: the server.
    Continue,
}

/// Name of the plan in the work folder, which is the shim's current folder.
pub(super) const PLAN_FILE: &str = "plan.json";
/// Name of what the shim has to say about itself, beside it.
pub(super) const SHIM_LOG_FILE: &str = "shim.log";

impl ContainerPlan {
    /// The framed log.
    pub fn log_path(&self) -> Utf8PathBuf {
        self.work_dir.join("log.frames")
    }

    /// Where the outcome appears, complete, by rename.
    pub fn outcome_path(&self) -> Utf8PathBuf {
        self.work_dir.join("outcome.json")
    }

    /// Where the plan itself lies.
    pub fn plan_path(&self) -> Utf8PathBuf {
        self.work_dir.join(PLAN_FILE)
    }

    /// What the shim has to say about itself: empty unless something is wrong.
    pub fn shim_log_path(&self) -> Utf8PathBuf {
        self.work_dir.join(SHIM_LOG_FILE)
    }

    /// The folder under which the shim mounts, visible in its mount namespace only.
    pub fn mounts_dir(&self) -> Utf8PathBuf {
        self.work_dir.join("mnt")
    }
}
