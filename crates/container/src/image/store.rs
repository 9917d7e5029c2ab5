//! The store: image records and layers in one folder.
//!
//! `images/<digest>.json` is an image's record, `layers/sha256/<diff id>` has a layer: an unpacked `tree`, or its `tar` with
//! the `index` by which the kernel reads files out of it. `holds/` has a lock file for each image that was in use,
//! `staging/` what an import has not finished, `lock` serialises changes.

mod commit;
mod copy;
mod error;
mod folders;
mod hold;
mod indexed;
mod list;
mod read_file;
mod record;
mod remove;
mod seal;
mod staging;
mod tree_digest;

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::index::TAR;
use super::layer::LayerForm;
use super::{ImageConfig, ImportImageError, ImportOptions, Imported, Progress, import};

pub(super) use commit::commit;
pub use copy::{Copied, Transfer};
pub use error::{
    CopyImageError, FindImageError, HoldImageError, ListImagesError, OpenStoreError,
    RemoveImageError,
};
pub use read_file::ReadImageFileError;
pub(crate) use read_file::read_in_layers;
pub(super) use record::Record;
pub use seal::{Checked, Damage};
pub(super) use staging::Staging;
pub(crate) use tree_digest::{attributes as tree_attributes, names as tree_names};

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

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Digest of the uncompressed tar, `sha256:` and 64 hex digits.
    pub diff_id: String,
    /// Where it lies: the folder of an unpacked layer, usable as overlay `lowerdir` with `userxattr`; or the index beside the
    /// tar, to be mounted first. Never to be written to.
    pub path: Utf8PathBuf,
    /// How it lies there.
    pub form: LayerForm,
    /// Bytes of its files.
    pub bytes: u64,
}

impl Layer {
    /// Whether its files are there; whether they are right is for [`Store::check`] to say.
    #[must_use]
    pub fn is_there(&self) -> bool {
        match self.form {
            LayerForm::Unpacked => self.path.is_dir(),
            LayerForm::Indexed => self.path.with_file_name(TAR).is_file(),
        }
    }
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
    _file: fs_err::File,
}

impl Store {
    /// Opens the store in this folder; makes it if there is none.
    pub fn open(root: impl Into<Utf8PathBuf>) -> Result<Self, OpenStoreError> {
        let root = root.into();
        let made = folders::make(&root);
        made.map_err(|source| OpenStoreError::Folder {
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
        import::import(self, import::Source::Path(source), options, progress)
    }

    /// As [`Store::import`] for an archive that comes through a pipe, such as from `docker save`; it is read to its end.
    /// `name` stands for it in messages. In the progress the bytes in all are 0: nobody knows them.
    pub fn import_stream(
        &self,
        (from, name): (&mut dyn Read, &Utf8Path),
        options: &ImportOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Imported, ImportImageError> {
        import::import(self, import::Source::Stream(from, name), options, progress)
    }

    /// Takes away what imports have left whose process is gone. The next import does it too.
    pub fn sweep(&self) -> std::io::Result<()> {
        Staging::make(&self.root).map(drop)
    }

    /// All images, the newest first.
    pub fn list(&self) -> Result<Vec<StoredImage>, ListImagesError> {
        list::list(self)
    }

    /// The image with this digest (`sha256:…` or bare), the only one whose digest begins like this (at least 4 hex
    /// digits), or the one with this name (`:latest` is added to a name without tag).
    pub fn find(&self, reference: &str) -> Result<StoredImage, FindImageError> {
        list::find(self, reference)
    }

    /// Keeps an image from being removed for as long as the hold lives.
    pub fn hold(&self, digest: &str) -> Result<ImageHold, HoldImageError> {
        hold::hold(self, digest)
    }

    /// Removes an image and the layers that no other image needs.
    pub fn remove(&self, digest: &str) -> Result<Removed, RemoveImageError> {
        remove::remove(self, digest)
    }
}
