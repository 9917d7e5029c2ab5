//! Rights, interfaces of the kernel, other processes: one raw system call or file each.

use crate::attack::{Attack, attempt, shell};

/// Group, the error that must be met, the attempts of the probe.
const MET: &[(&str, &[&str], &[&str])] = &[
    (
        "files",
        &["EPERM"],
        &[
            "mount_tmpfs",
            "mount_proc",
            "mount_bind",
            "remount_input",
            "remount_root_with_suid",
            "umount_input",
            "umount_mask",
            "open_tree",
            "open_tree_attr",
            "listmount",
            "statmount",
            "move_mount",
            "fsopen",
            "mount_setattr",
            "pivot_root",
            "chroot",
            "mknod_disk",
            "mknod_memory",
            "open_by_handle_at",
            "name_to_handle_at",
            "quotactl",
            "freeze_file_system",
        ],
    ),
    (
        "files",
        &["EROFS", "EACCES", "ENOENT", "EPERM"],
        &[
            "create_in_dev",
            "write_input",
            "create_in_input",
            "remove_from_input",
            "rename_input",
            "execute_from_input",
            "write_hostname",
            "write_core_pattern",
            "write_sysrq",
            "write_drop_caches",
            "write_irq",
            "write_sys",
            "write_uevent_helper",
            "write_kptr_restrict",
            "write_modprobe",
            "write_binfmt",
            "write_shm_limits",
            "write_ip_forward",
            "write_devices",
            "write_power_state",
            "write_cgroup_limit",
            "make_cgroup",
            "read_kcore",
            "read_keys",
            "read_kmsg",
            "read_timer_list",
            "read_interrupts",
            "list_firmware",
            "list_acpi",
            "read_dev_kmsg",
            "read_dev_mem",
            "open_fuse",
            "open_tun",
            "open_loop_control",
            "read_disk",
            "open_host_runtime",
        ],
    ),
    (
        "rights",
        &["EPERM"],
        &[
            "unshare_user",
            "unshare_net",
            "unshare_mount",
            "clone_user",
            "clone_mount",
            "clone_cgroup",
            "setns",
            "setgroups",
            "iopl",
            "ioperm",
            "sethostname",
            "setdomainname",
            "clock_settime",
            "settimeofday",
            "adjtimex",
            "reboot",
            "swapon",
            "acct",
            "vhangup",
            "realtime",
            "write_uid_map",
            "tiocsti",
            "set_dumpable_securebits",
            "raise_ambient_capability",
            "raise_file_limit",
            "core_dump_limit",
        ],
    ),
    ("rights", &["ENOSYS"], &["clone3_user"]),
    ("rights", &["EINVAL"], &["clear_no_new_privileges"]),
    ("rights", &["EACCES"], &["nice_up", "lower_oom_score"]),
    (
        "kernel",
        &["EPERM"],
        &[
            "init_module",
            "finit_module",
            "delete_module",
            "kexec_load",
            "syslog",
            "perf_event_open",
            "bpf",
            "io_uring_setup",
            "io_uring_enter",
            "userfaultfd",
            "keyctl",
            "add_key",
            "request_key",
            "fanotify_init",
            "personality",
            "modify_ldt",
            "uselib",
            "lookup_dcookie",
            "nfsservctl",
            "memfd_secret",
            "migrate_pages",
            "call_as_x32",
        ],
    ),
    ("kernel", &["signal-31"], &["call_as_i386"]),
    (
        "processes",
        &["EPERM"],
        &[
            "ptrace_traceme",
            "ptrace_process_1",
            "process_vm_readv",
            "process_vm_writev",
            "pidfd_getfd",
            "kcmp",
        ],
    ),
    ("processes", &["ESRCH"], &["see_another_process"]),
    (
        "processes",
        &["ESRCH", "EPERM"],
        &["kill_init", "pidfd_of_init"],
    ),
    (
        "processes",
        &["EACCES", "EPERM"],
        &[
            "read_process_1_memory",
            "read_process_1_program",
            "read_process_1_environment",
            "read_process_1_maps",
            "enter_process_1_root",
            "enter_process_1_folder",
            "list_process_1_files",
            "open_process_1_namespace",
            "write_init_oom_score",
            "write_init_memory",
        ],
    ),
    (
        "network",
        &["EPERM"],
        &[
            "socket_vsock",
            "socket_packet",
            "socket_alg",
            "socket_bluetooth",
            "socket_can",
            "socket_key",
            "socket_xdp",
            "socket_tipc",
            "raw_icmp",
            "netlink_new_link",
        ],
    ),
];

/// All of them, and what root of a container may do to itself.
pub(crate) fn all() -> Vec<Attack> {
    let each = |(group, errors, names): &(
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
    )| {
        names
            .iter()
            .map(|name| attempt(group, name, errors))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<Attack> = MET.iter().flat_map(each).collect();
    // Its files are its own, its rights are none; and it is nobody on the host.
    for name in ["setuid_root", "setresuid_root", "setgid_root", "chown_root"] {
        all.push(attempt("rights", name, &["EPERM"]).root(&["allowed"]));
    }
    all.push(
        attempt("files", "write_hosts", &["EROFS", "EACCES"]).root(&["EROFS", "EACCES", "allowed"]),
    );
    all.extend(of_set_id());
    all
}

/// Programs of the image that belong to root and have set-id bits.
fn of_set_id() -> Vec<Attack> {
    vec![
        shell(
            "rights.set_id_program",
            "starts a program with set-user-id and set-group-id bits that belongs to root",
            "[ \"$(/suid/id -u)\" = \"$(id -u)\" ] && [ \"$(/suid/id -g)\" = \"$(id -g)\" ] && echo held || echo BREACH; good",
        ),
        shell(
            "rights.set_id_made_here",
            "copies a program, sets the bits itself, and starts it",
            "cp /bin/busybox /tmp/id; chmod 6755 /tmp/id; [ \"$(/tmp/id -u)\" = \"$(id -u)\" ] && echo held || echo BREACH; good",
        ),
        shell(
            "rights.set_id_mount",
            "mounts through a set-id `mount`",
            "/suid/mount -t tmpfs none /tmp 2>/dev/null && echo BREACH || echo held; good",
        ),
        shell(
            "rights.set_id_su",
            "becomes root through a set-id `su`",
            "[ \"$(echo | /suid/su -c 'grep CapEff /proc/self/status' root 2>/dev/null | grep -vc 0000000000000000)\" = 0 ] && echo held || echo BREACH; good",
        ),
        shell(
            "rights.capabilities",
            "looks for a capability in any of its five sets",
            "grep '^Cap' /proc/self/status | grep -qv '0000000000000000$' && echo BREACH || echo held; good",
        ),
        shell(
            "rights.no_new_privileges",
            "looks whether new privileges are off and the filter of system calls is on",
            "grep -q '^NoNewPrivs:.1' /proc/self/status && grep -q '^Seccomp:.2' /proc/self/status && echo held || echo BREACH; good",
        ),
        shell(
            "rights.unshare_program",
            "makes namespaces with `unshare`",
            "for kind in -U -m -n -p -i -u; do unshare $kind true 2>/dev/null && echo BREACH $kind; done; echo held; good",
        ),
        shell(
            "rights.nsenter",
            "enters the namespaces of process 1 with `nsenter`",
            "nsenter -t 1 -m -n -p true 2>/dev/null && echo BREACH || echo held; good",
        ),
        shell(
            "rights.set_clock",
            "sets the clock with `date`",
            "date -s 2001-01-01 >/dev/null 2>&1; [ $(date +%Y) -gt 2020 ] && echo held || echo BREACH; good",
        ),
        shell(
            "rights.set_hostname",
            "renames the machine",
            "hostname attacked 2>/dev/null; [ \"$(hostname)\" = attacked ] && echo BREACH || echo held; good",
        ),
    ]
}
