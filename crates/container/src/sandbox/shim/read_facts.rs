//! Reading back what the kernel has in force for process 1, from which the program is forked next and inherits all of it.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;

use crate::sandbox::facts::{KernelFacts, MountFact, NamespaceFact};
use crate::sandbox::plan::ContainerPlan;

const NAMESPACES: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
/// Lines of `/proc/<pid>/status` that tell of rights.
const STATUS: [&str; 12] = [
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
    "NoNewPrivs",
    "Seccomp",
    "Seccomp_filters",
    "Uid",
    "Gid",
    "Groups",
    "Cpus_allowed_list",
];
const RLIMITS: [&str; 2] = ["Max core file size", "Max open files"];

/// Reads everything but the cgroup and scratch files.
pub(super) fn read(pid: i32, _plan: &ContainerPlan) -> io::Result<KernelFacts> {
    let file = |name: &str| fs_err::read_to_string(format!("/proc/{pid}/{name}"));
    let status = keyed(&file("status")?, &STATUS);
    let interfaces = file("net/dev")?;
    let kernel = rustix::system::uname();
    Ok(KernelFacts {
        namespaces: namespaces(pid)?,
        processors: status.get("Cpus_allowed_list").cloned().unwrap_or_default(),
        status,
        uid_map: id_map(&file("uid_map")?),
        gid_map: id_map(&file("gid_map")?),
        mounts: file("mountinfo")?.lines().filter_map(mount).collect(),
        interfaces: interfaces
            .lines()
            .skip(2)
            .filter_map(|line| Some(line.split_once(':')?.0.trim().into()))
            .collect(),
        loopback_up: file("net/fib_trie").is_ok_and(|table| table.contains("127.0.0.1")),
        rlimits: rlimits(&file("limits")?),
        kernel: kernel.release().to_string_lossy().into_owned(),
        ..KernelFacts::default()
    })
}

fn namespaces(pid: i32) -> io::Result<BTreeMap<String, NamespaceFact>> {
    let inode = |pid: &str, name: &str| {
        Ok::<_, io::Error>(fs_err::metadata(format!("/proc/{pid}/ns/{name}"))?.ino())
    };
    let fact = |name: &&str| {
        let own = inode(&pid.to_string(), name)?;
        Ok((
            name.to_string(),
            NamespaceFact {
                inode: own,
                shared_with_host: own == inode("self", name)?,
            },
        ))
    };
    NAMESPACES.iter().map(fact).collect()
}

fn keyed(text: &str, wanted: &[&str]) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| wanted.contains(name))
        .map(|(name, value)| {
            (
                name.to_owned(),
                value.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        })
        .collect()
}

fn id_map(text: &str) -> Vec<[u64; 3]> {
    let line = |line: &str| {
        let numbers: Vec<u64> = line
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers.try_into().ok()
    };
    text.lines().filter_map(line).collect()
}

fn mount(line: &str) -> Option<MountFact> {
    let (front, back) = line.split_once(" - ")?;
    let mut front = front.split(' ').skip(4);
    let (target, options) = (front.next()?, front.next()?);
    Some(MountFact {
        target: target.to_owned(),
        fs_type: back.split(' ').next()?.to_owned(),
        options: options.split(',').map(str::to_owned).collect(),
    })
}

fn rlimits(text: &str) -> BTreeMap<String, (String, String)> {
    let find = |name: &&str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(*name))?;
        let mut values = rest.split_whitespace();
        Some((
            name.to_string(),
            (values.next()?.to_owned(), values.next()?.to_owned()),
        ))
    };
    RLIMITS.iter().filter_map(find).collect()
}
