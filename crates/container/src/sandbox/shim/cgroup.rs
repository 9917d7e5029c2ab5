//! The container's cgroups: memory, processor and process limits, and the counters that say whether they were met.
//!
//! Each controller is taken where it is: in the unified hierarchy (v2) or in a hierarchy of its own (v1, and the hybrid
//! layout). A controller that cannot be had is an error with a remedy, unless the plan waives that guarantee.

mod hierarchy;
mod processor_time;
mod usage;

use std::io;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::OrShimError;
use super::id_range::write_once;
use crate::sandbox::facts::CgroupFacts;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{ContainerPlan, Waivable};
use hierarchy::{Controller, Hierarchies, Version};
pub use usage::{LiveUsage, live_usage};

/// The period of the processor quota.
const CPU_PERIOD_US: u64 = 100_000;
/// A quarter of what everything else on the host has, a server of ours included, where processors are short.
const CPU_SHARES: &str = "256";
/// The same on cgroup v2.
const CPU_WEIGHT: &str = "25";
/// Our process 1, which does not count against the program's limit.
const OUR_PROCESSES: u64 = 1;

/// The cgroups of one container.
#[derive(Debug)]
pub(super) struct Cgroup {
    places: Vec<Place>,
}

/// Where one controller of the container is.
#[derive(Debug)]
struct Place {
    controller: Controller,
    version: Version,
    folder: Utf8PathBuf,
}

/// Counters of a container so far.
#[derive(Debug, Default, Clone)]
pub(super) struct Counters {
    pub(super) peak_memory_bytes: Option<u64>,
    pub(super) out_of_memory_kills: u64,
    pub(super) peak_pids: Option<u64>,
    pub(super) pids_refusals: u64,
    pub(super) throttled_us: Option<u64>,
}

/// What a container uses now.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct UsedNow {
    pub(super) memory_bytes: Option<u64>,
    /// So far, all processes together.
    pub(super) cpu_seconds: Option<f64>,
    pub(super) pids: Option<u64>,
}

impl Cgroup {
    /// Makes the cgroups of a container and sets its limits.
    pub(super) fn create(plan: &ContainerPlan) -> Result<Self, ShimError> {
        let mut cgroup = Self { places: Vec::new() };
        let mut missing = Vec::new();
        let host = Hierarchies::read().or_internal("read where this host has cgroups")?;
        for controller in Controller::ALL {
            match place(&host, controller, &plan.id) {
                Ok(place) => cgroup.places.push(place),
                Err(_) if plan.waive.contains(&controller.guarantee()) => {}
                Err(reason) => missing.push((controller, reason)),
            }
        }
        let result = match missing.split_first() {
            Some((first, rest)) => Err(refusal(&host, first, rest)),
            None => cgroup.set_limits(plan),
        };
        if result.is_err() {
            let _ = cgroup.remove();
        }
        result.map(|()| cgroup)
    }

    /// The cgroups that somebody else has put a process into.
    pub(super) fn of_process(pid: i32) -> io::Result<Self> {
        let host = Hierarchies::of_process(pid)?;
        let place = |controller| {
            let (version, folder) = host.folder_of(controller)?;
            Some(Place {
                controller,
                version,
                folder,
            })
        };
        Ok(Self {
            places: Controller::ALL.into_iter().filter_map(place).collect(),
        })
    }

    /// The cgroups of a container whose shim is gone, wherever they are.
    pub(super) fn of_lost(id: &str) -> io::Result<Self> {
        let host = Hierarchies::read()?;
        let place = |controller| usage::find(&host, controller, id);
        Ok(Self {
            places: Controller::ALL.into_iter().filter_map(place).collect(),
        })
    }

    fn set_limits(&self, plan: &ContainerPlan) -> Result<(), ShimError> {
        for place in &self.places {
            match place.controller {
                Controller::Memory => place.limit_memory(plan)?,
                Controller::Cpu => place.limit_cpu(plan.limits.cpu_percent)?,
                Controller::Pids => {
                    place.write(
                        "pids.max",
                        &(u64::from(plan.limits.pids) + OUR_PROCESSES).to_string(),
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Files into which a process with one thread writes `0` to enter the container's cgroups; one per hierarchy.
    pub(super) fn entrances(&self) -> Vec<Utf8PathBuf> {
        let file = |place: &Place| match place.version {
            // A thread that moves itself needs no lock, where a process waits many milliseconds for all processors.
            Version::One => place.folder.join("tasks"),
            Version::Two => place.folder.join("cgroup.procs"),
        };
        let mut files: Vec<_> = self.places.iter().map(file).collect();
        files.sort();
        files.dedup();
        files
    }

    /// What happened so far.
    pub(super) fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for place in &self.places {
            match (place.controller, place.version) {
                (Controller::Memory, Version::One) => {
                    counters.peak_memory_bytes = place.number("memory.max_usage_in_bytes");
                    counters.out_of_memory_kills =
                        place.keyed("memory.oom_control", "oom_kill").unwrap_or(0);
                }
                (Controller::Memory, Version::Two) => {
                    counters.peak_memory_bytes = place.number("memory.peak");
                    counters.out_of_memory_kills =
                        place.keyed("memory.events", "oom_kill").unwrap_or(0);
                }
                (Controller::Cpu, Version::One) => {
                    counters.throttled_us = place
                        .keyed("cpu.stat", "throttled_time")
                        .map(|ns| ns / 1000);
                }
                (Controller::Cpu, Version::Two) => {
                    counters.throttled_us = place.keyed("cpu.stat", "throttled_usec")
                }
                (Controller::Pids, Version::One | Version::Two) => {
                    let ours = |pids: u64| pids.saturating_sub(OUR_PROCESSES);
                    counters.peak_pids = place.number("pids.peak").map(ours);
                    counters.pids_refusals = place.keyed("pids.events", "max").unwrap_or(0);
                }
            }
        }
        counters
    }

    /// What is used now.
    pub(super) fn used_now(&self) -> UsedNow {
        let mut used = UsedNow::default();
        for place in &self.places {
            match (place.controller, place.version) {
                (Controller::Memory, Version::One) => {
                    used.memory_bytes = place.number("memory.usage_in_bytes");
                }
                (Controller::Memory, Version::Two) => {
                    used.memory_bytes = place.number("memory.current");
                }
                // The first version counts in a hierarchy that we do not enter.
                (Controller::Cpu, Version::One) => {
                    used.cpu_seconds = place
                        .read("cgroup.procs")
                        .map(|members| processor_time::of(&members));
                }
                (Controller::Cpu, Version::Two) => {
                    used.cpu_seconds = place
                        .keyed("cpu.stat", "usage_usec")
                        .map(|us| us as f64 / 1e6);
                }
                (Controller::Pids, Version::One | Version::Two) => {
                    let ours = |pids: u64| pids.saturating_sub(OUR_PROCESSES);
                    used.pids = place.number("pids.current").map(ours);
                }
            }
        }
        used
    }

    /// The limits as the kernel shows them.
    pub(super) fn facts(&self) -> CgroupFacts {
        let mut facts = CgroupFacts {
            version: "none".into(),
            ..CgroupFacts::default()
        };
        for place in &self.places {
            facts
                .folders
                .insert(place.controller.name().into(), place.folder.to_string());
            facts.version = place.version.name().into();
            match (place.controller, place.version) {
                (Controller::Memory, Version::One) => {
                    facts.memory_limit_bytes = place.number("memory.limit_in_bytes");
                    let both = place.number("memory.memsw.limit_in_bytes");
                    facts.swap_limit_bytes = both
                        .zip(facts.memory_limit_bytes)
                        .map(|(both, memory)| both - memory);
                }
                (Controller::Memory, Version::Two) => {
                    facts.memory_limit_bytes = place.number("memory.max");
                    facts.swap_limit_bytes = place.number("memory.swap.max");
                }
                (Controller::Cpu, version) => facts.cpu_percent = place.cpu_percent(version),
                (Controller::Pids, Version::One | Version::Two) => {
                    facts.pids_limit = place.number("pids.max")
                }
            }
        }
        if facts.swap_limit_bytes.is_none() && !host_has_swap() {
            facts.swap_limit_bytes = Some(0);
        }
        facts
    }

    /// Kills everything in the container where the kernel can do so at once (v2); killing process 1 does the rest.
    pub(super) fn kill(&self) {
        for place in self
            .places
            .iter()
            .filter(|place| place.version == Version::Two)
        {
            // Kernels before 5.14 have no such file; the end of process 1 ends all others there.
            let _ = write_once(place.folder.join("cgroup.kill").as_str(), "1");
        }
    }

    /// Removes the cgroups; the last process may need a moment to be gone from them.
    pub(super) fn remove(&self) -> Result<(), ShimError> {
        let patience = Instant::now() + Duration::from_secs(5);
        for place in &self.places {
            loop {
                match fs_err::remove_dir(&place.folder) {
                    Ok(()) => break,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                    Err(error) if Instant::now() >= patience => {
                        return Err(error).or_internal("remove a cgroup");
                    }
                    Err(_) => std::thread::sleep(Duration::from_micros(200)),
                }
            }
        }
        Ok(())
    }
}

impl Place {
    fn limit_memory(&self, plan: &ContainerPlan) -> Result<(), ShimError> {
        let bytes = plan.limits.memory_bytes.to_string();
        let swap = match self.version {
            Version::One => {
                self.write("memory.limit_in_bytes", &bytes)?;
                self.write("memory.memsw.limit_in_bytes", &bytes)
            }
            Version::Two => {
                self.write("memory.max", &bytes)?;
                // Absent before Linux 4.19; then the shim itself ends the rest of the container.
                let _ = self.write("memory.oom.group", "1");
                self.write("memory.swap.max", "0")
            }
        };
        if swap.is_err() && host_has_swap() && !plan.waive.contains(&Waivable::SwapOff) {
            return Err(ShimError::host(
                "swap cannot be switched off for the container, expected swap accounting in the kernel",
                "boot with `swapaccount=1`, switch swap off, or give up `swap_off` by name",
            ));
        }
        Ok(())
    }

    fn limit_cpu(&self, percent: u32) -> Result<(), ShimError> {
        let quota = u64::from(percent) * CPU_PERIOD_US / 100;
        match self.version {
            Version::One => {
                self.write("cpu.cfs_period_us", &CPU_PERIOD_US.to_string())?;
                self.write("cpu.cfs_quota_us", &quota.to_string())?;
                self.write("cpu.shares", CPU_SHARES)
            }
            Version::Two => {
                self.write("cpu.max", &format!("{quota} {CPU_PERIOD_US}"))?;
                self.write("cpu.weight", CPU_WEIGHT)
            }
        }
    }

    fn cpu_percent(&self, version: Version) -> Option<u32> {
        let (quota, period) = match version {
            Version::One => (
                self.number("cpu.cfs_quota_us")?,
                self.number("cpu.cfs_period_us")?,
            ),
            Version::Two => {
                let text = self.read("cpu.max")?;
                let (quota, period) = text.trim().split_once(' ')?;
                (quota.parse().ok()?, period.parse().ok()?)
            }
        };
        u32::try_from((quota * 100).checked_div(period)?).ok()
    }

    fn write(&self, file: &str, text: &str) -> Result<(), ShimError> {
        let path = self.folder.join(file);
        write_once(path.as_str(), text).or_internal(format_args!("set `{file}` to `{text}`"))
    }

    fn read(&self, file: &str) -> Option<String> {
        fs_err::read_to_string(self.folder.join(file)).ok()
    }

    fn number(&self, file: &str) -> Option<u64> {
        self.read(file)?.trim().parse().ok()
    }

    fn keyed(&self, file: &str, key: &str) -> Option<u64> {
        let text = self.read(file)?;
        text.lines().find_map(|line| {
            line.strip_prefix(key)?
                .strip_prefix(' ')?
                .trim()
                .parse()
                .ok()
        })
    }
}

/// Makes the folder of one controller, and sweeps what dead shims left beside it.
fn place(host: &Hierarchies, controller: Controller, id: &str) -> io::Result<Place> {
    let (version, parent) = host.parent_of(controller)?;
    let folder = parent.join(format!("{PREFIX}{id}"));
    match fs_err::create_dir(&folder) {
        Ok(()) => sweep(&parent),
        // The unified hierarchy has one folder for all controllers.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && version == Version::Two => {}
        Err(error) => return Err(error),
    }
    Ok(Place {
        controller,
        version,
        folder,
    })
}

const PREFIX: &str = "gantry-";
/// A cgroup that is empty and older than this belongs to a shim that was killed.
const ABANDONED: Duration = Duration::from_secs(60);

fn sweep(parent: &Utf8Path) {
    let Ok(entries) = fs_err::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        // A controller has dozens of files beside ours.
        if !ours {
            continue;
        }
        let age = entry
            .metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED) {
            // Fails, as it should, while anything runs in there.
            let _ = fs_err::remove_dir(entry.path());
        }
    }
}

/// A controller that cannot be had, and why.
type Missing = (Controller, io::Error);

/// Names every guarantee that is missing, so that nobody learns of them one by one.
fn refusal(host: &Hierarchies, first: &Missing, rest: &[Missing]) -> ShimError {
    let (controller, reason) = first;
    let guarantees: Vec<_> = std::iter::once(first)
        .chain(rest)
        .map(|(controller, _)| format!("`{}`", controller.guarantee_name()))
        .collect();
    let plural = if rest.is_empty() { "" } else { "s" };
    let guarantees = guarantees.join(", ");
    let remedy = match host.version_of(*controller) {
        Version::One => "run as root",
        Version::Two => "run as root, or under `systemd-run --user --scope -p Delegate=yes`",
    };
    ShimError::host(
        format!(
            "the guarantee{plural} {guarantees} cannot be kept: no `{}` cgroup could be made: {reason}",
            controller.name()
        ),
        format!("{remedy}, or give up {guarantees} by name"),
    )
}

fn host_has_swap() -> bool {
    fs_err::read_to_string("/proc/swaps").map_or(true, |text| text.lines().count() > 1)
}
