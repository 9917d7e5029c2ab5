//! The outputs: a segmentation, a volume, the centres of the components, and a summary of all of it.

use std::io;

use camino::Utf8Path;
use imaging::WriteImageError;
use serde_json::{Value, json};

use crate::input::Input;
use crate::tissue::Tissue;

/// Outputs that could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteOutputError {
    /// A folder or document.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The segmentation.
    #[error(transparent)]
    Image(#[from] WriteImageError),
}

/// Writes all outputs below `folder`.
pub(crate) fn write(
    folder: &Utf8Path,
    input: &Input,
    tissue: &Tissue,
) -> Result<(), WriteOutputError> {
    let images = folder.join("images/tissue");
    fs_err::create_dir_all(&images)?;
    imaging::metaimage::write(
        images.join(format!("{}.mha", input.image_name)),
        &input.volume.like(tissue.labels()),
    )?;
    let documents = [
        ("tissue-volume.json", json!(tissue.volume_ml())),
        ("component-centres.json", centres(tissue)),
        ("results.json", summary(input, tissue)),
    ];
    for (name, document) in documents {
        fs_err::write(folder.join(name), format!("{document:#}\n"))?;
    }
    Ok(())
}

/// An annotation of the kind *Multiple points*.
fn centres(tissue: &Tissue) -> Value {
    let points: Vec<Value> = (1..)
        .zip(&tissue.components)
        .map(|(number, component)| {
            json!({
                "type": "Point",
                "name": format!("component {number}"),
                "point": tissue.centre_mm(component),
            })
        })
        .collect();
    json!({
        "version": {"major": 1, "minor": 0},
        "type": "Multiple points",
        "name": "centres of the components",
        "points": points,
    })
}

/// What the result template shows.
fn summary(input: &Input, tissue: &Tissue) -> Value {
    let components: Vec<Value> = tissue
        .components
        .iter()
        .map(|component| {
            json!({
                "voxels": component.voxels,
                "volume_ml": tissue.component_ml(component),
                "centre_mm": tissue.centre_mm(component),
            })
        })
        .collect();
    json!({
        "threshold": tissue.threshold,
        "minimum_volume_ml": input.minimum_volume_ml,
        "tissue_volume_ml": tissue.volume_ml(),
        "components": components,
        "dropped_components": tissue.dropped,
    })
}
