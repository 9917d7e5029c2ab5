//! From ALGORITHM to an algorithm with its image.

use camino::{Utf8Path, Utf8PathBuf};
use container::image::StoredImage;
use domain::Algorithm;

use crate::images::Images;
use crate::locate::{self, Located};
use crate::manifest::{self, Declared};
use crate::problem::Problem;
use crate::{declared_image, embedded};

/// What is to be run.
pub(super) struct Found {
    /// As its manifest declares it, or knowing only its name.
    pub(super) algorithm: Algorithm,
    /// Whether there is a manifest.
    pub(super) declared: bool,
    /// Its weights, where the manifest names some.
    pub(super) model: Option<Utf8PathBuf>,
    /// Its container image, now in the store.
    pub(super) image: StoredImage,
}

/// Finds it; imports the archive where it is new.
pub(super) fn find(asked: &str, images: &Images) -> Result<Found, Problem> {
    let declared = match locate::locate(asked)? {
        Located::Manifest(path) => manifest::read(&path)?,
        Located::Template(folder) => manifest::of_template(&folder)?,
        Located::Archive(path) => {
            let image = images.of_archive(&path)?;
            let name = image
                .names
                .first()
                .map_or_else(|| file_stem(&path), String::as_str);
            return alone(name, image.clone());
        }
        Located::Imported(reference) => {
            return alone(&reference, images.find_to_run(&reference)?);
        }
    };
    let image = declared_image::find(&declared, images)?;
    let model = declared.model();
    let Declared { algorithm, .. } = declared;
    Ok(Found {
        algorithm,
        declared: true,
        model,
        image,
    })
}

/// An image alone, which may carry its manifest.
fn alone(name: &str, image: StoredImage) -> Result<Found, Problem> {
    let carried = embedded::manifest(&image)?;
    Ok(Found {
        declared: carried.is_some(),
        algorithm: carried.unwrap_or_else(|| executor::undeclared::algorithm(name)),
        model: None,
        image,
    })
}

/// `bones` of `some/where/bones.tar.gz`.
fn file_stem(path: &Utf8Path) -> &str {
    path.file_name()
        .and_then(|name| name.split('.').find(|part| !part.is_empty()))
        .unwrap_or("algorithm")
}
