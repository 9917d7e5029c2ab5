//! The container image that a manifest names: an archive beside it, or an imported image.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::StoredImage;

use crate::exit_status::ExitStatus;
use crate::images::Images;
use crate::manifest::Declared;
use crate::problem::Problem;

/// Endings of archives that a shell script may have saved.
const ENDINGS: [&str; 4] = [".tar.gz", ".tar.xz", ".tar.zst", ".tar"];

/// The image, now in the store.
pub(crate) fn find(declared: &Declared, images: &Images) -> Result<StoredImage, Problem> {
    let Some(image) = declared.algorithm.image.as_deref() else {
        return Err(Problem::new(
            ExitStatus::ImageRefused,
            format!("the manifest in `{}` names no image", declared.folder),
        )
        .hint(
            "add `image = \"…\"`: an archive beside the manifest, or the name of an imported image",
        ));
    };
    let told = |problem: Problem| {
        problem.context(format!(
            "the image of `{}` cannot be had",
            declared.algorithm.slug
        ))
    };
    if let Some(path) = archive(declared) {
        return images.of_archive(&path).map_err(told);
    }
    // podman and buildah put a registry's place before every name.
    let local = format!("localhost/{image}");
    let image = if images.store().find(image).is_err() && images.store().find(&local).is_ok() {
        &local
    } else {
        image
    };
    images.find_to_run(image).map_err(|problem| {
        told(problem).hint(format!(
            "there is no file `{}` either; `gantry build {}` builds the image, `gantry image import` takes an archive of it",
            declared.folder.join(image),
            declared.folder
        ))
    })
}

/// The archive or layout that the manifest means: the file that it names or, as the scripts of grand-challenge-forge name
/// them, the newest `IMAGE_….tar.gz`.
pub(crate) fn archive(declared: &Declared) -> Option<Utf8PathBuf> {
    let image = declared.algorithm.image.as_deref()?;
    let path = declared.folder.join(image);
    if path.exists() {
        return Some(path);
    }
    saved(&declared.folder, image)
}

fn saved(folder: &Utf8Path, image: &str) -> Option<Utf8PathBuf> {
    let begin = format!("{image}_");
    let fits = |name: &str| {
        name.starts_with(&begin) && ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    let time = |path: &Utf8PathBuf| {
        let found = fs_err::metadata(path).and_then(|found| found.modified());
        found.unwrap_or(SystemTime::UNIX_EPOCH)
    };
    folder
        .read_dir_utf8()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.file_name().is_some_and(fits))
        .max_by_key(time)
}
