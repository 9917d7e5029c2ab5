//! What no container may do by opening files: names of kernel interfaces, of process 1, of the input.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

use crate::errno::{Attempt, Named, of};

/// Opens for reading and reads a piece.
fn read(path: &str) -> Attempt {
    let mut piece = [0; 64];
    match OpenOptions::new()
        .read(true)
        .open(path)
        .and_then(|mut file| file.read(&mut piece))
    {
        // A masked file is an empty one.
        Ok(0) => Err(libc::ENOENT),
        other => of(other),
    }
}

/// Opens for writing, without creating, and writes.
fn write(path: &str, text: &str) -> Attempt {
    let file = OpenOptions::new().write(true).open(path);
    of(file.and_then(|mut file| file.write_all(text.as_bytes())))
}

/// Lists a folder; one that is empty tells nothing.
fn list(path: &str) -> Attempt {
    match std::fs::read_dir(path).map(Iterator::count) {
        Ok(0) => Err(libc::ENOENT),
        other => of(other),
    }
}

fn create(path: &str) -> Attempt {
    of(OpenOptions::new().write(true).create_new(true).open(path))
}

/// Attempts on files, with what was done in the name.
pub(crate) const FILES: &[Named] = &[
    ("write_input", || write("/input/value.json", "changed")),
    ("create_in_input", || create("/input/new")),
    ("remove_from_input", || {
        of(std::fs::remove_file("/input/value.json"))
    }),
    ("rename_input", || {
        of(std::fs::rename("/input/value.json", "/input/other.json"))
    }),
    ("execute_from_input", || {
        of(std::process::Command::new("/input/program").status())
    }),
    ("write_hosts", || write("/etc/hosts", "10.0.0.1 x")),
    ("write_hostname", || {
        write("/proc/sys/kernel/hostname", "mine")
    }),
    ("write_core_pattern", || {
        write("/proc/sys/kernel/core_pattern", "|/x")
    }),
    ("write_sysrq", || write("/proc/sysrq-trigger", "h")),
    ("write_drop_caches", || {
        write("/proc/sys/vm/drop_caches", "1")
    }),
    ("write_irq", || write("/proc/irq/default_smp_affinity", "1")),
    ("lower_oom_score", || {
        write("/proc/self/oom_score_adj", "-1000")
    }),
    ("write_uid_map", || write("/proc/self/uid_map", "0 0 1")),
    ("write_sys", || {
        write("/sys/kernel/mm/transparent_hugepage/enabled", "never")
    }),
    ("write_uevent_helper", || {
        write("/sys/kernel/uevent_helper", "/x")
    }),
    ("make_cgroup", || {
        of(std::fs::create_dir("/sys/fs/cgroup/mine"))
    }),
    ("read_kcore", || read("/proc/kcore")),
    ("read_keys", || read("/proc/keys")),
    ("read_kmsg", || read("/proc/kmsg")),
    ("read_timer_list", || read("/proc/timer_list")),
    ("read_interrupts", || read("/proc/interrupts")),
    ("list_firmware", || list("/sys/firmware")),
    ("list_acpi", || list("/proc/acpi")),
    ("read_dev_kmsg", || read("/dev/kmsg")),
    ("read_dev_mem", || read("/dev/mem")),
    ("open_fuse", || read("/dev/fuse")),
    ("open_tun", || read("/dev/net/tun")),
    ("open_loop_control", || read("/dev/loop-control")),
    ("read_disk", || read("/dev/vda")),
    ("create_in_dev", || create("/dev/new")),
    ("read_process_1_memory", || read("/proc/1/mem")),
    ("read_process_1_program", || read("/proc/1/exe")),
    ("read_process_1_environment", || read("/proc/1/environ")),
    ("read_process_1_maps", || read("/proc/1/maps")),
    ("enter_process_1_root", || list("/proc/1/root/")),
    ("enter_process_1_folder", || list("/proc/1/cwd/")),
    ("list_process_1_files", || list("/proc/1/fd")),
    ("open_process_1_namespace", || read("/proc/1/ns/net")),
    ("open_host_runtime", || list("/run/docker.sock")),
    ("see_another_process", || {
        let foreign = |entry: std::fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let own = std::process::id();
            let parent = std::os::unix::process::parent_id();
            (pid != own && pid != 1 && pid != parent && Path::new("/proc").exists()).then_some(())
        };
        let entries = std::fs::read_dir("/proc").map_err(|_| libc::EACCES)?;
        match entries.flatten().find_map(foreign) {
            Some(()) => Ok(()),
            None => Err(libc::ESRCH),
        }
    }),
];
