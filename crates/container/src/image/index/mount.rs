//! A layer as a folder, mounted for as long as somebody looks into it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen,
};

use super::TAR;

/// A layer of the store, opened: a folder to read in, whether it is unpacked or an index.
#[derive(Debug)]
pub struct MountedLayer {
    path: Utf8PathBuf,
    mount: Option<OwnedFd>,
}

impl MountedLayer {
    /// Opens the layer at this path: that of an unpacked tree, or of an index beside its tar. The mount of an index can be
    /// seen by nobody else, and goes when this does.
    ///
    /// # Errors
    /// When the layer is not there; for an index, when the kernel cannot mount it or the caller may not.
    pub fn open(layer: &Utf8Path) -> io::Result<Self> {
        if fs_err::metadata(layer)?.is_dir() {
            return Ok(Self {
                path: layer.to_owned(),
                mount: None,
            });
        }
        let mount = mount(layer)?;
        Ok(Self {
            path: format!("/proc/self/fd/{}", mount.as_raw_fd()).into(),
            mount: Some(mount),
        })
    }

    /// The folder. Its name may be that of an open file of this process.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The mount of an index, attached nowhere; nothing for an unpacked tree.
    pub fn mount(&self) -> Option<BorrowedFd<'_>> {
        self.mount.as_ref().map(AsFd::as_fd)
    }

    /// The same, to be attached; the path is none any more.
    pub fn into_mount(self) -> Option<OwnedFd> {
        self.mount
    }
}

/// Mounts an index with the tar beside it, read-only, without attaching it anywhere.
fn mount(index: &Utf8Path) -> io::Result<OwnedFd> {
    let tar = fs_err::File::open(index.with_file_name(TAR))?;
    let index = fs_err::File::open(index)?;
    // The kernel takes 255 bytes at most for a name.
    let short = |file: &fs_err::File| format!("/proc/self/fd/{}", file.as_raw_fd());
    let context = fsopen("erofs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", short(&index))?;
    fsconfig_set_string(&context, "device", short(&tar))?;
    fsconfig_set_flag(&context, "ro")?;
    fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV;
    Ok(fsmount(
        &context,
        FsMountFlags::FSMOUNT_CLOEXEC,
        attributes,
    )?)
}
