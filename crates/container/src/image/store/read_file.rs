//! One small file of an image, as its program would see it: from the top layer that has it.

use std::io::{self, Read};
use std::os::fd::OwnedFd;

use camino::Utf8PathBuf;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::StoredImage;
use crate::image::index::MountedLayer;

/// What hides the folder of the same name in the layers below (overlayfs with `userxattr`).
const OPAQUE: &str = "user.overlay.opaque";

/// A file that is there and cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadImageFileError {
    /// It has more bytes than were asked for.
    #[error("`/{path}` in the image has more than {limit} bytes")]
    TooLong {
        /// Which.
        path: String,
        /// How many may be read.
        limit: u64,
    },
    /// The layer cannot be read.
    #[error("failed to read `/{path}` in the layer `{layer}`")]
    Read {
        /// Which.
        path: String,
        /// Where it lies.
        layer: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What a layer has at a path.
enum Found {
    File(OwnedFd),
    /// Nothing; a layer below may have it.
    Nothing,
    /// Nothing, and what lies below is hidden; or something that is no regular file.
    Hidden,
}

impl StoredImage {
    /// The bytes of a regular file, its path without the leading slash; `None` when the image has none there. Symbolic links
    /// are not followed.
    ///
    /// # Errors
    /// When it is longer than `limit` bytes, or the store cannot be read.
    pub fn read_file(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadImageFileError> {
        read_in_layers(self.layers.iter().map(|layer| &layer.path), path, limit)
    }
}

/// As [`StoredImage::read_file`], for the paths of layers, bottom first.
pub(crate) fn read_in_layers<'a>(
    layers: impl DoubleEndedIterator<Item = &'a Utf8PathBuf>,
    path: &str,
    limit: u64,
) -> Result<Option<Vec<u8>>, ReadImageFileError> {
    for layer in layers.rev() {
        let failed = |source| ReadImageFileError::Read {
            path: path.to_owned(),
            layer: layer.clone(),
            source,
        };
        let opened = MountedLayer::open(layer).map_err(failed)?;
        let file = match find(&opened, path).map_err(|errno| failed(errno.into()))? {
            Found::Nothing => continue,
            Found::Hidden => return Ok(None),
            Found::File(file) => std::fs::File::from(file),
        };
        let mut bytes = Vec::new();
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > limit {
            let path = path.to_owned();
            return Err(ReadImageFileError::TooLong { path, limit });
        }
        return Ok(Some(bytes));
    }
    Ok(None)
}

fn find(layer: &MountedLayer, path: &str) -> Result<Found, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut here = match layer.mount() {
        Some(mount) => rustix::fs::openat(mount, ".", flags | OFlags::DIRECTORY, Mode::empty())?,
        None => rustix::fs::open(
            layer.path().as_str(),
            flags | OFlags::DIRECTORY,
            Mode::empty(),
        )?,
    };
    let mut opaque = false;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let stat = match rustix::fs::statat(&here, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) if opaque => return Ok(Found::Hidden),
            Err(Errno::NOENT) => return Ok(Found::Nothing),
            stat => stat?,
        };
        // Devices are not opened, whiteouts among them.
        let kind = FileType::from_raw_mode(stat.st_mode);
        if !(kind.is_dir() || kind.is_file()) {
            return Ok(Found::Hidden);
        }
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        here = rustix::fs::openat2(&here, name, flags, Mode::empty(), resolve)?;
        if kind.is_file() {
            let is_last = names.peek().is_none();
            return Ok(if is_last {
                Found::File(here)
            } else {
                Found::Hidden
            });
        }
        let mut value = [0; 1];
        opaque |= rustix::fs::fgetxattr(&here, OPAQUE, &mut value).is_ok_and(|bytes| bytes > 0);
    }
    Ok(Found::Hidden)
}
