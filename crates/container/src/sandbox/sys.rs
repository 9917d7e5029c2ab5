//! The kernel calls that the sandbox needs and that no library offers as we need them.
//!
//! Each function is one call with checked arguments; all `unsafe` of the sandbox is here.
#![expect(
    unsafe_code,
    reason = "raw system calls; each block says why it is sound"
)]

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// Which side of a fork we are on.
pub(super) enum Fork {
    /// In the new process.
    Child,
    /// In the old process, with the pid of the new one and a descriptor for it.
    Parent(Child),
}

/// A child process, addressed by descriptor so that a reused pid cannot be hit.
pub(super) struct Child {
    /// Its pid in our pid namespace.
    pub(super) pid: i32,
    /// Its pidfd.
    pub(super) fd: OwnedFd,
}

/// `Ok(value)` unless a call returned -1.
fn check(value: libc::c_long) -> io::Result<libc::c_long> {
    if value == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(value)
    }
}

fn c_string(text: impl AsRef<OsStr>) -> io::Result<CString> {
    CString::new(text.as_ref().as_bytes()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// Forks with the namespace flags given (`CLONE_NEW*`); the caller must be single-threaded, as the shim is.
pub(super) fn fork(namespaces: i32) -> io::Result<Fork> {
    let mut pidfd: i32 = -1;
    // The second filter of the sandbox refuses clone3, and process 1 forks behind it: so this is clone.
    let flags = i64::from(namespaces | libc::CLONE_PIDFD | libc::SIGCHLD);
    let (no_stack, no_tid, no_tls) = (0_i64, 0_i64, 0_i64);
    // SAFETY: without CLONE_VM and with no stack given this behaves as fork(2): the child gets a copy of all memory. The
    // shim has one thread, so no lock can be held by a thread that does not exist in the child.
    let pid = check(unsafe {
        libc::syscall(
            libc::SYS_clone,
            flags,
            no_stack,
            std::ptr::from_mut(&mut pidfd),
            no_tid,
            no_tls,
        )
    })?;
    if pid == 0 {
        return Ok(Fork::Child);
    }
    // SAFETY: the kernel has just put a fresh descriptor there, owned by nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    let pid = i32::try_from(pid).expect("a pid fits 22 bits");
    Ok(Fork::Parent(Child { pid, fd }))
}

/// Leaves the namespaces given (`CLONE_NEW*`).
pub(crate) fn unshare(namespaces: i32) -> io::Result<()> {
    // SAFETY: takes a number; changes only this process.
    check(libc::c_long::from(unsafe { libc::unshare(namespaces) })).map(drop)
}

/// Enters the namespace behind a descriptor.
pub(super) fn enter_namespace(namespace: BorrowedFd<'_>, kind: i32) -> io::Result<()> {
    // SAFETY: a valid descriptor and a number.
    check(libc::c_long::from(unsafe {
        libc::setns(namespace.as_raw_fd(), kind)
    }))
    .map(drop)
}

/// `mount(2)`; empty strings stand for null.
pub(crate) fn mount(
    source: &str,
    target: &str,
    fs_type: &str,
    flags: libc::c_ulong,
    options: &str,
) -> io::Result<()> {
    let (source, target, fs_type, options) = (
        c_string(source)?,
        c_string(target)?,
        c_string(fs_type)?,
        c_string(options)?,
    );
    let null_if_empty = |text: &CStr| {
        if text.is_empty() {
            std::ptr::null()
        } else {
            text.as_ptr()
        }
    };
    // SAFETY: all pointers are null or NUL-terminated strings that outlive the call.
    check(libc::c_long::from(unsafe {
        libc::mount(
            null_if_empty(&source),
            target.as_ptr(),
            null_if_empty(&fs_type),
            flags,
            null_if_empty(&options).cast(),
        )
    }))
    .map(drop)
}

/// Unmounts, lazily (`MNT_DETACH`) if asked.
pub(crate) fn unmount(target: &str, detach: bool) -> io::Result<()> {
    let target = c_string(target)?;
    let flags = if detach { libc::MNT_DETACH } else { 0 };
    // SAFETY: a NUL-terminated string and a number.
    check(libc::c_long::from(unsafe {
        libc::umount2(target.as_ptr(), flags)
    }))
    .map(drop)
}

/// A detached copy of the mount at `source` (`open_tree` with `OPEN_TREE_CLONE`), recursive or not.
pub(super) fn clone_mount(source: &str, recursive: bool) -> io::Result<OwnedFd> {
    let source = c_string(source)?;
    let recursive = if recursive { libc::AT_RECURSIVE } else { 0 };
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | recursive.cast_unsigned();
    // SAFETY: a NUL-terminated string and numbers.
    let fd = check(unsafe {
        libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, source.as_ptr(), flags)
    })?;
    let fd = i32::try_from(fd).expect("descriptors are small");
    // SAFETY: a fresh descriptor, owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Attributes to change on a mount.
#[derive(Default)]
pub(super) struct MountAttributes<'a> {
    /// `MOUNT_ATTR_*` bits to set.
    pub(super) set: u64,
    /// User namespace whose map translates owners.
    pub(super) idmap: Option<BorrowedFd<'a>>,
    /// Apply to the mounts below as well.
    pub(super) recursive: bool,
}

/// `mount_setattr(2)` on a mount held by descriptor.
pub(super) fn set_mount_attributes(
    mount: BorrowedFd<'_>,
    attributes: &MountAttributes<'_>,
) -> io::Result<()> {
    let mut raw = libc::mount_attr {
        attr_set: attributes.set,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    if let Some(namespace) = attributes.idmap {
        raw.attr_set |= libc::MOUNT_ATTR_IDMAP;
        raw.userns_fd = u64::try_from(namespace.as_raw_fd()).expect("descriptors are not negative");
    }
    let recursive = if attributes.recursive {
        libc::AT_RECURSIVE
    } else {
        0
    };
    // SAFETY: a valid descriptor, an empty string, a struct of the size named.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | recursive,
            std::ptr::from_mut(&mut raw),
            std::mem::size_of::<libc::mount_attr>(),
        )
    })
    .map(drop)
}

/// Puts a detached mount onto the file or folder behind `target`.
pub(super) fn attach_mount(mount: BorrowedFd<'_>, target: BorrowedFd<'_>) -> io::Result<()> {
    const FROM_EMPTY: u32 = 0x4;
    const TO_EMPTY: u32 = 0x40;
    // SAFETY: two valid descriptors and empty strings.
    check(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_raw_fd(),
            c"".as_ptr(),
            target.as_raw_fd(),
            c"".as_ptr(),
            FROM_EMPTY | TO_EMPTY,
        )
    })
    .map(drop)
}

/// Makes `new_root` the root of this mount namespace; the old root is stacked on top of it (`pivot_root(".", ".")`).
pub(super) fn pivot_root_here() -> io::Result<()> {
    // SAFETY: two NUL-terminated strings.
    check(unsafe { libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()) }).map(drop)
}

/// `prctl(2)` with one argument.
pub(super) fn prctl(option: i32, argument: libc::c_ulong) -> io::Result<()> {
    let zero: libc::c_ulong = 0;
    // SAFETY: the options used take numbers, no pointers.
    check(libc::c_long::from(unsafe {
        libc::prctl(option, argument, zero, zero, zero)
    }))
    .map(drop)
}

/// Empties all capability sets of this process, the bounding set included.
pub(super) fn drop_capabilities() -> io::Result<()> {
    for capability in 0..64 {
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            Err(error) => return Err(error),
        }
    }
    let none: libc::c_ulong = 0;
    let clear_all = libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong;
    // SAFETY: numbers only.
    check(libc::c_long::from(unsafe {
        libc::prctl(libc::PR_CAP_AMBIENT, clear_all, none, none, none)
    }))?;
    const VERSION_3: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION_3, 0];
    let empty = [0_u32; 6];
    // SAFETY: `struct __user_cap_header_struct` and two `struct __user_cap_data_struct`, laid out as the kernel has them.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), empty.as_ptr()) }).map(drop)
}

/// Closes all descriptors beyond stdin, stdout and stderr, or only marks them to be closed when a program is started.
///
/// A caller may have been started with descriptors that it knows nothing of; one of them could be a folder of the host.
pub(super) fn close_descriptors(at_execute: bool) -> io::Result<()> {
    let flags = if at_execute {
        libc::CLOSE_RANGE_CLOEXEC
    } else {
        0
    };
    // SAFETY: numbers only. The shim closes at its very start, when it owns none of what it closes.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, flags) }).map(drop)
}

/// Sets real, effective and saved ids and, unless the kernel forbids it here, the supplementary groups.
pub(super) fn become_user(uid: u32, gid: u32, groups: Option<&[u32]>) -> io::Result<()> {
    if let Some(groups) = groups {
        // SAFETY: pointer and length of a slice.
        check(unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) })?;
    }
    // SAFETY: numbers only. The raw calls change this thread alone, and it is the only one.
    check(unsafe { libc::syscall(libc::SYS_setresgid, gid, gid, gid) })?;
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) }).map(drop)
}

/// Sets soft and hard limit of a resource.
pub(super) fn set_rlimit(resource: libc::__rlimit_resource_t, limit: u64) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: limit,
        rlim_max: limit,
    };
    // SAFETY: a pointer to a struct that outlives the call.
    check(libc::c_long::from(unsafe {
        libc::setrlimit(resource, &limit)
    }))
    .map(drop)
}

/// Sets the host name of this UTS namespace.
pub(super) fn set_host_name(name: &str) -> io::Result<()> {
    // SAFETY: pointer and length of a string.
    check(libc::c_long::from(unsafe {
        libc::sethostname(name.as_ptr().cast(), name.len())
    }))
    .map(drop)
}

/// Gives this process an empty session keyring, so that the host's keys cannot be reached.
pub(super) fn new_session_keyring() -> io::Result<()> {
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    let anonymous: *const libc::c_char = std::ptr::null();
    // SAFETY: a null name asks for an anonymous keyring.
    check(unsafe { libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, anonymous) }).map(drop)
}

/// Processors that this process may run on.
pub(super) fn processors() -> io::Result<Vec<usize>> {
    // SAFETY: the set is plain old data, zero is its empty value, and the size is its own.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        check(libc::c_long::from(libc::sched_getaffinity(
            0,
            std::mem::size_of::<libc::cpu_set_t>(),
            &mut set,
        )))?;
        set
    };
    let capacity = usize::try_from(libc::CPU_SETSIZE).expect("a small positive number");
    // SAFETY: the index is below the capacity of the set.
    Ok((0..capacity)
        .filter(|&index| unsafe { libc::CPU_ISSET(index, &set) })
        .collect())
}

/// Restricts this process to the processors given.
pub(super) fn run_on(processors: &[usize]) -> io::Result<()> {
    let this_one = 0;
    keep_on(this_one, processors)
}

/// Restricts a process, and what it will start, to the processors given.
pub(super) fn keep_on(pid: i32, processors: &[usize]) -> io::Result<()> {
    let capacity = usize::try_from(libc::CPU_SETSIZE).expect("a small positive number");
    // SAFETY: as above; indices are checked against the capacity.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &index in processors.iter().filter(|&&index| index < capacity) {
            libc::CPU_SET(index, &mut set);
        }
        check(libc::c_long::from(libc::sched_setaffinity(
            pid,
            std::mem::size_of::<libc::cpu_set_t>(),
            &set,
        )))
        .map(drop)
    }
}

/// Blocks all signals; the caller takes them with [`next_signal`].
pub(super) fn block_signals() -> io::Result<()> {
    // SAFETY: the set is initialised by sigfillset before use.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        check(libc::c_long::from(libc::sigprocmask(
            libc::SIG_SETMASK,
            &all,
            std::ptr::null_mut(),
        )))
        .map(drop)
    }
}

/// Waits for SIGCHLD or SIGTERM (both must be blocked) and says which came.
pub(super) fn next_signal() -> io::Result<i32> {
    // SAFETY: the set is initialised by sigemptyset before use.
    unsafe {
        let mut wanted: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut wanted);
        libc::sigaddset(&mut wanted, libc::SIGCHLD);
        libc::sigaddset(&mut wanted, libc::SIGTERM);
        let signal = libc::sigwaitinfo(&wanted, std::ptr::null_mut());
        check(libc::c_long::from(signal))?;
        Ok(signal)
    }
}

/// Sets all signals back to their defaults and unblocks them, as a program expects at its start.
pub(super) fn reset_signals() -> io::Result<()> {
    /// `struct sigaction` of the kernel: handler (zero is the default), flags, restorer, mask.
    const DEFAULT: [u64; 4] = [0; 4];
    const MASK_BYTES: usize = 8;
    for signal in 1..=64 {
        // Not through the C library: it starts programs with the two signals it keeps for itself ignored, and refuses to
        // set them back. The kernel refuses SIGKILL and SIGSTOP, which are never anything but default.
        // SAFETY: a pointer to a struct of the kernel's size, and null for the old disposition.
        unsafe {
            let old: *mut u64 = std::ptr::null_mut();
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                DEFAULT.as_ptr(),
                old,
                MASK_BYTES,
            )
        };
    }
    // SAFETY: the set is initialised by sigemptyset before use.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        check(libc::c_long::from(libc::sigprocmask(
            libc::SIG_SETMASK,
            &none,
            std::ptr::null_mut(),
        )))
        .map(drop)
    }
}

/// Sends a signal to a process, or with a negative pid to a process group, or with -1 to everything in our pid namespace.
pub(super) fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: numbers only.
    check(libc::c_long::from(unsafe { libc::kill(pid, signal) })).map(drop)
}

/// Sends a signal through a pidfd.
pub(super) fn signal_child(child: &Child, signal: i32) -> io::Result<()> {
    let null: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: a valid descriptor and no siginfo.
    check(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            child.fd.as_raw_fd(),
            signal,
            null,
            0,
        )
    })
    .map(drop)
}

/// A child that has ended.
pub(super) struct Reaped {
    /// Its pid.
    pub(super) pid: i32,
    /// Its wait status.
    pub(super) status: i32,
    /// What it and the children it waited for used.
    pub(super) usage: libc::rusage,
}

/// Reaps one child if one has ended (`pid` -1: any); `None` when none has.
pub(super) fn reap(pid: i32, block: bool) -> io::Result<Option<Reaped>> {
    let mut status = 0;
    let options = if block { 0 } else { libc::WNOHANG };
    // SAFETY: the usage is plain old data that the kernel fills; pointers outlive the call.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let pid = libc::wait4(pid, &mut status, options, &mut usage);
        check(libc::c_long::from(pid))?;
        Ok((pid != 0).then_some(Reaped { pid, status, usage }))
    }
}

/// Replaces this process by a program; returns only on failure.
pub(super) fn execute(path: &CStr, arguments: &[CString], env: &[CString]) -> io::Error {
    let pointers = |texts: &[CString]| {
        texts
            .iter()
            .map(|text| text.as_ptr())
            .chain([std::ptr::null()])
            .collect::<Vec<_>>()
    };
    let (arguments, env) = (pointers(arguments), pointers(env));
    // SAFETY: null-terminated arrays of NUL-terminated strings that outlive the call.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Brings the loopback interface of this network namespace up.
pub(super) fn loopback_up() -> io::Result<()> {
    const UP_AND_RUNNING: libc::c_short = 0x41;
    // SAFETY: plain socket call, and an ioctl on it with a zeroed request that names `lo`.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        check(libc::c_long::from(socket))?;
        let socket = OwnedFd::from_raw_fd(socket);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l'.cast_signed();
        request.ifr_name[1] = b'o'.cast_signed();
        request.ifr_ifru.ifru_flags = UP_AND_RUNNING;
        check(libc::c_long::from(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS,
            &request,
        )))
        .map(drop)
    }
}

/// Leaves at once, without running destructors or flushing anything.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: ends this process.
    unsafe { libc::_exit(code) }
}
