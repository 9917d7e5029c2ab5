//! The store: image records and unpacked layers in one folder.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ImageConfig;
use super::import::{ImportImageError, ImportOptions, Imported, Progress};

/// A folder of images. Several processes may use it at once.
#[derive(Debug, Clone)]
pub struct Store {
    root: Utf8PathBuf,
}

/// An image in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredImage {
    /// Digest of the image's configuration document, `sha256:` and 64 hex digits: what `docker images` calls the image id.
    pub digest: String,
    /// Names with tag, such as `lesion-detector:1.2`. A name belongs to one image of the store at a time.
    pub names: Vec<String>,
    /// How it wants to run.
    pub config: ImageConfig,
    /// Its layers, bottom first.
    pub layers: Vec<Layer>,
    /// Bytes of the files in all layers.
    pub unpacked_bytes: u64,
    /// When it came into the store.
    pub imported_at: Timestamp,
}

/// One unpacked layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Digest of the uncompressed tar, `sha256:` and 64 hex digits.
    pub diff_id: String,
    /// The folder, usable as overlay `lowerdir` with `userxattr`. Never to be written to.
    pub path: Utf8PathBuf,
    /// Bytes of its files.
    pub bytes: u64,
}

/// What a removal gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The image that is gone.
    pub image: StoredImage,
    /// Layers that no other image needs, now gone.
    pub layers: usize,
    /// Bytes of their files.
    pub bytes: u64,
}

/// Keeps an image from being removed while a container uses it; let go when dropped.
#[derive(Debug)]
pub struct ImageHold {
    _file: std::fs::File,
}

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// A folder or file of the store cannot be made or read.
    #[error("cannot open the image store in `{root}`")]
    Folder {
        /// The store's folder.
        root: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The images cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListImagesError {
    /// A record cannot be read.
    #[error("cannot read the image record `{path}`")]
    Read {
        /// The record.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The image was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindImageError {
    /// The records cannot be read.
    #[error(transparent)]
    List(#[from] ListImagesError),
    /// Nothing has that name or digest.
    #[error("no image `{reference}` in the store")]
    Unknown {
        /// What was asked for.
        reference: String,
    },
    /// Several digests begin like this.
    #[error("`{reference}` is the beginning of {} image digests: {}", .matches.len(), .matches.join(", "))]
    Ambiguous {
        /// What was asked for.
        reference: String,
        /// The digests.
        matches: Vec<String>,
    },
    /// Neither a digest, the beginning of one, nor a name.
    #[error("`{reference}` is neither a name nor at least 4 hex digits of a digest")]
    Malformed {
        /// What was asked for.
        reference: String,
    },
}

/// The image cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum HoldImageError {
    /// It was removed meanwhile.
    #[error("the image `{digest}` is no longer in the store")]
    Gone {
        /// The image.
        digest: String,
    },
    /// The lock file cannot be used.
    #[error("cannot lock the image `{digest}`")]
    Lock {
        /// The image.
        digest: String,
        /// Why.
        source: io::Error,
    },
}

/// The image cannot be removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveImageError {
    /// The records cannot be read.
    #[error(transparent)]
    List(#[from] ListImagesError),
    /// It is not there.
    #[error("no image `{digest}` in the store")]
    Unknown {
        /// The image.
        digest: String,
    },
    /// A container uses it.
    #[error("the image `{digest}` is in use by a running container")]
    InUse {
        /// The image.
        digest: String,
    },
    /// The disk refused.
    #[error("cannot remove `{path}`")]
    Delete {
        /// The file or folder.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Store {
    /// Opens the store in this folder; makes it if there is none.
    pub fn open(root: impl Into<Utf8PathBuf>) -> Result<Self, OpenStoreError> {
        let root = root.into();
        fs_err::create_dir_all(&root).map_err(|source| OpenStoreError::Folder {
            root: root.clone(),
            source,
        })?;
        Ok(Self { root })
    }

    /// The store's folder.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Takes an image from an archive (a file made by `docker save` or an OCI image layout as tar, plain or compressed) or
    /// from an OCI image layout folder.
    pub fn import(
        &self,
        source: &Utf8Path,
        options: &ImportOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, ImportImageError> {
        let _ = (options, progress);
        Err(ImportImageError::ReadSource {
            path: source.to_owned(),
            source: io::ErrorKind::Unsupported.into(),
        })
    }

    /// All images, the newest first.
    pub fn list(&self) -> Result<Vec<StoredImage>, ListImagesError> {
        Ok(Vec::new())
    }

    /// The image with this digest (`sha256:…` or bare), the only one whose digest begins like this (at least 4 hex
    /// digits), or the one with this name (`:latest` is added to a name without tag).
    pub fn find(&self, reference: &str) -> Result<StoredImage, FindImageError> {
        Err(FindImageError::Unknown {
            reference: reference.to_owned(),
        })
    }

    /// Keeps an image from being removed for as long as the hold lives.
    pub fn hold(&self, digest: &str) -> Result<ImageHold, HoldImageError> {
        Err(HoldImageError::Gone {
            digest: digest.to_owned(),
        })
    }

    /// Removes an image and the layers that no other image needs.
    pub fn remove(&self, digest: &str) -> Result<Removed, RemoveImageError> {
        Err(RemoveImageError::Unknown {
            digest: digest.to_owned(),
        })
    }
}
