//! Using up what is limited. Each ends at its limit, by name, or goes on within it; nobody else is touched.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    let mut all = of_memory();
    all.extend(of_processes());
    all.extend(of_the_disk());
    all.extend(of_handles());
    all.extend(of_time_and_log());
    all
}

/// The suite's algorithms have 64 MB.
fn of_memory() -> Vec<Attack> {
    let bomb = |name: &str, does: &str, script: &str| {
        shell(name, does, script).says(&[]).ends(&["memory_limit"])
    };
    vec![
        bomb(
            "resources.memory",
            "allocates and writes without end",
            "probe memory 10000000000; good",
        ),
        bomb(
            "resources.memory_in_a_child",
            "lets a child allocate without end and goes on as if nothing had been",
            "good; probe memory-in-child 10000000000; exit 0",
        ),
        bomb(
            "resources.memory_of_process_1",
            "sees to it that the kernel kills process 1 first, and allocates without end",
            "good; echo 1000 >/proc/1/oom_score_adj; echo 0 >/proc/self/oom_score_adj; probe memory 10000000000; exit 0",
        ),
        bomb(
            "resources.shared_memory",
            "fills /dev/shm",
            "good; dd if=/dev/zero of=/dev/shm/x bs=1M 2>/dev/null; exit 0",
        ),
        bomb(
            "resources.memory_files",
            "fills files that live in memory only",
            "good; probe handles memory",
        ),
        bomb(
            "resources.memory_of_a_shell",
            "doubles a text of the shell without end",
            "good; x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done",
        )
        .ends(&["memory_limit", "exit_code", "signal"]),
        shell(
            "resources.page_cache",
            "reads and writes more than its memory: the cache of files is no crime",
            "i=0; while [ $i -lt 4 ]; do dd if=/dev/zero of=/tmp/x bs=1M count=30 2>/dev/null; cat /tmp/x >/dev/null; i=$((i+1)); done; rm /tmp/x; echo held; good",
        ),
        shell(
            "resources.swap",
            "looks for swap to use",
            "grep -q '^VmSwap:[^1-9]* 0 kB' /proc/self/status && echo held || echo BREACH; good",
        ),
    ]
}

fn of_processes() -> Vec<Attack> {
    vec![
        shell(
            "resources.fork_bomb",
            "every process starts further ones",
            "good; probe fork-bomb",
        )
        .says(&[])
        .ends(&["pids_limit", "time_limit", "memory_limit"]),
        shell(
            "resources.shell_fork_bomb",
            "the classic of the shell",
            "good; b() { b | b & }; b; sleep 20",
        )
        .says(&[])
        .ends(&["pids_limit", "time_limit", "memory_limit"]),
        shell(
            "resources.processes",
            "starts as many processes as it may",
            "good; probe forks",
        )
        .says(&["end EAGAIN"])
        .ends(&["succeeded", "pids_limit"]),
        shell(
            "resources.threads",
            "starts as many threads as it may",
            "good; probe threads",
        )
        .says(&["end EAGAIN"])
        .ends(&["succeeded", "pids_limit"]),
        shell(
            "resources.zombies",
            "leaves as many dead children as it may",
            "good; timeout 1 probe zombies; exit 0",
        )
        .says(&["end EAGAIN"])
        .ends(&["succeeded", "pids_limit"]),
        shell(
            "resources.processors",
            "computes with 16 processes at once",
            "good; timeout 2 probe spin-forever 16; echo held",
        ),
    ]
}

/// 64 MiB.
fn of_the_disk() -> Vec<Attack> {
    let fill = |name: &str, does: &str, place: &str| {
        shell(name, does, &format!("good; probe fill {place}"))
            .says(&["end ENOSPC"])
            .ends(&["succeeded", "disk_limit"])
    };
    vec![
        fill("resources.disk_tmp", "fills /tmp", "/tmp/x"),
        fill("resources.disk_output", "fills /output", "/output/x"),
        shell("resources.disk_root", "fills the root file system", "good; probe fill /x")
            .says(&["end EACCES"])
            .root(&["end ENOSPC"])
            .ends(&["succeeded", "disk_limit"]),
        shell("resources.inodes", "makes empty files without end", "good; mkdir /tmp/m; probe inodes /tmp/m")
            .says(&["end ENOSPC"])
            .ends(&["succeeded", "disk_limit"]),
        shell(
            "resources.sparse_output",
            "leaves a file that says it has a terabyte",
            "good; truncate -s 1T /output/huge || truncate -s 60G /output/huge; echo held",
        )
        .ends(&["succeeded", "disk_limit"]),
        shell(
            "resources.sparse_required_output",
            "leaves an image that says it has many gigabytes",
            "good; truncate -s 15G /output/images/mask/mask.mha; echo held",
        )
        .ends(&["output_invalid", "disk_limit"]),
        shell(
            "resources.fallocate",
            "reserves more than the disk",
            "good; fallocate -l 1G /tmp/x 2>/dev/null && echo BREACH || echo held",
        )
        .ends(&["succeeded", "disk_limit"]),
        shell(
            "resources.deep_folders",
            "makes folders in folders without end",
            "good; cd /output; i=0; while [ $i -lt 3000 ] && mkdir d 2>/dev/null && cd d; do i=$((i+1)); done; echo held",
        )
        .ends(&["succeeded", "output_invalid", "disk_limit", "time_limit"]),
        shell(
            "resources.many_outputs",
            "leaves more files than an algorithm may",
            "good; mkdir /output/m; i=0; while [ $i -lt 500 ]; do : >/output/m/$i; i=$((i+1)); done; echo held",
        )
        .ends(&["output_invalid"])
        .told(&["200 files"]),
        shell(
            "resources.deleted_and_open",
            "fills the disk with files that have no name any more",
            "good; exec 3>/tmp/x; rm /tmp/x; dd if=/dev/zero bs=1M >&3 2>/dev/null && echo BREACH; echo held",
        )
        .ends(&["succeeded", "disk_limit"]),
    ]
}

fn of_handles() -> Vec<Attack> {
    let open = |name: &str, does: &str, kind: &str, end: &'static str| {
        shell(name, does, &format!("probe handles {kind}; good")).says(&[end])
    };
    vec![
        open(
            "resources.handles",
            "opens files without end",
            "files",
            "end errno-24",
        ),
        open(
            "resources.sockets",
            "opens sockets without end",
            "sockets",
            "end errno-24",
        ),
        open(
            "resources.events",
            "makes event counters without end",
            "events",
            "end errno-24",
        ),
        open(
            "resources.watches",
            "makes watches of files without end",
            "watches",
            "end errno-24",
        ),
        shell(
            "resources.full_pipes",
            "fills pipes of a mebibyte each: their bytes are the kernel's memory",
            "good; probe handles pipes; exit 0",
        )
        .says(&[])
        .ends(&["succeeded", "memory_limit"]),
    ]
}

fn of_time_and_log() -> Vec<Attack> {
    vec![
        shell(
            "resources.time",
            "computes beyond its time",
            "good; probe spin-forever 1",
        )
        .says(&["ready"])
        .ends(&["time_limit"]),
        shell(
            "resources.log",
            "writes to stdout without end",
            "good; timeout 4 probe flood stdout",
        )
        .says(&[])
        .ends(&["log_limit", "succeeded", "exit_code"]),
        shell(
            "resources.one_line",
            "writes one line of 20 million characters",
            "good; head -c 20000000 /dev/zero | tr '\\0' a; echo; echo held",
        ),
        shell(
            "resources.many_lines",
            "writes a million empty lines to stderr",
            "good; yes '' | head -n 1000000 >&2; echo held",
        ),
        shell(
            "resources.binary_log",
            "writes random bytes to stdout and stderr",
            "good; echo held; head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2",
        ),
    ]
}
