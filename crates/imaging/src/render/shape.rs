//! Size of a volume in memory, checked against its samples, and access to single samples.

use super::RenderError;
use crate::volume::{Samples, Volume, with_samples};

/// Reads the sample at a place in memory as a number.
pub(crate) type SampleReader<'a> = dyn Fn(usize) -> f64 + 'a;

/// A volume whose samples are as many as its geometry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Voxels along x, y, z.
    pub(crate) size: [usize; 3],
    /// Time points, and whatever further axes there are, flat.
    pub(crate) times: usize,
    pub(crate) channels: usize,
}

impl Shape {
    pub(crate) fn of(volume: &Volume) -> Result<Shape, RenderError> {
        volume.geometry.validate()?;
        let found = volume.samples.len();
        let expected = volume
            .geometry
            .voxel_count()
            .saturating_mul(volume.channels.into());
        if expected != found as u128 {
            return Err(RenderError::SampleCount { expected, found });
        }
        if found == 0 {
            return Err(RenderError::Empty(volume.geometry.size.clone()));
        }
        let side = |size: &u64| usize::try_from(*size).expect("no more than there are samples");
        let sizes: Vec<usize> = volume.geometry.size.iter().map(side).collect();
        Ok(Shape {
            size: std::array::from_fn(|axis| sizes.get(axis).copied().unwrap_or(1)),
            times: sizes.iter().skip(3).product(),
            channels: usize::try_from(volume.channels).expect("no more than there are samples"),
        })
    }

    /// Samples from one voxel to the next along each axis.
    pub(crate) fn strides(&self) -> [usize; 3] {
        let [x, y, _] = self.size;
        [self.channels, self.channels * x, self.channels * x * y]
    }

    /// Samples of one time point.
    pub(crate) fn samples_per_time(&self) -> usize {
        self.size.iter().product::<usize>() * self.channels
    }

    /// First sample of a time point.
    pub(crate) fn start_of(&self, time: u64) -> Result<usize, RenderError> {
        usize::try_from(time)
            .ok()
            .filter(|time| *time < self.times)
            .map(|time| time * self.samples_per_time())
            .ok_or(RenderError::NoSuchTime {
                found: time,
                last: self.times as u64 - 1,
            })
    }
}

/// Single samples as numbers; 64-bit integers beyond 2^53 are rounded.
#[expect(
    clippy::cast_lossless,
    clippy::cast_precision_loss,
    clippy::unnecessary_cast,
    reason = "documented rounding; the macro also casts small types"
)]
pub(crate) fn reader(samples: &Samples) -> Box<SampleReader<'_>> {
    with_samples!(samples, values => Box::new(move |place| values[place] as f64))
}
