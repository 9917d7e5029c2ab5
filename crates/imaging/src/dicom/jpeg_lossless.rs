//! Lossless JPEG: differences to a prediction, Huffman-coded (ITU-T T.81, annex H).
//!
//! Written here because the decoder that was used before overlooks restart intervals and takes shifted samples for
//! predictions where there is a point transform: it gave noise without a word.

use super::huffman::{Bits, Table};

/// What the stream says before a scan.
#[derive(Default)]
struct Tables {
    huffman: [Option<Table>; 4],
    /// Pixels between two restart markers; 0: there are none.
    restart: usize,
}

/// The frame header (T.81, B.2.2).
struct Frame {
    precision: u8,
    width: usize,
    height: usize,
    components: Vec<u8>,
}

/// One scan: which components it holds and how they were predicted (T.81, B.2.3).
struct Scan {
    /// Index in the frame, and Huffman table.
    parts: Vec<(usize, usize)>,
    predictor: u8,
    point_transform: u8,
}

/// Decodes a stream of kind 3 whose size was compared with the attributes: pixel by pixel, components interleaved.
pub(super) fn decode(stream: &[u8]) -> Result<Vec<u16>, String> {
    let mut tables = Tables::default();
    let mut frame = None;
    let mut samples = Vec::new();
    let mut missing = 0;
    let mut at = 2;
    loop {
        let (marker, segment) = segment(stream, &mut at)?;
        match marker {
            0xc4 => tables.define(segment)?,
            0xdd => {
                let [high, low] = *segment else {
                    return Err("has a broken restart interval".into());
                };
                tables.restart = usize::from(u16::from_be_bytes([high, low]));
            }
            // Only the first was compared with the attributes, before memory is reserved for it.
            0xc3 if frame.is_some() => return Err("has two frame headers".into()),
            0xc3 => {
                let found = Frame::parse(segment)?;
                missing = found.components.len();
                samples = vec![0; found.width * found.height * missing];
                frame = Some(found);
            }
            0xda => {
                let frame = frame.as_ref().ok_or("has no frame header")?;
                let scan = Scan::parse(segment, frame)?;
                let data = stream.get(at..).unwrap_or_default();
                at += scan.read(data, frame, &tables, &mut samples)?;
                missing = missing.saturating_sub(scan.parts.len());
                if missing == 0 {
                    return Ok(samples);
                }
            }
            0xd9 => return Err("ends before its last component".into()),
            _ => {}
        }
    }
}

/// The next marker segment, wherever the last one ended.
fn segment<'a>(stream: &'a [u8], at: &mut usize) -> Result<(u8, &'a [u8]), String> {
    let rest = stream.get(*at..).unwrap_or_default();
    let found = rest
        .windows(2)
        .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7))
        .ok_or("ends before its last component")?;
    let marker = rest[found + 1];
    let body = &rest[found + 2..];
    if marker == 0xd9 {
        return Ok((marker, &[]));
    }
    let length = body
        .first_chunk::<2>()
        .map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
    let segment = body.get(2..length).ok_or("ends inside a marker")?;
    *at += found + 2 + length;
    Ok((marker, segment))
}

impl Tables {
    fn define(&mut self, mut segment: &[u8]) -> Result<(), String> {
        while let Some((&name, rest)) = segment.split_first() {
            let (counts, rest) = rest
                .split_first_chunk::<16>()
                .ok_or("ends inside a Huffman table")?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest
                .split_at_checked(total)
                .ok_or("ends inside a Huffman table")?;
            // Tables of class 1 are those of lossy streams; nothing here uses them.
            if name < 4 {
                self.huffman[usize::from(name)] = Some(Table::new(counts, values)?);
            }
            segment = rest;
        }
        Ok(())
    }
}

impl Frame {
    fn parse(segment: &[u8]) -> Result<Frame, String> {
        let [precision, h1, h0, w1, w0, count, components @ ..] = segment else {
            return Err("has a broken frame header".into());
        };
        let (components, _) = components.as_chunks::<3>();
        let is_subsampled =
            components.len() > 1 && components.iter().any(|[_, sampling, _]| *sampling != 0x11);
        if components.len() != usize::from(*count) || !(2..=16).contains(precision) {
            return Err("has a broken frame header".into());
        }
        if is_subsampled {
            return Err("is lossless and has fewer samples of some components".into());
        }
        Ok(Frame {
            precision: *precision,
            width: u16::from_be_bytes([*w1, *w0]).into(),
            height: u16::from_be_bytes([*h1, *h0]).into(),
            components: components.iter().map(|part| part[0]).collect(),
        })
    }
}

impl Scan {
    fn parse(segment: &[u8], frame: &Frame) -> Result<Scan, String> {
        let broken = || "has a broken scan header".to_owned();
        let (count, rest) = segment.split_first().ok_or_else(broken)?;
        let (parts, rest) = rest
            .split_at_checked(usize::from(*count) * 2)
            .ok_or_else(broken)?;
        let [predictor, _, transform, ..] = *rest else {
            return Err(broken());
        };
        let parts = parts.as_chunks::<2>().0.iter().map(|[name, table]| {
            let index = frame.components.iter().position(|known| known == name);
            index.map(|index| (index, usize::from(table >> 4)))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>().ok_or_else(broken)?;
        let point_transform = transform & 15;
        if parts.is_empty() || !(1..=7).contains(&predictor) || point_transform >= frame.precision {
            return Err(broken());
        }
        Ok(Scan {
            parts,
            predictor,
            point_transform,
        })
    }

    /// Fills the samples of its components; returns how many bytes it took.
    fn read(
        &self,
        data: &[u8],
        frame: &Frame,
        tables: &Tables,
        samples: &mut [u16],
    ) -> Result<usize, String> {
        if frame.width == 0 || !tables.restart.is_multiple_of(frame.width) {
            return Err("has restart markers inside a row".into());
        }
        let rows_between = tables.restart / frame.width;
        let mut parts = Vec::new();
        for (index, table) in &self.parts {
            let table = tables.huffman.get(*table).and_then(Option::as_ref);
            parts.push((
                *index,
                table.ok_or("uses a Huffman table that is not there")?,
            ));
        }
        let mut bits = Bits::new(data);
        let stride = frame.width * frame.components.len();
        for row in 0..frame.height {
            let is_start = if rows_between == 0 {
                row == 0
            } else {
                row.is_multiple_of(rows_between)
            };
            if is_start && row > 0 {
                bits.restart(row / rows_between - 1)?;
            }
            let (before, rest) = samples.split_at_mut(row * stride);
            // The first row after a restart is predicted as the first of all.
            let above = (!is_start).then(|| &before[(row - 1) * stride..]);
            self.row(&mut bits, &parts, (above, &mut rest[..stride]), frame)?;
        }
        if self.point_transform > 0 {
            for pixel in samples.chunks_exact_mut(frame.components.len()) {
                for (index, _) in &self.parts {
                    pixel[*index] <<= self.point_transform;
                }
            }
        }
        Ok(bits.position())
    }

    /// One row, in units of the point transform; `above` is the row before it (T.81, H.1.2.1).
    fn row(
        &self,
        bits: &mut Bits<'_>,
        parts: &[(usize, &Table)],
        (above, row): (Option<&[u16]>, &mut [u16]),
        frame: &Frame,
    ) -> Result<(), String> {
        let step = frame.components.len();
        let middle = 1 << (frame.precision - self.point_transform - 1);
        for pixel in 0..frame.width {
            for (index, table) in parts {
                let at = pixel * step + index;
                let prediction = match above {
                    None if pixel == 0 => middle,
                    None => i32::from(row[at - step]),
                    Some(above) if pixel == 0 => i32::from(above[at]),
                    Some(above) => {
                        let near = [row[at - step], above[at], above[at - step]];
                        self.predict(near.map(i32::from))
                    }
                };
                let sum = prediction + bits.difference(table)?;
                row[at] = u16::try_from(sum & 0xffff).expect("16 bits");
            }
        }
        Ok(())
    }

    /// From the samples to the left, above, and above to the left (T.81, table H.1).
    fn predict(&self, [a, b, c]: [i32; 3]) -> i32 {
        match self.predictor {
            1 => a,
            2 => b,
            3 => c,
            4 => a + b - c,
            5 => a + ((b - c) >> 1),
            6 => b + ((a - c) >> 1),
            _ => (a + b) >> 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 7;
    const HEIGHT: usize = 6;

    /// How a stream is written.
    struct Written {
        precision: u8,
        predictor: u8,
        point_transform: u8,
        /// Rows between restart markers.
        restart: usize,
        components: usize,
    }

    /// Samples with big and small steps, below `1 << precision`.
    fn samples(written: &Written) -> Vec<u16> {
        let most = u32::from(u16::MAX) >> (16 - written.precision);
        let count = u32::try_from(WIDTH * HEIGHT * written.components).unwrap();
        let noise = (0..count).map(|at| (at * at % 65_521 * 40_503) & most);
        noise
            .map(|value| u16::try_from(value).unwrap() >> written.point_transform)
            .collect()
    }

    /// Codes of five bits for the seventeen lengths of differences, and the bits behind them (T.81, annex H).
    fn coded(written: &Written, samples: &[u16]) -> Vec<u8> {
        let step = written.components;
        let value = |row: usize, pixel: usize, part: usize| {
            i32::from(samples[(row * WIDTH + pixel) * step + part])
        };
        let mut data = Vec::new();
        let mut bits = String::new();
        for row in 0..HEIGHT {
            let is_start = row == 0 || written.restart > 0 && row % written.restart == 0;
            if is_start && row > 0 {
                flush(&mut data, &mut bits);
                let number = (row / written.restart - 1) % 8;
                data.extend([0xff, 0xd0 + u8::try_from(number).unwrap()]);
            }
            for pixel in 0..WIDTH {
                for part in 0..step {
                    let prediction = match (is_start, pixel) {
                        (true, 0) => 1 << (written.precision - written.point_transform - 1),
                        (true, _) => value(row, pixel - 1, part),
                        (false, 0) => value(row - 1, 0, part),
                        (false, _) => {
                            let a = value(row, pixel - 1, part);
                            let b = value(row - 1, pixel, part);
                            let c = value(row - 1, pixel - 1, part);
                            [
                                a,
                                b,
                                c,
                                a + b - c,
                                a + ((b - c) >> 1),
                                b + ((a - c) >> 1),
                                (a + b) >> 1,
                            ][usize::from(written.predictor) - 1]
                        }
                    };
                    put(&mut bits, value(row, pixel, part) - prediction);
                }
            }
        }
        flush(&mut data, &mut bits);
        data
    }

    fn put(bits: &mut String, difference: i32) {
        let wrapped = (difference + 32_768).rem_euclid(65_536) - 32_768;
        if wrapped == -32_768 {
            *bits += &format!("{:05b}", 16);
            return;
        }
        let length = 32 - wrapped.abs().leading_zeros();
        *bits += &format!("{length:05b}");
        if length > 0 {
            let shown = if wrapped < 0 {
                wrapped + (1 << length) - 1
            } else {
                wrapped
            };
            *bits += &format!("{shown:0width$b}", width = length as usize);
        }
    }

    fn flush(data: &mut Vec<u8>, bits: &mut String) {
        while !bits.len().is_multiple_of(8) {
            bits.push('1');
        }
        for byte in bits.as_bytes().chunks(8) {
            let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
            data.push(byte);
            if byte == 0xff {
                data.push(0);
            }
        }
        bits.clear();
    }

    fn stream(written: &Written, samples: &[u16]) -> Vec<u8> {
        let count = u8::try_from(written.components).unwrap();
        let mut stream = vec![0xff, 0xd8, 0xff, 0xc4, 0, 36, 0];
        stream.extend([0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        stream.extend(0..17);
        let interval = u8::try_from(written.restart * WIDTH).unwrap();
        stream.extend([0xff, 0xdd, 0, 4, 0, interval]);
        stream.extend([
            0xff,
            0xc3,
            0,
            8 + 3 * count,
            written.precision,
            0,
            6,
            0,
            7,
            count,
        ]);
        stream.extend((1..=count).flat_map(|name| [name, 0x11, 0]));
        stream.extend([0xff, 0xda, 0, 6 + 2 * count, count]);
        stream.extend((1..=count).flat_map(|name| [name, 0]));
        stream.extend([written.predictor, 0, written.point_transform]);
        stream.extend(coded(written, samples));
        stream.extend([0xff, 0xd9]);
        stream
    }

    #[test]
    fn every_predictor_point_transform_and_restart_gives_the_samples_back() {
        for predictor in 1..=7 {
            for (precision, point_transform) in [(8, 0), (12, 0), (12, 3), (16, 0), (16, 2)] {
                for (restart, components) in [(0, 1), (2, 1), (1, 3), (0, 3)] {
                    let written = Written {
                        precision,
                        predictor,
                        point_transform,
                        restart,
                        components,
                    };
                    let samples = samples(&written);
                    let expected: Vec<_> = samples
                        .iter()
                        .map(|value| value << point_transform)
                        .collect();
                    assert_eq!(
                        decode(&stream(&written, &samples)),
                        Ok(expected),
                        "predictor {predictor}, {precision} bits, transform {point_transform}, restart {restart}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_refused_wherever_it_ends() {
        let written = Written {
            precision: 12,
            predictor: 4,
            point_transform: 0,
            restart: 2,
            components: 1,
        };
        let whole = stream(&written, &samples(&written));
        for length in 2..whole.len() - 3 {
            assert!(decode(&whole[..length]).is_err(), "{length}");
        }
        let colour = Written {
            components: 3,
            ..written
        };
        let colour = stream(&colour, &samples(&colour));
        let at = colour
            .windows(2)
            .position(|pair| pair == [0xff, 0xc3])
            .unwrap();
        let header = &colour[at..at + 2 + 17];
        let twice = [&colour[..at], header, &colour[at..]].concat();
        assert_eq!(decode(&twice).unwrap_err(), "has two frame headers");
        let mut wrong_marker = whole.clone();
        let at = whole
            .windows(2)
            .position(|pair| pair == [0xff, 0xd0])
            .unwrap();
        wrong_marker[at + 1] = 0xd3;
        assert_eq!(decode(&wrong_marker).unwrap_err(), "lacks restart marker 0");
    }
}
