//! Container image archives and the store of their layers.
//!
//! [`Store::import`] reads an archive once, from front to back, checks every digest on the way and puts each layer into its
//! own folder, named by the digest of its uncompressed tar: unpacked, or as that tar with an index by which the kernel reads
//! files out of it. A folder in the store is never changed again and may be shared by several images; what
//! [`MountedLayer`] opens can be used as overlay `lowerdir` with the mount option `userxattr`.
//!
//! Archives come from strangers: their names, links, sizes and digests are claims until checked, and nothing in them can
//! reach outside the folder that a layer is unpacked into.
//!
//! Reading order: `import` (the main line) → `archive` or `layout_folder` → `layer` → `unpack`, `index` → `choose` →
//! `store/commit`.
//!
//! This module does not know algorithms, sockets, jobs or registries, and it starts nothing.

mod archive;
mod budget;
mod channel;
mod choose;
mod compression;
mod config;
mod contents;
mod copying;
mod digest;
mod error;
mod guard;
mod import;
mod index;
mod layer;
mod layout_folder;
mod limits;
mod store;
mod tar_file;
mod unpack;

use compression::Compression;
pub use config::ImageConfig;
pub(crate) use digest::Hasher;
pub use error::ImportImageError;
pub use import::{ImportOptions, Imported, Phase, Progress};
pub use index::MountedLayer;
pub use layer::LayerForm;
pub use limits::ImportLimits;
pub use store::{
    Checked, Copied, CopyImageError, Damage, FindImageError, HoldImageError, ImageHold, Layer,
    ListImagesError, OpenStoreError, ReadImageFileError, RemoveImageError, Removed, Store,
    StoredImage, Transfer,
};
pub(crate) use store::{read_in_layers, tree_attributes, tree_names};
