//! `gantry convert`: write what the platform takes.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use imaging::ReadImageError;
use imaging::convert::{self, ConvertImageError, ConvertOptions, Converted};
use imaging::uploads::UploadedImage;
use serde_json::json;

use super::{print, print_line, upload};
use crate::arguments::ConvertArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, WARNING, visible};

/// Converts every image; one that is refused does not keep the others from being converted.
pub(crate) fn convert(arguments: &ConvertArguments) -> Result<ExitStatus, Problem> {
    fs_err::create_dir_all(&arguments.output).map_err(Problem::internal)?;
    let options = ConvertOptions {
        keep_identity: arguments.keep_identity,
        ..ConvertOptions::default()
    };
    let mut status = ExitStatus::Succeeded;
    let mut taken = BTreeSet::new();
    for path in &arguments.paths {
        let found = upload::all(path, &options.limits);
        for image in &found.images {
            let stem = free_stem(arguments, image, &mut taken);
            let given = upload::path_of(image, path);
            match convert::convert(image, &stem, &options) {
                Ok(converted) => tell(arguments, given.as_str(), &converted)?,
                Err(error) => {
                    status = ExitStatus::IMAGE_NOT_GOOD;
                    let hint = error.hint();
                    refuse(arguments, given.as_str(), error, hint)?;
                }
            }
        }
        for refused in found.refused {
            status = ExitStatus::IMAGE_NOT_GOOD;
            let ReadImageError { file, .. } = &refused.error;
            let (file, hint) = (file.clone(), refused.error.hint());
            refuse(arguments, &file, refused.error.into(), hint)?;
        }
    }
    Ok(status)
}

/// A path in the output folder that neither this call nor an earlier one has used.
fn free_stem(
    arguments: &ConvertArguments,
    image: &UploadedImage,
    taken: &mut BTreeSet<Utf8PathBuf>,
) -> Utf8PathBuf {
    let name = image.name();
    let is_free = |stem: &Utf8PathBuf| {
        let exists = |extension| Utf8PathBuf::from(format!("{stem}.{extension}")).exists();
        !taken.contains(stem) && !exists("mha") && !exists("tif")
    };
    let numbered = (2u32..).map(|number| format!("{name}-{number}"));
    let stem = std::iter::once(name.to_owned())
        .chain(numbered)
        .map(|name| arguments.output.join(name))
        .find(is_free)
        .expect("numbers do not run out before files do");
    taken.insert(stem.clone());
    stem
}

fn tell(arguments: &ConvertArguments, path: &str, converted: &Converted) -> Result<(), Problem> {
    let summary = &converted.summary;
    if arguments.json {
        return print_line(&json!({
            "path": path,
            "output": converted.path,
            "size": summary.geometry.size,
            "warnings": summary.warnings,
        }));
    }
    print(&format!("{} → {}\n", visible(path), converted.path))?;
    for warning in &summary.warnings {
        terminal::note(&format!("  {WARNING}!{WARNING:#} {}", visible(warning)));
    }
    Ok(())
}

fn refuse(
    arguments: &ConvertArguments,
    path: &str,
    error: ConvertImageError,
    hint: Option<String>,
) -> Result<(), Problem> {
    if arguments.json {
        return print_line(&json!({ "path": path, "error": error.to_string(), "hint": hint }));
    }
    let problem = Problem::from_error(ExitStatus::IMAGE_NOT_GOOD, error).maybe_hint(hint);
    terminal::note(&problem.to_string());
    Ok(())
}
