//! From stored values to the values that an image means: slope and intercept, as GDCM and therefore SimpleITK does it.

use super::data_set::DataSet;
use super::pixel::{Encoding, Pixels};
use super::tag;
use crate::error::ReadProblem;
use crate::summary::ComponentType;

/// `value × slope + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rescale {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

impl Rescale {
    pub(super) const NONE: Rescale = Rescale {
        slope: 1.0,
        intercept: 0.0,
    };

    /// The transform stated in a data set or in one item of the functional groups.
    pub(super) fn of(set: &DataSet) -> Result<Option<Rescale>, ReadProblem> {
        let slope = set.decimal(tag::RESCALE_SLOPE)?;
        let intercept = set.decimal(tag::RESCALE_INTERCEPT)?;
        if slope.is_none() && intercept.is_none() {
            return Ok(None);
        }
        Ok(Some(Rescale {
            slope: or_one(slope.unwrap_or(1.0)),
            intercept: intercept.unwrap_or(0.0),
        }))
    }

    fn is_whole(self) -> bool {
        let whole = |value: f64| value.fract() == 0.0 && value.abs() < 9e15;
        whole(self.slope) && whole(self.intercept)
    }

    /// Smallest and largest value that can come out; only for whole numbers.
    fn range(self, pixels: &Pixels) -> (f64, f64) {
        let (low, high) = pixels.range();
        let (a, b) = (self.apply(low as f64), self.apply(high as f64));
        (a.min(b), a.max(b))
    }

    pub(super) fn apply(self, value: f64) -> f64 {
        // Not fused: GDCM rounds twice, and the last bit counts.
        value * self.slope + self.intercept
    }
}

/// A slope of zero would wipe the image out; writers mean "none".
fn or_one(slope: f64) -> f64 {
    if slope == 0.0 { 1.0 } else { slope }
}

/// The type that holds the rescaled values of all planes: the smallest integer for whole slopes, else `float64`.
pub(super) fn component(planes: &[(Pixels, Rescale)]) -> ComponentType {
    let Some((pixels, _)) = planes.first() else {
        return ComponentType::Float64;
    };
    if planes.iter().all(|(_, rescale)| *rescale == Rescale::NONE) {
        return pixels.component();
    }
    let is_whole = planes.iter().all(|(_, rescale)| rescale.is_whole());
    if pixels.encoding == Encoding::Float || !is_whole {
        return ComponentType::Float64;
    }
    let (low, high) = planes
        .iter()
        .map(|(pixels, rescale)| rescale.range(pixels))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (a, b)| {
            (low.min(a), high.max(b))
        });
    smallest(low, high)
}

fn smallest(low: f64, high: f64) -> ComponentType {
    let fits = |min: f64, max: f64| low >= min && high <= max;
    let candidates = if low >= 0.0 {
        [
            (ComponentType::Uint8, 0.0, f64::from(u8::MAX)),
            (ComponentType::Uint16, 0.0, f64::from(u16::MAX)),
            (ComponentType::Uint32, 0.0, f64::from(u32::MAX)),
        ]
    } else {
        [
            (ComponentType::Int8, f64::from(i8::MIN), f64::from(i8::MAX)),
            (
                ComponentType::Int16,
                f64::from(i16::MIN),
                f64::from(i16::MAX),
            ),
            (
                ComponentType::Int32,
                f64::from(i32::MIN),
                f64::from(i32::MAX),
            ),
        ]
    };
    candidates
        .into_iter()
        .find(|(_, min, max)| fits(*min, *max))
        .map_or(ComponentType::Float64, |(component, _, _)| component)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_integer_is_found() {
        assert_eq!(smallest(-1024.0, 3071.0), ComponentType::Int16);
        assert_eq!(smallest(-33792.0, 31743.0), ComponentType::Int32);
        assert_eq!(smallest(0.0, 256.0), ComponentType::Uint16);
        assert_eq!(smallest(0.0, 1e10), ComponentType::Float64);
    }
}
