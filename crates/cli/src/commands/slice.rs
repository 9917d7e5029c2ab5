//! `gantry slice`: one slice of an image as PNG, upright, with segmentations over it.

use imaging::convert::Target;
use imaging::render::presets::{ShowFacts, first_window};
use imaging::render::{
    LabelColours, LabelLayer, LabelStyle, Layer, RenderError, Slice, SlicePosition, SliceRequest,
    Window, composite, slice as draw,
};
use imaging::serve::Statistics;
use imaging::slide::Slide;
use imaging::uploads::UploadedImage;
use imaging::{CheckLimits, Volume};

use super::{print, upload};
use crate::arguments::SliceArguments;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::{self, WARNING, visible};

/// Pixels of a slide in DICOM that are held in memory.
const MAX_SLIDE_PIXELS: u128 = 1 << 28;

/// Draws and writes the picture, and says what is on it.
pub(crate) fn slice(arguments: &SliceArguments) -> Result<ExitStatus, Problem> {
    let limits = CheckLimits::default();
    let image = upload::only(&arguments.image, &limits)?;
    let is_alone = arguments.overlay.is_empty();
    if is_alone && let Some(slide) = slide_of(&image, &limits) {
        return whole_slide(slide, arguments);
    }
    refuse_large(&image, &limits)?;
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

/// A slide in DICOM has no small levels that are read, so the whole image would be held in memory.
fn refuse_large(image: &UploadedImage, limits: &CheckLimits) -> Result<(), Problem> {
    let summary = image.inspect(limits).map_err(Problem::unreadable)?;
    if !summary.is_dicom_slide() || summary.geometry.voxel_count() <= MAX_SLIDE_PIXELS {
        return Ok(());
    }
    let [width, height] = [summary.size[0], summary.size[1]];
    Err(Problem::new(
        ExitStatus::IMAGE_NOT_GOOD,
        format!(
            "`{}`: expected a slide in DICOM of at most {MAX_SLIDE_PIXELS} pixels, found {width} × {height}",
            image.files()[0]
        ),
    )
    .hint("`gantry convert` makes a pyramid of it, which is drawn from its small levels"))
}

/// A tiled TIFF, which may be too large to be read whole.
fn slide_of(image: &UploadedImage, limits: &CheckLimits) -> Option<Slide> {
    let summary = image.inspect(limits).ok()?;
    let is_slide = Target::of(&summary) == Target::Slide;
    is_slide
        .then(|| Slide::open(&image.files()[0], limits).ok())
        .flatten()
}

/// Draws a slide from the smallest of its levels that is large enough.
fn whole_slide(mut slide: Slide, arguments: &SliceArguments) -> Result<ExitStatus, Problem> {
    slide.style.window = arguments.window;
    let picture = slide
        .overview(arguments.size)
        .map_err(Problem::unreadable)?;
    fs_err::write(&arguments.output, picture.bytes).map_err(Problem::internal)?;
    let whole = &slide.levels()[0];
    print(&format!(
        "{}: a slide of {} × {} pixels in {}\n",
        arguments.output,
        whole.width,
        whole.height,
        match slide.levels().len() {
            1 => "one level".to_owned(),
            count => format!("{count} levels"),
        }
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
        // Windows that were chosen from the samples have many digits.
        let short = |number: f64| {
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        text += &format!(", window centre {} width {}", short(center), short(width));
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
