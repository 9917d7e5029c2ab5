//! Whether this machine can mount an index, by mounting one.

use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use camino::Utf8Path;
use rustix::io::Errno;

use super::{INDEX, MountedLayer, TAR, index};
use crate::image::ImportLimits;
use crate::image::budget::Budget;

/// `f_type` of overlayfs.
const OVERLAY: u64 = 0x794c_7630;
/// The content of a file that is read back.
const TOLD: &[u8] = b"in the tar";

/// Why layers cannot be kept as they come on this machine, in words that follow "because"; `None` when they can. `folder` is
/// a folder of the store: what is tried lies there and is taken away again.
pub(in super::super) fn why_not(folder: &Utf8Path) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root can mount an index".to_owned());
    }
    let on_overlay = rustix::fs::statfs(folder.as_std_path())
        .is_ok_and(|found| u64::try_from(found.f_type) == Ok(OVERLAY));
    if on_overlay {
        // The kernel stacks two file systems; with the container's own these would be three.
        return Some("the data folder lies on an overlay file system".to_owned());
    }
    match try_one(folder) {
        Ok(true) => None,
        Ok(false) => Some("the kernel does not show what an index says".to_owned()),
        Err(error) => Some(match Errno::from_io_error(&error) {
            Some(Errno::PERM | Errno::ACCESS) => "mounting is not allowed here".to_owned(),
            Some(Errno::NODEV) => "the kernel has no EROFS".to_owned(),
            Some(_) | None => format!("the kernel cannot mount an index: {error}"),
        }),
    }
}

/// Mounts an index with all that layers need: a file out of the tar, a hidden name, an attribute of overlayfs.
fn try_one(folder: &Utf8Path) -> io::Result<bool> {
    let place = folder.join("probe");
    fs_err::create_dir(&place)?;
    let found = write_one(&place).and_then(|()| look(&place));
    fs_err::remove_dir_all(&place)?;
    found
}

fn write_one(place: &Utf8Path) -> io::Result<()> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [
        ("d/.wh..wh..opq", &b""[..]),
        ("d/.wh.gone", b""),
        ("d/told", TOLD),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o640);
        tar.append_data(&mut header, name, content)?;
    }
    let tar = tar.into_inner()?;
    let budget = Budget::new(ImportLimits::default());
    let (_, bytes) = index(&mut tar.as_slice(), &budget)
        .map_err(|error| io::Error::other(format!("{error:?}")))?;
    fs_err::File::create(place.join(TAR))?.write_all(&tar)?;
    fs_err::File::create(place.join(INDEX))?.write_all(&bytes)
}

fn look(place: &Utf8Path) -> io::Result<bool> {
    let layer = MountedLayer::open(&place.join(INDEX))?;
    let folder = layer.path().join("d");
    let mut value = [0; 8];
    let opaque = rustix::fs::getxattr(folder.as_std_path(), "user.overlay.opaque", &mut value);
    let gone = fs_err::symlink_metadata(folder.join("gone"))?;
    let told = folder.join("told");
    Ok(opaque.is_ok_and(|length| &value[..length] == b"y")
        && gone.file_type().is_char_device()
        && gone.rdev() == 0
        && fs_err::metadata(&told)?.mode() & 0o7777 == 0o640
        && fs_err::read(&told)? == TOLD)
}
