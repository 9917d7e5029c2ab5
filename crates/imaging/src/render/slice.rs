//! Slices of images and of labels.

use super::RenderError;
use super::grid::{SliceGrid, SlicePosition};
use super::lookup_table::{ColourTable, LabelColours, palette_place};
use super::orientation::Plane;
use super::overlay::Sampler;
use super::picture::{IndexedPicture, Picture, PixelFormat};
use super::resample::{PlaneSource, smooth_rows};
use super::shape::{Shape, reader};
use super::window::Window;
use crate::serve::Statistics;
use crate::volume::{Samples, Volume};

/// Which slice, and how to show it.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceRequest {
    /// Plane.
    pub plane: Plane,
    /// Which slice of the plane.
    pub position: SlicePosition,
    /// Time point of a 4D image.
    pub time: u64,
    /// Window; without one the automatic window of the whole image, which costs a pass over all samples. Colour images
    /// of 8 bits are shown as they are without one.
    pub window: Option<Window>,
    /// Swaps black and white.
    pub inverted: bool,
    /// Colours for images of one channel.
    pub table: ColourTable,
    /// Longest side of the picture, pixels.
    pub max_side: u32,
}

impl Default for SliceRequest {
    fn default() -> Self {
        SliceRequest {
            plane: Plane::Axial,
            position: SlicePosition::Middle,
            time: 0,
            window: None,
            inverted: false,
            table: ColourTable::Grey,
            max_side: 2048,
        }
    }
}

/// A slice of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Where its pixels lie.
    pub grid: SliceGrid,
    /// Its pixels.
    pub picture: Picture,
    /// The window in force.
    pub window: Window,
}

/// A picture of one slice, upright.
///
/// Images of 3 and 4 channels are colours, of other numbers the first channel is shown.
///
/// # Errors
/// When there is no such slice or time point, or samples and geometry do not agree.
pub fn slice(volume: &Volume, request: &SliceRequest) -> Result<Slice, RenderError> {
    let shape = Shape::of(volume)?;
    let grid = SliceGrid::new(
        &volume.geometry,
        request.plane,
        request.position,
        request.max_side,
    )?;
    let colours = if matches!(shape.channels, 3 | 4) {
        shape.channels
    } else {
        1
    };
    let window = request.window.unwrap_or_else(|| {
        let statistics = || Statistics::of(&volume.samples);
        match (&volume.samples, colours) {
            (_, 1) => Window::automatic(&statistics()),
            (Samples::Uint8(_), _) => Window::from_range(0.0, 255.0),
            _ => full_range(&statistics(), volume.samples.component_type().is_integer()),
        }
    });
    let read = reader(&volume.samples);
    let source = PlaneSource {
        read: &*read,
        shape,
        start: shape.start_of(request.time)?,
        channels: colours,
    };
    let painter = Painter {
        window,
        inverted: request.inverted,
        table: (colours == 1 && request.table != ColourTable::Grey).then_some(request.table),
    };
    let format = match (colours, painter.table) {
        (4, _) => PixelFormat::Rgba,
        (3, _) | (_, Some(_)) => PixelFormat::Rgb,
        (_, None) => PixelFormat::Grey,
    };
    let mut pixels = Vec::new();
    smooth_rows(&source, &grid, &mut |row| {
        painter.paint(row, colours, &mut pixels)
    });
    let picture = Picture {
        width: grid.width,
        height: grid.height,
        format,
        pixels,
    };
    Ok(Slice {
        grid,
        picture,
        window,
    })
}

/// From values to bytes.
struct Painter {
    window: Window,
    inverted: bool,
    table: Option<ColourTable>,
}

impl Painter {
    fn paint(&self, row: &[f64], channels: usize, pixels: &mut Vec<u8>) {
        for (place, value) in row.iter().enumerate() {
            let is_alpha = channels == 4 && place % 4 == 3;
            let grey = self.window.grey(*value);
            let grey = if self.inverted && !is_alpha {
                255 - grey
            } else {
                grey
            };
            match self.table {
                Some(table) => pixels.extend(table.colour(grey)),
                None => pixels.push(grey),
            }
        }
    }
}

/// The range of colour images of more than 8 bits: that of the type which the values would fill.
fn full_range(statistics: &Statistics, is_integer: bool) -> Window {
    let highest = statistics.maximum().unwrap_or(0.0);
    let ends = [1.0, 255.0, 65_535.0];
    let end = ends
        .into_iter()
        .skip(usize::from(is_integer))
        .find(|end| highest <= *end);
    Window::from_range(0.0, end.unwrap_or(highest))
}

/// The middle axial slice of an image as a small picture, for a list or the first paint of a page.
///
/// # Errors
/// As for [`slice()`].
pub fn thumbnail(
    volume: &Volume,
    max_side: u32,
    window: Option<Window>,
) -> Result<Picture, RenderError> {
    let request = SliceRequest {
        window,
        max_side,
        ..SliceRequest::default()
    };
    slice(volume, &request).map(|slice| slice.picture)
}

/// A slice of a label image: numbers, not yet colours.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSlice {
    /// Where its pixels lie.
    pub grid: SliceGrid,
    /// Labels, row by row.
    pub labels: Vec<i64>,
}

/// The labels of one slice, upright; each pixel is that of the nearest voxel. Of the request plane, position, time and
/// longest side count.
///
/// # Errors
/// As for [`slice()`], and for more than one channel.
pub fn label_slice(volume: &Volume, request: &SliceRequest) -> Result<LabelSlice, RenderError> {
    if volume.channels != 1 {
        return Err(RenderError::LabelChannels(volume.channels));
    }
    let grid = SliceGrid::new(
        &volume.geometry,
        request.plane,
        request.position,
        request.max_side,
    )?;
    let labels = Sampler::new(volume, request.time, &grid)?.labels();
    Ok(LabelSlice { grid, labels })
}

impl LabelSlice {
    /// A picture whose palette entries are the labels 0 to 255; others share the entries from 1 on.
    #[must_use]
    pub fn to_indexed(&self, colours: &LabelColours) -> IndexedPicture {
        IndexedPicture {
            width: self.grid.width,
            height: self.grid.height,
            indices: self
                .labels
                .iter()
                .map(|label| palette_place(*label))
                .collect(),
            palette: colours.palette(),
        }
    }
}
