//! Bytes of samples as they lie in a file, brought into the order in which this crate hands samples on.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::error::ReadProblem;

/// Bytes handed on at a time: a multiple of every sample size.
const CHUNK: usize = 240 * 1024;
/// A compressed stream may go on this far beyond the image before it is refused, bytes.
const MAX_SURPLUS: u64 = 256 << 20;
/// DEFLATE cannot do better than this.
pub(crate) const MAX_DEFLATE_RATIO: u128 = 1032;

/// How samples lie in a file.
pub(crate) struct Layout {
    /// For messages.
    pub(crate) what: String,
    /// Decoded bytes that belong to the image.
    pub(crate) expected: u128,
    /// Bytes of one number.
    pub(crate) component_bytes: usize,
    /// Whether the numbers are big-endian.
    pub(crate) swap: bool,
    /// Numbers of one voxel.
    pub(crate) channels: usize,
    /// Voxels that lie between two numbers of one voxel; 1 when they are interleaved already.
    pub(crate) stride: u128,
}

/// Reads all samples; one block of planes is held in memory where the channels have to be interleaved.
pub(crate) fn pour(
    input: &mut dyn Read,
    layout: &Layout,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<(), ReadProblem> {
    let voxel_bytes = layout.component_bytes * layout.channels;
    let is_planar = layout.stride > 1 && layout.channels > 1;
    let block = if is_planar {
        layout.stride.saturating_mul(voxel_bytes as u128)
    } else {
        (CHUNK / voxel_bytes.max(1) * voxel_bytes).max(voxel_bytes) as u128
    };
    let (mut found, mut bytes, mut voxels) = (0u128, Vec::new(), Vec::new());
    while found < layout.expected {
        let wanted = block.min(layout.expected - found);
        bytes.clear();
        let limit = u64::try_from(wanted).unwrap_or(u64::MAX);
        let result = (&mut *input).take(limit).read_to_end(&mut bytes);
        found += bytes.len() as u128;
        result.map_err(|error| broken(layout, &error, found))?;
        if (bytes.len() as u128) < wanted {
            return Err(ReadProblem::Short {
                what: layout.what.clone(),
                expected: layout.expected,
                found,
            });
        }
        if layout.swap && layout.component_bytes > 1 {
            bytes
                .chunks_exact_mut(layout.component_bytes)
                .for_each(<[u8]>::reverse);
        }
        if is_planar {
            interleave(&bytes, layout, &mut voxels);
            deliver(&voxels);
        } else {
            deliver(&bytes);
        }
    }
    Ok(())
}

/// Reads on to the end of a compressed stream and its checksum; returns the bytes beyond the image.
pub(crate) fn drain(input: &mut dyn Read, layout: &Layout) -> Result<u64, ReadProblem> {
    let surplus = io::copy(&mut input.take(MAX_SURPLUS + 1), &mut io::sink())
        .map_err(|error| broken(layout, &error, layout.expected))?;
    if surplus > MAX_SURPLUS {
        return Err(ReadProblem::Corrupt {
            what: layout.what.clone(),
            problem: format!(
                "goes on far beyond the {} bytes of the image",
                layout.expected
            ),
        });
    }
    Ok(surplus)
}

fn broken(layout: &Layout, error: &io::Error, found: u128) -> ReadProblem {
    ReadProblem::Corrupt {
        what: layout.what.clone(),
        problem: format!(
            "does not decode ({error}); expected {} bytes of samples, found {found}",
            layout.expected
        ),
    }
}

fn interleave(planes: &[u8], layout: &Layout, voxels: &mut Vec<u8>) {
    voxels.clear();
    let size = layout.component_bytes;
    let plane = planes.len() / layout.channels;
    for at in (0..plane).step_by(size) {
        for channel in 0..layout.channels {
            let start = channel * plane + at;
            voxels.extend_from_slice(&planes[start..start + size]);
        }
    }
}

/// A gzip file: its members one after the other; what follows the last one is ignored.
pub(crate) struct Gunzip<R> {
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gunzip<R> {
    /// Starts with the first member.
    pub(crate) fn new(input: R) -> Self {
        Gunzip {
            decoder: Some(GzDecoder::new(input)),
        }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if space.is_empty() {
            return Ok(0);
        }
        while let Some(decoder) = &mut self.decoder {
            let bytes = decoder.read(space)?;
            if bytes > 0 {
                return Ok(bytes);
            }
            let next = self.decoder.take().map(GzDecoder::into_inner);
            if let Some(mut input) = next
                && input.fill_buf()?.starts_with(b"\x1f\x8b")
            {
                self.decoder = Some(GzDecoder::new(input));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_interleaved_and_swapped() {
        let layout = Layout {
            what: "data".into(),
            expected: 12,
            component_bytes: 2,
            swap: true,
            channels: 3,
            stride: 2,
        };
        let mut given = Vec::new();
        let bytes: Vec<u8> = (0..12).collect();
        pour(&mut bytes.as_slice(), &layout, &mut |piece| {
            given.extend_from_slice(piece);
        })
        .unwrap();
        assert_eq!(given, [1, 0, 5, 4, 9, 8, 3, 2, 7, 6, 11, 10]);
        let short = pour(&mut &bytes[..11], &layout, &mut |_| {}).unwrap_err();
        assert_eq!(short.to_string(), "data: expected 12 bytes, found 11");
    }
}
