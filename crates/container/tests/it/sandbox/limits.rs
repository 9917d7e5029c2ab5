//! Memory, processes, disk, files and processor: each limit against a program that wants more.

use container::sandbox::End;

use super::harness::{Case, MIB, Ran, Runtime};

fn out_of_memory(ran: &Ran) {
    assert_eq!(*ran.end(), End::OutOfMemory);
    assert!(ran.measured().out_of_memory_kills >= 1);
    let peak = ran.measured().peak_memory_bytes.unwrap();
    // The kernel lets a process that it kills go over by some pages.
    assert!((48 * MIB..65 * MIB).contains(&peak), "peak {peak}");
}

#[test]
fn memory_of_the_program() {
    Case::new(&["probe", "memory", "1000000000"])
        .limits(|limits| limits.memory_bytes = 64 * MIB)
        .check(out_of_memory);
}

#[test]
fn memory_of_a_child_whose_parent_returns_zero() {
    Case::new(&["probe", "memory-in-child", "1000000000"])
        .limits(|limits| limits.memory_bytes = 64 * MIB)
        .check(out_of_memory);
}

#[test]
fn memory_of_a_child_whose_parent_waits_for_ever() {
    Case::shell("probe memory 1000000000 & sleep 1000")
        .limits(|limits| limits.memory_bytes = 64 * MIB)
        .check(out_of_memory);
}

#[test]
fn memory_within_the_limit_is_measured() {
    Case::new(&["probe", "memory", "33554432"])
        .limits(|limits| limits.memory_bytes = 64 * MIB)
        .check(|ran| {
            ran.succeeded();
            let measured = ran.measured();
            let peak = measured.peak_memory_bytes.unwrap();
            assert!((32 * MIB..64 * MIB).contains(&peak), "peak {peak}");
            assert_eq!(measured.out_of_memory_kills, 0);
        });
}

#[test]
fn shared_memory_counts_as_memory() {
    Case::new(&["probe", "fill", "/dev/shm/x"])
        .limits(|limits| {
            limits.memory_bytes = 64 * MIB;
            limits.shm_bytes = 1024 * MIB;
        })
        .check(out_of_memory);
}

#[test]
fn shared_memory_has_its_own_size() {
    Case::new(&["probe", "fill", "/dev/shm/x"])
        .limits(|limits| limits.shm_bytes = 8 * MIB)
        .check(|ran| {
            ran.succeeded();
            assert_eq!(ran.number("filled"), 8 * MIB);
            assert_eq!(ran.answers()["end"], "ENOSPC");
        });
}

#[test]
fn no_shared_memory_when_none_is_asked_for() {
    Case::new(&["probe", "fill", "/dev/shm/x"])
        .limits(|limits| limits.shm_bytes = 0)
        .check(|ran| {
            ran.succeeded();
            assert_eq!(ran.number("filled"), 0);
        });
}

fn pids_refused(ran: &Ran, name: &str) {
    ran.succeeded();
    // The program itself is one of the 16.
    assert_eq!(ran.number(name), 15);
    assert_eq!(ran.answers()["end"], "EAGAIN");
    assert!(ran.measured().pids_refusals >= 1);
    assert_eq!(ran.measured().peak_pids.unwrap_or(16), 16);
}

#[test]
fn threads() {
    Case::new(&["probe", "threads"])
        .limits(|limits| limits.pids = 16)
        .check(|ran| pids_refused(ran, "threads"));
}

#[test]
fn processes() {
    Case::new(&["probe", "forks"])
        .limits(|limits| limits.pids = 16)
        .check(|ran| pids_refused(ran, "processes"));
}

#[test]
fn fork_bomb() {
    Case::new(&["probe", "fork-bomb"])
        .limits(|limits| limits.wall_time_ms = 500)
        .check(|ran| {
            assert_eq!(*ran.end(), End::TimedOut { code: None });
            assert!(ran.measured().pids_refusals >= 1);
            assert_eq!(ran.measured().peak_pids.unwrap_or(64), 64);
        });
}

fn disk_full(ran: &Ran) {
    ran.succeeded();
    let filled = ran.number("filled");
    assert!((16 * MIB..=32 * MIB).contains(&filled), "filled {filled}");
    assert_eq!(ran.answers()["end"], "ENOSPC");
    let measured = ran.measured();
    assert!(measured.disk_full);
    assert!(measured.disk_capacity_bytes.unwrap() <= 32 * MIB);
    assert!(measured.peak_disk_bytes.unwrap() >= filled);
}

fn fill(path: &str) {
    Case::new(&["probe", "fill", path])
        .limits(|limits| limits.disk_bytes = 32 * MIB)
        .check(disk_full);
}

#[test]
fn disk_of_the_output() {
    fill("/output/x");
}

#[test]
fn disk_of_temporary_files() {
    fill("/tmp/x");
}

#[test]
fn disk_of_the_root_file_system() {
    if !Runtime::is_engine() {
        return fill("/opt/app/x");
    }
    // An engine's own file system has no end of ours: it is looked at, and the program ended.
    Case::shell("while :; do dd if=/dev/zero of=/opt/app/x$i bs=1M count=1 2>/dev/null; i=x$i; sleep 0.01; done")
        .limits(|limits| limits.disk_bytes = 32 * MIB)
        .check(|ran| {
            assert_eq!(*ran.end(), End::DiskFull);
            assert!(ran.measured().disk_full);
            assert!(ran.measured().peak_disk_bytes > Some(32 * MIB));
        });
}

#[test]
fn disk_is_one_budget_for_all_folders() {
    Case::shell("probe fill /tmp/x >/dev/null; probe fill /output/x")
        .limits(|limits| limits.disk_bytes = 32 * MIB)
        .check(|ran| {
            assert_eq!(ran.number("filled"), 0);
            assert!(ran.measured().disk_full);
        });
}

#[test]
fn number_of_files() {
    Case::new(&["probe", "inodes", "/output"])
        .limits(|limits| limits.disk_bytes = 32 * MIB)
        .check(|ran| {
            ran.succeeded();
            let files = ran.number("files");
            assert!((1000..=10_000).contains(&files), "{files} files");
            assert_eq!(ran.answers()["end"], "ENOSPC");
            assert!(ran.measured().disk_full);
            assert_eq!(ran.outputs.len() as u64, files);
        });
}

#[test]
fn a_sparse_file_is_no_way_around() {
    // The file system's own largest file is larger than its size; only blocks count.
    Case::shell("dd if=/dev/zero of=/output/x bs=1M seek=1000000 count=64 2>&1; echo $?")
        .limits(|limits| limits.disk_bytes = 32 * MIB)
        .check(|ran| assert!(!ran.stdout.ends_with("\n0\n"), "{}", ran.stdout));
}

#[test]
fn processor_time() {
    // So little that other work on this host does not leave less.
    Case::new(&["probe", "spin", "1"])
        .limits(|limits| limits.cpu_percent = 10)
        .check(|ran| {
            ran.succeeded();
            let measured = ran.measured();
            let used = measured.cpu_user_seconds + measured.cpu_system_seconds;
            let most = 0.1 * measured.wall_seconds + 0.15;
            assert!(used <= most, "used {used} s, expected at most {most} s");
            assert!(measured.throttled_us.unwrap() > 0);
        });
}

#[test]
fn open_files() {
    Case::shell("ulimit -n; ulimit -Hn; ulimit -n 2000 || echo refused; ulimit -c; ulimit -Hc")
        .limits(|limits| limits.open_files = 777)
        .check(|ran| assert_eq!(ran.stdout, "777\n777\nrefused\n0\n0\n"));
}
