//! Containers whose caller, or whose shim, is gone.

use std::os::fd::OwnedFd;

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::{ContainerPlan, End, LogChunk, Orphaned, Outcome, ReadyShim, Running};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::harness::{Case, assert_nothing_left, cgroups_named, launch};
use super::place::{Place, shim};

/// Follows the log until the program says `ready`.
pub(super) fn until_ready(plan: &ContainerPlan) {
    loop {
        let mut log = container::sandbox::LogReader::open(&plan.log_path()).unwrap();
        while let Some(chunk) = log.next_chunk().unwrap() {
            if matches!(chunk, LogChunk::Bytes { ref bytes, .. } if bytes.starts_with(b"ready")) {
                return;
            }
        }
        std::thread::yield_now();
    }
}

/// The shim of a container and everything it started, process 1 first.
pub(super) fn family(plan: &ContainerPlan) -> Vec<i32> {
    let pids = || {
        let entries = fs_err::read_dir("/proc").unwrap().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
    };
    let folder = |pid: i32| fs_err::read_link(format!("/proc/{pid}/cwd")).ok();
    let in_work_dir = |pid: &i32| folder(*pid).is_some_and(|path| path.starts_with(&plan.work_dir));
    let shim = pids()
        .find(in_work_dir)
        .expect("the shim runs in the work folder");
    let mut family = vec![shim];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(pids().filter(|pid| parent_of(*pid) == Some(parent)));
        next += 1;
    }
    family
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

pub(super) fn descriptor(pid: i32) -> OwnedFd {
    pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap()
}

/// Waits for the end of processes, at most ten seconds each.
pub(super) fn all_end(processes: &[OwnedFd]) {
    for process in processes {
        let mut polled = [PollFd::new(process, PollFlags::IN)];
        let limit = rustix::event::Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        assert_eq!(
            poll(&mut polled, Some(&limit)),
            Ok(1),
            "a process outlived its container"
        );
    }
}

struct Started {
    place: Place,
    plan: ContainerPlan,
    running: Running,
    /// The shim, process 1, the program and its daemon.
    pids: Vec<i32>,
}

fn started(orphaned: Orphaned) -> Started {
    let place = Place::new();
    let mut plan = Case::new(&["probe", "daemon", "stay"]).plan(&place);
    plan.orphaned = orphaned;
    let running = launch(&plan);
    until_ready(&plan);
    let pids = family(&plan);
    assert_eq!(pids.len(), 4, "{pids:?}");
    Started {
        place,
        plan,
        running,
        pids,
    }
}

pub(super) fn outcome(path: &Utf8Path) -> Outcome {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

#[test]
fn a_caller_that_goes_away_takes_its_container_along() {
    let Started {
        place: _place,
        plan,
        running,
        pids,
    } = started(Orphaned::Stop);
    let processes: Vec<_> = pids.into_iter().map(descriptor).collect();
    drop(running);
    all_end(&processes);
    assert_eq!(outcome(&plan.outcome_path()).end, End::Cancelled);
    assert_nothing_left(&plan);
}

#[test]
fn a_container_that_may_go_on_does_and_its_end_can_be_read_later() {
    let place = Place::new();
    let script = "echo ready; until [ -e /input/go ]; do sleep 0.01; done; exit 6";
    let mut plan = Case::shell(script).plan(&place);
    plan.orphaned = Orphaned::Continue;
    let running = launch(&plan);
    until_ready(&plan);
    let shim = descriptor(family(&plan)[0]);
    drop(running);
    fs_err::write(place.path().join("input/go"), "").unwrap();
    fs_err::write(plan.work_dir.join("release"), "").unwrap();
    all_end(&[shim]);
    assert_eq!(outcome(&plan.outcome_path()).end, End::Exited { code: 6 });
    fs_err::remove_file(plan.work_dir.join("release")).unwrap();
    assert_nothing_left(&plan);
}

#[test]
fn a_killed_shim_takes_its_container_along_and_the_caller_hears_of_it() {
    let Started {
        place: _place,
        plan,
        mut running,
        pids,
    } = started(Orphaned::Stop);
    let processes: Vec<_> = pids.iter().copied().map(descriptor).collect();
    kill_process(Pid::from_raw(pids[0]).unwrap(), Signal::KILL).unwrap();
    let error = running.wait(&mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("without an outcome"), "{error}");
    all_end(&processes[1..]);
    // Only empty cgroups can be left; the next container sweeps them when they are old enough.
    for folder in cgroups_named(&plan.id) {
        fs_err::remove_dir(Utf8PathBuf::from(folder)).unwrap();
    }
}

/// What the kernel gives a process of the processors where they are short, as it writes it.
fn share_of(pid: i32) -> u64 {
    let groups = fs_err::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let lines = groups.lines().filter_map(|line| line.split_once(':'));
    let lines: Vec<_> = lines.filter_map(|(_, rest)| rest.split_once(':')).collect();
    let of = |named: &str| {
        let has = |controllers: &str| controllers.split(',').any(|name| name == named);
        lines.iter().find(|(controllers, _)| has(controllers))
    };
    let file = match (of("cpu"), of("")) {
        (Some((_, path)), _) => format!("/sys/fs/cgroup/cpu{path}/cpu.shares"),
        (None, Some((_, path))) => format!("/sys/fs/cgroup{path}/cpu.weight"),
        (None, None) => panic!("{groups}"),
    };
    fs_err::read_to_string(file)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn a_container_gets_less_of_scarce_processors_than_the_rest_of_the_host() {
    let Started {
        place: _place,
        running,
        pids,
        ..
    } = started(Orphaned::Stop);
    let (shares, weight) = (256, 25);
    let found = share_of(pids[2]);
    assert!(found == shares || found == weight, "{found}");
    drop(running);
}

#[test]
fn a_plan_that_cannot_be_read_is_told() {
    let place = Place::new();
    let mut without_folder = Case::new(&["true"]).plan(&place);
    without_folder.work_dir = place.path().join("missing");
    let ready = ReadyShim::start(&[shim()]).unwrap();
    let error = container::sandbox::start(&without_folder, ready).unwrap_err();
    assert!(error.to_string().contains("plan"), "{error}");
    let error = ReadyShim::start(&["/no/such/shim"]).unwrap_err();
    assert!(error.to_string().contains("/no/such/shim"), "{error}");
}

/// The children of this process.
fn children() -> Vec<String> {
    let tasks = fs_err::read_dir("/proc/self/task").unwrap().flatten();
    let told = tasks.filter_map(|task| fs_err::read_to_string(task.path().join("children")).ok());
    told.flat_map(|told| {
        told.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn a_shim_that_gets_no_plan_ends_with_its_caller() {
    let before = children();
    let ready = ReadyShim::start(&[shim()]).unwrap();
    let mut new = children();
    new.retain(|child| !before.contains(child));
    assert!(!new.is_empty(), "it runs");
    drop(ready);
    let left = children();
    assert!(new.iter().all(|child| !left.contains(child)), "{left:?}");
}
