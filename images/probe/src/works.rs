//! What honest programs need and must be able to do: one line each, `name allowed`, or the error.

use std::io::Write;

use crate::errno::{Attempt, Named, check, name, of};

/// Runs all of it.
pub(crate) fn all(_: &str) {
    for (what, attempt) in NEEDS {
        println!("{what} {}", name(attempt()));
    }
}

fn socket(family: i32, kind: i32) -> Attempt {
    // SAFETY: numbers only.
    check(unsafe { libc::socket(family, kind, 0) }.into())
}

fn scratch(path: &str) -> Attempt {
    of(std::fs::File::create(path).and_then(|mut file| file.write_all(b"data")))
}

const NEEDS: &[Named] = &[
    ("thread", || std::thread::spawn(|| ()).join().map_err(|_| 0)),
    ("child", || {
        of(std::process::Command::new("/bin/true").status())
    }),
    ("write_output", || scratch("/output/x")),
    ("write_tmp", || scratch("/tmp/x")),
    ("write_root", || scratch("/opt/app/x")),
    ("write_shm", || scratch("/dev/shm/x")),
    ("read_input", || of(std::fs::read("/input/value.json"))),
    ("read_urandom", || of(std::fs::File::open("/dev/urandom"))),
    ("write_null", || of(std::fs::write("/dev/null", "x"))),
    ("memfd", || {
        // SAFETY: a NUL-terminated name.
        check(unsafe { libc::memfd_create(c"x".as_ptr(), 0) }.into())
    }),
    ("eventfd", || {
        // SAFETY: numbers only.
        check(unsafe { libc::eventfd(0, 0) }.into())
    }),
    ("epoll", || {
        // SAFETY: numbers only.
        check(unsafe { libc::epoll_create1(0) }.into())
    }),
    ("inotify", || {
        // SAFETY: numbers only.
        check(unsafe { libc::inotify_init1(0) }.into())
    }),
    ("timerfd", || {
        // SAFETY: numbers only.
        check(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, 0) }.into())
    }),
    ("sysv_shared_memory", || {
        // SAFETY: numbers only.
        check(unsafe { libc::shmget(libc::IPC_PRIVATE, 4096, 0o600) }.into())
    }),
    ("posix_semaphore", || scratch("/dev/shm/sem.x")),
    ("message_queue", || {
        // SAFETY: a name, flags, mode and no attributes.
        let queue = unsafe {
            libc::mq_open(
                c"/x".as_ptr(),
                libc::O_CREAT | libc::O_RDWR,
                0o600_u32,
                std::ptr::null::<u8>(),
            )
        };
        check(queue.into())
    }),
    ("executable_memory", || {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a fresh anonymous mapping.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            Err(libc::EPERM)
        } else {
            Ok(())
        }
    }),
    ("unix_socket", || socket(libc::AF_UNIX, libc::SOCK_STREAM)),
    ("tcp_socket", || socket(libc::AF_INET, libc::SOCK_STREAM)),
    ("tcp6_socket", || socket(libc::AF_INET6, libc::SOCK_STREAM)),
    ("netlink_socket", || {
        socket(libc::AF_NETLINK, libc::SOCK_RAW)
    }),
    ("socket_pair", || of(std::os::unix::net::UnixStream::pair())),
    ("nice_down", || {
        // SAFETY: numbers only.
        check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) }.into())
    }),
    ("lock_memory", || {
        let page = [0_u8; 64];
        // SAFETY: a page of ours.
        check(unsafe { libc::mlock(page.as_ptr().cast(), page.len()) }.into())
    }),
    ("huge_page_advice", || {
        // SAFETY: an empty range.
        check(unsafe { libc::madvise(std::ptr::null_mut(), 0, libc::MADV_HUGEPAGE) }.into())
    }),
    ("own_name", || {
        // SAFETY: a NUL-terminated name.
        check(unsafe { libc::prctl(libc::PR_SET_NAME, c"x".as_ptr()) }.into())
    }),
    ("pseudo_terminal", || {
        // SAFETY: flags only.
        check(unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY) }.into())
    }),
    ("default_affinity", || {
        // SAFETY: a set of ours, filled by the kernel, given back unchanged.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            let size = std::mem::size_of::<libc::cpu_set_t>();
            check(libc::sched_getaffinity(0, size, &mut set).into())?;
            check(libc::sched_setaffinity(0, size, &set).into())
        }
    }),
    ("working_folder", || of(std::env::current_dir())),
    ("extended_attributes", || {
        scratch("/output/attributes")?;
        check(
            // SAFETY: names and a value of the length given.
            unsafe {
                libc::setxattr(
                    c"/output/attributes".as_ptr(),
                    c"user.x".as_ptr(),
                    c"y".as_ptr().cast(),
                    1,
                    0,
                )
            }
            .into(),
        )
    }),
];
