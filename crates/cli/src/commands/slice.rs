//! `gantry slice`: one slice of an image as PNG, upright, with segmentations over it.

use imaging::render::presets::{ShowFacts, first_window};
use imaging::render::{
    LabelColours, LabelLayer, LabelStyle, Layer, RenderError, Slice, SlicePosition, SliceRequest,
    Window, composite, slice as draw,
};
use imaging::serve::Statistics;
use imaging::{CheckLimits, Volume};

use super::{print, upload};
use crate::arguments::SliceArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, WARNING, visible};

/// Draws and writes the picture, and says what is on it.
pub(crate) fn slice(arguments: &SliceArguments) -> Result<ExitStatus, Problem> {
    let limits = CheckLimits::default();
    let image = upload::only(&arguments.image, &limits)?;
    let (volume, summary) = image.read(&limits).map_err(Problem::unreadable)?;
    for warning in &summary.warnings {
        terminal::note(&format!("{WARNING}!{WARNING:#} {}", visible(warning)));
    }
    let facts = match image.dicom_facts() {
        Some(facts) => ShowFacts::from(&facts),
        None => ShowFacts::from(&summary),
    };
    let is_colour = volume.channels > 1;
    let window = arguments
        .window
        .or_else(|| (!is_colour).then(|| first_window(&facts, &Statistics::of(&volume.samples))));
    let request = SliceRequest {
        plane: arguments.plane,
        position: arguments
            .index
            .map_or(SlicePosition::Middle, SlicePosition::Index),
        time: arguments.time,
        window,
        max_side: arguments.size,
        ..SliceRequest::default()
    };
    let drawn = draw(&volume, &request).map_err(refused)?;
    let labels = overlays(arguments, &limits)?;
    let layers: Vec<Layer<'_>> = labels
        .iter()
        .map(|labels| layer(labels, arguments))
        .collect();
    let picture = if layers.is_empty() {
        drawn.picture.clone()
    } else {
        composite(&drawn, &layers).map_err(refused)?
    };
    let png = picture.to_png().map_err(refused)?;
    fs_err::write(&arguments.output, png).map_err(Problem::internal)?;
    print(&format!(
        "{}: {}\n",
        arguments.output,
        described(&drawn, is_colour)
    ))?;
    Ok(ExitStatus::Succeeded)
}

/// What is on the picture.
fn described(drawn: &Slice, is_colour: bool) -> String {
    let grid = &drawn.grid;
    let mut text = format!(
        "{}×{} pixels of {:.4} mm",
        grid.width, grid.height, grid.pixel_mm
    );
    if grid.slices > 1 {
        let plane = format!("{:?}", grid.plane).to_lowercase();
        let last = grid.slices - 1;
        text = format!("{plane} slice {} (of 0 to {last}), {text}", grid.index);
    }
    if !is_colour {
        let Window { center, width, .. } = drawn.window;
        text += &format!(", window centre {center} width {width}");
    }
    text
}

fn refused(error: RenderError) -> Problem {
    Problem::from_error(ExitStatus::IMAGE_NOT_GOOD, error)
}

fn overlays(arguments: &SliceArguments, limits: &CheckLimits) -> Result<Vec<Volume>, Problem> {
    let read = |path| {
        let image = upload::only(path, limits)?;
        let (volume, _) = image.read(limits).map_err(Problem::unreadable)?;
        Ok(volume)
    };
    arguments.overlay.iter().map(read).collect()
}

fn layer<'a>(volume: &'a Volume, arguments: &SliceArguments) -> Layer<'a> {
    let is_4d = volume.geometry.size.len() > 3;
    Layer::Labels(LabelLayer {
        volume,
        time: if is_4d { arguments.time } else { 0 },
        as_if_on: None,
        colours: LabelColours::default(),
        style: LabelStyle::Fill,
    })
}
