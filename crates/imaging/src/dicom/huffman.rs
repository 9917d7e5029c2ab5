//! Huffman codes and bits of a JPEG stream (ITU-T T.81, annexes C and F).

/// Codes of at most this many bits are looked up at once.
const QUICK: u32 = 9;

/// One table of codes.
pub(super) struct Table {
    /// Length and value of each beginning of `QUICK` bits; length 0: the code is longer.
    quick: Vec<(u8, u8)>,
    /// For each length from 1 to 16 the first code, the number of codes and where their values start.
    lengths: [(u32, u32, usize); 16],
    values: Vec<u8>,
}

impl Table {
    /// `counts` of codes with 1 to 16 bits, and their values in order (T.81, C.2).
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Result<Table, String> {
        let mut table = Table {
            quick: vec![(0, 0); 1 << QUICK],
            lengths: [(0, 0, 0); 16],
            values: values.to_vec(),
        };
        let (mut code, mut start) = (0_u32, 0);
        for (length, count) in (1_u32..).zip(counts) {
            let count = u32::from(*count);
            if code + count > 1 << length {
                return Err("has a Huffman table with more codes than fit".into());
            }
            let here = &values[start..start + count as usize];
            table.lengths[length as usize - 1] = (code, count, start);
            if length <= QUICK {
                let each = 1 << (QUICK - length);
                let first = (code as usize) << (QUICK - length);
                for (index, value) in here.iter().enumerate() {
                    let length = u8::try_from(length).expect("at most 16");
                    table.quick[first + index * each..][..each].fill((length, *value));
                }
            }
            start += here.len();
            code = (code + count) << 1;
        }
        Ok(table)
    }

    /// Length and value of the code at the start of 16 bits.
    fn find(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, value) = self.quick[(bits >> (16 - QUICK)) as usize];
        if length > 0 {
            return Some((length.into(), value));
        }
        (QUICK + 1..=16).find_map(|length| {
            let (first, count, start) = self.lengths[length as usize - 1];
            let place = (bits >> (16 - length)).checked_sub(first)?;
            (place < count).then(|| (length, self.values[start + place as usize]))
        })
    }
}

/// The bits of entropy-coded data up to the next marker.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the top.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Bits<'a> {
        Bits {
            data,
            at: 0,
            held: 0,
            count: 0,
        }
    }

    /// Bytes taken, some of them ahead.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn refill(&mut self) {
        while self.count <= 56 {
            let byte = match self.data.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 1;
                    0xff
                }
                Some([0xff, ..] | []) | None => return,
                Some([byte, ..]) => *byte,
            };
            self.at += 1;
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn drop_bits(&mut self, bits: u32) -> Result<(), String> {
        self.count = self
            .count
            .checked_sub(bits)
            .ok_or("ends before its last sample")?;
        self.held <<= bits;
        Ok(())
    }

    /// One difference: its number of bits is coded, the bits follow (T.81, H.1.2.2 and F.1.2.1.1).
    pub(super) fn difference(&mut self, table: &Table) -> Result<i32, String> {
        if self.count < 32 {
            self.refill();
        }
        let top = u32::try_from(self.held >> 48).expect("16 bits");
        let (length, bits) = table.find(top).ok_or("holds a code that is in no table")?;
        self.drop_bits(length)?;
        match bits {
            0 => Ok(0),
            1..=15 => {
                let bits = u32::from(bits);
                let value = i32::try_from(self.held >> (64 - bits)).expect("15 bits");
                self.drop_bits(bits)?;
                let is_negative = value < 1 << (bits - 1);
                Ok(if is_negative {
                    value - (1 << bits) + 1
                } else {
                    value
                })
            }
            16 => Ok(32_768),
            more => Err(format!("holds a difference of {more} bits")),
        }
    }

    /// Passes the restart marker of this number (T.81, B.2.1: they count from 0 to 7 and again).
    pub(super) fn restart(&mut self, number: usize) -> Result<(), String> {
        self.refill();
        while self.data.get(self.at..self.at + 2) == Some(&[0xff, 0xff]) {
            self.at += 1;
        }
        let expected = 0xd0 | u8::try_from(number % 8).expect("below 8");
        // What is left of the last byte is padding.
        if self.count >= 8 || self.data.get(self.at..self.at + 2) != Some(&[0xff, expected]) {
            return Err(format!("lacks restart marker {}", number % 8));
        }
        self.at += 2;
        (self.held, self.count) = (0, 0);
        Ok(())
    }
}
