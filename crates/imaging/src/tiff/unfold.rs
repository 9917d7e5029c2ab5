//! From the decoded bytes of one row to its samples: little-endian, whole bytes each, predictor undone.

use super::page::Page;
use crate::summary::ComponentType;

/// How the rows of a page turn into samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unfold {
    bits: usize,
    /// Samples of one pixel that lie together in a row.
    samples: usize,
    big_endian: bool,
    predictor: u16,
}

impl Page {
    /// Type of one sample once it fills whole bytes: 1 to 7 bits become 8, 9 to 15 become 16, 17 to 31 become 32.
    pub(super) fn unpacked_type(&self) -> Option<ComponentType> {
        match (self.sample_format, self.bits) {
            (1 | 4, 1..=7) => Some(ComponentType::Uint8),
            (1 | 4, 9..=15) => Some(ComponentType::Uint16),
            (1 | 4, 17..=31) => Some(ComponentType::Uint32),
            _ => self.component_type(),
        }
    }
}

impl Unfold {
    /// `None` where the bits of a pixel make no samples of one common type.
    pub(super) fn of(page: &Page, big_endian: bool) -> Option<Unfold> {
        let component = page.unpacked_type()?;
        let is_packed = is_packed(page.bits.into());
        let is_even = u64::from(page.bits) * u64::from(page.samples) == page.pixel_bits;
        let is_known = match page.predictor {
            1 => true,
            2 => !is_packed,
            3 => component.is_float(),
            _ => false,
        };
        (is_even && is_known).then(|| Unfold {
            bits: page.bits.into(),
            samples: if page.planar { 1 } else { page.samples.into() },
            big_endian,
            predictor: page.predictor,
        })
    }

    /// Bytes of one sample.
    pub(super) fn sample_bytes(&self) -> usize {
        self.bits.div_ceil(8).next_power_of_two()
    }

    /// Bytes of the samples of one pixel that lie together.
    pub(super) fn pixel_bytes(&self) -> usize {
        self.samples * self.sample_bytes()
    }

    /// Puts the samples of one row of `width` pixels after those in `out`.
    pub(super) fn row(&self, row: &mut [u8], width: usize, out: &mut Vec<u8>) {
        if is_packed(self.bits) {
            return self.unpack(row, width, out);
        }
        let bytes = self.sample_bytes();
        if self.big_endian && self.predictor != 3 && bytes > 1 {
            row.chunks_exact_mut(bytes).for_each(<[u8]>::reverse);
        }
        match self.predictor {
            2 => add_up(row, self.samples, bytes),
            3 => float_row(row, self.samples, bytes),
            _ => {}
        }
        out.extend_from_slice(row);
    }

    /// Numbers that share bytes, the highest bit first; a row starts at a whole byte.
    fn unpack(&self, row: &[u8], width: usize, out: &mut Vec<u8>) {
        let (mut held, mut count) = (0u64, 0);
        let mut bytes = row.iter();
        for _ in 0..width * self.samples {
            while count < self.bits {
                held = held << 8 | u64::from(bytes.next().copied().unwrap_or(0));
                count += 8;
            }
            count -= self.bits;
            let number = held >> count & ((1 << self.bits) - 1);
            out.extend_from_slice(&number.to_le_bytes()[..self.sample_bytes()]);
        }
    }
}

/// True for numbers that are no bytes, words or longs. 24 bits are three bytes, the highest first whatever the byte order
/// of the file is, as tifffile reads them.
fn is_packed(bits: usize) -> bool {
    !matches!(bits, 8 | 16 | 32 | 64)
}

/// Predictor 2: each number is a difference to the pixel on its left.
fn add_up(row: &mut [u8], samples: usize, sample_bytes: usize) {
    let step = samples * sample_bytes;
    match sample_bytes {
        1 => {
            for at in step..row.len() {
                row[at] = row[at].wrapping_add(row[at - step]);
            }
        }
        2 => add_up_as::<2>(row, step, |a, b| {
            u16::from_le_bytes(a)
                .wrapping_add(u16::from_le_bytes(b))
                .to_le_bytes()
        }),
        4 => add_up_as::<4>(row, step, |a, b| {
            u32::from_le_bytes(a)
                .wrapping_add(u32::from_le_bytes(b))
                .to_le_bytes()
        }),
        _ => add_up_as::<8>(row, step, |a, b| {
            u64::from_le_bytes(a)
                .wrapping_add(u64::from_le_bytes(b))
                .to_le_bytes()
        }),
    }
}

fn add_up_as<const N: usize>(
    row: &mut [u8],
    step: usize,
    add: impl Fn([u8; N], [u8; N]) -> [u8; N],
) {
    let (numbers, _) = row.as_chunks_mut::<N>();
    for at in step / N..numbers.len() {
        numbers[at] = add(numbers[at], numbers[at - step / N]);
    }
}

/// Predictor 3: byte planes, the highest first, as differences.
fn float_row(row: &mut [u8], samples: usize, sample_bytes: usize) {
    add_up(row, samples, 1);
    let planes = row.to_vec();
    let count = row.len() / sample_bytes;
    for (at, byte) in row.iter_mut().enumerate() {
        *byte = planes[(sample_bytes - 1 - at % sample_bytes) * count + at / sample_bytes];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfold(bits: usize, samples: usize) -> Unfold {
        Unfold {
            bits,
            samples,
            big_endian: false,
            predictor: 1,
        }
    }

    fn rowed(unfold: Unfold, bytes: &[u8], width: usize) -> Vec<u8> {
        let mut out = Vec::new();
        unfold.row(&mut bytes.to_vec(), width, &mut out);
        out
    }

    #[test]
    fn packed_numbers_fill_whole_bytes() {
        assert_eq!(rowed(unfold(1, 1), &[0b1011_0000], 5), [1, 0, 1, 1, 0]);
        assert_eq!(rowed(unfold(4, 3), &[0x12, 0x30], 1), [1, 2, 3]);
        assert_eq!(
            rowed(unfold(12, 1), &[0xab, 0xc1, 0x23], 2),
            [0xbc, 0x0a, 0x23, 0x01]
        );
        assert_eq!(
            rowed(unfold(24, 1), &[1, 2, 3, 0xff, 0, 0], 2),
            [3, 2, 1, 0, 0, 0, 0xff, 0]
        );
    }

    #[test]
    fn byte_order_and_predictor_are_undone() {
        let differences = Unfold {
            big_endian: true,
            predictor: 2,
            ..unfold(16, 1)
        };
        assert_eq!(
            rowed(differences, &[0, 255, 0, 2, 255, 255], 3),
            [255, 0, 1, 1, 0, 1]
        );
        let colours = Unfold {
            predictor: 2,
            ..unfold(8, 3)
        };
        assert_eq!(rowed(colours, &[1, 2, 3, 1, 1, 254], 2), [1, 2, 3, 2, 3, 1]);
        // 1.0 and 1.0 as floats: byte planes 3f 3f | 80 80 | 0 0 | 0 0, as differences.
        let floats = Unfold {
            predictor: 3,
            ..unfold(32, 1)
        };
        let bytes = [0x3f, 0, 0x41, 0, 0x80, 0, 0, 0];
        assert_eq!(
            rowed(floats, &bytes, 2),
            [1f32.to_le_bytes(), 1f32.to_le_bytes()].concat()
        );
    }
}
