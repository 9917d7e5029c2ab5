//! What a container uses right now, as anybody on the host may read it. Nothing is changed.

use camino::{Utf8Path, Utf8PathBuf};

use super::hierarchy::{Controller, Hierarchies};
use super::{Cgroup, PREFIX, Place};
use crate::sandbox::plan::ContainerPlan;

/// What a container uses; `None` where the host has no controller for it.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct LiveUsage {
    /// Memory now, bytes.
    pub memory_bytes: Option<u64>,
    /// The highest so far, bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Processor time so far, seconds.
    pub cpu_seconds: Option<f64>,
    /// Processes and threads now.
    pub pids: Option<u64>,
    /// The most so far.
    pub peak_pids: Option<u64>,
}

/// What the container uses whose plan lies in `work_dir`; `None` before it has begun and after it has ended.
pub fn live_usage(work_dir: &Utf8Path) -> Option<LiveUsage> {
    let plan = fs_err::read(work_dir.join(crate::sandbox::plan::PLAN_FILE)).ok()?;
    let plan: ContainerPlan = serde_json::from_slice(&plan).ok()?;
    let host = Hierarchies::read().ok()?;
    let places: Vec<Place> = Controller::ALL
        .into_iter()
        .filter_map(|controller| find(&host, controller, &plan.id))
        .collect();
    if places.is_empty() {
        return None;
    }
    let cgroup = Cgroup { places };
    let (now, counters) = (cgroup.used_now(), cgroup.counters());
    Some(LiveUsage {
        memory_bytes: now.memory_bytes,
        peak_memory_bytes: counters.peak_memory_bytes,
        cpu_seconds: now.cpu_seconds,
        pids: now.pids,
        peak_pids: counters.peak_pids,
    })
}

/// The folder that the shim has made for one controller.
pub(super) fn find(host: &Hierarchies, controller: Controller, id: &str) -> Option<Place> {
    let version = host.version_of(controller);
    let candidates: Vec<Utf8PathBuf> = host.possible_parents(controller);
    let folders = candidates
        .into_iter()
        .map(|parent| parent.join(format!("{PREFIX}{id}")));
    let folder = folders.into_iter().find(|folder| folder.is_dir())?;
    Some(Place {
        controller,
        version,
        folder,
    })
}
