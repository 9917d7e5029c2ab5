//! `gantry export`: a whole algorithm in one file, for a machine without a network.

use camino::{Utf8Path, Utf8PathBuf};
use domain::manifest_text;

use crate::arguments::ExportArguments;
use crate::commands::print;
use crate::exit_status::ExitStatus;
use crate::locate::MANIFEST;
use crate::manifest::{self, Declared};
use crate::package::{PackError, PackedFile, pack};
use crate::problem::Problem;
use crate::terminal::{self, GOOD};
use crate::{declared_image, quantity};

/// Folders and files beside the manifest that go along.
const ALONG: [&str; 6] = [
    "cases",
    "test/input",
    "test/expected",
    "README.md",
    "LICENSE",
    "NOTICE",
];

/// Does it.
pub(crate) fn export(arguments: &ExportArguments) -> Result<ExitStatus, Problem> {
    let declared = manifest::of(&arguments.folder)?;
    let slug = &declared.algorithm.slug;
    let target = arguments
        .output
        .clone()
        .unwrap_or_else(|| Utf8PathBuf::from(format!("{slug}.gantry")));
    if target.exists() && !arguments.force {
        let message = format!("`{target}` is there already");
        return Err(Problem::new(ExitStatus::Usage, message).hint("`--force` replaces it"));
    }
    let contents = contents(&declared, arguments.image.as_deref())?;
    let digest = pack(&target, contents).map_err(|error| {
        let status = match &error {
            PackError::Write { .. } => ExitStatus::Internal,
            PackError::Read { .. } | PackError::Changed { .. } | PackError::Name { .. } => {
                ExitStatus::ImageRefused
            }
        };
        Problem::from_error(status, error)
    })?;
    let bytes = fs_err::metadata(&target).map_err(Problem::internal)?.len();
    terminal::note(&format!(
        "{GOOD}exported{GOOD:#} {slug} to `{target}` ({}); `gantry import` on the other machine prints the same digest",
        quantity::bytes(bytes)
    ));
    print(&format!("{digest}\n"))?;
    Ok(ExitStatus::Succeeded)
}

fn contents(declared: &Declared, image: Option<&Utf8Path>) -> Result<Vec<PackedFile>, Problem> {
    let archive = image
        .map(Utf8Path::to_owned)
        .or_else(|| declared_image::archive(declared));
    let archive = archive.ok_or_else(|| {
        let name = declared
            .algorithm
            .image
            .as_deref()
            .unwrap_or("none is named");
        let message = format!("there is no archive of the container image ({name}) to take along");
        Problem::new(ExitStatus::ImageRefused, message).hint(format!(
            "`docker save {name} --output image.tar`, then `gantry export --image image.tar`"
        ))
    })?;
    let mut algorithm = declared.algorithm.clone();
    let image = put("image", &archive)?;
    algorithm.image = Some(place_of(&image).to_string());
    let mut contents = vec![image];
    if let Some(model) = declared.model() {
        let model = put("model", &model)?;
        algorithm.model = Some(place_of(&model).to_string());
        contents.push(model);
    }
    for name in ALONG {
        let path = declared.folder.join(name);
        if path.is_dir() {
            contents.push(PackedFile::Folder(name.into(), path));
        } else if path.is_file() {
            contents.push(PackedFile::File(name.into(), path));
        }
    }
    contents.insert(
        0,
        PackedFile::Text(MANIFEST.into(), manifest_text(&algorithm, None)),
    );
    Ok(contents)
}

/// A file under this name with its own endings, or a folder under this name.
fn put(name: &str, path: &Utf8Path) -> Result<PackedFile, Problem> {
    if path.is_dir() {
        return Ok(PackedFile::Folder(name.into(), path.to_owned()));
    }
    if !path.is_file() {
        let message = format!("there is no file or folder `{path}`");
        return Err(Problem::new(ExitStatus::ImageRefused, message));
    }
    let file = path.file_name().unwrap_or_default();
    let known = [".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar"];
    let ending = known
        .iter()
        .find(|ending| file.ends_with(**ending))
        .unwrap_or(&".tar");
    Ok(PackedFile::File(
        format!("{name}{ending}").into(),
        path.to_owned(),
    ))
}

fn place_of(file: &PackedFile) -> &Utf8Path {
    match file {
        PackedFile::Text(place, _) | PackedFile::File(place, _) | PackedFile::Folder(place, _) => {
            place
        }
    }
}
