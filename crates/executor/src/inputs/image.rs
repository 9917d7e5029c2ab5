//! An image as named on a command line: given as it is when a container can take it, else converted first.

use camino::{Utf8Path, Utf8PathBuf};
use domain::{Socket, SocketKind};
use imaging::convert::{self, ConvertOptions};
use imaging::uploads::{self, UploadedImage};
use imaging::{CheckLimits, ImageFormat, ImageSummary};

use super::AcceptedInput;
use super::value::Messages;
use crate::image_kind;
use crate::provision::Content;

/// Judges an image; `scratch` takes those that have to be rewritten.
pub(super) fn accept(
    socket: &Socket,
    path: &Utf8Path,
    scratch: &Utf8Path,
) -> Result<AcceptedInput, Messages> {
    if socket.kind == SocketKind::DicomImageSet {
        return Err(vec![
            "is a DICOM image set, which this version cannot give to a container".to_owned(),
        ]);
    }
    if !path.exists() {
        return Err(vec![format!(
            "is `{path}`, expected the path of a `.mha` or `.tif` image; there is no such file"
        )]);
    }
    if path.is_dir() {
        return converted(socket, path, scratch);
    }
    let limits = CheckLimits::default();
    let summary = imaging::inspect(path).map_err(|error| vec![error.to_string()])?;
    let source = match (summary.format, ending(path).as_str()) {
        (ImageFormat::MetaImage, "mha") | (ImageFormat::Tiff, "tif" | "tiff") => path.to_owned(),
        // The contract knows two formats only; a header with its samples beside it becomes one file.
        (ImageFormat::MetaImage, "mhd") => rewritten(path, scratch)?,
        (ImageFormat::MetaImage, other) => return Err(misnamed(path, other, "mha")),
        (ImageFormat::Tiff, other) => return Err(misnamed(path, other, "tif")),
        _ => return converted(socket, path, scratch),
    };
    let summary = imaging::check(path, &limits).map_err(|error| vec![error.to_string()])?;
    judged(socket, source, path.file_name().map(str::to_owned), summary)
}

fn ending(path: &Utf8Path) -> String {
    path.extension().unwrap_or_default().to_ascii_lowercase()
}

fn misnamed(path: &Utf8Path, found: &str, fitting: &str) -> Messages {
    vec![format!(
        "is `{path}` with the ending `{found}`, expected `.{fitting}`, which it is by its content"
    )]
}

fn rewritten(path: &Utf8Path, scratch: &Utf8Path) -> Result<Utf8PathBuf, Messages> {
    let volume = imaging::metaimage::read(path).map_err(|error| vec![error.to_string()])?;
    let target = scratch.join(format!("{}.mha", uuid::Uuid::new_v4()));
    imaging::metaimage::write(&target, &volume).map_err(|error| vec![error.to_string()])?;
    Ok(target)
}

/// A DICOM series, NIfTI, NRRD, PNG or JPEG becomes what it would become when it is uploaded to the platform.
fn converted(
    socket: &Socket,
    path: &Utf8Path,
    scratch: &Utf8Path,
) -> Result<AcceptedInput, Messages> {
    let options = ConvertOptions::default();
    let image = only_image(path, &options.limits)?;
    let stem = scratch.join(uuid::Uuid::new_v4().to_string());
    let converted =
        convert::convert(&image, &stem, &options).map_err(|error| vec![error.to_string()])?;
    let extension = converted.target.extension();
    let name = format!("{}.{extension}", image.name());
    // What the container gets is what must fit the socket, and what its outputs are compared with.
    let mut summary = imaging::check(&converted.path, &options.limits)
        .map_err(|error| vec![error.to_string()])?;
    let note = format!("`{path}` was converted to `.{extension}`");
    summary.warnings = [vec![note], converted.summary.warnings, summary.warnings].concat();
    judged(socket, converted.path, Some(name), summary)
}

fn only_image(path: &Utf8Path, limits: &CheckLimits) -> Result<UploadedImage, Messages> {
    let mut found = uploads::find(&[path.to_owned()], limits);
    if let Some(refused) = found.refused.first() {
        let error = &refused.error;
        return Err(vec![if path.is_dir() {
            format!(
                "is the folder `{path}`, expected the files of one image and no others; {error}"
            )
        } else {
            error.to_string()
        }]);
    }
    let count = found.images.len();
    match found.images.pop() {
        Some(image) if count == 1 => Ok(image),
        _ => Err(vec![format!(
            "is `{path}`, which holds {count} images, expected 1"
        )]),
    }
}

fn judged(
    socket: &Socket,
    source: Utf8PathBuf,
    name: Option<String>,
    summary: ImageSummary,
) -> Result<AcceptedInput, Messages> {
    image_kind::check(socket, &summary)?;
    let warnings = summary.warnings.clone();
    Ok(AcceptedInput {
        content: Content::File(source),
        name,
        image: Some(summary),
        warnings,
    })
}
