//! Labels and heat maps over a slice of an image, each sampled through its own affine: the grids need not be the same.

use super::RenderError;
use super::grid::{SliceGrid, chain};
use super::lookup_table::{HeatMap, LabelColours, Rgba};
use super::picture::{Picture, blend};
use super::shape::{SampleReader, Shape, reader};
use super::slice::Slice;
use crate::geometry::{Affine, Geometry, InvalidGeometry};
use crate::volume::Volume;

/// How labels are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelStyle {
    /// Every pixel of a label.
    #[default]
    Fill,
    /// Only pixels that are this near to another label, in pixels, at full opacity.
    Outline {
        /// Pixels from the border, at least 1.
        thickness: u32,
    },
}

/// A segmentation.
#[derive(Debug, Clone)]
pub struct LabelLayer<'a> {
    /// Labels, one channel.
    pub volume: &'a Volume,
    /// Time point.
    pub time: u64,
    /// Draws the labels as if they lay on this grid of the same size: what copying the geometry would look like.
    pub as_if_on: Option<&'a Geometry>,
    /// Colours and opacity.
    pub colours: LabelColours,
    /// Filled or outlined.
    pub style: LabelStyle,
}

/// A map of probabilities or other values.
#[derive(Debug, Clone)]
pub struct HeatLayer<'a> {
    /// Values; of several channels the first counts.
    pub volume: &'a Volume,
    /// Time point.
    pub time: u64,
    /// Draws the values as if they lay on this grid of the same size: what copying the geometry would look like.
    pub as_if_on: Option<&'a Geometry>,
    /// Colours, range, threshold and opacity.
    pub map: HeatMap,
}

/// Something over an image.
#[derive(Debug, Clone)]
pub enum Layer<'a> {
    /// A segmentation.
    Labels(LabelLayer<'a>),
    /// A heat map.
    Heat(HeatLayer<'a>),
}

/// Draws layers over a slice, the first one lowest. Where a layer has no voxel the image shows.
///
/// # Errors
/// When a layer has no such time point, several channels of labels, or samples that do not agree with its geometry.
pub fn composite(base: &Slice, layers: &[Layer<'_>]) -> Result<Picture, RenderError> {
    let mut picture = base.picture.to_rgb();
    for layer in layers {
        let colours = match layer {
            Layer::Labels(layer) => label_colours(layer, &base.grid)?,
            Layer::Heat(layer) => Sampler::new(layer.volume, layer.time, &base.grid)?
                .moved_to(layer.as_if_on, &base.grid)?
                .values()
                .map(|value| value.map_or(Rgba::CLEAR, |value| layer.map.colour(value)))
                .collect(),
        };
        let (pixels, _) = picture.pixels.as_chunks_mut::<3>();
        for (pixel, over) in pixels.iter_mut().zip(colours) {
            let opacity = f64::from(over.alpha) / 255.0;
            for (under, over) in pixel.iter_mut().zip(over.rgb()) {
                *under = blend(over, *under, opacity);
            }
        }
    }
    Ok(picture)
}

fn label_colours(layer: &LabelLayer<'_>, grid: &SliceGrid) -> Result<Vec<Rgba>, RenderError> {
    if layer.volume.channels != 1 {
        return Err(RenderError::LabelChannels(layer.volume.channels));
    }
    let labels = Sampler::new(layer.volume, layer.time, grid)?
        .moved_to(layer.as_if_on, grid)?
        .labels();
    let mut colours: Vec<Rgba> = Vec::with_capacity(labels.len());
    // Labels stand in long runs.
    let mut last = (0, layer.colours.colour(0));
    for label in &labels {
        if *label != last.0 {
            last = (*label, layer.colours.colour(*label));
        }
        colours.push(last.1);
    }
    if let LabelStyle::Outline { thickness } = layer.style {
        let width = usize::try_from(grid.width).unwrap_or(usize::MAX);
        let border = border(&labels, width, thickness);
        for (colour, is_border) in colours.iter_mut().zip(border) {
            colour.alpha = match (is_border, colour.alpha) {
                (_, 0) | (false, _) => 0,
                (true, _) => 255,
            };
        }
    }
    Ok(colours)
}

/// Pixels with another label beside them, and those up to `thickness` − 1 steps from these. The edge of the picture is
/// no border.
fn border(labels: &[i64], width: usize, thickness: u32) -> Vec<bool> {
    let neighbours = |place: usize| {
        let column = place % width;
        [
            (column > 0).then(|| place - 1),
            (column + 1 < width).then(|| place + 1),
            place.checked_sub(width),
            Some(place + width).filter(|below| *below < labels.len()),
        ]
        .into_iter()
        .flatten()
    };
    let mut border: Vec<bool> = (0..labels.len())
        .map(|place| neighbours(place).any(|other| labels[other] != labels[place]))
        .collect();
    for _ in 1..thickness.min(64) {
        let before = border.clone();
        for (place, is_border) in border.iter_mut().enumerate() {
            *is_border |=
                neighbours(place).any(|other| before[other] && labels[other] == labels[place]);
        }
    }
    border
}

/// Reads a volume at the pixels of a slice of any volume.
pub(super) struct Sampler<'a> {
    read: Box<SampleReader<'a>>,
    shape: Shape,
    start: usize,
    width: u32,
    height: u32,
    /// Pixel to voxel index of this volume.
    to_index: Affine,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(
        volume: &'a Volume,
        time: u64,
        grid: &SliceGrid,
    ) -> Result<Sampler<'a>, RenderError> {
        let shape = Shape::of(volume)?;
        let inverse = volume
            .geometry
            .affine()
            .inverse()
            .ok_or(InvalidGeometry::Singular)?;
        Ok(Sampler {
            read: reader(&volume.samples),
            start: shape.start_of(time)?,
            shape,
            width: grid.width,
            height: grid.height,
            to_index: chain(&inverse, &grid.to_mm),
        })
    }

    /// The same voxels in another place.
    fn moved_to(
        mut self,
        geometry: Option<&Geometry>,
        grid: &SliceGrid,
    ) -> Result<Sampler<'a>, RenderError> {
        let Some(geometry) = geometry else {
            return Ok(self);
        };
        geometry.validate()?;
        let expected = self.shape.size.map(|size| size as u64);
        let found = std::array::from_fn(|axis| geometry.size.get(axis).copied().unwrap_or(1));
        if expected != found {
            return Err(RenderError::OtherSize { expected, found });
        }
        let inverse = geometry
            .affine()
            .inverse()
            .ok_or(InvalidGeometry::Singular)?;
        self.to_index = chain(&inverse, &grid.to_mm);
        Ok(self)
    }

    /// Voxel indices of all pixels, row by row.
    fn indices(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        (0..self.height).flat_map(move |row| {
            (0..self.width).map(move |column| {
                self.to_index
                    .apply([f64::from(column), f64::from(row), 0.0])
            })
        })
    }

    /// The nearest voxel of each pixel; 0 outside and for what is no number.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and labels are whole numbers far below its ends"
    )]
    pub(super) fn labels(&self) -> Vec<i64> {
        self.indices()
            .map(|index| self.nearest(index).map_or(0, |value| value.round() as i64))
            .collect()
    }

    /// Linear between the voxels around each pixel; `None` outside.
    pub(super) fn values(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        self.indices().map(|index| self.linear(index))
    }

    fn at(&self, voxel: [usize; 3]) -> f64 {
        let strides = self.shape.strides();
        let place: usize = voxel.iter().zip(strides).map(|(a, b)| a * b).sum();
        (self.read)(self.start + place)
    }

    /// Clamped to the voxels; `None` when more than half a voxel outside.
    #[expect(clippy::cast_precision_loss, reason = "sizes of a volume in memory")]
    fn inside(&self, index: [f64; 3]) -> Option<[f64; 3]> {
        /// What rounding may add at the very edge of a volume on the same grid.
        const EDGE: f64 = 0.5 + 1e-6;
        let mut clamped = index;
        for (value, size) in clamped.iter_mut().zip(self.shape.size) {
            let last = size as f64 - 1.0;
            if !(-EDGE..=last + EDGE).contains(value) {
                return None;
            }
            *value = value.clamp(0.0, last);
        }
        Some(clamped)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to indices of a volume in memory"
    )]
    fn nearest(&self, index: [f64; 3]) -> Option<f64> {
        // A hair upwards: pixels that fall between two voxels all go to the same side, whatever the rounding.
        let voxel = self
            .inside(index)?
            .map(|value| (value + 0.5 + 1e-7).floor() as usize);
        let size = self.shape.size;
        Some(self.at(std::array::from_fn(|axis| voxel[axis].min(size[axis] - 1))))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "clamped to indices of a volume in memory"
    )]
    fn linear(&self, index: [f64; 3]) -> Option<f64> {
        let index = self.inside(index)?;
        let first = index.map(|value| value.floor() as usize);
        let share: [f64; 3] = std::array::from_fn(|axis| index[axis] - first[axis] as f64);
        let mut sum = 0.0;
        for corner in 0..8usize {
            let upper = |axis: usize| corner >> axis & 1 == 1;
            let weight: f64 = (0..3)
                .map(|axis| {
                    if upper(axis) {
                        share[axis]
                    } else {
                        1.0 - share[axis]
                    }
                })
                .product();
            // Also keeps from reading beyond the last voxel, where the share is 0.
            if weight > 0.0 {
                let voxel = std::array::from_fn(|axis| first[axis] + usize::from(upper(axis)));
                sum += weight * self.at(voxel);
            }
        }
        Some(sum)
    }
}
