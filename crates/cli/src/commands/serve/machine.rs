//! What jobs may use of this machine when the operator says nothing.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use server::worker::Capacity;

/// Left for the server and the system, bytes.
const KEPT_MEMORY: u64 = 1_000_000_000;

/// Memory less a gigabyte, every processor, nine tenths of the free disk, every GPU that a CDI file describes.
pub(super) fn capacity(home: &Utf8Path) -> io::Result<Capacity> {
    let processors = std::thread::available_parallelism()?.get();
    fs_err::create_dir_all(home)?;
    let disk = rustix::fs::statvfs(home.as_std_path())?;
    Ok(Capacity {
        memory: memory()?.saturating_sub(KEPT_MEMORY),
        millicpus: processors as u64 * 1000,
        disk: disk.f_bavail.saturating_mul(disk.f_frsize) / 10 * 9,
        gpus: gpus(),
    })
}

fn gpus() -> u64 {
    let folders = container::cdi::DEFAULT_FOLDERS.map(Utf8PathBuf::from);
    container::cdi::count(&container::cdi::Specs::read(&folders)) as u64
}

fn memory() -> io::Result<u64> {
    let text = fs_err::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib * 1024)
        .ok_or_else(|| io::Error::other("`/proc/meminfo` has no line `MemTotal`"))
}
