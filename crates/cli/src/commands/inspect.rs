//! `gantry inspect`: say what medical images are.

use std::fmt::Write;

use imaging::uploads::UploadedImage;
use imaging::{CheckLimits, ImageFormat, ImageSummary, ReadImageError, SpacingSource, VoxelHash};
use serde::Serialize;

use super::{print, print_line, upload};
use crate::arguments::InspectArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, HEADING, HINT, Table, WARNING, visible};

/// One image, as `--json` tells it.
#[derive(Debug, Serialize)]
struct Image<'a> {
    /// The file as it was given, or the folder of a series.
    path: &'a str,
    /// Every file of the image.
    files: Vec<&'a str>,
    format: ImageFormat,
    /// Samples along x, y, z, t.
    size: &'a [u64],
    /// mm.
    spacing: &'a [f64],
    /// mm, LPS.
    origin: &'a [f64],
    /// Row by row; columns are the axes.
    direction: &'a [f64],
    component_type: Option<imaging::ComponentType>,
    channels: u32,
    levels: u32,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    voxels_sha256: Option<String>,
}

/// A file that is no image.
#[derive(Debug, Serialize)]
struct Refused<'a> {
    path: &'a str,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Inspects every path; one that is refused does not keep the others from being read.
pub(crate) fn inspect(arguments: &InspectArguments) -> Result<ExitStatus, Problem> {
    let limits = CheckLimits::default();
    let mut status = ExitStatus::Succeeded;
    for path in &arguments.paths {
        let found = upload::all(path, &limits);
        for image in &found.images {
            let given = upload::path_of(image, path).as_str();
            match look(image, arguments.hash, &limits) {
                Ok((summary, hash)) => tell(arguments, (given, image), &summary, hash)?,
                Err(error) => {
                    status = ExitStatus::IMAGE_NOT_GOOD;
                    refuse(arguments, given, error)?;
                }
            }
        }
        for refused in found.refused {
            status = ExitStatus::IMAGE_NOT_GOOD;
            let file = refused.error.file.clone();
            refuse(arguments, &file, refused.error)?;
        }
    }
    Ok(status)
}

fn look(
    image: &UploadedImage,
    hash: bool,
    limits: &CheckLimits,
) -> Result<(ImageSummary, Option<String>), ReadImageError> {
    if !hash {
        return Ok((image.inspect(limits)?, None));
    }
    let mut voxels = VoxelHash::default();
    let summary = image.stream(limits, &mut |samples| voxels.feed(samples))?;
    Ok((summary, Some(voxels.finish())))
}

fn tell(
    arguments: &InspectArguments,
    (path, image): (&str, &UploadedImage),
    summary: &ImageSummary,
    hash: Option<String>,
) -> Result<(), Problem> {
    if !arguments.json {
        return print(&described((path, image), summary, hash.as_deref()));
    }
    let geometry = &summary.geometry;
    print_line(&Image {
        path,
        files: image.files().iter().map(|file| file.as_str()).collect(),
        format: summary.format,
        size: &geometry.size,
        spacing: &geometry.spacing,
        origin: &geometry.origin,
        direction: &geometry.direction,
        component_type: summary.component_type,
        channels: summary.channels,
        levels: summary.levels,
        warnings: &summary.warnings,
        voxels_sha256: hash,
    })
}

fn refuse(arguments: &InspectArguments, path: &str, error: ReadImageError) -> Result<(), Problem> {
    if !arguments.json {
        terminal::note(&Problem::unreadable(error).to_string());
        return Ok(());
    }
    print_line(&Refused {
        path,
        error: error.to_string(),
        hint: error.hint(),
    })
}

fn described(
    (path, image): (&str, &UploadedImage),
    summary: &ImageSummary,
    hash: Option<&str>,
) -> String {
    let geometry = &summary.geometry;
    let mut rows = vec![
        (
            "format",
            format!("{}{}", summary.format.name(), parts(image)),
        ),
        (
            "size",
            format!(
                "{} {}",
                joined(&geometry.size, " × "),
                axes(geometry.size.len())
            ),
        ),
        (
            "spacing",
            format!("{} mm", joined(&geometry.spacing, " × ")),
        ),
        (
            "origin",
            format!("{} mm (LPS)", joined(&geometry.origin, ", ")),
        ),
        (
            "direction",
            matrix(&geometry.direction, geometry.size.len()),
        ),
        ("samples", samples(summary)),
    ];
    if summary.levels > 1 {
        rows.push(("levels", summary.levels.to_string()));
    }
    if let Some(hash) = hash {
        rows.push(("voxels", format!("sha256 {hash}")));
    }
    let mut table = Table::new(&["", ""]);
    for (name, value) in rows {
        table.row([name.into(), value.into()]);
    }
    let mut text = format!("{HEADING}{}{HEADING:#}\n", visible(path));
    text += &table.render(2, terminal::columns());
    for warning in &summary.warnings {
        let _ = writeln!(text, "  {WARNING}!{WARNING:#} {}", visible(warning));
    }
    if summary.spacing_source != SpacingSource::Stated && summary.warnings.is_empty() {
        let _ = writeln!(text, "  {HINT}the file states no spacing{HINT:#}");
    }
    text
}

fn parts(image: &UploadedImage) -> String {
    match image.files().len() {
        0 | 1 => String::new(),
        several => format!(", {several} files"),
    }
}

fn samples(summary: &ImageSummary) -> String {
    let component = summary
        .component_type
        .and_then(|component| serde_json::to_value(component).ok())
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_else(|| "of no common type".to_owned());
    match summary.channels {
        1 => component,
        channels => format!("{component}, {channels} channels"),
    }
}

fn axes(dimensions: usize) -> &'static str {
    match dimensions {
        0 | 1 => "(x)",
        2 => "(x, y)",
        3 => "(x, y, z)",
        _ => "(x, y, z, t)",
    }
}

fn joined<T: ToString>(values: &[T], separator: &str) -> String {
    values
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

/// The matrix by rows; the identity by its name.
fn matrix(direction: &[f64], dimensions: usize) -> String {
    let is_identity = direction
        .iter()
        .enumerate()
        .all(|(index, value)| *value == f64::from(u8::from(index % (dimensions + 1) == 0)));
    if is_identity || dimensions == 0 {
        return "identity".to_owned();
    }
    direction
        .chunks(dimensions)
        .map(|row| joined(row, " "))
        .collect::<Vec<_>>()
        .join(" | ")
}
