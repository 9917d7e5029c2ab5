//! Using up what is limited: memory, disk, files, threads, processes, the log.

use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

use crate::errno::{Attempt, check, name, of};

/// Enough to stop a container without limits from ending the host.
const MOST: u64 = 100_000;

fn number(argument: &str) -> u64 {
    argument.parse().unwrap_or(u64::MAX)
}

/// `memory BYTES`: allocates that much and writes to every page of it.
pub(crate) fn memory(argument: &str) {
    let mut kept = Vec::new();
    for _ in 0..(number(argument) >> 20) {
        kept.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&kept);
    }
    println!("allocated {}", kept.len() << 20);
}

/// `memory-in-child BYTES`: as above in a child; the parent returns 0 whatever happens to it.
pub(crate) fn memory_in_child(argument: &str) {
    // SAFETY: this program has one thread here.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        memory(argument);
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: a child of ours and a place for its status.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    println!("child-signal {}", libc::WTERMSIG(status));
}

/// `fill FILE`: writes until nothing more fits.
pub(crate) fn fill(path: &str) {
    let block = vec![0x5a_u8; 1 << 20];
    let mut bytes = 0;
    let result = OpenOptions::new().create(true).append(true).open(path);
    let end = match result {
        Err(error) => of(Err::<(), _>(error)),
        Ok(mut file) => loop {
            match file.write(&block) {
                Ok(count) => bytes += count,
                Err(error) => break of(Err::<(), _>(error)),
            }
        },
    };
    println!("filled {bytes}");
    println!("end {}", name(end));
}

/// `inodes FOLDER`: makes empty files until no more can be made.
pub(crate) fn inodes(folder: &str) {
    let make = |index: u64| of(std::fs::File::create_new(format!("{folder}/{index}")));
    report("files", make);
}

/// Counts how often something can be done.
fn report(what: &str, mut once: impl FnMut(u64) -> Attempt) {
    let failed = (0..MOST).find_map(|index| once(index).err().map(|error| (index, error)));
    let (count, end) = failed.map_or((MOST, Ok(())), |(count, error)| (count, Err(error)));
    println!("{what} {count}");
    println!("end {}", name(end));
}

/// `threads`: starts threads until no more can be started.
pub(crate) fn threads(_: &str) {
    report("threads", |_| {
        let small = thread::Builder::new().stack_size(64 << 10);
        of(small.spawn(thread::park))
    });
    let _ = std::io::stdout().flush();
    std::process::exit(0)
}

/// `forks`: starts processes that wait, until no more can be started.
pub(crate) fn forks(_: &str) {
    report("processes", |_| {
        // SAFETY: this program has one thread here, and the child does nothing but wait.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            loop {
                // SAFETY: takes nothing.
                unsafe { libc::pause() };
            }
        }
        check(pid.into())
    });
}

/// `fork-bomb`: every process starts further ones, for ever.
pub(crate) fn fork_bomb(_: &str) {
    loop {
        // SAFETY: this program has one thread.
        unsafe { libc::fork() };
    }
}

/// `flood stdout|stderr`: writes for ever.
pub(crate) fn flood(stream: &str) {
    let piece = [b'x'; 65_536];
    let fd = if stream == "stderr" { 2 } else { 1 };
    loop {
        // SAFETY: pointer and length of an array.
        unsafe { libc::write(fd, piece.as_ptr().cast(), piece.len()) };
    }
}
