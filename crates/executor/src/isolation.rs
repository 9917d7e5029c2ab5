//! The isolation report: what was asked, what the kernel showed, and whether the two agree.
//!
//! Nothing here is taken from the plan but the question; each answer is read from [`KernelFacts`].

use std::collections::BTreeSet;

use container::sandbox::{ContainerPlan, KernelFacts};
use domain::{Guarantee, GuaranteeRecord, IsolationReport, Verdict};

/// What one guarantee looks like in the kernel's facts.
struct Finding {
    asked: String,
    in_force: String,
    kept: bool,
    source: &'static str,
}

/// Compares the facts with the plan, guarantee by guarantee.
pub(crate) fn report(
    plan: &ContainerPlan,
    facts: &KernelFacts,
    waived: &BTreeSet<Guarantee>,
) -> IsolationReport {
    let record = |guarantee: &Guarantee| {
        let finding = find(*guarantee, plan, facts);
        let verdict = match (finding.kept, waived.contains(guarantee)) {
            (true, _) => Verdict::Kept,
            (false, true) => Verdict::Waived,
            (false, false) => Verdict::Broken,
        };
        GuaranteeRecord {
            guarantee: *guarantee,
            asked: finding.asked,
            in_force: finding.in_force,
            verdict,
            source: finding.source.to_owned(),
        }
    };
    IsolationReport {
        runtime: "native".to_owned(),
        guarantees: Guarantee::ALL.iter().map(record).collect(),
        facts: serde_json::to_value(facts).expect("facts hold nothing that JSON cannot"),
    }
}

fn find(guarantee: Guarantee, plan: &ContainerPlan, facts: &KernelFacts) -> Finding {
    match guarantee {
        Guarantee::NetworkIsolation => network(facts),
        Guarantee::UserNamespace => user_namespace(facts),
        Guarantee::PidNamespace => namespace("pid", facts),
        Guarantee::IpcNamespace => namespace("ipc", facts),
        Guarantee::UtsNamespace => namespace("uts", facts),
        Guarantee::MountNamespace => namespace("mnt", facts),
        Guarantee::CgroupNamespace => namespace("cgroup", facts),
        Guarantee::Seccomp => seccomp(facts),
        Guarantee::NoNewPrivileges => status("NoNewPrivs", "1", "on", facts),
        Guarantee::CapabilitiesDropped => capabilities(facts),
        Guarantee::ReadOnlyInput => read_only_input(facts),
        Guarantee::MaskedPaths => masked_paths(facts),
        Guarantee::MemoryLimit
        | Guarantee::SwapOff
        | Guarantee::CpuLimit
        | Guarantee::PidsLimit => cgroup(guarantee, plan, facts),
        Guarantee::DiskLimit => disk(plan, facts),
        Guarantee::TimeLimit => ours(
            "monotonic clock of the shim",
            format!("{} ms", plan.limits.wall_time_ms),
        ),
        Guarantee::LogLimit => {
            let limits = &plan.limits;
            let asked = format!(
                "{} bytes kept, ended at {}",
                limits.log_kept_bytes, limits.log_max_bytes
            );
            ours("counter of the shim", asked)
        }
        Guarantee::ShmLimit => shm(plan, facts),
        Guarantee::OpenFilesLimit => rlimit("Max open files", plan.limits.open_files, facts),
        Guarantee::CoreDumpsOff => rlimit("Max core file size", 0, facts),
    }
}

/// What the shim itself enforces: it is in force because the shim is there.
fn ours(source: &'static str, asked: String) -> Finding {
    Finding {
        in_force: asked.clone(),
        asked,
        kept: true,
        source,
    }
}

fn namespace(name: &str, facts: &KernelFacts) -> Finding {
    let fact = facts.namespaces.get(name);
    let kept = fact.is_some_and(|fact| !fact.shared_with_host);
    let in_force = match fact {
        Some(fact) if kept => format!("own ({})", fact.inode),
        Some(_) => "the host's".to_owned(),
        None => "unknown".to_owned(),
    };
    Finding {
        asked: "own".to_owned(),
        in_force,
        kept,
        source: "/proc/<pid>/ns",
    }
}

fn network(facts: &KernelFacts) -> Finding {
    let own = namespace("net", facts);
    let only_loopback = facts.interfaces.iter().all(|name| name == "lo");
    Finding {
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

fn user_namespace(facts: &KernelFacts) -> Finding {
    let own = namespace("user", facts);
    let ranges: Vec<String> = facts
        .uid_map
        .iter()
        .map(|[inside, host, count]| format!("{inside}→{host}+{count}"))
        .collect();
    let root_is_root = facts.uid_map.iter().any(|[_, host, _]| *host == 0);
    Finding {
        asked: "own, no id of it is root of the host".to_owned(),
        in_force: format!("{}, ids {}", own.in_force, ranges.join(" ")),
        // Seen from a shim without rights the map names the shim's own root, which is an ordinary user of the host.
        kept: own.kept && (!root_is_root || facts.uid_map.iter().all(|[_, _, count]| *count == 1)),
        source: "/proc/<pid>/ns/user, /proc/<pid>/uid_map",
    }
}

fn status(line: &str, wanted: &str, asked: &str, facts: &KernelFacts) -> Finding {
    let found = facts.status.get(line).map(String::as_str);
    let kept = found == Some(wanted);
    let in_force = if kept {
        asked
    } else {
        found.unwrap_or("unknown")
    };
    Finding {
        asked: asked.to_owned(),
        in_force: in_force.to_owned(),
        kept,
        source: "/proc/<pid>/status",
    }
}

fn seccomp(facts: &KernelFacts) -> Finding {
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
    Finding {
        asked: filter.asked,
        in_force,
        kept: filter.kept,
        source: filter.source,
    }
}

fn capabilities(facts: &KernelFacts) -> Finding {
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
    Finding {
        asked: "none".to_owned(),
        in_force,
        kept: complete && left.is_empty(),
        source: "/proc/<pid>/status",
    }
}

fn read_only_input(facts: &KernelFacts) -> Finding {
    let below = facts
        .mounts
        .iter()
        .filter(|mount| mount.target == "/input" || mount.target.starts_with("/input/"));
    let (mut count, mut writable) = (0, Vec::new());
    for mount in below {
        count += 1;
        if !mount.options.iter().any(|option| option == "ro") {
            writable.push(mount.target.clone());
        }
    }
    let in_force = match writable.as_slice() {
        [] => format!("{count} mounts, all read-only"),
        some => format!("writable: {}", some.join(" ")),
    };
    Finding {
        asked: "read-only".to_owned(),
        in_force,
        kept: count > 0 && writable.is_empty(),
        source: "/proc/<pid>/mountinfo",
    }
}

fn masked_paths(facts: &KernelFacts) -> Finding {
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
    Finding {
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

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "called for four guarantees only"
)]
fn cgroup(guarantee: Guarantee, plan: &ContainerPlan, facts: &KernelFacts) -> Finding {
    let limits = &plan.limits;
    let found = &facts.cgroup;
    let (asked, in_force, unit) = match guarantee {
        Guarantee::MemoryLimit => (limits.memory_bytes, found.memory_limit_bytes, "bytes"),
        Guarantee::SwapOff => (0, found.swap_limit_bytes, "bytes of swap"),
        Guarantee::CpuLimit => (
            u64::from(limits.cpu_percent),
            found.cpu_percent.map(u64::from),
            "% of one processor",
        ),
        // Our own process 1 is counted by the kernel as well.
        _ => (
            u64::from(limits.pids),
            found.pids_limit.map(|pids| pids.saturating_sub(1)),
            "processes and threads",
        ),
    };
    // The kernel rounds memory down to whole pages.
    let kept = in_force.is_some_and(|value| value <= asked && asked - value < 4096);
    Finding {
        asked: format!("{asked} {unit}"),
        in_force: in_force.map_or_else(
            || "no limit".to_owned(),
            |value| format!("{value} {unit} (cgroup {})", found.version),
        ),
        kept,
        source: "cgroup files",
    }
}

fn disk(plan: &ContainerPlan, facts: &KernelFacts) -> Finding {
    let scratch = &facts.scratch;
    Finding {
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

fn shm(plan: &ContainerPlan, facts: &KernelFacts) -> Finding {
    let mounted = facts
        .mounts
        .iter()
        .any(|mount| mount.target == "/dev/shm" && mount.fs_type == "tmpfs");
    let asked = plan.limits.shm_bytes;
    Finding {
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

fn rlimit(name: &str, wanted: u64, facts: &KernelFacts) -> Finding {
    let found = facts.rlimits.get(name);
    // Less is stricter: the host's own limit may be lower than the asked one.
    let within = |limit: &str| limit.parse().is_ok_and(|limit: u64| limit <= wanted);
    let kept = found.is_some_and(|(soft, hard)| within(soft) && within(hard));
    let in_force = found.map_or_else(
        || "unknown".to_owned(),
        |(soft, hard)| format!("{soft} soft, {hard} hard"),
    );
    Finding {
        asked: wanted.to_string(),
        in_force,
        kept,
        source: "/proc/<pid>/limits",
    }
}
