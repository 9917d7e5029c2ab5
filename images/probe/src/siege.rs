//! Single attempts, each chosen by name, for a suite that starts a container for every one of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::attempts::CALLS;
use crate::errno::{Attempt, Named, check, name, of};
use crate::files::FILES;

/// `attempt NAME`: one of all attempts, in a process of its own.
pub(crate) fn attempt(wanted: &str) {
    let mut all = CALLS.iter().chain(FILES).chain(MORE);
    match all.find(|(known, _)| *known == wanted) {
        Some((known, attempt)) => println!("{known} {}", crate::attempts::in_child(*attempt)),
        None => println!("{wanted} unknown"),
    }
}

/// `families`: numbers of the socket families of which any kind of socket can be made.
pub(crate) fn families(_: &str) {
    let kinds = [
        libc::SOCK_STREAM,
        libc::SOCK_DGRAM,
        libc::SOCK_RAW,
        libc::SOCK_SEQPACKET,
    ];
    for family in 0..64 {
        // SAFETY: numbers only.
        let opens = |kind: &i32| unsafe { libc::socket(family, *kind, 0) } >= 0;
        if kinds.iter().any(opens) {
            println!("family {family}");
        }
    }
    println!("tried 64");
}

/// `connect ADDRESS`: whether anybody answers there.
pub(crate) fn connect(address: &str) {
    let connected = address
        .parse::<SocketAddr>()
        .map_err(|_| libc::EINVAL)
        .and_then(|address| of(TcpStream::connect_timeout(&address, Duration::from_secs(2))));
    println!("connect {}", name(connected));
}

/// `unix NAME`: connects to a socket at a path, or to an abstract one with `@` before its name.
pub(crate) fn unix(address: &str) {
    let connected = match address.strip_prefix('@') {
        Some(hidden) => std::os::unix::net::SocketAddr::from_abstract_name(hidden)
            .and_then(|address| UnixStream::connect_addr(&address)),
        None => UnixStream::connect(address),
    };
    println!("unix {}", name(of(connected)));
}

/// `descriptors`: what is open beyond the standard three, and what it says.
pub(crate) fn descriptors(_: &str) {
    let mut found = 0;
    for fd in 3..4096 {
        // SAFETY: asks about a number that may or may not be open.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1 {
            found += 1;
            let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
            println!("leaked {fd} {}", link.display());
            let mut text = String::new();
            let opened = std::fs::File::options()
                .read(true)
                .open(format!("/proc/self/fd/{fd}"));
            // Whether it can be read is the question.
            let _ = opened.and_then(|mut file| file.read_to_string(&mut text));
            println!("{text}");
        }
    }
    println!("descriptors {found}");
}

/// `shared TEXT`: leaves a text in every kind of memory that outlives a process, after looking for what others left there.
pub(crate) fn shared(text: &str) {
    let size = 4096;
    // SAFETY: numbers only.
    let segment = unsafe { libc::shmget(0x6a71, size, libc::IPC_CREAT | 0o666) };
    if segment == -1 {
        println!("shared {}", name(check(-1)));
        return;
    }
    // SAFETY: a segment of ours of one page, which is mapped where the kernel likes.
    let memory = unsafe { libc::shmat(segment, std::ptr::null(), 0) }.cast::<u8>();
    if memory.addr() == usize::MAX {
        println!("shared {}", name(check(-1)));
        return;
    }
    // SAFETY: the page is mapped for reading and writing and nobody else has it.
    let page = unsafe { std::slice::from_raw_parts_mut(memory, size) };
    println!("found {}", page.iter().filter(|byte| **byte != 0).count());
    page[..text.len()].copy_from_slice(text.as_bytes());
    println!("shared left");
}

/// A message to the kernel's routing part that asks for a new interface.
fn new_link() -> Attempt {
    // SAFETY: numbers only.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0) };
    check(socket.into())?;
    // nlmsghdr: length 32, RTM_NEWLINK 16, flags request + ack + create; then an empty ifinfomsg.
    let mut message = [0_u8; 32];
    message[0] = 32;
    message[4] = 16;
    message[6..8].copy_from_slice(&0x0405_u16.to_le_bytes());
    let mut answer = [0_u8; 256];
    // SAFETY: pointers and lengths of the two arrays.
    let count = unsafe {
        libc::send(socket, message.as_ptr().cast(), message.len(), 0);
        libc::recv(socket, answer.as_mut_ptr().cast(), answer.len(), 0)
    };
    if count < 20 {
        return Err(libc::EAGAIN);
    }
    // An error message: its number behind the header.
    let number = i32::from_le_bytes([answer[16], answer[17], answer[18], answer[19]]);
    if number == 0 { Ok(()) } else { Err(-number) }
}

/// Writes into a file that is there.
fn overwrite(path: &str) -> Attempt {
    let file = std::fs::File::options().write(true).open(path);
    of(file.and_then(|mut file| file.write_all(b"0")))
}

fn ioctl(path: &str, request: libc::c_ulong) -> Attempt {
    let file = std::fs::File::open(path).map_err(|error| error.raw_os_error().unwrap_or(0))?;
    let mut room = [0_u64; 64];
    // SAFETY: a descriptor of ours and room for whatever the request writes.
    check(
        unsafe {
            libc::ioctl(
                std::os::fd::AsRawFd::as_raw_fd(&file),
                request,
                room.as_mut_ptr(),
            )
        }
        .into(),
    )
}

fn call(number: libc::c_long, first: libc::c_long, second: libc::c_long) -> Attempt {
    // SAFETY: every caller below passes numbers, or a null pointer that the call must refuse.
    check(unsafe { libc::syscall(number, first, second, 0_i64, 0_i64, 0_i64, 0_i64) })
}

/// Attempts that only the suite makes.
const MORE: &[Named] = &[
    ("netlink_new_link", new_link),
    ("kill_init", || {
        // SAFETY: numbers only; process 1 must outlive it.
        check(unsafe { libc::kill(1, libc::SIGKILL) }.into())?;
        std::thread::sleep(Duration::from_millis(50));
        // Reached only if process 1, and with it the container, is still there.
        Err(libc::ESRCH)
    }),
    ("write_init_oom_score", || {
        overwrite("/proc/1/oom_score_adj")
    }),
    ("write_init_memory", || overwrite("/proc/1/mem")),
    ("write_cgroup_limit", || {
        overwrite("/sys/fs/cgroup/memory/memory.limit_in_bytes")
    }),
    ("write_kptr_restrict", || {
        overwrite("/proc/sys/kernel/kptr_restrict")
    }),
    ("write_modprobe", || overwrite("/proc/sys/kernel/modprobe")),
    ("write_binfmt", || {
        overwrite("/proc/sys/fs/binfmt_misc/register")
    }),
    ("write_shm_limits", || overwrite("/proc/sys/kernel/shmmax")),
    ("write_ip_forward", || {
        overwrite("/proc/sys/net/ipv4/ip_forward")
    }),
    ("write_devices", || {
        overwrite("/sys/devices/system/cpu/cpu1/online")
    }),
    ("write_power_state", || overwrite("/sys/power/state")),
    ("freeze_file_system", || ioctl("/output", 0xC004_5877)),
    ("raise_file_limit", || {
        let limit = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: 1 << 20,
        };
        // SAFETY: a limit to read.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }.into())
    }),
    ("core_dump_limit", || {
        let limit = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: 1 << 20,
        };
        // SAFETY: a limit to read.
        check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &limit) }.into())
    }),
    ("set_dumpable_securebits", || {
        // SAFETY: numbers only.
        check(unsafe { libc::prctl(libc::PR_SET_SECUREBITS, 1, 0, 0, 0) }.into())
    }),
    ("raise_ambient_capability", || {
        // SAFETY: numbers only.
        check(
            unsafe {
                libc::prctl(
                    libc::PR_CAP_AMBIENT,
                    libc::PR_CAP_AMBIENT_RAISE,
                    21_i64,
                    0_i64,
                    0_i64,
                )
            }
            .into(),
        )
    }),
    ("clear_no_new_privileges", || {
        // SAFETY: numbers only.
        check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) }.into())
    }),
    ("lookup_dcookie", || call(libc::SYS_lookup_dcookie, 1, 0)),
    ("nfsservctl", || call(libc::SYS_nfsservctl, 0, 0)),
    ("open_tree_attr", || call(467, -100, 0)),
    ("listmount", || call(458, 0, 0)),
    ("statmount", || call(457, 0, 0)),
    ("memfd_secret", || call(libc::SYS_memfd_secret, 0, 0)),
    ("landlock_then_ptrace", || call(libc::SYS_ptrace, 16, 1)),
    ("pidfd_of_init", || {
        // SAFETY: numbers only.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, 1, 0) };
        check(fd)?;
        // SAFETY: numbers only; a signal to process 1 through the descriptor.
        check(unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, fd, libc::SIGKILL, 0_i64, 0_i64)
        })?;
        std::thread::sleep(Duration::from_millis(50));
        Err(libc::ESRCH)
    }),
    ("migrate_pages", || call(libc::SYS_migrate_pages, 1, 0)),
    ("adjtimex", || {
        let mut room = [0_u64; 64];
        // ADJ_OFFSET: a change, not a question.
        room[0] = 1;
        // SAFETY: room for `struct timex`.
        check(unsafe { libc::syscall(libc::SYS_adjtimex, room.as_mut_ptr()) })
    }),
    ("setdomainname", || {
        // SAFETY: a text of one byte.
        check(unsafe { libc::syscall(libc::SYS_setdomainname, c"x".as_ptr(), 1) })
    }),
];
