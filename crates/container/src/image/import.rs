//! From an archive to an image in the store.

use std::io;

use camino::Utf8PathBuf;
use jiff::Timestamp;

use super::{ImportLimits, StoredImage};

/// What the caller decides about an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOptions {
    /// Take images that run as root.
    pub allow_root: bool,
    /// Bounds.
    pub limits: ImportLimits,
    /// The time now, kept as [`StoredImage::imported_at`].
    pub now: Timestamp,
}

impl ImportOptions {
    /// The usual options: root refused, default limits.
    pub fn at(now: Timestamp) -> Self {
        Self {
            allow_root: false,
            limits: ImportLimits::default(),
            now,
        }
    }
}

/// An import that went well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The image, now in the store.
    pub image: StoredImage,
    /// It was in the store before, with the same digest. Only its names may have changed.
    pub already_present: bool,
    /// What was left out or changed while unpacking, in words (device nodes, attributes of the kernel …).
    pub notes: Vec<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the archive as it lies on disk that were read.
    pub bytes_read: u64,
    /// Bytes of the archive as it lies on disk.
    pub bytes_total: u64,
    /// What is being done.
    pub phase: Phase,
}

/// A part of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading documents or looking for the next layer.
    Reading,
    /// Unpacking the n-th layer of the archive, counted from 1.
    Unpacking {
        /// Which.
        layer: usize,
    },
    /// All is read; the disk is catching up and the layers move to their places.
    Finishing,
}

/// Why an archive did not become an image.
#[derive(Debug, thiserror::Error)]
pub enum ImportImageError {
    /// The archive cannot be read from disk.
    #[error("cannot read `{path}`")]
    ReadSource {
        /// The archive, or a file of the layout folder.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ImportImageError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        None
    }
}
