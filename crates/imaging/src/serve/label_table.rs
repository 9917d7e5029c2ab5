//! Which labels a segmentation has, how large they are, and where to look at each.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::render::RenderError;
use crate::render::shape::Shape;
use crate::volume::{Volume, with_samples};

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

#[derive(Debug, Clone)]
struct Gathered {
    label: i64,
    voxels: u64,
    sum: [f64; 3],
    middle: [f64; 3],
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
    let mut found = Found::default();
    each_run(volume, &shape, start, &mut |label, first, length| {
        let Some(entry) = found.entry(label) else {
            return ControlFlow::Break(());
        };
        entry.voxels += length as u64;
        let length = as_f64(length);
        entry.sum[0] += length * (as_f64(first[0]) + (length - 1.0) / 2.0);
        entry.sum[1] += length * as_f64(first[1]);
        entry.sum[2] += length * as_f64(first[2]);
        ControlFlow::Continue(())
    });
    if found.entries.len() > MOST {
        return Ok(None);
    }
    for entry in &mut found.entries {
        #[expect(clippy::cast_precision_loss, reason = "voxel counts stay below 2^53")]
        let voxels = entry.voxels as f64;
        entry.middle = entry.sum.map(|sum| sum / voxels);
    }
    let affine = volume.geometry.affine();
    let lengths = [0, 1, 2].map(|axis| affine.matrix.map(|row| row[axis]));
    each_run(volume, &shape, start, &mut |label, first, length| {
        if let Some(entry) = found.entry(label) {
            entry.consider(first, length, lengths);
        }
        ControlFlow::Continue(())
    });
    let voxel_ml = determinant(affine.matrix).abs() / 1000.0;
    let mut entries: Vec<LabelEntry> = found
        .entries
        .into_iter()
        .map(|gathered| {
            #[expect(clippy::cast_precision_loss, reason = "voxel counts stay below 2^53")]
            let voxels = gathered.voxels as f64;
            let index = gathered.nearest.map_or([0; 3], |(_, index)| index);
            LabelEntry {
                value: gathered.label,
                voxels: gathered.voxels,
                ml: voxels * voxel_ml,
                at_mm: affine.apply(index.map(as_f64)),
            }
        })
        .collect();
    entries.sort_by_key(|entry| entry.value);
    Ok(Some(entries))
}

/// Labels in the order in which they are found, and where each is. Those of up to 16 bits have a place of their own: a
/// noisy image has as many runs as voxels, and a page waits for its labels.
struct Found {
    entries: Vec<Gathered>,
    /// One more than the place of a label, 0 for none.
    small: Vec<u16>,
    large: BTreeMap<i64, usize>,
}

/// The lowest label with a place of its own, and how many have one.
const LOWEST: i64 = -(1 << 15);
const SMALL: usize = 3 << 15;

impl Default for Found {
    fn default() -> Found {
        Found {
            entries: Vec::new(),
            small: vec![0; SMALL],
            large: BTreeMap::new(),
        }
    }
}

impl Found {
    /// What is gathered of a label; `None` when it would be one too many.
    fn entry(&mut self, label: i64) -> Option<&mut Gathered> {
        let small = usize::try_from(label.saturating_sub(LOWEST)).ok();
        let known = match small.and_then(|small| self.small.get(small)) {
            Some(place) => usize::from(*place).checked_sub(1),
            None => self.large.get(&label).copied(),
        };
        if let Some(place) = known {
            return self.entries.get_mut(place);
        }
        if self.entries.len() > MOST {
            return None;
        }
        self.entries.push(Gathered::new(label));
        match small.and_then(|small| self.small.get_mut(small)) {
            Some(place) => *place = u16::try_from(self.entries.len()).expect("at most 1025"),
            None => {
                self.large.insert(label, self.entries.len() - 1);
            }
        }
        self.entries.last_mut()
    }
}

impl Gathered {
    fn new(label: i64) -> Gathered {
        Gathered {
            label,
            voxels: 0,
            sum: [0.0; 3],
            middle: [0.0; 3],
            nearest: None,
        }
    }

    /// Looks whether the run of voxels from `first` on has one nearer to the middle.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "indices of a volume in memory"
    )]
    fn consider(&mut self, first: [usize; 3], length: usize, columns: [[f64; 3]; 3]) {
        let last = first[0] + length - 1;
        let x = (self.middle[0].round().max(0.0) as usize).clamp(first[0], last);
        let index = [x, first[1], first[2]];
        let off: [f64; 3] = std::array::from_fn(|axis| as_f64(index[axis]) - self.middle[axis]);
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
#[expect(
    clippy::cast_lossless,
    clippy::cast_precision_loss,
    clippy::unnecessary_cast,
    reason = "labels are whole numbers far below 2^53; the macro also casts small types"
)]
fn each_run(
    volume: &Volume,
    shape: &Shape,
    start: usize,
    run: &mut impl FnMut(i64, [usize; 3], usize) -> ControlFlow<()>,
) {
    with_samples!(&volume.samples, values => {
        let values = &values[start..start + shape.samples_per_time()];
        // A break is no error: there is nothing more to hand out.
        let _ = runs_of(values, shape.size, |value| value as f64, run);
    });
}

fn runs_of<T: Copy + PartialEq>(
    values: &[T],
    [width, height, _]: [usize; 3],
    number: impl Fn(T) -> f64,
    run: &mut impl FnMut(i64, [usize; 3], usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for (row, values) in values.chunks_exact(width).enumerate() {
        let mut x = 0;
        for same in values.chunk_by(|a, b| a == b) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the cast saturates, and labels are whole numbers far below its ends"
            )]
            let label = number(same[0]).round() as i64;
            if label != 0 {
                run(label, [x, row % height, row / height], same.len())?;
            }
            x += same.len();
        }
    }
    ControlFlow::Continue(())
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
