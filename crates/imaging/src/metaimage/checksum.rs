//! The checksum of a zlib stream, from pieces that are looked at apart.

use std::thread;

use libdeflater::adler32;

use crate::side_by_side;

/// A thread is started for so many bytes.
const WORTH_IT: usize = 8 << 20;

/// The checksum Adler-32 (RFC 1950, 8.2) of some bytes, which can be put before the one of others.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    value: u32,
    bytes: usize,
}

impl Sum {
    pub(super) fn of_nothing() -> Sum {
        Sum { value: 1, bytes: 0 }
    }

    pub(super) fn of(bytes: &[u8]) -> Sum {
        Sum {
            value: adler32(bytes),
            bytes: bytes.len(),
        }
    }

    /// Of so many bytes that it is worth to look at them with all processors.
    pub(super) fn of_many(bytes: &[u8]) -> Sum {
        let piece = bytes.len().div_ceil(side_by_side::threads()).max(WORTH_IT);
        thread::scope(|scope| {
            let (first, others) = bytes.split_at(piece.min(bytes.len()));
            let others: Vec<_> = others
                .chunks(piece)
                .map(|bytes| scope.spawn(|| Sum::of(bytes)))
                .collect();
            let others = others.into_iter().map(|sum| sum.join());
            others.fold(Sum::of(first), |sum, next| {
                sum.and(next.expect("counting does not panic"))
            })
        })
    }

    pub(super) fn value(self) -> u32 {
        self.value
    }

    /// The checksum of these bytes and those of `next` behind them.
    pub(super) fn and(self, next: Sum) -> Sum {
        const BASE: u64 = 65_521;
        let ((low, high), (next_low, next_high)) = (self.halves(), next.halves());
        let next_bytes = next.bytes as u64 % BASE;
        let both_low = (low + next_low + BASE - 1) % BASE;
        let both_high = (high + next_high + next_bytes * (low + BASE - 1)) % BASE;
        Sum {
            value: u32::try_from(both_high << 16 | both_low).expect("two numbers of 16 bits"),
            bytes: self.bytes + next.bytes,
        }
    }

    /// One and the sum of the bytes; the sum of all those sums.
    fn halves(self) -> (u64, u64) {
        (u64::from(self.value & 0xffff), u64::from(self.value >> 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_have_the_sum_of_all() {
        for bytes in [0, 1, WORTH_IT, WORTH_IT + 1, 3 * WORTH_IT + 12_345] {
            let bytes: Vec<u8> = (0..bytes)
                .map(|at| (at * at % 251).to_le_bytes()[0])
                .collect();
            assert_eq!(
                Sum::of_many(&bytes).value(),
                adler32(&bytes),
                "{}",
                bytes.len()
            );
        }
    }
}
