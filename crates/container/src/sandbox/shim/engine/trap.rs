//! User databases that an engine would wait for: it opens those of the image before any limit holds, and a named pipe in the
//! place of one keeps it for ever.

use std::fs::FileType;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use camino::Utf8PathBuf;

use crate::sandbox::outcome::ShimError;

/// Links from one database to another place that are looked at.
const MOST_LINKS: usize = 255;

/// Refuses an image that has anything but files, folders and links there, in whichever layer.
pub(super) fn require_files(layers: &[Utf8PathBuf]) -> Result<(), ShimError> {
    for name in ["passwd", "group"] {
        let path = Path::new("etc").join(name);
        if is_trap(layers, &path, MOST_LINKS) {
            return Err(ShimError::image(
                format!(
                    "`/etc/{name}` of the image is no file, and the Docker engine would wait for it for ever"
                ),
                Some("make it a file, or run with `--executor local`"),
            ));
        }
    }
    Ok(())
}

/// Whether opening this path, relative to the root, may end at something else than a file.
fn is_trap(layers: &[Utf8PathBuf], path: &Path, links: usize) -> bool {
    let mut so_far = PathBuf::new();
    for component in path.components() {
        so_far.push(component);
        for layer in layers {
            let place = layer.as_std_path().join(&so_far);
            let Ok(metadata) = fs_err::symlink_metadata(&place) else {
                continue;
            };
            let kind = metadata.file_type();
            if kind.is_symlink() {
                let Ok(target) = fs_err::read_link(&place) else {
                    return true;
                };
                // Links on the way to the database are of no use to anybody, and could lead anywhere.
                let last = so_far == path;
                let target = inside(so_far.parent().unwrap_or(Path::new("")), &target);
                // One that leads to itself ends with an error for everybody.
                if !last || links > 0 && is_trap(layers, &target, links - 1) {
                    return true;
                }
            } else if waits(kind, metadata.rdev()) {
                return true;
            }
        }
    }
    false
}

/// Pipes and devices, but for overlayfs' mark of a name that is hidden.
fn waits(kind: FileType, device: u64) -> bool {
    let hidden = kind.is_char_device() && device == 0;
    !(kind.is_file() || kind.is_dir() || hidden)
}

/// Where a link in a folder leads, seen from the root, which nothing leaves.
fn inside(folder: &Path, target: &Path) -> PathBuf {
    let mut path = if target.is_absolute() {
        PathBuf::new()
    } else {
        folder.to_owned()
    };
    for component in target.components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => drop(path.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn pipes_are_found_also_behind_links() {
        let folder = tempfile::tempdir().unwrap();
        let layer = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
        let layers = [layer.clone()];
        fs_err::create_dir(layer.join("etc")).unwrap();
        assert!(require_files(&layers).is_ok(), "there is none");
        fs_err::write(layer.join("etc/passwd"), "").unwrap();
        fs_err::write(layer.join("real"), "").unwrap();
        symlink("../../real", layer.join("etc/group")).unwrap();
        assert!(require_files(&layers).is_ok());
        fs_err::remove_file(layer.join("real")).unwrap();
        let mode = rustix::fs::Mode::RUSR;
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(
            rustix::fs::CWD,
            layer.join("real").as_std_path(),
            fifo,
            mode,
            0,
        )
        .unwrap();
        let error = require_files(&layers).unwrap_err();
        assert!(error.message.contains("/etc/group"), "{error}");
    }
}
