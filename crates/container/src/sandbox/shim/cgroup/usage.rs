//! What a container uses right now, as anybody on the host may read it. Nothing is changed.

use camino::{Utf8Path, Utf8PathBuf};

use super::hierarchy::{Controller, Hierarchies, Version};
use super::{OUR_PROCESSES, PREFIX, Place};
use crate::sandbox::plan::ContainerPlan;

/// What a container uses; `None` where the host has no controller for it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Memory now, bytes.
    pub memory_bytes: Option<u64>,
    /// The highest so far, bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Processor time so far, microseconds.
    pub cpu_us: Option<u64>,
    /// Processes and threads now.
    pub pids: Option<u64>,
    /// The most so far.
    pub peak_pids: Option<u64>,
}

/// What the container uses whose plan lies in `work_dir`; `None` before it has begun and after it has ended.
pub fn usage(work_dir: &Utf8Path) -> Option<Usage> {
    let plan = fs_err::read(work_dir.join(crate::sandbox::plan::PLAN_FILE)).ok()?;
    let plan: ContainerPlan = serde_json::from_slice(&plan).ok()?;
    let host = Hierarchies::read().ok()?;
    let places: Vec<Place> = Controller::ALL
        .into_iter()
        .filter_map(|controller| find(&host, controller, &plan.id))
        .collect();
    (!places.is_empty()).then(|| read(&places))
}

/// The folder that the shim has made for one controller.
fn find(host: &Hierarchies, controller: Controller, id: &str) -> Option<Place> {
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

fn read(places: &[Place]) -> Usage {
    let ours = |pids: u64| pids.saturating_sub(OUR_PROCESSES);
    let mut usage = Usage::default();
    for place in places {
        match (place.controller, place.version) {
            (Controller::Memory, Version::One) => {
                usage.memory_bytes = place.number("memory.usage_in_bytes");
                usage.peak_memory_bytes = place.number("memory.max_usage_in_bytes");
            }
            (Controller::Memory, Version::Two) => {
                usage.memory_bytes = place.number("memory.current");
                usage.peak_memory_bytes = place.number("memory.peak");
            }
            // Where processor time is counted in a hierarchy of its own, the processes themselves are asked.
            (Controller::Cpu, Version::One) => {
                let counted = place.number("cpuacct.usage").map(|ns| ns / 1000);
                usage.cpu_us = counted.or_else(|| time_of_processes(&place.folder));
            }
            (Controller::Cpu, Version::Two) => {
                usage.cpu_us = place.keyed("cpu.stat", "usage_usec");
            }
            (Controller::Pids, Version::One | Version::Two) => {
                usage.pids = place.number("pids.current").map(ours);
                usage.peak_pids = place.number("pids.peak").map(ours);
            }
        }
    }
    usage
}

/// Clock ticks of `/proc/PID/stat` are hundredths of a second on every Linux that we know.
const TICK_US: u64 = 10_000;

/// Processor time of the processes in a cgroup, of those that have ended too if their parent has not.
fn time_of_processes(folder: &Utf8Path) -> Option<u64> {
    let pids = fs_err::read_to_string(folder.join("cgroup.procs")).ok()?;
    let ticks = pids.lines().filter_map(|pid| {
        let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold blanks; user, system, and both of ended children are fields 14 to 17.
        let (_, rest) = stat.rsplit_once(')')?;
        let fields = rest.split_whitespace().skip(11).take(4);
        Some(
            fields
                .filter_map(|field| field.parse::<u64>().ok())
                .sum::<u64>(),
        )
    });
    Some(ticks.sum::<u64>() * TICK_US)
}
