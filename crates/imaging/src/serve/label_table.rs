//! Which labels a segmentation has, how large they are, and where to look at each.

use serde::Serialize;

use crate::render::RenderError;
use crate::render::shape::{Shape, reader};
use crate::volume::Volume;

/// More labels than this are no list for people.
const MOST: usize = 1024;

/// One label of a segmentation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelEntry {
    /// The value of its voxels.
    pub value: i64,
    /// How many they are.
    pub voxels: u64,
    /// Their volume, ml (cm³).
    pub ml: f64,
    /// LPS mm of the voxel of this label that is nearest to the middle of all of them.
    pub at_mm: [f64; 3],
}

#[derive(Default, Clone)]
struct Gathered {
    voxels: u64,
    sum: [f64; 3],
    nearest: Option<(f64, [usize; 3])>,
}

/// The labels of a time point but for 0, ascending; `None` when there are more than 1024.
///
/// # Errors
/// When samples and geometry do not agree, there are several channels, or there is no such time point.
pub fn label_table(volume: &Volume, time: u64) -> Result<Option<Vec<LabelEntry>>, RenderError> {
    if volume.channels != 1 {
        return Err(RenderError::LabelChannels(volume.channels));
    }
    let shape = Shape::of(volume)?;
    let start = shape.start_of(time)?;
    let mut found = std::collections::BTreeMap::<i64, Gathered>::new();
    each_run(volume, &shape, start, &mut |label, first, length| {
        if found.len() > MOST {
            return;
        }
        let entry = found.entry(label).or_default();
        entry.voxels += length as u64;
        let length = as_f64(length);
        entry.sum[0] += length * (as_f64(first[0]) + (length - 1.0) / 2.0);
        entry.sum[1] += length * as_f64(first[1]);
        entry.sum[2] += length * as_f64(first[2]);
    });
    if found.len() > MOST {
        return Ok(None);
    }
    let affine = volume.geometry.affine();
    let lengths = [0, 1, 2].map(|axis| affine.matrix.map(|row| row[axis]));
    each_run(volume, &shape, start, &mut |label, first, length| {
        if let Some(entry) = found.get_mut(&label) {
            entry.consider(first, length, lengths);
        }
    });
    let voxel_ml = determinant(affine.matrix).abs() / 1000.0;
    let entries = found.into_iter().map(|(value, gathered)| {
        #[expect(clippy::cast_precision_loss, reason = "voxel counts stay below 2^53")]
        let voxels = gathered.voxels as f64;
        let index = gathered.nearest.map_or([0; 3], |(_, index)| index);
        LabelEntry {
            value,
            voxels: gathered.voxels,
            ml: voxels * voxel_ml,
            at_mm: affine.apply(index.map(as_f64)),
        }
    });
    Ok(Some(entries.collect()))
}

impl Gathered {
    /// Looks whether the run of voxels from `first` on has one nearer to the middle.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "indices of a volume in memory"
    )]
    fn consider(&mut self, first: [usize; 3], length: usize, columns: [[f64; 3]; 3]) {
        let middle = self.sum.map(|sum| sum / self.voxels as f64);
        let last = first[0] + length - 1;
        let x = (middle[0].round().max(0.0) as usize).clamp(first[0], last);
        let index = [x, first[1], first[2]];
        let off: [f64; 3] = std::array::from_fn(|axis| as_f64(index[axis]) - middle[axis]);
        let square: f64 = (0..3)
            .map(|row| {
                let mm: f64 = (0..3).map(|axis| columns[axis][row] * off[axis]).sum();
                mm * mm
            })
            .sum();
        if self.nearest.is_none_or(|(known, _)| square < known) {
            self.nearest = Some((square, index));
        }
    }
}

/// Hands out runs of equal labels along x that are not 0: label, first voxel, length.
fn each_run(
    volume: &Volume,
    shape: &Shape,
    start: usize,
    run: &mut dyn FnMut(i64, [usize; 3], usize),
) {
    let read = reader(&volume.samples);
    let [width, height, depth] = shape.size;
    for row in 0..height * depth {
        let place = start + row * width;
        let mut x = 0;
        while x < width {
            let value = read(place + x);
            let first = x;
            x += 1;
            while x < width && read(place + x) == value {
                x += 1;
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the cast saturates, and labels are whole numbers far below its ends"
            )]
            let label = value.round() as i64;
            if label != 0 {
                run(label, [first, row % height, row / height], x - first);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "indices of a volume in memory")]
fn as_f64(index: usize) -> f64 {
    index as f64
}

fn determinant([[a, b, c], [d, e, f], [g, h, i]]: [[f64; 3]; 3]) -> f64 {
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;
    use crate::volume::Samples;

    #[test]
    fn labels_have_volumes_and_a_voxel_to_look_at() {
        let mut geometry = Geometry::identity(vec![3, 3, 2]);
        geometry.spacing = vec![10.0, 10.0, 20.0];
        geometry.origin = vec![-5.0, 0.0, 100.0];
        let mut samples = vec![0u8; 18];
        // A ring around the middle of the first slice, and one voxel in the second.
        for place in [0, 1, 2, 3, 5, 6, 7, 8] {
            samples[place] = 2;
        }
        samples[9 + 4] = 5;
        let volume = Volume {
            geometry,
            channels: 1,
            samples: Samples::Uint8(samples),
        };
        let table = label_table(&volume, 0).unwrap().unwrap();
        let values: Vec<(i64, u64, f64)> =
            table.iter().map(|e| (e.value, e.voxels, e.ml)).collect();
        assert_eq!(values, [(2, 8, 16.0), (5, 1, 2.0)]);
        assert_eq!(table[1].at_mm, [5.0, 10.0, 120.0]);
        // The middle of the ring is no voxel of it.
        assert_eq!(table[0].at_mm, [5.0, 0.0, 100.0]);
    }

    #[test]
    fn too_many_labels_are_no_list() {
        let volume = Volume {
            geometry: Geometry::identity(vec![2000]),
            channels: 1,
            samples: Samples::Int16((1..=2000).collect()),
        };
        assert_eq!(label_table(&volume, 0).unwrap(), None);
    }
}
