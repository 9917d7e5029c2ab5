//! Removes an image and the layers that no other image needs.

use std::collections::BTreeSet;
use std::io;

use camino::Utf8Path;

use super::record::{self, Record};
use super::staging::{Staging, delete};
use super::{RemoveImageError, Removed, Store, folders, hold};

/// Removes it.
pub(super) fn remove(store: &Store, digest: &str) -> Result<Removed, RemoveImageError> {
    let root = store.root();
    let failed = |source| RemoveImageError::Delete {
        path: root.to_owned(),
        source,
    };
    let rubbish = Staging::make(root).map_err(failed)?;
    let alone = folders::lock(root).map_err(failed)?;
    let (gone, others): (Vec<Record>, Vec<Record>) = record::all(root)?
        .into_iter()
        .partition(|record| record.digest == digest);
    let Some(gone) = gone.into_iter().next() else {
        return Err(RemoveImageError::Unknown {
            digest: digest.to_owned(),
        });
    };
    if hold::is_held(root, digest).map_err(failed)? {
        return Err(RemoveImageError::InUse {
            digest: digest.to_owned(),
        });
    }
    // First the record: the layers of an interrupted removal are taken along by the next one.
    fs_err::remove_file(record::file(root, digest)).map_err(failed)?;
    hold::forget(root, digest).map_err(failed)?;
    let mut unneeded = unneeded(root, &others).map_err(failed)?;
    for layer in &unneeded {
        // One step each; deleting them takes longer than others should wait.
        let aside = rubbish.path().join(layer);
        fs_err::rename(folders::layers(root).join(layer), aside).map_err(failed)?;
    }
    drop(alone);
    delete(rubbish.path()).map_err(failed)?;
    let (mut layers, mut bytes) = (0, 0);
    for layer in &gone.layers {
        if unneeded.remove(record::bare(&layer.diff_id)) {
            layers += 1;
            bytes += layer.bytes;
        }
    }
    Ok(Removed {
        layers,
        bytes,
        image: gone.into_image(root),
    })
}

/// Layers that no image of the store has, by folder name.
fn unneeded(root: &Utf8Path, images: &[Record]) -> io::Result<BTreeSet<String>> {
    let mut layers = BTreeSet::new();
    for entry in folders::layers(root).read_dir_utf8()? {
        layers.insert(entry?.file_name().to_owned());
    }
    for layer in images.iter().flat_map(|image| &image.layers) {
        layers.remove(record::bare(&layer.diff_id));
    }
    Ok(layers)
}
