//! The container's root file system: read-only layers shared by all, with one writable layer of its own on top.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{Mode, OFlags};

use super::error::OrShimError;
use super::id_range::{self, IdRange, MapLine};
use super::in_root::{Kind, Root};
use super::program::User;
use crate::image::MountedLayer;
use crate::sandbox::outcome::ShimError;
use crate::sandbox::plan::{BindMount, ContainerPlan, Device};
use crate::sandbox::sys::{self, MountAttributes};

/// A mounted root file system.
#[derive(Debug)]
pub(super) struct RootFs {
    /// Where the root is mounted, in the shim's mount namespace.
    pub(super) path: Utf8PathBuf,
    /// The root folder, opened.
    pub(super) folder: OwnedFd,
    /// Host ids of the container's root.
    owner: (u32, u32),
}

/// Ids of the container's root on the host: the range's first, or our own when there is no range.
fn owner_of(range: Option<&IdRange>) -> (u32, u32) {
    range.map_or((0, 0), |range| (range.base, range.base))
}

impl RootFs {
    /// Stacks the layers and the writable layer; `mounts` is the shim's own tmpfs with the scratch file system mounted.
    pub(super) fn mount(
        plan: &ContainerPlan,
        mounts: &Utf8Path,
        range: Option<&(IdRange, OwnedFd)>,
    ) -> Result<Self, ShimError> {
        let owner = owner_of(range.map(|(range, _)| range));
        for (index, layer) in plan.layers.iter().enumerate() {
            let target = mounts.join(format!("l/{index}"));
            fs_err::create_dir_all(&target).or_internal("make a layer's mount point")?;
            let idmap = range.map(|(_, namespace)| namespace);
            let opened = MountedLayer::open(layer).map_err(|error| unmountable(layer, &error))?;
            attach_layer(opened, &target, idmap)
                .or_internal(format_args!("mount the layer `{layer}`"))?;
        }
        if plan.layers.is_empty() {
            fs_err::create_dir_all(mounts.join("l/0")).or_internal("make an empty layer")?;
        }
        let upper = mounts.join("scratch/u");
        for folder in [&upper, &mounts.join("scratch/o"), &mounts.join("root")] {
            fs_err::create_dir(folder).or_internal("make the writable layer")?;
        }
        own(&upper, owner)?;
        // Paths are relative and short, because all options together must fit one page.
        std::env::set_current_dir(mounts).or_internal("enter the folder of mounts")?;
        let lower: Vec<String> = (0..plan.layers.len().max(1))
            .rev()
            .map(|index| format!("l/{index}"))
            .collect();
        let options = format!(
            "lowerdir={},upperdir=scratch/u,workdir=scratch/o,userxattr",
            lower.join(":")
        );
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOATIME;
        sys::mount("gantry", "root", "overlay", flags, &options)
            .or_internal("mount the container's root file system")?;
        let path = mounts.join("root");
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path.as_std_path(), flags, Mode::empty())
            .or_internal("open the container's root")?;
        Ok(Self {
            path,
            folder,
            owner,
        })
    }

    /// The root, for opening paths inside it.
    pub(super) fn root(&self) -> Root<'_> {
        Root {
            folder: self.folder.as_fd(),
            owner: self.owner,
        }
    }

    /// Makes the writable folders, the read-only binds, the devices and the symlinks of the plan appear.
    pub(super) fn populate(&self, plan: &ContainerPlan, user: &User) -> Result<(), ShimError> {
        self.writable_folders(plan, user)?;
        for bind in &plan.binds {
            self.bind(bind, user).map_err(|error| {
                let BindMount { source, target, .. } = bind;
                ShimError::internal(format!("failed to bind `{source}` to `{target}`: {error}"))
            })?;
        }
        plan.devices.iter().try_for_each(|device| {
            self.device(device)
                .or_internal(format_args!("bind the device `{}`", device.source))
        })?;
        plan.links.iter().try_for_each(|link| {
            self.root()
                .link(&link.path, &link.target)
                .or_internal(format_args!("make the link `{}`", link.path))
        })
    }

    fn writable_folders(&self, plan: &ContainerPlan, user: &User) -> Result<(), ShimError> {
        let parent = self.path.with_file_name("scratch").join("w");
        fs_err::create_dir(&parent).or_internal("make the writable folders")?;
        for (index, folder) in plan.writable.iter().enumerate() {
            let source = parent.join(index.to_string());
            fs_err::create_dir(&source).or_internal("make a writable folder")?;
            let mode = Mode::from_raw_mode(folder.mode);
            rustix::fs::chmod(source.as_std_path(), mode)
                .or_internal("set the mode of a writable folder")?;
            own(&source, user.on_host)?;
            self.mount_point(&folder.target, Kind::Folder)
                .and_then(|target| {
                    sys::attach_mount(
                        sys::clone_mount(source.as_str(), false)?.as_fd(),
                        target.as_fd(),
                    )
                })
                .or_internal(format_args!(
                    "mount the writable folder `{}`",
                    folder.target
                ))?;
        }
        Ok(())
    }

    fn bind(&self, bind: &BindMount, user: &User) -> io::Result<()> {
        let kind = if fs_err::metadata(&bind.source)?.is_dir() {
            Kind::Folder
        } else {
            Kind::File
        };
        let mount = sys::clone_mount(bind.source.as_str(), false)?;
        let no_exec = if bind.executable {
            0
        } else {
            libc::MOUNT_ATTR_NOEXEC
        };
        let set =
            libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV | no_exec;
        sys::set_mount_attributes(
            mount.as_fd(),
            &MountAttributes {
                set,
                ..MountAttributes::default()
            },
        )?;
        // Without rights everything we can read is our own already, and no map is needed (or possible).
        if let Some((uid, gid)) = bind.owner.filter(|_| self.owner != (0, 0)) {
            let line = |inside, outside| MapLine {
                inside,
                outside,
                count: 1,
            };
            let namespace =
                id_range::user_namespace(line(uid, user.on_host.0), line(gid, user.on_host.1))?;
            let attributes = MountAttributes {
                idmap: Some(namespace.as_fd()),
                ..MountAttributes::default()
            };
            sys::set_mount_attributes(mount.as_fd(), &attributes)?;
        }
        sys::attach_mount(mount.as_fd(), self.mount_point(&bind.target, kind)?.as_fd())
    }

    fn device(&self, device: &Device) -> io::Result<()> {
        let mount = sys::clone_mount(device.source.as_str(), false)?;
        let set = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NOEXEC;
        sys::set_mount_attributes(
            mount.as_fd(),
            &MountAttributes {
                set,
                ..MountAttributes::default()
            },
        )?;
        sys::attach_mount(
            mount.as_fd(),
            self.mount_point(&device.target, Kind::File)?.as_fd(),
        )
    }

    fn mount_point(&self, target: &str, kind: Kind) -> io::Result<OwnedFd> {
        self.root().mount_point(target, kind)
    }
}

/// Why a layer cannot be mounted: its files are gone, or it has an index and this machine is not the one that imported it.
fn unmountable(layer: &Utf8Path, error: &io::Error) -> ShimError {
    let message = format!("cannot mount the layer `{layer}` of the image: {error}");
    if layer.is_file() {
        return ShimError::host(
            message,
            "import the image again with `gantry image import --unpack`",
        );
    }
    ShimError::internal(message)
}

/// Mounts a layer so that its owners are the container's ids, which it shares with no other container.
fn attach_layer(layer: MountedLayer, target: &Utf8Path, idmap: Option<&OwnedFd>) -> io::Result<()> {
    let path = layer.path().to_owned();
    let mount = match layer.into_mount() {
        Some(mount) => mount,
        None => sys::clone_mount(path.as_str(), false)?,
    };
    let attributes = MountAttributes {
        set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        idmap: idmap.map(AsFd::as_fd),
        ..MountAttributes::default()
    };
    sys::set_mount_attributes(mount.as_fd(), &attributes)?;
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let target = rustix::fs::open(target.as_std_path(), flags, Mode::empty())?;
    sys::attach_mount(mount.as_fd(), target.as_fd())
}

fn own(path: &Utf8Path, (uid, gid): (u32, u32)) -> Result<(), ShimError> {
    std::os::unix::fs::chown(path, Some(uid), Some(gid))
        .or_internal("give a folder to the container's user")
}
