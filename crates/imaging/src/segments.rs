//! The distinct values of a label image, gathered while its samples stream past.

use std::collections::BTreeSet;

use crate::summary::ComponentType;

/// More distinct values than this are no segmentation. Grand Challenge stops at 64.
const MAX_VALUES: usize = 256;
/// Most volumes of a 4D stack in which each volume is one segment (Grand Challenge's number).
const MAX_STACK: u64 = 64;

/// Gathers distinct values of little-endian integer samples.
#[derive(Debug)]
pub(crate) struct DistinctValues {
    component: ComponentType,
    bytes: [bool; 256],
    values: BTreeSet<i64>,
    given_up: bool,
}

impl DistinctValues {
    /// For samples of this type; floating point types never have segments.
    pub(crate) fn new(component: ComponentType) -> Self {
        DistinctValues {
            component,
            bytes: [false; 256],
            values: BTreeSet::new(),
            given_up: !component.is_integer(),
        }
    }

    /// Takes whole samples.
    pub(crate) fn feed(&mut self, samples: &[u8]) {
        if self.given_up {
            return;
        }
        match self.component {
            ComponentType::Int8 | ComponentType::Uint8 => {
                for sample in samples {
                    self.bytes[usize::from(*sample)] = true;
                }
            }
            ComponentType::Int16 => {
                self.feed_wide(samples, |b: [u8; 2]| Some(i16::from_le_bytes(b).into()))
            }
            ComponentType::Uint16 => {
                self.feed_wide(samples, |b: [u8; 2]| Some(u16::from_le_bytes(b).into()))
            }
            ComponentType::Int32 => {
                self.feed_wide(samples, |b: [u8; 4]| Some(i32::from_le_bytes(b).into()))
            }
            ComponentType::Uint32 => {
                self.feed_wide(samples, |b: [u8; 4]| Some(u32::from_le_bytes(b).into()))
            }
            ComponentType::Int64 => {
                self.feed_wide(samples, |b: [u8; 8]| Some(i64::from_le_bytes(b)))
            }
            ComponentType::Uint64 => self.feed_wide(samples, |b: [u8; 8]| {
                i64::try_from(u64::from_le_bytes(b)).ok()
            }),
            ComponentType::Float16 | ComponentType::Float32 | ComponentType::Float64 => {}
        }
    }

    fn feed_wide<const N: usize>(
        &mut self,
        samples: &[u8],
        value: impl Fn([u8; N]) -> Option<i64>,
    ) {
        let mut last = None;
        for sample in samples.as_chunks::<N>().0 {
            if last == Some(*sample) {
                continue;
            }
            last = Some(*sample);
            match value(*sample) {
                Some(value) => self.values.insert(value),
                None => return self.give_up(),
            };
            if self.values.len() > MAX_VALUES {
                return self.give_up();
            }
        }
    }

    fn give_up(&mut self) {
        self.given_up = true;
        self.values.clear();
    }

    /// The segments of an image with these sizes, ascending. In a 4D stack each volume is one segment, numbered from 1,
    /// if all samples are 0 or 1 and there are at most 64 volumes; other 4D images have none.
    pub(crate) fn segments(mut self, size: &[u64]) -> Option<Vec<i64>> {
        if self.given_up {
            return None;
        }
        for (value, seen) in (0u8..=255).zip(self.bytes) {
            if seen {
                let signed = i64::from(value.cast_signed());
                let is_signed = self.component == ComponentType::Int8;
                self.values
                    .insert(if is_signed { signed } else { value.into() });
            }
        }
        match size {
            [_, _, _, volumes] => {
                let is_stack =
                    *volumes <= MAX_STACK && self.values.iter().all(|value| matches!(value, 0 | 1));
                is_stack.then(|| (1..=volumes.cast_signed()).collect())
            }
            _ => Some(self.values.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(component: ComponentType, bytes: &[u8], size: &[u64]) -> Option<Vec<i64>> {
        let mut values = DistinctValues::new(component);
        values.feed(bytes);
        values.segments(size)
    }

    #[test]
    fn values_are_distinct_and_ascending() {
        assert_eq!(
            segments(ComponentType::Uint8, &[3, 0, 255, 3], &[4]),
            Some(vec![0, 3, 255])
        );
        assert_eq!(
            segments(ComponentType::Int8, &[3, 0, 255, 3], &[4]),
            Some(vec![-1, 0, 3])
        );
        assert_eq!(
            segments(ComponentType::Int16, &[1, 0, 255, 255], &[2]),
            Some(vec![-1, 1])
        );
    }

    #[test]
    fn images_that_are_no_segmentation_have_none() {
        let many: Vec<u8> = (0u16..300).flat_map(u16::to_le_bytes).collect();
        assert_eq!(segments(ComponentType::Uint16, &many, &[300]), None);
        assert_eq!(segments(ComponentType::Float32, &[0; 4], &[1]), None);
        assert_eq!(segments(ComponentType::Uint64, &[255; 8], &[1]), None);
    }

    #[test]
    fn a_stack_of_masks_numbers_its_volumes() {
        assert_eq!(
            segments(ComponentType::Uint8, &[0, 1, 1], &[1, 1, 1, 3]),
            Some(vec![1, 2, 3])
        );
        assert_eq!(
            segments(ComponentType::Uint8, &[0, 3, 1], &[1, 1, 1, 3]),
            None
        );
    }
}
