//! Moves what an import has staged to its place.

use std::collections::BTreeSet;
use std::io;

use camino::Utf8Path;

use super::record::{self, Record};
use super::{ListImagesError, Store, StoredImage, folders};
use crate::image::ImportImageError;
use crate::image::layer::{StagedLayer, in_store};

/// Moves the layers that the store does not have and writes the image's record. Also says whether the image was there
/// before; then its names are added to.
pub(in super::super) fn commit(
    store: &Store,
    mut record: Record,
    layers: &[&StagedLayer],
) -> Result<(StoredImage, bool), ImportImageError> {
    let root = store.root();
    let failed = |error| in_store(root, error);
    let _alone = folders::lock(root).map_err(failed)?;
    place_layers(root, layers).map_err(failed)?;
    let known = record::all(root).map_err(|error| match error {
        ListImagesError::Read { path, source } => in_store(&path, source),
    })?;
    let mut already_present = false;
    for other in known {
        if other.digest == record.digest {
            already_present = true;
            let names: BTreeSet<String> =
                other.names.iter().chain(&record.names).cloned().collect();
            record = Record {
                names: names.into_iter().collect(),
                ..other
            };
        } else {
            give_up_names(root, other, &record.names).map_err(failed)?;
        }
    }
    record.write(root).map_err(failed)?;
    Ok((record.into_image(root), already_present))
}

/// A layer that is there has the same content: its digest is its name.
fn place_layers(root: &Utf8Path, layers: &[&StagedLayer]) -> io::Result<()> {
    for layer in layers {
        let place = record::layer_folder(root, &layer.diff_id.to_string());
        if !place.exists() {
            fs_err::rename(&layer.folder, &place)?;
        }
    }
    folders::sync_folder(&folders::layers(root))
}

/// A name belongs to the image that got it last.
fn give_up_names(root: &Utf8Path, mut other: Record, taken: &[String]) -> io::Result<()> {
    let before = other.names.len();
    other.names.retain(|name| !taken.contains(name));
    if other.names.len() == before {
        return Ok(());
    }
    other.write(root)
}
