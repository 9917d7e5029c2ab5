//! What a sandbox promises, and whether the kernel keeps it: asked once everything is in force and before the program
//! starts. A promise that is not kept, and was not given up by name, keeps the program from being started.
//!
//! Nothing here is taken from the plan but the question; each answer is read from [`KernelFacts`].

use super::facts::{KernelFacts, MountFact};
use super::outcome::{ShimError, StartProblem};
use super::plan::{ContainerPlan, Waivable};

/// One promise beside what the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its name, such as `memory_limit`.
    pub promise: &'static str,
    /// What the plan asks for.
    pub asked: String,
    /// What is in force.
    pub in_force: String,
    /// Whether the two agree.
    pub kept: bool,
    /// Where the kernel says so.
    pub source: &'static str,
}

struct Answer {
    asked: String,
    in_force: String,
    kept: bool,
    source: &'static str,
}

/// A promise by name, and how it is looked up.
type Question = (&'static str, fn(&ContainerPlan, &KernelFacts) -> Answer);

const QUESTIONS: [Question; 22] = [
    ("network_isolation", |_, facts| network(facts)),
    ("user_namespace", |_, facts| user_namespace(facts)),
    ("pid_namespace", |_, facts| namespace("pid", facts)),
    ("ipc_namespace", |_, facts| namespace("ipc", facts)),
    ("uts_namespace", |_, facts| namespace("uts", facts)),
    ("mount_namespace", |_, facts| namespace("mnt", facts)),
    ("cgroup_namespace", |_, facts| namespace("cgroup", facts)),
    ("seccomp", |_, facts| seccomp(facts)),
    ("no_new_privileges", |_, facts| {
        status("NoNewPrivs", "1", "on", facts)
    }),
    ("capabilities_dropped", |_, facts| capabilities(facts)),
    ("read_only_input", read_only_input),
    ("masked_paths", |_, facts| masked_paths(facts)),
    ("memory_limit", memory),
    ("swap_off", |_, facts| {
        cgroup(0, facts.cgroup.swap_limit_bytes, "bytes of swap", facts)
    }),
    ("cpu_limit", processors),
    ("pids_limit", pids),
    ("disk_limit", disk),
    ("time_limit", |plan, _| wall_time(plan)),
    ("log_limit", |plan, _| log(plan)),
    ("shm_limit", shm),
    ("open_files_limit", |plan, facts| {
        rlimit("Max open files", plan.limits.open_files, facts)
    }),
    ("core_dumps_off", |_, facts| {
        rlimit("Max core file size", 0, facts)
    }),
];

/// Every promise of a container beside what the kernel says, in the order of the isolation report.
#[must_use]
pub fn findings(plan: &ContainerPlan, facts: &KernelFacts) -> Vec<Finding> {
    let finding = |(promise, look): &Question| {
        let answer = look(plan, facts);
        Finding {
            promise,
            asked: answer.asked,
            in_force: answer.in_force,
            kept: answer.kept,
            source: answer.source,
        }
    };
    QUESTIONS.iter().map(finding).collect()
}

/// The names of all promises, in the order of the isolation report.
#[must_use]
pub fn promises() -> Vec<&'static str> {
    QUESTIONS.iter().map(|(promise, _)| *promise).collect()
}

/// Refuses to start a program for which a promise is not kept that was not given up.
pub(super) fn require(plan: &ContainerPlan, facts: &KernelFacts) -> Result<(), ShimError> {
    let waived: Vec<&str> = plan.waive.iter().map(|waivable| waivable.name()).collect();
    let broken: Vec<String> = findings(plan, facts)
        .into_iter()
        .filter(|finding| !finding.kept && !waived.contains(&finding.promise))
        .map(|finding| {
            let Finding {
                promise,
                asked,
                in_force,
                source,
                ..
            } = finding;
            format!("`{promise}`: expected {asked}, found {in_force} ({source})")
        })
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(ShimError {
        problem: StartProblem::Host,
        message: format!(
            "the kernel does not have in force what was asked for: {}",
            broken.join("; ")
        ),
        hint: Some("nothing was started; tell the developers what kernel this is".to_owned()),
    })
}

impl Waivable {
    /// The promise that is given up.
    fn name(self) -> &'static str {
        match self {
            Self::MemoryLimit => "memory_limit",
            Self::SwapOff => "swap_off",
            Self::CpuLimit => "cpu_limit",
            Self::PidsLimit => "pids_limit",
            Self::DiskLimit => "disk_limit",
            Self::UserNamespace => "user_namespace",
        }
    }
}

/// What the shim itself enforces: it is in force because the shim is there.
fn ours(source: &'static str, asked: String) -> Answer {
    Answer {
        in_force: asked.clone(),
        asked,
        kept: true,
        source,
    }
}

fn namespace(name: &str, facts: &KernelFacts) -> Answer {
    let fact = facts.namespaces.get(name);
    let kept = fact.is_some_and(|fact| !fact.shared_with_host);
    let in_force = match fact {
        Some(fact) if kept => format!("own ({})", fact.inode),
        Some(_) => "the host's".to_owned(),
        None => "unknown".to_owned(),
    };
    Answer {
        asked: "own".to_owned(),
        in_force,
        kept,
        source: "/proc/<pid>/ns",
    }
}

fn network(facts: &KernelFacts) -> Answer {
    let own = namespace("net", facts);
    let only_loopback = facts.interfaces.iter().all(|name| name == "lo");
    Answer {
        asked: "own namespace, loopback only".to_owned(),
        in_force: format!(
            "{}, interfaces: {}",
            own.in_force,
            facts.interfaces.join(" ")
        ),
        kept: own.kept && only_loopback,
        source: "/proc/<pid>/ns/net, /proc/<pid>/net/dev",
    }
}

fn user_namespace(facts: &KernelFacts) -> Answer {
    let own = namespace("user", facts);
    let ranges: Vec<String> = facts
        .uid_map
        .iter()
        .map(|[inside, host, count]| format!("{inside}→{host}+{count}"))
        .collect();
    let root_is_root = facts.uid_map.iter().any(|[_, host, _]| *host == 0);
    Answer {
        asked: "own, no id of it is root of the host".to_owned(),
        in_force: format!("{}, ids {}", own.in_force, ranges.join(" ")),
        // Seen from a shim without rights the map names the shim's own root, which is an ordinary user of the host.
        kept: own.kept && (!root_is_root || facts.uid_map.iter().all(|[_, _, count]| *count == 1)),
        source: "/proc/<pid>/ns/user, /proc/<pid>/uid_map",
    }
}

fn status(line: &str, wanted: &str, asked: &str, facts: &KernelFacts) -> Answer {
    let found = facts.status.get(line).map(String::as_str);
    let kept = found == Some(wanted);
    let in_force = if kept {
        asked
    } else {
        found.unwrap_or("unknown")
    };
    Answer {
        asked: asked.to_owned(),
        in_force: in_force.to_owned(),
        kept,
        source: "/proc/<pid>/status",
    }
}

fn seccomp(facts: &KernelFacts) -> Answer {
    let filter = status("Seccomp", "2", "default-deny filter", facts);
    let filters = facts
        .status
        .get("Seccomp_filters")
        .map_or("?", String::as_str);
    let in_force = match filter.kept {
        true => format!(
            "filter mode, {filters} filters, {} calls allowed",
            facts.seccomp_allowed_calls
        ),
        false => filter.in_force,
    };
    Answer {
        asked: filter.asked,
        in_force,
        kept: filter.kept,
        source: filter.source,
    }
}

fn capabilities(facts: &KernelFacts) -> Answer {
    let sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
    let left: Vec<String> = sets
        .iter()
        .filter_map(|set| facts.status.get(*set).map(|value| (set, value)))
        .filter(|(_, value)| !value.trim_start_matches('0').is_empty())
        .map(|(set, value)| format!("{set}={value}"))
        .collect();
    let complete = sets.iter().all(|set| facts.status.contains_key(*set));
    let in_force = if left.is_empty() {
        "none in any of the five sets".to_owned()
    } else {
        left.join(" ")
    };
    Answer {
        asked: "none".to_owned(),
        in_force,
        kept: complete && left.is_empty(),
        source: "/proc/<pid>/status",
    }
}

fn read_only_input(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    let is_read_only = |mount: &MountFact| mount.options.iter().any(|option| option == "ro");
    let (mut moved, mut not_read_only) = (Vec::new(), Vec::new());
    for bind in &plan.binds {
        let at_target = |mount: &&MountFact| mount.target == bind.target;
        // The last mount over a place is the one that counts.
        match facts.mounts.iter().rfind(at_target) {
            Some(mount) if is_read_only(mount) => {}
            Some(_) => not_read_only.push(bind.target.as_str()),
            None => moved.push(bind.target.as_str()),
        }
    }
    // A symlink of the image leads to another place: there must be as many read-only mounts that nothing else explains.
    let explained = |target: &str| {
        let is_bind = plan.binds.iter().any(|bind| bind.target == target);
        let ours = ["/proc", "/sys", "/dev"];
        is_bind || ours.iter().any(|folder| target.starts_with(folder))
    };
    let unexplained = facts
        .mounts
        .iter()
        .filter(|mount| is_read_only(mount) && !explained(&mount.target))
        .count();
    if unexplained < moved.len() {
        not_read_only.append(&mut moved);
    }
    Answer {
        asked: "read-only".to_owned(),
        in_force: match not_read_only.as_slice() {
            [] => format!("{} mounts, all read-only", plan.binds.len()),
            some => format!("not read-only: {}", some.join(" ")),
        },
        kept: not_read_only.is_empty(),
        source: "/proc/<pid>/mountinfo",
    }
}

fn masked_paths(facts: &KernelFacts) -> Answer {
    let over = |prefix: &str| {
        facts
            .mounts
            .iter()
            .filter(|mount| mount.target.starts_with(prefix))
            .count()
    };
    let (proc, sys) = (over("/proc/"), over("/sys/"));
    let read_only = |target: &str| {
        let mount = facts.mounts.iter().find(|mount| mount.target == target);
        mount.is_some_and(|mount| mount.options.iter().any(|option| option == "ro"))
    };
    let kept = read_only("/sys") && read_only("/proc/sys") && proc > 4;
    Answer {
        asked: "/proc and /sys hidden or read-only where they reach the host".to_owned(),
        in_force: format!(
            "{proc} mounts over /proc, {sys} over /sys, /sys {}",
            if read_only("/sys") {
                "read-only"
            } else {
                "writable"
            }
        ),
        kept,
        source: "/proc/<pid>/mountinfo",
    }
}

/// One limit of a cgroup: the number, what it counts, and what the kernel has.
fn cgroup(asked: u64, in_force: Option<u64>, unit: &str, facts: &KernelFacts) -> Answer {
    // The kernel rounds memory down to whole pages.
    let kept = in_force.is_some_and(|value| value <= asked && asked - value < 4096);
    Answer {
        asked: format!("{asked} {unit}"),
        in_force: in_force.map_or_else(
            || "no limit".to_owned(),
            |value| format!("{value} {unit} (cgroup {})", facts.cgroup.version),
        ),
        kept,
        source: "cgroup files",
    }
}

fn memory(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    let found = facts.cgroup.memory_limit_bytes;
    cgroup(plan.limits.memory_bytes, found, "bytes", facts)
}

fn processors(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    let found = facts.cgroup.cpu_percent.map(u64::from);
    let asked = plan.limits.cpu_percent.into();
    cgroup(asked, found, "% of one processor", facts)
}

fn pids(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    // Our own process 1 is counted by the kernel as well.
    let found = facts.cgroup.pids_limit.map(|pids| pids.saturating_sub(1));
    let asked = plan.limits.pids.into();
    cgroup(asked, found, "processes and threads", facts)
}

fn wall_time(plan: &ContainerPlan) -> Answer {
    let asked = format!("{} ms", plan.limits.wall_time_ms);
    ours("monotonic clock of the shim", asked)
}

fn log(plan: &ContainerPlan) -> Answer {
    let limits = &plan.limits;
    let asked = format!(
        "{} bytes kept, ended at {}",
        limits.log_kept_bytes, limits.log_max_bytes
    );
    ours("counter of the shim", asked)
}

fn disk(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    let scratch = &facts.scratch;
    Answer {
        asked: format!("{} bytes", plan.limits.disk_bytes),
        in_force: match scratch.capacity_bytes {
            Some(bytes) => format!(
                "{bytes} bytes in {} files ({})",
                scratch.capacity_inodes.unwrap_or(0),
                scratch.kind
            ),
            None => format!("no limit ({})", scratch.kind),
        },
        kept: scratch
            .capacity_bytes
            .is_some_and(|bytes| bytes <= plan.limits.disk_bytes.max(4 << 20)),
        source: "statfs of the writable file system",
    }
}

fn shm(plan: &ContainerPlan, facts: &KernelFacts) -> Answer {
    let mounted = facts
        .mounts
        .iter()
        .any(|mount| mount.target == "/dev/shm" && mount.fs_type == "tmpfs");
    let asked = plan.limits.shm_bytes;
    Answer {
        asked: format!("{asked} bytes"),
        in_force: if mounted {
            format!("tmpfs of {asked} bytes")
        } else {
            "none".to_owned()
        },
        kept: mounted == (asked > 0),
        source: "/proc/<pid>/mountinfo",
    }
}

fn rlimit(name: &str, wanted: u64, facts: &KernelFacts) -> Answer {
    let found = facts.rlimits.get(name);
    // Less is stricter: the host's own limit may be lower than the asked one.
    let within = |limit: &str| limit.parse().is_ok_and(|limit: u64| limit <= wanted);
    let kept = found.is_some_and(|(soft, hard)| within(soft) && within(hard));
    let in_force = found.map_or_else(
        || "unknown".to_owned(),
        |(soft, hard)| format!("{soft} soft, {hard} hard"),
    );
    Answer {
        asked: wanted.to_string(),
        in_force,
        kept,
        source: "/proc/<pid>/limits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan with one bind, and what the kernel might say of it.
    fn plan() -> ContainerPlan {
        serde_json::from_value(serde_json::json!({
            "id": "job", "work_dir": "/w", "shared_dir": "/s", "layers": [],
            "process": {"command": ["true"], "env": [], "working_dir": "", "user": ""},
            "binds": [{"source": "/data", "target": "/input", "owner": null, "executable": false}],
            "writable": [], "devices": [], "links": [],
            "limits": {"memory_bytes": 1 << 20, "cpu_percent": 200, "pids": 8, "wall_time_ms": 1, "grace_ms": 1,
                "disk_bytes": 1 << 20, "log_kept_bytes": 1, "log_max_bytes": 1, "shm_bytes": 0, "open_files": 16},
            "waive": [], "orphaned": "stop",
        }))
        .unwrap()
    }

    fn mount(target: &str, options: &str) -> MountFact {
        MountFact {
            target: target.to_owned(),
            fs_type: "ext4".to_owned(),
            options: options.split(',').map(str::to_owned).collect(),
        }
    }

    #[test]
    fn an_input_that_can_be_written_is_found() {
        let kept = |mounts: &[MountFact]| {
            let facts = KernelFacts {
                mounts: mounts.to_vec(),
                ..KernelFacts::default()
            };
            read_only_input(&plan(), &facts).kept
        };
        assert!(kept(&[mount("/input", "ro,nosuid")]));
        assert!(!kept(&[mount("/input", "ro"), mount("/input", "rw")]));
        assert!(!kept(&[]), "not there at all");
        assert!(kept(&[mount("/moved/input", "ro")]), "behind a symlink");
        assert!(!kept(&[mount("/moved/input", "rw"), mount("/sys", "ro")]));
    }

    #[test]
    fn a_broken_promise_keeps_the_program_from_starting() {
        let nothing = KernelFacts::default();
        let error = require(&plan(), &nothing).unwrap_err();
        assert_eq!(error.problem, StartProblem::Host);
        for part in [
            "`seccomp`",
            "`memory_limit`: expected 1048576 bytes, found no limit",
        ] {
            assert!(error.message.contains(part), "{}", error.message);
        }
        let mut waiving = plan();
        waiving.waive.insert(Waivable::MemoryLimit);
        let error = require(&waiving, &nothing).unwrap_err();
        assert!(
            !error.message.contains("`memory_limit`"),
            "{}",
            error.message
        );
    }
}
