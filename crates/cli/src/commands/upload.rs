//! The images that a path on the command line stands for.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::uploads::{self, UploadedImage, Uploads};
use imaging::{CheckLimits, ReadProblem};

use crate::exit_status::ExitStatus;
use crate::problem::Problem;

/// All images of a file or folder, and what was refused; a path without any is itself refused.
pub(super) fn all(path: &Utf8PathBuf, limits: &CheckLimits) -> Uploads {
    let mut found = uploads::find(std::slice::from_ref(path), limits);
    if found.images.is_empty() && found.refused.is_empty() {
        let problem = ReadProblem::Unsupported("holds no image".to_owned());
        found.refused.push(uploads::Refused {
            files: vec![path.clone()],
            error: problem.in_file(path.as_str()),
        });
    }
    found
}

/// The only image of a file or folder.
pub(super) fn only(path: &Utf8PathBuf, limits: &CheckLimits) -> Result<UploadedImage, Problem> {
    let mut found = all(path, limits);
    match (found.images.pop(), found.images.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), others) => Err(Problem::new(
            ExitStatus::IMAGE_NOT_GOOD,
            format!("`{path}` holds {} images, expected one", others + 1),
        )
        .hint("`gantry inspect` lists them")),
        (None, _) => {
            let refused = found.refused.pop().expect("`all` refuses empty folders");
            Err(Problem::unreadable(refused.error))
        }
    }
}

/// How an image found under `given` is called: the file, or the folder of a series.
pub(super) fn path_of<'a>(image: &'a UploadedImage, given: &'a Utf8Path) -> &'a Utf8Path {
    let first = image.files().first().map_or(given, |file| file.as_path());
    let is_series = image.files().len() > 1 && image.format() == imaging::ImageFormat::Dicom;
    if !is_series {
        return if first == given { given } else { first };
    }
    match first.parent() {
        Some(folder) if folder != given => folder,
        Some(_) | None => given,
    }
}
