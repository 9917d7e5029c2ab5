//! Programs that do not end as one would like, and what a program sees of itself.

use std::io::Write;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

fn say(text: &str) {
    println!("{text}");
    let _ = std::io::stdout().flush();
}

/// Sets what happens on SIGTERM.
fn on_term(handler: libc::sighandler_t) {
    // SAFETY: SIG_IGN, or a function below that only calls `_exit`.
    unsafe { libc::signal(libc::SIGTERM, handler) };
}

/// `ignore-term`: ignores SIGTERM and stays.
pub(crate) fn ignore_term(_: &str) {
    on_term(libc::SIG_IGN);
    say("ready");
    std::thread::sleep(LONG);
}

extern "C" fn leave(_: i32) {
    // SAFETY: ends the process at once, which is allowed in a signal handler.
    unsafe { libc::_exit(7) }
}

/// `exit-on-term`: ends with code 7 when asked to.
pub(crate) fn exit_on_term(_: &str) {
    let handler: extern "C" fn(i32) = leave;
    on_term(handler as libc::sighandler_t);
    say("ready");
    loop {
        std::thread::sleep(LONG);
    }
}

/// `daemon stay|leave`: forks twice into a session of its own; the grandchild stays, the first process stays as well or
/// returns 0.
pub(crate) fn daemon(first: &str) {
    // SAFETY: this program has one thread; the children do nothing but go into a session of their own and wait.
    unsafe {
        if libc::fork() == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                on_term(libc::SIG_IGN);
                for fd in 0..3 {
                    libc::close(fd);
                }
                loop {
                    libc::pause();
                }
            }
            libc::_exit(0);
        }
        let mut status = 0;
        libc::wait(&mut status);
    }
    say("ready");
    if first == "stay" {
        std::thread::sleep(LONG);
    }
}

/// `hold-pipe`: leaves a child behind that has stdout and stderr open.
pub(crate) fn hold_pipe(_: &str) {
    // SAFETY: this program has one thread; the child does nothing but wait.
    if unsafe { libc::fork() } == 0 {
        loop {
            // SAFETY: takes nothing.
            unsafe { libc::pause() };
        }
    }
    say("left a child behind");
}

/// `spin SECONDS`: uses as much processor time as two threads get in that wall time.
pub(crate) fn spin(argument: &str) {
    let until = std::time::Instant::now() + Duration::from_secs(argument.parse().unwrap_or(1));
    let work = move || while std::time::Instant::now() < until {};
    let second = std::thread::spawn(work);
    work();
    let _ = second.join();
}

/// What a program sees of itself, one fact per line.
pub(crate) fn facts(_: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let wanted = [
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
        "Seccomp",
        "Uid",
        "Gid",
        "Groups",
    ];
    for (key, value) in status.lines().filter_map(|line| line.split_once(':')) {
        if wanted.contains(&key) {
            let value: Vec<&str> = value.split_whitespace().collect();
            println!("{key} {}", value.join(","));
        }
    }
    for namespace in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
        let link = std::fs::read_link(format!("/proc/self/ns/{namespace}")).unwrap_or_default();
        println!("ns-{namespace} {}", link.to_string_lossy());
    }
    for (key, resource) in [("core", libc::RLIMIT_CORE), ("files", libc::RLIMIT_NOFILE)] {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: a place for the answer.
        unsafe { libc::getrlimit(resource, &mut limit) };
        println!("rlimit-{key} {}/{}", limit.rlim_cur, limit.rlim_max);
    }
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    println!("affinity {processors}");
    // SAFETY: a number.
    println!("online {}", unsafe {
        libc::sysconf(libc::_SC_NPROCESSORS_ONLN)
    });
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let listed = info.lines().filter(|line| line.starts_with("processor"));
    println!("cpuinfo {}", listed.count());
    println!("descriptors {}", descriptors());
    let cgroup = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let visible = cgroup.lines().filter(|line| line.contains("gantry"));
    println!("cgroup-names-seen {}", visible.count());
}

/// Open descriptors beyond the standard three.
fn descriptors() -> usize {
    // SAFETY: asks about numbers that may or may not be open.
    (3..4096)
        .filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } != -1)
        .count()
}
