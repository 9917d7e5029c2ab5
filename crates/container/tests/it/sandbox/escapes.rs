//! Ways out: each attempt of the probe with the error it must meet.

use super::harness::{Case, Ran, Runtime};

/// Attempts and what they must meet; the program runs as user 1000 of the image.
const MET: &[(&str, &[&str])] = &[
    (
        "EPERM",
        &[
            "mount_tmpfs",
            "mount_proc",
            "mount_bind",
            "remount_input",
            "remount_root_with_suid",
            "umount_input",
            "umount_mask",
            "open_tree",
            "move_mount",
            "fsopen",
            "mount_setattr",
            "pivot_root",
            "chroot",
            "unshare_user",
            "unshare_net",
            "unshare_mount",
            "clone_user",
            "clone_mount",
            "clone_cgroup",
            "setns",
            "setuid_root",
            "setresuid_root",
            "setgid_root",
            "setgroups",
            "chown_root",
            "mknod_disk",
            "mknod_memory",
            "iopl",
            "ioperm",
            "sethostname",
            "clock_settime",
            "settimeofday",
            "reboot",
            "swapon",
            "init_module",
            "finit_module",
            "delete_module",
            "kexec_load",
            "syslog",
            "acct",
            "quotactl",
            "vhangup",
            "realtime",
            "ptrace_traceme",
            "ptrace_process_1",
            "process_vm_readv",
            "process_vm_writev",
            "pidfd_getfd",
            "kcmp",
            "perf_event_open",
            "bpf",
            "io_uring_setup",
            "io_uring_enter",
            "userfaultfd",
            "keyctl",
            "add_key",
            "request_key",
            "fanotify_init",
            "open_by_handle_at",
            "name_to_handle_at",
            "personality",
            "modify_ldt",
            "uselib",
            "tiocsti",
            "call_as_x32",
            "socket_vsock",
            "socket_packet",
            "socket_alg",
            "socket_bluetooth",
            "socket_can",
            "socket_key",
            "socket_xdp",
            "socket_tipc",
            "raw_icmp",
            "write_uid_map",
        ],
    ),
    // So that C libraries fall back to `clone`, whose flags can be checked.
    ("ENOSYS", &["clone3_user"]),
    ("signal-31", &["call_as_i386"]),
    (
        "EROFS",
        &[
            "create_in_dev",
            "write_input",
            "create_in_input",
            "remove_from_input",
            "rename_input",
        ],
    ),
    (
        "EACCES",
        &[
            "nice_up",
            "execute_from_input",
            "lower_oom_score",
            "read_process_1_memory",
            "read_process_1_program",
            "read_process_1_environment",
            "read_process_1_maps",
            "enter_process_1_root",
            "enter_process_1_folder",
            "list_process_1_files",
            "open_process_1_namespace",
        ],
    ),
    ("ESRCH", &["see_another_process"]),
    (
        "ENOENT",
        &[
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
            "make_cgroup",
        ],
    ),
];

/// Depends on the kernel and on the container's user whether the name exists, is read-only or is not ours.
const REFUSED: &[&str] = &[
    "write_hosts",
    "write_hostname",
    "write_core_pattern",
    "write_sysrq",
    "write_drop_caches",
    "write_irq",
    "write_sys",
    "write_uevent_helper",
];

/// Refused in another way: an engine shows its own `/dev` and the container's cgroup, neither for this user to change.
const IN_AN_ENGINE: [(&str, &str); 2] = [("create_in_dev", "EACCES"), ("make_cgroup", "EACCES")];

fn attempts(ran: &Ran) {
    ran.succeeded();
    let answers = ran.answers();
    let mut wrong = Vec::new();
    for (expected, names) in MET {
        for name in *names {
            let found = answers.get(name).copied().unwrap_or("missing");
            let refused_otherwise = Runtime::is_engine() && IN_AN_ENGINE.contains(&(*name, found));
            if found != *expected && !refused_otherwise {
                wrong.push(format!("{name}: expected {expected}, found {found}"));
            }
        }
    }
    for name in REFUSED {
        let found = answers.get(name).copied().unwrap_or("missing");
        if !["EROFS", "EACCES", "ENOENT", "EPERM"].contains(&found) {
            wrong.push(format!("{name}: expected a refusal, found {found}"));
        }
    }
    let listed = MET.iter().map(|(_, names)| names.len()).sum::<usize>() + REFUSED.len();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(
        answers.len(),
        listed,
        "every attempt of the probe is judged here"
    );
}

#[test]
fn every_attempt_is_refused() {
    Case::new(&["probe", "attempts"]).check(attempts);
}

#[test]
fn even_root_of_the_container_gets_no_further() {
    // Its files are its own, its rights are none; and it is nobody on the host.
    const OF_ROOT: [&str; 5] = [
        "setuid_root",
        "setresuid_root",
        "setgid_root",
        "write_hosts",
        "chown_root",
    ];
    Case::new(&["probe", "attempts"]).user("0").check(|ran| {
        ran.succeeded();
        let mut expected = OF_ROOT.to_vec();
        if Runtime::is_engine() {
            // Without a user namespace it is the root that owns process 1's files and the engine's `/dev`, which lies in
            // memory that counts as the container's. None of it leads further, as the other attempts show.
            expected.extend(["create_in_dev", "list_process_1_files"]);
        }
        let allowed: Vec<_> = ran
            .answers()
            .into_iter()
            .filter(|(name, answer)| *answer == "allowed" && !expected.contains(name))
            .collect();
        assert_eq!(allowed, []);
    });
}

#[test]
fn what_honest_programs_need_is_there() {
    Case::new(&["probe", "works"]).check(|ran| {
        ran.succeeded();
        let refused: Vec<_> = ran
            .answers()
            .into_iter()
            .filter(|(_, answer)| *answer != "allowed")
            .collect();
        assert_eq!(refused, []);
        assert!(ran.answers().len() > 25);
    });
}

#[test]
fn no_network_but_loopback() {
    Case::new(&["probe", "network"]).check(|ran| {
        ran.succeeded();
        let mut answers = ran.answers();
        assert_eq!(answers.remove("interfaces"), Some("lo"));
        assert_eq!(answers.remove("loopback"), Some("allowed"));
        // Both ends of the socket by which the gate in an engine's container talks with the shim.
        let ours = if Runtime::is_engine() { "2" } else { "0" };
        assert_eq!(answers.remove("host-sockets"), Some(ours));
        assert_eq!(answers.len(), 6);
        for (address, answer) in answers {
            assert_eq!(answer, "ENETUNREACH", "{address}");
        }
    });
}

#[test]
fn processes_of_the_host_are_invisible() {
    Case::shell("ls /proc | grep -c '^[0-9]'; kill -0 -1; echo $?").check(|ran| {
        let mut lines = ran.stdout.lines();
        // Process 1, the shell, ls, grep.
        assert!(lines.next().unwrap().parse::<u32>().unwrap() <= 4);
    });
}

#[test]
fn set_id_programs_gain_nothing() {
    Case::shell("/bin/suid-id -u; grep NoNewPrivs /proc/self/status")
        .image(|layer| {
            use std::os::unix::fs::PermissionsExt;
            let program = layer.join("bin/suid-id");
            fs_err::write(&program, "").unwrap();
            fs_err::remove_file(&program).unwrap();
            fs_err::create_dir(layer.join("suid")).unwrap();
            // busybox acts by its own name: this copy is `id`, and it belongs to root with the set-id bit.
            fs_err::copy(layer.join("bin/busybox"), layer.join("suid/id")).unwrap();
            let set_id = std::fs::Permissions::from_mode(0o4755);
            fs_err::set_permissions(layer.join("suid/id"), set_id).unwrap();
            std::os::unix::fs::symlink("/suid/id", program).unwrap();
        })
        .check(|ran| {
            assert!(
                !ran.stdout.contains("uid=0") && !ran.stdout.starts_with('0'),
                "{}",
                ran.stdout
            )
        });
}
