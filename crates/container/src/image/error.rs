//! Why an archive did not become an image.

use std::io;

use camino::Utf8PathBuf;

/// Why an archive did not become an image. Nothing of it is in the store then.
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
    /// The store's folder cannot be written.
    #[error("cannot write to the image store in `{path}`")]
    Store {
        /// The folder or file.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no tar, compressed or not.
    #[error("`{path}` is no container image archive: {found}")]
    NotAnArchive {
        /// The file.
        path: Utf8PathBuf,
        /// What it is instead, as far as can be told.
        found: String,
    },
    /// The file, or a layer in it, is cut short or damaged.
    #[error("{place} is damaged: {problem}")]
    Damaged {
        /// Which part.
        place: String,
        /// How it shows.
        problem: String,
    },
    /// Neither `manifest.json` nor `index.json`.
    #[error("`{path}` holds neither `manifest.json` nor `index.json`")]
    NoManifest {
        /// The archive or folder.
        path: Utf8PathBuf,
        /// It looks like the files of a container instead of an image.
        is_root_file_system: bool,
    },
    /// The archive must hold exactly one image.
    #[error("the archive must hold exactly 1 image, found {}: {}", .names.len(), .names.join(", "))]
    SeveralImages {
        /// What they are called.
        names: Vec<String>,
    },
    /// The archive names no image for this machine's kind.
    #[error("the archive holds no image for `linux/amd64`{}", found_platforms(.found))]
    NoImage {
        /// The platforms it has images for.
        found: Vec<String>,
    },
    /// A JSON document is not as it must be.
    #[error("`{name}` in the archive is not valid: {problem}")]
    Document {
        /// Its name in the archive.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Something that a document names is not there.
    #[error("`{name}`, named by `{by}`, is not in the archive")]
    Missing {
        /// Its name in the archive.
        name: String,
        /// The document that names it.
        by: String,
    },
    /// A content does not have the digest that names it.
    #[error("the digest of {what} is wrong: expected `{expected}`, found `{found}`")]
    Digest {
        /// Which content.
        what: String,
        /// As claimed.
        expected: String,
        /// As computed.
        found: String,
    },
    /// A content does not have the length that its descriptor claims.
    #[error("{what} has {found} bytes, its descriptor claims {expected}")]
    Size {
        /// Which content.
        what: String,
        /// As claimed, bytes.
        expected: u64,
        /// As it is, bytes.
        found: u64,
    },
    /// The configuration's file name does not hold a SHA-256 digest.
    #[error("the name `{name}` of the image configuration holds no sha256 digest of 64 hex digits")]
    ConfigName {
        /// Its name in the archive.
        name: String,
    },
    /// Built for another kind of machine.
    #[error("the image is built for `{found}`, expected `linux/amd64`")]
    Platform {
        /// Its operating system and architecture.
        found: String,
    },
    /// The image runs as root.
    #[error("the image runs as root (`USER` is `{user}`)")]
    RunsAsRoot {
        /// As it stands in the configuration.
        user: String,
    },
    /// The manifest and the configuration disagree.
    #[error("the image configuration names {config} layers, the manifest {manifest}")]
    LayerCount {
        /// Number of `rootfs.diff_ids`.
        config: usize,
        /// Number of layers in the manifest.
        manifest: usize,
    },
    /// A layer of a kind that is not read.
    #[error("the layer `{name}` has the type `{media_type}`, which is not supported")]
    LayerType {
        /// Its digest or name.
        name: String,
        /// As the manifest writes it.
        media_type: String,
    },
    /// An entry of a layer is refused.
    #[error("`{member}` in the layer `{layer}` is refused: {problem}")]
    Member {
        /// Name of the layer in the archive.
        layer: String,
        /// Name of the entry.
        member: String,
        /// Why.
        problem: String,
    },
    /// More than an import may ask for.
    #[error("the archive has {found} {what}, at most {limit} are allowed")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The bound.
        limit: u64,
        /// How far the count came.
        found: u64,
    },
}

impl ImportImageError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoManifest {
                is_root_file_system: true,
                ..
            } => {
                "this looks like the output of `docker export`; use `docker save IMAGE -o image.tar`"
            }
            Self::NotAnArchive { .. } | Self::NoManifest { .. } | Self::ConfigName { .. } => {
                "make the archive with `docker save IMAGE -o image.tar`"
            }
            Self::Damaged { .. }
            | Self::Digest { .. }
            | Self::Size { .. }
            | Self::Missing { .. } => {
                "the file may be an incomplete copy; compare its size with the original and copy it again"
            }
            Self::SeveralImages { .. } => {
                "save one image by one name: `docker save NAME:TAG -o image.tar`"
            }
            Self::NoImage { .. } | Self::Platform { .. } => {
                "build it with `docker build --platform linux/amd64`"
            }
            Self::RunsAsRoot { .. } => {
                "add a `USER` instruction to the Dockerfile, or allow it for local use with `--allow-root`"
            }
            Self::Store { source, .. } if is_full(source) => {
                "free some disk space, or remove images with `gantry image remove`"
            }
            Self::Limit { .. } => "rebuild the image with fewer or smaller layers",
            Self::ReadSource { .. }
            | Self::Store { .. }
            | Self::Document { .. }
            | Self::LayerCount { .. }
            | Self::LayerType { .. }
            | Self::Member { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn found_platforms(found: &[String]) -> String {
    if found.is_empty() {
        String::new()
    } else {
        format!(", found {}", found.join(", "))
    }
}
