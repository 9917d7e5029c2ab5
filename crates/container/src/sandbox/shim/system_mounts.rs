//! What every program expects besides its own files: `/proc`, `/sys`, `/dev`, `/etc/hosts`, and what must not be seen there.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::OrShimError;
use super::id_range;
use super::in_root::{Kind, Root};
use super::rootfs::RootFs;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::ContainerPlan;
use crate::sandbox::sys::{self, MountAttributes};

/// Devices that need no privilege.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// Links that programs rely on.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];
/// Hidden: they tell of the host or reach into it. The defaults of the OCI runtimes and Docker.
pub(super) const MASKED: [&str; 13] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/kmsg",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];
/// Shown, but not to be written.
pub(super) const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

const QUIET: libc::c_ulong = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;

/// Mounts what needs no namespace of the container: done by the shim, before process 1 leaves the host's file system.
/// Returns the mount of `/dev`, which stays writable until [`protect_devices`].
pub(super) fn mount_devices(
    plan: &ContainerPlan,
    rootfs: &RootFs,
    mounts: &Utf8Path,
) -> Result<OwnedFd, ShimError> {
    let dev = mounts.join("dev");
    fs_err::create_dir(&dev).or_internal("make the folder of devices")?;
    sys::mount(
        "gantry-dev",
        dev.as_str(),
        "tmpfs",
        libc::MS_NOSUID | libc::MS_NOEXEC,
        "size=64k,mode=0755",
    )
    .or_internal("mount the folder of devices")?;
    for name in DEVICES {
        let target = dev.join(name);
        fs_err::File::create(&target).or_internal("make a device's mount point")?;
        sys::mount(
            &format!("/dev/{name}"),
            target.as_str(),
            "",
            libc::MS_BIND,
            "",
        )
        .or_internal(format_args!("bind `/dev/{name}`"))?;
    }
    for (name, target) in DEVICE_LINKS {
        std::os::unix::fs::symlink(target, dev.join(name)).or_internal("link a device")?;
    }
    for name in ["pts", "shm", "mqueue"] {
        fs_err::create_dir(dev.join(name)).or_internal("make the folder of devices")?;
    }
    let terminals = "newinstance,ptmxmode=0666,mode=0620";
    sys::mount(
        "devpts",
        dev.join("pts").as_str(),
        "devpts",
        libc::MS_NOSUID | libc::MS_NOEXEC,
        terminals,
    )
    .or_internal("mount `/dev/pts`")?;
    if plan.limits.shm_bytes > 0 {
        let options = format!("size={},mode=1777", plan.limits.shm_bytes);
        sys::mount("shm", dev.join("shm").as_str(), "tmpfs", QUIET, &options)
            .or_internal("mount `/dev/shm`")?;
    }
    let devices = attach(rootfs.root(), &dev, "/dev").or_internal("mount `/dev`")?;
    names(plan, &rootfs.root(), mounts).or_internal("write the container's host names")?;
    Ok(devices)
}

fn attach(root: Root<'_>, source: &Utf8Path, target: &str) -> io::Result<OwnedFd> {
    let mount = sys::clone_mount(source.as_str(), true)?;
    sys::attach_mount(
        mount.as_fd(),
        root.mount_point(target, Kind::Folder)?.as_fd(),
    )?;
    Ok(mount)
}

/// Lets nobody make files in `/dev`, given as [`mount_devices`] returned it; what is mounted in there stays as it is.
pub(super) fn protect_devices(devices: &OwnedFd) -> Result<(), ShimError> {
    let read_only = MountAttributes {
        set: libc::MOUNT_ATTR_RDONLY,
        ..MountAttributes::default()
    };
    sys::set_mount_attributes(devices.as_fd(), &read_only).or_internal("write-protect `/dev`")
}

/// A container without network still looks its own name up.
fn names(plan: &ContainerPlan, root: &Root<'_>, mounts: &Utf8Path) -> io::Result<()> {
    name_files(&plan.id, mounts)?
        .iter()
        .try_for_each(|(source, target)| bind_read_only(root, source, target))
}

/// Writes the files by which a container without network looks its own name up; where they are to be seen.
pub(super) fn name_files(name: &str, folder: &Utf8Path) -> io::Result<Vec<(Utf8PathBuf, String)>> {
    let hosts = format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\t{name}\n");
    let files = [
        ("hosts", hosts),
        ("hostname", format!("{name}\n")),
        ("resolv.conf", String::new()),
    ];
    let write = |(name, text): (&str, String)| {
        let file = folder.join(name);
        fs_err::write(&file, text)?;
        Ok((file, format!("/etc/{name}")))
    };
    files.into_iter().map(write).collect()
}

fn bind_read_only(root: &Root<'_>, source: &Utf8Path, target: &str) -> io::Result<()> {
    let mount = sys::clone_mount(source.as_str(), false)?;
    let set = libc::MOUNT_ATTR_RDONLY
        | libc::MOUNT_ATTR_NOSUID
        | libc::MOUNT_ATTR_NODEV
        | libc::MOUNT_ATTR_NOEXEC;
    sys::set_mount_attributes(
        mount.as_fd(),
        &MountAttributes {
            set,
            ..MountAttributes::default()
        },
    )?;
    sys::attach_mount(mount.as_fd(), root.mount_point(target, Kind::File)?.as_fd())
}

/// Mounts what belongs to the container's own namespaces: done by process 1, in them.
pub(super) fn mount_kernel_views(root: &Root<'_>) -> Result<(), ShimError> {
    // Where the program has the only id there is, process 1 has it as well, and its files are not hidden by their owner.
    let processes = if id_range::in_own_namespace() {
        "hidepid=2"
    } else {
        ""
    };
    let at = |path: &str| -> io::Result<String> {
        use std::os::fd::AsRawFd;
        let target = root.mount_point(path, Kind::Folder)?;
        let fd = target.as_raw_fd();
        // Kept open until process 1 executes or exits: the path below must stay valid.
        std::mem::forget(target);
        Ok(format!("/proc/self/fd/{fd}"))
    };
    let mount = |source: &str, target: &str, flags, options| {
        at(target)
            .and_then(|path| sys::mount(source, &path, source, flags, options))
            .or_internal(format_args!("mount `{target}`"))
    };
    mount("mqueue", "/dev/mqueue", QUIET, "")?;
    mount("sysfs", "/sys", QUIET | libc::MS_RDONLY, "")?;
    mount("proc", "/proc", QUIET, processes)
}

/// Hides and write-protects parts of `/proc` and `/sys`: done by process 1, in its new root.
pub(super) fn restrict_kernel_views() -> Result<(), ShimError> {
    for path in READ_ONLY
        .into_iter()
        .filter(|path| Utf8Path::new(path).exists())
    {
        let step = format_args!("write-protect `{path}`").to_string();
        sys::mount(path, path, "", libc::MS_BIND | libc::MS_REC, "").or_internal(&step)?;
        let flags = libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY | QUIET;
        sys::mount("", path, "", flags, "").or_internal(&step)?;
    }
    for path in MASKED {
        let Ok(metadata) = fs_err::symlink_metadata(path) else {
            continue;
        };
        let masked = if metadata.is_dir() {
            sys::mount(
                "gantry-mask",
                path,
                "tmpfs",
                QUIET | libc::MS_RDONLY,
                "size=0,nr_inodes=1,mode=0555",
            )
        } else {
            sys::mount("/dev/null", path, "", libc::MS_BIND, "")
        };
        masked.or_internal(format_args!("hide `{path}`"))?;
    }
    Ok(())
}

/// Where the kernel tells programs how many processors there are.
const PROCESSOR_LISTS: [&str; 3] = ["online", "present", "possible"];

/// The files of [`processor_views`] with the places where they are to be seen.
pub(super) fn processor_files(views: &Utf8Path) -> Vec<(Utf8PathBuf, String)> {
    let list = |name: &str| {
        let target = format!("/sys/devices/system/cpu/{name}");
        (views.join("processors"), target)
    };
    let mut files: Vec<_> = PROCESSOR_LISTS.into_iter().map(list).collect();
    files.push((views.join("cpuinfo"), "/proc/cpuinfo".to_owned()));
    files
}

/// Makes `/sys` and `/proc/cpuinfo` agree with the processors that the container may use, so that thread pools are as
/// large as the limit and pin their threads to processors that exist. `views` holds the files of [`processor_views`].
pub(super) fn show_processors(root: &Root<'_>, views: &Utf8Path) -> io::Result<()> {
    processor_files(views)
        .iter()
        .try_for_each(|(file, target)| bind_read_only(root, file, target))
}

/// Writes the files that [`show_processors`] shows; `None` when the container may use all there are.
pub(super) fn processor_views(mounts: &Utf8Path, processors: &[usize]) -> io::Result<bool> {
    let list = super::prepare::as_list(processors);
    if fs_err::read_to_string("/sys/devices/system/cpu/online")?.trim() == list {
        return Ok(false);
    }
    fs_err::write(mounts.join("processors"), format!("{list}\n"))?;
    let mine = |block: &&str| {
        let number = block.lines().next().and_then(|line| line.split_once(':'));
        number
            .and_then(|(_, number)| number.trim().parse().ok())
            .is_some_and(|number| processors.contains(&number))
    };
    let all = fs_err::read_to_string("/proc/cpuinfo")?;
    let shown: Vec<&str> = all.split_inclusive("\n\n").filter(mine).collect();
    fs_err::write(mounts.join("cpuinfo"), shown.concat())?;
    Ok(true)
}
