//! One sandboxed process: a root file system from layers, limits, logs, exit, and what the kernel really enforced.
//!
//! The work is done by a *shim*: this very program started again for one container, single-threaded, in its own session
//! and its own mount namespace. The caller takes a [`ReadyShim`] of its [`Shims`], writes a [`ContainerPlan`], [`start`]s it and holds a
//! [`Running`]; everything
//! the shim learns (log, kernel facts, outcome) goes into files of the plan's work folder, so that a caller that died can
//! look again. The pipe between the two only rings a bell.
//!
//! Reading order: [`plan`](ContainerPlan) → `shim` (the main line) → `shim/init` (process 1 of the container).
//!
//! This module does not know sockets, jobs, images' names or HTTP.

mod facts;
mod log;
mod outcome;
mod plan;
mod promise;
mod ready_shim;
mod running;
mod shim;
pub(crate) mod sys;

pub use facts::{CgroupFacts, KernelFacts, MountFact, NamespaceFact, ScratchFacts};
pub use log::{LogChunk, LogError, LogReader, Stream};
pub use outcome::{
    End, MOST_SAMPLES, Measured, Outcome, Sample, ShimError, ShimTimings, StartProblem,
};
pub use plan::{
    BindMount, ContainerPlan, Device, EngineGpus, EnginePlan, Orphaned, ProcessPlan, SandboxLimits,
    Symlink, Waivable, WritableFolder,
};
pub use promise::{Finding, findings, promises};
pub use ready_shim::{ReadyShim, Shims};
pub use running::{
    Canceller, Leaving, ReleaseError, Running, StartError, WaitError, clear_lost, start,
};
pub(crate) use shim::unmount_leftovers;
pub use shim::{LiveUsage, live_usage, main as shim_main};
