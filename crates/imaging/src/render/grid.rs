//! The pixels of a slice: how many, how large, and where each of them lies.

use serde::{Deserialize, Serialize};

use super::RenderError;
use super::orientation::{EdgeLetters, Plane, Toward, column_length, nearest_axes};
use crate::geometry::{Affine, Geometry};

/// Which slice of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlicePosition {
    /// The one in the middle; of two the one further left, posterior or superior, whatever the order of the file.
    #[default]
    Middle,
    /// By voxel index along the axis of the volume that is nearest to the normal of the plane, in the order of the file.
    Index(u64),
}

/// Square pixels over one slice of voxels, upright. Pixel (0, 0) is the upper left one; whole numbers are centres.
///
/// The slice stays in the grid of the volume: an oblique volume is shown along its own axes.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceGrid {
    /// Plane, or the one that it is nearest to.
    pub plane: Plane,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Side of a pixel, mm.
    pub pixel_mm: f64,
    /// Voxel index of the slice along [`axis`](Self::axis).
    pub index: u64,
    /// Slices in this plane.
    pub slices: u64,
    /// Axis of the volume (0 to 2) across the slice.
    pub axis: usize,
    /// Letters for the sides.
    pub letters: EdgeLetters,
    /// Pixel (column, row, slices above this one) to voxel index.
    pub to_index: Affine,
    /// Pixel (column, row, slices above this one) to LPS mm.
    pub to_mm: Affine,
    /// Axes of the volume along a row and down a column.
    pub(super) in_plane: [usize; 2],
}

impl SliceGrid {
    /// Pixels for one slice: as large as the smaller side of a voxel, and no picture side longer than `max_side`.
    ///
    /// # Errors
    /// For an unusable geometry, an empty image and a slice beyond the last.
    pub fn new(
        geometry: &Geometry,
        plane: Plane,
        position: SlicePosition,
        max_side: u32,
    ) -> Result<SliceGrid, RenderError> {
        geometry.validate()?;
        let size: [u64; 3] =
            std::array::from_fn(|axis| geometry.size.get(axis).copied().unwrap_or(1));
        if geometry.size.contains(&0) {
            return Err(RenderError::Empty(geometry.size.clone()));
        }
        let affine = geometry.affine();
        let nearest = nearest_axes(&affine);
        let [right, down, across] = plane.toward().map(|wanted| {
            let found = nearest[wanted.axis];
            Toward {
                axis: found.axis,
                reversed: found.reversed != wanted.reversed,
            }
        });
        let slices = size[across.axis];
        let index = match position {
            SlicePosition::Middle if across.reversed => slices - 1 - slices / 2,
            SlicePosition::Middle => slices / 2,
            SlicePosition::Index(index) if index < slices => index,
            SlicePosition::Index(found) => {
                let last = slices - 1;
                return Err(RenderError::NoSuchSlice { found, last });
            }
        };
        let spacing: [f64; 3] = std::array::from_fn(|axis| column_length(&affine, axis));
        let sides = [right.axis, down.axis];
        let (pixel_mm, [width, height]) =
            pixels(sides.map(|axis| (size[axis], spacing[axis])), max_side)
                .ok_or(RenderError::Spacing(spacing))?;
        let to_index = index_map([right, down], (across.axis, index), |axis| {
            (pixel_mm / spacing[axis], size[axis])
        });
        let to_mm = chain(&affine, &to_index);
        let numbers = |affine: &Affine| affine.matrix.as_flattened().to_vec();
        let mut all = numbers(&to_index).into_iter().chain(numbers(&to_mm));
        if !all.all(f64::is_finite) {
            return Err(RenderError::Spacing(spacing));
        }
        let column = |axis: usize| to_mm.matrix.map(|row| row[axis]);
        Ok(SliceGrid {
            plane,
            width,
            height,
            pixel_mm,
            index,
            slices,
            axis: across.axis,
            letters: EdgeLetters::of(column(0), column(1)),
            to_index,
            to_mm,
            in_plane: sides,
        })
    }

    /// Where a position lies in the picture: column, row (0, 0 is the centre of the upper left pixel) and its distance
    /// in slices.
    #[must_use]
    pub fn pixel_of(&self, point_mm: [f64; 3]) -> Option<[f64; 3]> {
        Some(self.to_mm.inverse()?.apply(point_mm))
    }
}

/// Side of a pixel and number of pixels along both axes.
#[expect(
    clippy::cast_precision_loss,
    reason = "sizes above 2^53 have more pixels than any picture"
)]
fn pixels(sides: [(u64, f64); 2], max_side: u32) -> Option<(f64, [u32; 2])> {
    let max_side = max_side.max(1);
    let extents = sides.map(|(size, spacing)| size as f64 * spacing);
    let longest = extents[0].max(extents[1]);
    let pixel = sides[0]
        .1
        .min(sides[1].1)
        .max(longest / f64::from(max_side));
    (pixel.is_normal() && longest.is_finite())
        .then(|| (pixel, extents.map(|extent| count(extent / pixel, max_side))))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped before; the float-to-integer cast saturates"
)]
fn count(pixels: f64, max_side: u32) -> u32 {
    (pixels.round() as u32).clamp(1, max_side)
}

/// Pixel to voxel index. The outer edges of the first pixel and the first voxel fall together.
#[expect(
    clippy::cast_precision_loss,
    reason = "an index above 2^53 belongs to no volume in memory"
)]
fn index_map(
    in_plane: [Toward; 2],
    (across, index): (usize, u64),
    step_and_size: impl Fn(usize) -> (f64, u64),
) -> Affine {
    let mut map = Affine {
        matrix: [[0.0; 3]; 3],
        offset: [0.0; 3],
    };
    for (column, toward) in in_plane.into_iter().enumerate() {
        let (step, size) = step_and_size(toward.axis);
        let first = 0.5 * step - 0.5;
        let (step, first) = if toward.reversed {
            (-step, size as f64 - 1.0 - first)
        } else {
            (step, first)
        };
        map.matrix[toward.axis][column] = step;
        map.offset[toward.axis] = first;
    }
    map.matrix[across][2] = 1.0;
    map.offset[across] = index as f64;
    map
}

/// The map that does `first`, then `then`.
pub(super) fn chain(then: &Affine, first: &Affine) -> Affine {
    let offset = then.apply(first.offset);
    let matrix = std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            (0..3)
                .map(|inner| then.matrix[row][inner] * first.matrix[inner][column])
                .sum()
        })
    });
    Affine { matrix, offset }
}
