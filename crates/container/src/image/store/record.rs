//! What is written down about an image.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Layer, ListImagesError, StoredImage, folders};
use crate::image::ImageConfig;
use crate::image::digest::Digest;
use crate::image::index::INDEX;
use crate::image::layer::{LayerForm, StagedLayer, TREE};

/// An image's record. It has no paths: the store may be moved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in super::super) struct Record {
    pub(super) digest: String,
    pub(super) names: Vec<String>,
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<LayerRecord>,
    pub(super) imported_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LayerRecord {
    pub(super) diff_id: String,
    pub(super) bytes: u64,
}

impl Record {
    /// Of an image that is going to be in the store.
    pub(in super::super) fn new(
        digest: Digest,
        names: Vec<String>,
        config: ImageConfig,
        layers: &[&StagedLayer],
        imported_at: Timestamp,
    ) -> Self {
        let layer = |layer: &&StagedLayer| LayerRecord {
            diff_id: layer.diff_id.to_string(),
            bytes: layer.bytes,
        };
        Self {
            digest: digest.to_string(),
            names,
            config,
            layers: layers.iter().map(layer).collect(),
            imported_at,
        }
    }

    /// Writes it down.
    pub(super) fn write(&self, root: &Utf8Path) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        folders::write_atomically(&file(root, &self.digest), &json)
    }

    /// As the users of the store see it.
    pub(super) fn into_image(self, root: &Utf8Path) -> StoredImage {
        let layer = |LayerRecord { diff_id, bytes }| {
            let folder = layer_folder(root, &diff_id);
            let form = form_of(&folder);
            Layer {
                path: folder.join(match form {
                    LayerForm::Unpacked => TREE,
                    LayerForm::Indexed => INDEX,
                }),
                form,
                diff_id,
                bytes,
            }
        };
        StoredImage {
            unpacked_bytes: self.layers.iter().map(|layer| layer.bytes).sum(),
            layers: self.layers.into_iter().map(layer).collect(),
            digest: self.digest,
            names: self.names,
            config: self.config,
            imported_at: self.imported_at,
        }
    }
}

/// The file of an image's record.
pub(super) fn file(root: &Utf8Path, digest: &str) -> Utf8PathBuf {
    folders::images(root).join(format!("{}.json", bare(digest)))
}

/// The folder of a layer.
pub(super) fn layer_folder(root: &Utf8Path, diff_id: &str) -> Utf8PathBuf {
    folders::layers(root).join(bare(diff_id))
}

/// How a layer lies in its folder.
pub(super) fn form_of(folder: &Utf8Path) -> LayerForm {
    if folder.join(INDEX).exists() {
        LayerForm::Indexed
    } else {
        LayerForm::Unpacked
    }
}

/// A digest without `sha256:`.
pub(super) fn bare(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

/// Every record of the store.
pub(super) fn all(root: &Utf8Path) -> Result<Vec<Record>, ListImagesError> {
    let folder = folders::images(root);
    let unreadable = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| ListImagesError::Read { path, source }
    };
    let mut records = Vec::new();
    for entry in folder.read_dir_utf8().map_err(unreadable(&folder))? {
        let entry = entry.map_err(unreadable(&folder))?;
        let path = entry.path();
        if path.extension() != Some("json") {
            continue;
        }
        let json = match fs_err::read(path) {
            // Removed since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read.map_err(unreadable(path))?,
        };
        let record = serde_json::from_slice(&json);
        records.push(record.map_err(|error| unreadable(path)(error.into()))?);
    }
    Ok(records)
}
