//! Moves what an import has staged to its place.

use std::collections::BTreeSet;
use std::io;

use camino::Utf8Path;

use super::record::{self, Record};
use super::{ListImagesError, Store, StoredImage, folders, hold};
use crate::image::ImportImageError;
use crate::image::layer::{LayerForm, StagedLayer, in_store};

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
    let known = record::all(root).map_err(|error| match error {
        ListImagesError::Read { path, source } => in_store(&path, source),
    })?;
    place_layers(root, layers, &known).map_err(failed)?;
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

/// A layer that is there has the same content: its digest is its name. Only one with an index gives way to one that is
/// unpacked, which was asked for or is all that this machine can use.
fn place_layers(root: &Utf8Path, layers: &[&StagedLayer], known: &[Record]) -> io::Result<()> {
    for layer in layers {
        let diff_id = layer.diff_id.to_string();
        let place = record::layer_folder(root, &diff_id);
        if place.exists() {
            let gives_way = layer.form == LayerForm::Unpacked
                && layer.folder.exists()
                && record::form_of(&place) == LayerForm::Indexed
                && !is_in_use(root, &diff_id, known)?;
            if !gives_way {
                continue;
            }
            fs_err::rename(&place, layer.folder.with_extension("old"))?;
        }
        fs_err::rename(&layer.folder, &place)?;
    }
    folders::sync_folder(&folders::layers(root))
}

/// Whether somebody who may have its path holds an image with this layer.
fn is_in_use(root: &Utf8Path, diff_id: &str, known: &[Record]) -> io::Result<bool> {
    for image in known {
        let has_it = image.layers.iter().any(|layer| layer.diff_id == diff_id);
        if has_it && hold::is_held(root, &image.digest)? {
            return Ok(true);
        }
    }
    Ok(false)
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
