//! From ALGORITHM to an algorithm with its image.

use camino::{Utf8Path, Utf8PathBuf};
use container::image::StoredImage;
use domain::Algorithm;

use crate::exit_status::ExitStatus;
use crate::images::Images;
use crate::locate::{self, Located};
use crate::manifest::{self, Declared};
use crate::problem::Problem;

/// What is to be run.
pub(super) struct Found {
    /// As its manifest declares it, or knowing only its name.
    pub(super) algorithm: Algorithm,
    /// Whether there is a manifest.
    pub(super) declared: bool,
    /// Where paths of the manifest start.
    pub(super) folder: Utf8PathBuf,
    /// Its container image, now in the store.
    pub(super) image: StoredImage,
}

/// Finds it; imports the archive where it is new.
pub(super) fn find(asked: &str, images: &Images) -> Result<Found, Problem> {
    match locate::locate(asked)? {
        Located::Manifest(path) => {
            let Declared { algorithm, folder } = manifest::read(&path)?;
            let image =
                declared_image(algorithm.image.as_deref(), &folder, images).map_err(|problem| {
                    problem.context(format!("the image of `{path}` cannot be had"))
                })?;
            Ok(Found {
                algorithm,
                declared: true,
                folder,
                image,
            })
        }
        Located::Archive(path) => {
            let image = images.of_archive(&path)?;
            let name = image
                .names
                .first()
                .map_or_else(|| file_stem(&path), String::as_str);
            Ok(undeclared(name, image.clone()))
        }
        Located::Imported(reference) => Ok(undeclared(&reference, images.find_to_run(&reference)?)),
    }
}

fn undeclared(name: &str, image: StoredImage) -> Found {
    Found {
        algorithm: executor::undeclared::algorithm(name),
        declared: false,
        folder: Utf8PathBuf::new(),
        image,
    }
}

/// `image` of a manifest: an archive or layout beside it, else an imported image.
fn declared_image(
    image: Option<&str>,
    folder: &Utf8Path,
    images: &Images,
) -> Result<StoredImage, Problem> {
    let Some(image) = image else {
        return Err(Problem::new(
            ExitStatus::ImageRefused,
            "the manifest names no image".to_owned(),
        )
        .hint(
            "add `image = \"…\"`: an archive beside the manifest, or the name of an imported image",
        ));
    };
    let path = folder.join(image);
    if path.exists() {
        return images.of_archive(&path);
    }
    images.find_to_run(image).map_err(|problem| {
        problem.hint(format!(
            "there is no file `{path}` either; build the image's archive or import the image"
        ))
    })
}

/// `bones` of `some/where/bones.tar.gz`.
fn file_stem(path: &Utf8Path) -> &str {
    path.file_name()
        .and_then(|name| name.split('.').find(|part| !part.is_empty()))
        .unwrap_or("algorithm")
}
