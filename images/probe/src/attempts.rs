//! What no container may do: one line per attempt, `name error`, or `name allowed` when it succeeded.

use std::ffi::CStr;
use std::io::Write;

use crate::errno::{Attempt, Named, check, name};
use crate::files::FILES;

const NONE: libc::c_long = 0;
const CLONE_FLAGS_WITH_EXIT: libc::c_long = libc::SIGCHLD as libc::c_long;

/// Runs every attempt in a process of its own, because some of them end the caller.
pub(crate) fn all(_: &str) {
    for (attempt_name, attempt) in CALLS.iter().chain(FILES) {
        println!("{attempt_name} {}", in_child(*attempt));
        let _ = std::io::stdout().flush();
    }
}

/// Makes an attempt in a process of its own and says how it ended.
pub(crate) fn in_child(attempt: fn() -> Attempt) -> String {
    let mut pipe = [0; 2];
    // SAFETY: two descriptors fit the array.
    if check(unsafe { libc::pipe(pipe.as_mut_ptr()) }.into()).is_err() {
        return "no-pipe".into();
    }
    // SAFETY: this program has one thread here.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let answer = name(attempt());
        // SAFETY: pointer and length of a string; then the child ends without touching what the parent owns.
        unsafe {
            libc::write(pipe[1], answer.as_ptr().cast(), answer.len());
            libc::_exit(0)
        }
    }
    let mut answer = [0_u8; 64];
    // SAFETY: descriptors of ours, a buffer of the size named.
    let (count, status) = unsafe {
        libc::close(pipe[1]);
        let count = libc::read(pipe[0], answer.as_mut_ptr().cast(), answer.len());
        libc::close(pipe[0]);
        let mut status = 0;
        libc::waitpid(pid, &mut status, 0);
        (count, status)
    };
    match usize::try_from(count) {
        Ok(count) if count > 0 => String::from_utf8_lossy(&answer[..count]).into_owned(),
        Ok(_) | Err(_) => format!("signal-{}", libc::WTERMSIG(status)),
    }
}

/// A raw call with up to five arguments, pointers given as numbers.
fn call(number: libc::c_long, arguments: [libc::c_long; 5]) -> Attempt {
    let [a, b, c, d, e] = arguments;
    // SAFETY: every attempt below passes null, or pointers to static data of the size that the call reads; what they would
    // do to this process if allowed does not matter, because it ends next.
    check(unsafe { libc::syscall(number, a, b, c, d, e, NONE) })
}

fn at(text: &'static CStr) -> libc::c_long {
    text.as_ptr() as libc::c_long
}

fn plain(number: libc::c_long) -> Attempt {
    call(number, [0; 5])
}

fn mount(source: &'static CStr, target: &'static CStr, kind: &'static CStr, flags: u64) -> Attempt {
    let flags = flags.cast_signed();
    call(
        libc::SYS_mount,
        [at(source), at(target), at(kind), flags, 0],
    )
}

fn socket(family: i32, kind: i32, protocol: i32) -> Attempt {
    // SAFETY: numbers only.
    check(unsafe { libc::socket(family, kind, protocol) }.into())
}

/// Leaves room for all structures that the calls below would read.
static ZEROS: [u64; 512] = [0; 512];

fn zeros() -> libc::c_long {
    ZEROS.as_ptr() as libc::c_long
}

/// `struct clone_args` that asks for a user namespace.
static CLONE_ARGS: [u64; 11] = [libc::CLONE_NEWUSER as u64, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0];

/// A system call by the 32-bit door: getpid there is number 20.
fn call_as_i386() -> Attempt {
    let mut number: u32 = 20;
    // SAFETY: getpid takes nothing and changes nothing but the register of its result.
    unsafe {
        std::arch::asm!("int 0x80", inout("eax") number, out("r8") _, out("r9") _, out("r10") _, out("r11") _)
    };
    if number == 0 { Err(0) } else { Ok(()) }
}

/// getpid by its x32 number.
fn call_as_x32() -> Attempt {
    plain(libc::SYS_getpid | 0x4000_0000)
}

pub(crate) const CALLS: &[Named] = &[
    // Mounts and roots.
    ("mount_tmpfs", || mount(c"none", c"/tmp", c"tmpfs", 0)),
    ("mount_proc", || mount(c"proc", c"/tmp", c"proc", 0)),
    ("mount_bind", || mount(c"/etc", c"/tmp", c"", libc::MS_BIND)),
    ("remount_input", || {
        mount(c"", c"/input", c"", libc::MS_REMOUNT | libc::MS_BIND)
    }),
    ("remount_root_with_suid", || {
        mount(c"", c"/", c"", libc::MS_REMOUNT | libc::MS_BIND)
    }),
    ("umount_input", || {
        call(libc::SYS_umount2, [at(c"/input"), 2, 0, 0, 0])
    }),
    ("umount_mask", || {
        call(libc::SYS_umount2, [at(c"/proc/kcore"), 2, 0, 0, 0])
    }),
    ("open_tree", || {
        call(libc::SYS_open_tree, [-100, at(c"/"), 1, 0, 0])
    }),
    ("move_mount", || {
        call(
            libc::SYS_move_mount,
            [-100, at(c"/tmp"), -100, at(c"/opt"), 0],
        )
    }),
    ("fsopen", || {
        call(libc::SYS_fsopen, [at(c"tmpfs"), 0, 0, 0, 0])
    }),
    ("mount_setattr", || {
        call(libc::SYS_mount_setattr, [-100, at(c"/"), 0, zeros(), 32])
    }),
    ("pivot_root", || {
        call(libc::SYS_pivot_root, [at(c"/"), at(c"/"), 0, 0, 0])
    }),
    ("chroot", || {
        call(libc::SYS_chroot, [at(c"/tmp"), 0, 0, 0, 0])
    }),
    // Namespaces.
    ("unshare_user", || {
        call(libc::SYS_unshare, [libc::CLONE_NEWUSER.into(), 0, 0, 0, 0])
    }),
    ("unshare_net", || {
        call(libc::SYS_unshare, [libc::CLONE_NEWNET.into(), 0, 0, 0, 0])
    }),
    ("unshare_mount", || {
        call(libc::SYS_unshare, [libc::CLONE_NEWNS.into(), 0, 0, 0, 0])
    }),
    ("clone_user", || {
        call(
            libc::SYS_clone,
            [
                CLONE_FLAGS_WITH_EXIT | libc::c_long::from(libc::CLONE_NEWUSER),
                0,
                0,
                0,
                0,
            ],
        )
    }),
    ("clone_mount", || {
        call(
            libc::SYS_clone,
            [
                CLONE_FLAGS_WITH_EXIT | libc::c_long::from(libc::CLONE_NEWNS),
                0,
                0,
                0,
                0,
            ],
        )
    }),
    ("clone_cgroup", || {
        call(
            libc::SYS_clone,
            [
                CLONE_FLAGS_WITH_EXIT | libc::c_long::from(libc::CLONE_NEWCGROUP),
                0,
                0,
                0,
                0,
            ],
        )
    }),
    ("clone3_user", || {
        call(
            libc::SYS_clone3,
            [CLONE_ARGS.as_ptr() as libc::c_long, 88, 0, 0, 0],
        )
    }),
    ("setns", || call(libc::SYS_setns, [0, 0, 0, 0, 0])),
    // Rights.
    ("setuid_root", || call(libc::SYS_setuid, [0; 5])),
    ("setresuid_root", || call(libc::SYS_setresuid, [0; 5])),
    ("setgid_root", || call(libc::SYS_setgid, [0; 5])),
    ("setgroups", || {
        call(libc::SYS_setgroups, [1, zeros(), 0, 0, 0])
    }),
    ("chown_root", || {
        call(libc::SYS_chown, [at(c"/output"), 0, 0, 0, 0])
    }),
    ("mknod_disk", || {
        call(libc::SYS_mknod, [at(c"/tmp/disk"), 0o060_666, 0x0700, 0, 0])
    }),
    ("mknod_memory", || {
        call(libc::SYS_mknod, [at(c"/tmp/mem"), 0o020_666, 0x0101, 0, 0])
    }),
    ("iopl", || call(libc::SYS_iopl, [3, 0, 0, 0, 0])),
    ("ioperm", || call(libc::SYS_ioperm, [0, 8, 1, 0, 0])),
    ("sethostname", || {
        call(libc::SYS_sethostname, [at(c"x"), 1, 0, 0, 0])
    }),
    ("clock_settime", || {
        call(libc::SYS_clock_settime, [0, zeros(), 0, 0, 0])
    }),
    ("settimeofday", || {
        call(libc::SYS_settimeofday, [zeros(), 0, 0, 0, 0])
    }),
    ("reboot", || {
        call(libc::SYS_reboot, [0xfee1_dead, 672_274_793, 0, 0, 0])
    }),
    ("swapon", || {
        call(libc::SYS_swapon, [at(c"/tmp/x"), 0, 0, 0, 0])
    }),
    ("init_module", || {
        call(libc::SYS_init_module, [zeros(), 8, at(c""), 0, 0])
    }),
    ("finit_module", || {
        call(libc::SYS_finit_module, [0, at(c""), 0, 0, 0])
    }),
    ("delete_module", || {
        call(libc::SYS_delete_module, [at(c"loop"), 0, 0, 0, 0])
    }),
    ("kexec_load", || plain(libc::SYS_kexec_load)),
    ("syslog", || call(libc::SYS_syslog, [3, zeros(), 8, 0, 0])),
    ("acct", || plain(libc::SYS_acct)),
    ("quotactl", || plain(libc::SYS_quotactl)),
    ("vhangup", || plain(libc::SYS_vhangup)),
    ("nice_up", || call(libc::SYS_setpriority, [0, 0, -20, 0, 0])),
    ("realtime", || {
        call(
            libc::SYS_sched_setscheduler,
            [0, 1, PRIORITY.as_ptr() as libc::c_long, 0, 0],
        )
    }),
    // Other processes.
    ("ptrace_traceme", || plain(libc::SYS_ptrace)),
    ("ptrace_process_1", || {
        call(libc::SYS_ptrace, [16, 1, 0, 0, 0])
    }),
    ("process_vm_readv", || {
        call(libc::SYS_process_vm_readv, [1, zeros(), 0, zeros(), 0])
    }),
    ("process_vm_writev", || {
        call(libc::SYS_process_vm_writev, [1, zeros(), 0, zeros(), 0])
    }),
    ("pidfd_getfd", || {
        call(libc::SYS_pidfd_getfd, [0, 0, 0, 0, 0])
    }),
    ("kcmp", || call(libc::SYS_kcmp, [1, 1, 0, 0, 0])),
    ("perf_event_open", || {
        call(libc::SYS_perf_event_open, [zeros(), 0, -1, -1, 0])
    }),
    // Parts of the kernel that only help attackers here.
    ("bpf", || call(libc::SYS_bpf, [0, zeros(), 72, 0, 0])),
    ("io_uring_setup", || {
        call(libc::SYS_io_uring_setup, [1, zeros(), 0, 0, 0])
    }),
    ("io_uring_enter", || plain(libc::SYS_io_uring_enter)),
    ("userfaultfd", || plain(libc::SYS_userfaultfd)),
    ("keyctl", || call(libc::SYS_keyctl, [0, -3, 1, 0, 0])),
    ("add_key", || {
        call(libc::SYS_add_key, [at(c"user"), at(c"k"), zeros(), 8, -3])
    }),
    ("request_key", || {
        call(libc::SYS_request_key, [at(c"user"), at(c"k"), 0, -3, 0])
    }),
    ("fanotify_init", || plain(libc::SYS_fanotify_init)),
    ("open_by_handle_at", || {
        call(libc::SYS_open_by_handle_at, [-100, zeros(), 0, 0, 0])
    }),
    ("name_to_handle_at", || {
        call(
            libc::SYS_name_to_handle_at,
            [-100, at(c"/"), zeros(), zeros(), 0],
        )
    }),
    ("personality", || {
        call(libc::SYS_personality, [0x40000, 0, 0, 0, 0])
    }),
    ("modify_ldt", || plain(libc::SYS_modify_ldt)),
    ("uselib", || call(libc::SYS_uselib, [at(c"/x"), 0, 0, 0, 0])),
    ("tiocsti", || {
        call(
            libc::SYS_ioctl,
            [0, libc::TIOCSTI.cast_signed(), zeros(), 0, 0],
        )
    }),
    ("call_as_i386", call_as_i386),
    ("call_as_x32", call_as_x32),
    // Sockets that network namespaces do not cover, or that reach into the kernel.
    ("socket_vsock", || {
        socket(libc::AF_VSOCK, libc::SOCK_STREAM, 0)
    }),
    ("socket_packet", || {
        socket(libc::AF_PACKET, libc::SOCK_RAW, 0)
    }),
    ("socket_alg", || {
        socket(libc::AF_ALG, libc::SOCK_SEQPACKET, 0)
    }),
    ("socket_bluetooth", || {
        socket(libc::AF_BLUETOOTH, libc::SOCK_RAW, 0)
    }),
    ("socket_can", || socket(libc::AF_CAN, libc::SOCK_RAW, 0)),
    ("socket_key", || socket(libc::AF_KEY, libc::SOCK_RAW, 0)),
    ("socket_xdp", || socket(libc::AF_XDP, libc::SOCK_RAW, 0)),
    ("socket_tipc", || {
        socket(libc::AF_TIPC, libc::SOCK_STREAM, 0)
    }),
    ("raw_icmp", || socket(libc::AF_INET, libc::SOCK_RAW, 1)),
];

static PRIORITY: [i32; 1] = [50];
