//! The writable file system of a container: as large as its disk limit and not a byte larger.
//!
//! With rights it is an ext4 image on a loop device. Making one takes long, so an empty one per size is made once and
//! copied: a few dozen KiB of data, the rest holes. The file is unlinked as soon as it is mounted, so that it vanishes
//! with the shim. Without rights it is a tmpfs of that size.

use std::io;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::{File, OpenOptions};
use rustix::fs::SeekFrom;

use super::error::OrShimError;
use crate::loop_device::LoopDevice;
use crate::sandbox::facts::ScratchFacts;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{ContainerPlan, Waivable};
use crate::sandbox::sys;

/// Smaller file systems cannot be made.
const MIN_BYTES: u64 = 4 << 20;

/// A write is refused when the kernel finds no room for the whole piece that it keeps in memory together, which is as large
/// as a huge page, in bytes. So much may be free on a file system that is full.
const LARGEST_PIECE: u64 = 2 << 20;

/// The mounted writable file system.
#[derive(Debug)]
pub(super) struct Scratch {
    /// `ext4-image`, `tmpfs` or `host-folder`.
    pub(super) kind: &'static str,
    /// Where it is mounted.
    pub(super) folder: Utf8PathBuf,
}

/// How full the writable file system is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fill {
    pub(super) used_bytes: u64,
    pub(super) capacity_bytes: u64,
    pub(super) full: bool,
}

impl Scratch {
    /// Mounts an empty writable file system at `folder`.
    pub(super) fn mount(
        plan: &ContainerPlan,
        folder: &Utf8Path,
        as_root: bool,
    ) -> Result<Self, ShimError> {
        let folder = folder.to_owned();
        let bytes = plan.limits.disk_bytes.max(MIN_BYTES).next_multiple_of(4096);
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOATIME;
        if !as_root {
            let options = format!("size={bytes},nr_inodes={},mode=0755", inodes(bytes));
            sys::mount("gantry-scratch", folder.as_str(), "tmpfs", flags, &options)
                .or_internal("mount a tmpfs")?;
            return Ok(Self {
                kind: "tmpfs",
                folder,
            });
        }
        match ext4_image(plan, bytes) {
            Ok(device) => {
                sys::mount(
                    &device.path,
                    folder.as_str(),
                    "ext4",
                    flags,
                    "nobarrier,noinit_itable",
                )
                .or_internal("mount the container's disk image")?;
                Ok(Self {
                    kind: "ext4-image",
                    folder,
                })
            }
            Err(_) if plan.waive.contains(&Waivable::DiskLimit) => {
                let source = plan.work_dir.join("scratch");
                fs_err::create_dir(&source).or_internal("make the scratch folder")?;
                sys::mount(source.as_str(), folder.as_str(), "", libc::MS_BIND, "")
                    .or_internal("bind the scratch folder")?;
                Ok(Self {
                    kind: "host-folder",
                    folder,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// How full it is now.
    pub(super) fn fill(&self) -> Fill {
        let Ok(stat) = rustix::fs::statvfs(self.folder.as_std_path()) else {
            return Fill::default();
        };
        if self.kind == "host-folder" {
            return Fill::default();
        }
        let unit = stat.f_frsize;
        let capacity_bytes = stat.f_blocks * unit;
        Fill {
            used_bytes: (stat.f_blocks - stat.f_bfree) * unit,
            capacity_bytes,
            full: stat.f_bavail * unit <= LARGEST_PIECE.min(capacity_bytes / 16)
                || (stat.f_files > 0 && stat.f_ffree <= 8),
        }
    }

    /// What it is, as the kernel says.
    pub(super) fn facts(&self) -> ScratchFacts {
        let stat = rustix::fs::statvfs(self.folder.as_std_path())
            .ok()
            .filter(|_| self.kind != "host-folder");
        ScratchFacts {
            kind: self.kind.into(),
            capacity_bytes: stat.as_ref().map(|stat| stat.f_blocks * stat.f_frsize),
            capacity_inodes: stat.as_ref().map(|stat| stat.f_files),
        }
    }
}

/// How many files a file system of this size may hold: a file takes room on the host even when it is empty.
fn inodes(bytes: u64) -> u64 {
    (bytes / 32_768).clamp(4_096, 1 << 20)
}

fn ext4_image(plan: &ContainerPlan, bytes: u64) -> Result<LoopDevice, ShimError> {
    let empty = empty_image(&plan.shared_dir.join("scratch"), bytes)?;
    let path = plan.work_dir.join("scratch.img");
    let image = copy_sparse(&empty, &path).or_internal("copy an empty disk image")?;
    let device = LoopDevice::attach(&image).map_err(|error| {
        ShimError::host(
            format!(
                "the guarantee `disk_limit` cannot be kept: no loop device could be had: {error}"
            ),
            "load the kernel module `loop`, or give up `disk_limit` by name",
        )
    })?;
    fs_err::remove_file(&path).or_internal("unlink the container's disk image")?;
    Ok(device)
}

/// The empty file system of this size, made on first use.
fn empty_image(folder: &Utf8Path, bytes: u64) -> Result<Utf8PathBuf, ShimError> {
    let path = folder.join(format!("ext4-1-{bytes}.img"));
    if path.exists() {
        return Ok(path);
    }
    fs_err::create_dir_all(folder).or_internal("make the folder of empty disk images")?;
    let staged = folder.join(format!(".{}-{bytes}.part", std::process::id()));
    File::create(&staged)
        .and_then(|file| file.set_len(bytes))
        .or_internal("make an empty disk image")?;
    let made = Command::new("mkfs.ext4")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .args([
            "-q",
            "-F",
            "-m",
            "0",
            "-O",
            "^has_journal,^resize_inode,sparse_super2,flex_bg",
            "-G",
            "1024",
        ])
        .args([
            "-E",
            "lazy_itable_init=1,nodiscard,num_backup_sb=0,packed_meta_blocks=1",
            "-N",
            &inodes(bytes).to_string(),
        ])
        .arg(&staged)
        .stdin(Stdio::null())
        .output();
    let problem = match made {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(problem) = problem {
        let _ = fs_err::remove_file(&staged);
        return Err(ShimError::host(
            format!("the guarantee `disk_limit` cannot be kept: `mkfs.ext4` failed: {problem}"),
            "install `e2fsprogs`, or give up `disk_limit` by name",
        ));
    }
    fs_err::rename(&staged, &path).or_internal("make an empty disk image")?;
    Ok(path)
}

fn copy_sparse(from: &Utf8Path, to: &Utf8Path) -> io::Result<File> {
    let source = File::open(from)?;
    let target = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(to)?;
    let length = source.metadata()?.len();
    target.set_len(length)?;
    let mut buffer = vec![0; 256 << 10];
    let mut position = 0;
    while let Ok(start) = rustix::fs::seek(&source, SeekFrom::Data(position)) {
        let end = rustix::fs::seek(&source, SeekFrom::Hole(start))?;
        position = start;
        while position < end {
            let want = usize::try_from(end - position)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            let count = rustix::io::pread(&source, &mut buffer[..want], position)?;
            if count == 0 {
                break;
            }
            rustix::io::pwrite(&target, &buffer[..count], position)?;
            position += count as u64;
        }
    }
    Ok(target)
}
