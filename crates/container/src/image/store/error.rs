//! Why the store refused.

use std::io;

use camino::Utf8PathBuf;

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

/// An image could not be copied into another store. What was copied of it is taken away by the other store's next import.
#[derive(Debug, thiserror::Error)]
pub enum CopyImageError {
    /// It is not in the store, or cannot be held.
    #[error(transparent)]
    Hold(#[from] HoldImageError),
    /// The records cannot be read.
    #[error(transparent)]
    List(#[from] ListImagesError),
    /// A file cannot be read or written.
    #[error("cannot copy the image `{digest}`")]
    Files {
        /// The image.
        digest: String,
        /// Why.
        source: io::Error,
    },
}
