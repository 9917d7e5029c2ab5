//! What a program may leave behind or do to those beside it, and using up what is counted in handles.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::errno::{Attempt, check, name, of};

const LONG: Duration = Duration::from_secs(3600);
/// Enough to stop a container without limits from ending the host.
const MOST: u64 = 100_000;

fn say(text: &str) {
    println!("{text}");
    let _ = std::io::stdout().flush();
}

fn count(what: &str, mut once: impl FnMut() -> Attempt) {
    let failed = (0..MOST).find_map(|index| once().err().map(|error| (index, error)));
    let (count, end) = failed.map_or((MOST, Ok(())), |(count, error)| (count, Err(error)));
    say(&format!("{what} {count}\nend {}", name(end)));
}

/// `handles KIND`: opens as many of a kind as there may be: files, pipes (full), sockets, memory, events, watches.
pub(crate) fn handles(kind: &str) {
    // SAFETY: each call takes numbers or a static text; what it opens stays open until the end.
    count("handles", || unsafe {
        match kind {
            "files" => check(libc::open(c"/etc/passwd".as_ptr(), 0).into()),
            "pipes" => full_pipe(),
            "sockets" => check(libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0).into()),
            "memory" => filled_memory(),
            "events" => check(libc::eventfd(0, 0).into()),
            "watches" => check(libc::inotify_init().into()),
            _ => Err(libc::EINVAL),
        }
    });
}

/// A pipe of the largest size that the kernel gives, full.
fn full_pipe() -> Attempt {
    let mut ends = [0; 2];
    let piece = [1_u8; 1 << 20];
    // SAFETY: room for two descriptors, which are then ours; a piece of the length named.
    unsafe {
        check(libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK).into())?;
        libc::fcntl(ends[1], libc::F_SETPIPE_SZ, 1 << 20);
        libc::write(ends[1], piece.as_ptr().cast(), piece.len());
    }
    Ok(())
}

/// A file in memory of one MiB.
fn filled_memory() -> Attempt {
    let piece = [1_u8; 1 << 20];
    // SAFETY: a static name; a piece of the length named.
    unsafe {
        let fd = libc::memfd_create(c"x".as_ptr(), 0);
        check(fd.into())?;
        check(libc::write(fd, piece.as_ptr().cast(), piece.len()) as libc::c_long)
    }
}

/// `zombies`: children that end and are not waited for.
pub(crate) fn zombies(_: &str) {
    count("zombies", || {
        // SAFETY: this program has one thread; the child ends at once.
        unsafe {
            let pid = libc::fork();
            if pid == 0 {
                libc::_exit(0);
            }
            check(pid.into())
        }
    });
    say("ready");
    std::thread::sleep(LONG);
}

/// `kill-all`: ends everything that it may.
pub(crate) fn kill_all(_: &str) {
    // SAFETY: numbers only; the sandbox decides who is hit.
    let answer = check(unsafe { libc::kill(-1, libc::SIGKILL) }.into());
    say(&format!("kill-all {}", name(answer)));
}

/// `stopped`: a process that stops itself and is never continued.
pub(crate) fn stopped(_: &str) {
    say("ready");
    // SAFETY: numbers only.
    unsafe { libc::raise(libc::SIGSTOP) };
}

/// `frozen-parent`: waits in `vfork` for a child that has stopped: nothing but SIGKILL reaches it.
pub(crate) fn frozen_parent(_: &str) {
    say("ready");
    // CLONE_VFORK without shared memory, so that the child may do what it likes.
    let flags = i64::from(libc::CLONE_VFORK | libc::SIGCHLD);
    // SAFETY: a fork in all but the waiting; the child stops and does nothing else.
    unsafe {
        if libc::syscall(libc::SYS_clone, flags, 0_i64, 0_i64, 0_i64, 0_i64) == 0 {
            libc::raise(libc::SIGSTOP);
            libc::_exit(0);
        }
    }
}

/// Becomes a process of a session of its own, whose parent ends.
fn into_background() -> bool {
    // SAFETY: this program has one thread; parent and child only go their ways.
    unsafe {
        if libc::fork() != 0 {
            return false;
        }
        libc::setsid();
        if libc::fork() != 0 {
            libc::_exit(0);
        }
        libc::signal(libc::SIGTERM, libc::SIG_IGN);
        libc::signal(libc::SIGHUP, libc::SIG_IGN);
    }
    true
}

/// `racer TARGET`: from the background, for ever swaps `/output/count.json` between a file and a link to the target.
pub(crate) fn racer(target: &str) {
    if !into_background() {
        std::thread::sleep(Duration::from_millis(100));
        return;
    }
    loop {
        // One of them always exists; failures are part of a race.
        let _ = of(symlink(target, "/output/.link"));
        let _ = std::fs::rename("/output/.link", "/output/count.json");
        let _ =
            std::fs::File::create_new("/output/.file").and_then(|mut file| file.write_all(b"4"));
        let _ = std::fs::rename("/output/.file", "/output/count.json");
    }
}

/// `orphan`: a session of its own that goes on writing to stdout after the program has ended.
pub(crate) fn orphan(_: &str) {
    if !into_background() {
        return;
    }
    loop {
        say("still here");
    }
}

/// `spin-forever N`: that many processes that only compute.
pub(crate) fn spin_forever(argument: &str) {
    for _ in 1..argument.parse().unwrap_or(1) {
        // SAFETY: this program has one thread.
        if unsafe { libc::fork() } == 0 {
            break;
        }
    }
    say("ready");
    loop {
        std::hint::spin_loop();
    }
}
