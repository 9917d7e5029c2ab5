//! What the engine's container gets from us to see: the file system of `/output` and `/tmp`, inputs, the gate.
//!
//! The engine looks paths up in the host's mount namespace, so our mounts are made there, handed over, and taken out of the
//! host's sight as soon as the container holds them; the shim keeps its own view of them in a namespace of its own. If it is
//! killed in between, [`unmount_leftovers`] finds them below the work folder.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::PermissionsExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use rustix::fs::{Mode, OFlags};

use super::gate;
use crate::sandbox::facts::ScratchFacts;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{BindMount, ContainerPlan};
use crate::sandbox::shim::error::OrShimError;
use crate::sandbox::shim::id_range::{self, MapLine};
use crate::sandbox::shim::scratch::Scratch;
use crate::sandbox::shim::system_mounts;
use crate::sandbox::sys::{self, MountAttributes};
use crate::user::ResolvedUser;

/// A file or folder of the host in the container.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) source: Utf8PathBuf,
    pub(super) target: String,
    pub(super) read_only: bool,
}

/// Everything that the container gets to see, in order.
#[derive(Debug)]
pub(super) struct Mounted {
    pub(super) scratch: Scratch,
    pub(super) binds: Vec<Bound>,
    /// Mounts of ours in the host's namespace.
    ours: Vec<Utf8PathBuf>,
    work_dir: Utf8PathBuf,
}

impl Mounted {
    /// Makes all of it.
    pub(super) fn make(
        plan: &ContainerPlan,
        user: &ResolvedUser,
        processors: &[usize],
    ) -> Result<Self, ShimError> {
        let mounts = plan.mounts_dir();
        let folder = mounts.join("scratch");
        fs_err::create_dir_all(&folder).or_internal("make the folder of mounts")?;
        let scratch = Scratch::mount(plan, &folder, true)?;
        let mut mounted = Self {
            binds: Vec::new(),
            ours: vec![folder.clone()],
            work_dir: plan.work_dir.clone(),
            scratch,
        };
        mounted
            .writable_folders(plan, user, &folder)
            .or_internal("make a writable folder")?;
        for (index, bind) in plan.binds.iter().enumerate() {
            let shown = mounted.bind(bind, user, &mounts.join(format!("b{index}")));
            shown.or_internal(format_args!("bind `{}` to `{}`", bind.source, bind.target))?;
        }
        gate::lay_out(plan).or_internal("lay out the gate")?;
        let folder = gate::folder(plan);
        let views = system_mounts::processor_views(&folder, processors)
            .or_internal("write the list of processors")?;
        // Where an engine's own files were, a container's root could write to the engine's disk without end.
        let mut files = system_mounts::name_files(&plan.id, &folder)
            .or_internal("write the container's names")?;
        if views {
            files.extend(system_mounts::processor_files(&folder));
        }
        let file = |(source, target)| Bound {
            source,
            target,
            read_only: true,
        };
        mounted.binds.extend(files.into_iter().map(file));
        mounted.binds.push(Bound {
            source: gate::folder(plan),
            target: gate::FOLDER.to_owned(),
            read_only: true,
        });
        Ok(mounted)
    }

    fn writable_folders(
        &mut self,
        plan: &ContainerPlan,
        user: &ResolvedUser,
        scratch: &Utf8Path,
    ) -> io::Result<()> {
        let parent = scratch.join("w");
        fs_err::create_dir(&parent)?;
        for (index, folder) in plan.writable.iter().enumerate() {
            let source = parent.join(index.to_string());
            fs_err::create_dir(&source)?;
            rustix::fs::chmod(source.as_std_path(), Mode::from_raw_mode(folder.mode))?;
            std::os::unix::fs::chown(&source, Some(user.uid), Some(user.gid))?;
            self.binds.push(Bound {
                source,
                target: folder.target.clone(),
                read_only: false,
            });
        }
        Ok(())
    }

    /// Through a mount of ours, read-only and without programs or devices as in the sandbox, which shows what only its owner
    /// may read as the container user's own. The engine is not asked to write-protect it: that would take the rest away.
    fn bind(&mut self, bind: &BindMount, user: &ResolvedUser, at: &Utf8Path) -> io::Result<()> {
        if fs_err::metadata(&bind.source)?.is_dir() {
            fs_err::create_dir(at)?;
        } else {
            File::create(at)?;
        }
        let programs = if bind.executable {
            0
        } else {
            libc::MOUNT_ATTR_NOEXEC
        };
        let quiet = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
        let (users, groups) = (user.uid, user.gid);
        let map = match bind.owner.filter(|owner| *owner != (users, groups)) {
            Some((uid, gid)) => Some(id_range::user_namespace(
                one_id(uid, users),
                one_id(gid, groups),
            )?),
            None => None,
        };
        let mount = sys::clone_mount(bind.source.as_str(), false)?;
        let attributes = MountAttributes {
            set: quiet | programs,
            idmap: map.as_ref().map(std::os::fd::OwnedFd::as_fd),
            ..MountAttributes::default()
        };
        sys::set_mount_attributes(mount.as_fd(), &attributes)?;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let target = rustix::fs::open(at.as_std_path(), flags, Mode::empty())?;
        sys::attach_mount(mount.as_fd(), target.as_fd())?;
        self.ours.push(at.to_owned());
        self.binds.push(Bound {
            source: at.to_owned(),
            target: bind.target.clone(),
            read_only: false,
        });
        Ok(())
    }

    /// Keeps our mounts in a mount namespace of the shim's own, and takes them out of the host's.
    pub(super) fn hide(&self) -> io::Result<()> {
        let host = File::open("/proc/self/ns/mnt")?;
        sys::unshare(libc::CLONE_NEWNS)?;
        sys::mount("", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        forget_neighbours(&self.work_dir)?;
        let own = File::open("/proc/self/ns/mnt")?;
        sys::enter_namespace(host.as_fd(), libc::CLONE_NEWNS)?;
        let unmounted = self
            .ours
            .iter()
            .try_for_each(|path| sys::unmount(path.as_str(), true));
        sys::enter_namespace(own.as_fd(), libc::CLONE_NEWNS)?;
        // Entering a namespace leads to its root. By our current folder others see which container this shim is for.
        rustix::process::chdir(self.work_dir.as_str())?;
        unmounted
    }

    /// What the kernel says of the writable file systems.
    pub(super) fn facts(&self, root_is_watched: bool) -> ScratchFacts {
        let facts = self.scratch.facts();
        if !root_is_watched {
            // Nothing ends what is written elsewhere in the root file system.
            return ScratchFacts {
                kind: format!(
                    "{} for `/output` and `/tmp`, nothing for the rest",
                    facts.kind
                ),
                ..ScratchFacts::default()
            };
        }
        ScratchFacts {
            kind: format!(
                "{} for `/output` and `/tmp`; what is written elsewhere is measured every second and ends the job",
                facts.kind
            ),
            ..facts
        }
    }
}

/// Lets go of mounts that other shims had in the host's namespace when this one's was copied from it: they would keep the
/// disks of those containers for as long as this one runs.
fn forget_neighbours(work_dir: &Utf8Path) -> io::Result<()> {
    let table = fs_err::read_to_string("/proc/self/mountinfo")?;
    for line in table.lines().rev() {
        let target = Utf8Path::new(line.split(' ').nth(4).unwrap_or_default());
        let Some(mounts) = target.parent().filter(|folder| folder.ends_with("mnt")) else {
            continue;
        };
        let theirs = mounts.parent().filter(|folder| *folder != work_dir);
        if theirs.is_some_and(|folder| folder.join("plan.json").exists()) {
            match sys::unmount(target.as_str(), true) {
                // Their shim has just removed the mount point, which takes the mount out of every namespace.
                Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::EINVAL)) => {
                }
                unmounted => unmounted?,
            }
        }
    }
    Ok(())
}

fn one_id(inside: u32, outside: u32) -> MapLine {
    MapLine {
        inside,
        outside,
        count: 1,
    }
}

/// Takes away what was made for a container, in this mount namespace; what is not there is no error.
pub(in super::super) fn unmount_all(plan: &ContainerPlan) -> Result<(), ShimError> {
    // Our current folder lies in there.
    rustix::process::chdir("/").or_internal("leave the folder of mounts")?;
    unmount_leftovers(&plan.work_dir).or_internal("take the container's mounts away")?;
    gate::clear(plan).or_internal("take the gate away")
}

/// Unmounts everything below the work folder of a container and removes the mount points. What lies behind a mount belongs
/// to the user, so nothing is removed that is more than an empty mount point.
pub(crate) fn unmount_leftovers(work_dir: &Utf8Path) -> io::Result<()> {
    let mounts = work_dir.join("mnt");
    let table = fs_err::read_to_string("/proc/self/mountinfo")?;
    for line in table.lines().rev() {
        let target = line.split(' ').nth(4).unwrap_or_default();
        // Work folders have plain names, which the kernel writes as they are.
        if Utf8Path::new(target).starts_with(&mounts) {
            sys::unmount(target, true)?;
        }
    }
    let Ok(entries) = mounts.read_dir_utf8() else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.into_path();
        let metadata = fs_err::symlink_metadata(&path)?;
        if metadata.is_dir() {
            super::remove_folder(&path)?;
        } else if metadata.len() == 0 {
            fs_err::remove_file(&path)?;
        }
    }
    super::remove_folder(&mounts)
}

/// Readable for everybody, whatever the umask.
pub(super) fn open_to_all(path: &Utf8Path, mode: u32) -> io::Result<()> {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
}
