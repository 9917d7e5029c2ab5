//! The quick way into memory for the most common files: samples behind the header, little-endian, raw or in one zlib stream
//! of the stated length.
//!
//! The file or the decoder fills the memory that holds the samples, all processors at once where the file lets them. Whatever
//! is not exactly as the header says is left to the way through [`super::samples`], which reads it again from the start and
//! says what is wrong: both ways give the same volumes, warnings and refusals.

use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use bytemuck::Pod;
use fs_err::File;
use libdeflater::Decompressor;

use super::checksum::Sum;
use super::fields::{DataPlace, DataStart, Header};
use super::parts;
use crate::huge_pages;
use crate::inflate::decoder_for;
use crate::limits::CheckLimits;
use crate::sample_flow::MAX_DEFLATE_RATIO;
use crate::side_by_side;
use crate::summary::ComponentType;
use crate::volume::Samples;

/// Bytes around the DEFLATE data of a zlib stream: two before it, the checksum after it (RFC 1950, 2.2).
const ZLIB_FRAME: (usize, usize) = (2, 4);

/// Pieces of memory up to this size may be used again without a visit to the kernel, bytes (`mallopt(3)`, `M_MMAP_THRESHOLD`).
const KEPT_MEMORY: usize = 32 << 20;

/// Raw bytes that a thread reads at a time.
const RAW_PIECE: usize = 4 << 20;

/// All samples, when they are where and as many as the header says; `None`: look with the careful way.
pub(super) fn read(
    file: &File,
    header: &Header,
    header_end: u64,
    limits: &CheckLimits,
) -> Option<Samples> {
    let is_simple = header.binary
        && header.place == DataPlace::Local
        && header.start == DataStart::Natural
        && (!header.big_endian || header.component.bytes() == 1);
    let bytes = usize::try_from(header.sample_bytes()).ok()?;
    if !is_simple || bytes == 0 || bytes as u64 > limits.max_voxel_bytes {
        return None;
    }
    let stored = file.metadata().ok()?.len().checked_sub(header_end)?;
    if !header.compressed {
        let is_exact = stored == bytes as u64;
        return is_exact.then(|| {
            typed(header.component, bytes, &mut |target| {
                read_raw(file, header_end, target)
            })
        })?;
    }
    // The file must be able to hold what its header claims before memory is reserved.
    let most = u128::from(stored) * MAX_DEFLATE_RATIO;
    if header.compressed_bytes? != stored || bytes as u128 > most {
        return None;
    }
    let stream = whole_stream(file, header_end, stored)?;
    typed(header.component, bytes, &mut |target| {
        inflate_into(&stream, target)
    })
}

/// Samples as they lie in the file. Several threads are quicker where the kernel has to find and clear the memory first, which
/// is so for what glibc gives back after each use; else the copy alone takes no longer than they take to start.
fn read_raw(file: &File, start: u64, target: &mut [u8]) -> Option<()> {
    if target.len() <= KEPT_MEMORY {
        return file.file().read_exact_at(target, start).ok();
    }
    side_by_side::fill(target, RAW_PIECE, &|number, piece| {
        let place = start.checked_add((number * RAW_PIECE) as u64)?;
        file.file().read_exact_at(piece, place).ok()
    })
}

fn whole_stream(file: &File, start: u64, length: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let mut stream = Vec::new();
    stream.try_reserve_exact(length).ok()?;
    huge_pages::ask_for(stream.spare_capacity_mut());
    // Unlike `read_exact_at` this writes no zeros first.
    let mut file = file.file();
    file.seek(SeekFrom::Start(start)).ok()?;
    file.take(length as u64).read_to_end(&mut stream).ok()?;
    (stream.len() == length).then_some(stream)
}

/// A zlib stream that is sound, fills the target exactly and has nothing behind it; else `None`.
fn inflate_into(stream: &[u8], target: &mut [u8]) -> Option<()> {
    decoder_for(stream, "data").ok()?;
    let (head, tail) = ZLIB_FRAME;
    let has_dictionary = stream.get(1)? & 0x20 != 0;
    let is_gzip = stream[0] == 0x1f;
    if is_gzip || has_dictionary || stream.len() <= head + tail {
        return None;
    }
    let (deflated, checksum) = stream.split_at(stream.len() - tail);
    // The checksum stands right behind the data: where it fits, the stream ends where the file does.
    let expected = u32::from_be_bytes(checksum.try_into().ok()?);
    if parts::decode(&deflated[head..], target) == Some(expected) {
        return Some(());
    }
    let decode = |target: &mut [u8]| {
        let given = Decompressor::new().deflate_decompress(&deflated[head..], target);
        given.ok()
    };
    // Small memory is likely to have been there before.
    let given = if target.len() > KEPT_MEMORY {
        huge_pages::cleared_ahead(target, decode)?
    } else {
        decode(target)?
    };
    (given == target.len() && Sum::of_many(target).value() == expected).then_some(())
}

/// Samples of this type, filled as bytes; `None` when there is no memory for them or they could not be filled.
fn typed(
    component: ComponentType,
    bytes: usize,
    fill: &mut dyn FnMut(&mut [u8]) -> Option<()>,
) -> Option<Samples> {
    Some(match component {
        ComponentType::Int8 => Samples::Int8(filled(bytes, fill)?),
        ComponentType::Uint8 => Samples::Uint8(filled(bytes, fill)?),
        ComponentType::Int16 => Samples::Int16(filled(bytes, fill)?),
        ComponentType::Uint16 => Samples::Uint16(filled(bytes, fill)?),
        ComponentType::Int32 => Samples::Int32(filled(bytes, fill)?),
        ComponentType::Uint32 => Samples::Uint32(filled(bytes, fill)?),
        ComponentType::Int64 => Samples::Int64(filled(bytes, fill)?),
        ComponentType::Uint64 => Samples::Uint64(filled(bytes, fill)?),
        ComponentType::Float32 => Samples::Float32(filled(bytes, fill)?),
        ComponentType::Float64 => Samples::Float64(filled(bytes, fill)?),
        ComponentType::Float16 => return None,
    })
}

/// Bytes of samples are little-endian; so are numbers in memory on every machine that Gantry runs on.
fn filled<T: Pod>(bytes: usize, fill: &mut dyn FnMut(&mut [u8]) -> Option<()>) -> Option<Vec<T>> {
    const { assert!(cfg!(target_endian = "little")) };
    // Zeroed by the system where it gives fresh memory: nothing is touched twice.
    let zeroed = bytemuck::allocation::try_zeroed_slice_box::<T>(bytes / size_of::<T>());
    let mut values = zeroed.ok()?.into_vec();
    huge_pages::ask_for(&mut values);
    fill(bytemuck::cast_slice_mut(&mut values))?;
    Some(values)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use camino::Utf8Path;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::metaimage::{self, read_header};
    use crate::source::open_in_folder_of;
    use crate::stream::gather;

    const SIDE: usize = 1200;

    fn samples() -> Vec<u8> {
        let numbers =
            (0..1_440_000_u64).map(|place| i16::try_from(place * place % 1021).unwrap() - 500);
        numbers.flat_map(i16::to_le_bytes).collect()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn file(fields: &str, data: &[u8]) -> Vec<u8> {
        let mut file = format!(
            "ObjectType = Image\nNDims = 2\nBinaryData = True\nDimSize = {SIDE} {SIDE}\nElementSpacing = 1 1\nElementType = MET_SHORT\n\
             {fields}ElementDataFile = LOCAL\n"
        )
        .into_bytes();
        file.extend(data);
        file
    }

    fn stated(data: &[u8]) -> Vec<u8> {
        let fields = format!(
            "CompressedData = True\nCompressedDataSize = {}\n",
            data.len()
        );
        file(&fields, data)
    }

    /// What both ways say of a file, and whether the quick one was taken.
    fn both(bytes: &[u8]) -> (bool, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("a.mha");
        fs_err::write(&path, bytes).unwrap();
        let limits = CheckLimits::default();
        let mut opened = File::open(&path).unwrap();
        let (header, end) = read_header(&mut opened, &limits).unwrap();
        let is_quick = read(&opened, &header, end, &limits).is_some();
        let say = |result: Result<_, crate::error::ReadProblem>| match result {
            Ok((volume, summary)) => Ok((volume, summary)),
            Err(problem) => Err(problem.to_string()),
        };
        let quick = say(metaimage::read_open(&mut opened, &path, &limits));
        let known = metaimage::inspect(&mut opened, &limits).unwrap();
        let beside = open_in_folder_of(&path);
        let careful = say(gather(&known, &limits, &mut |deliver| {
            metaimage::stream(&mut opened, &beside, &limits, deliver)
        }));
        assert!(
            quick == careful,
            "{:?}",
            quick.err().or(careful.clone().err())
        );
        let told = careful.map_or_else(
            |problem| problem,
            |(_, summary)| summary.warnings.join("; "),
        );
        (is_quick, told)
    }

    #[test]
    fn sound_files_are_read_quickly() {
        let samples = samples();
        assert_eq!(both(&stated(&zlib(&samples))), (true, String::new()));
        assert_eq!(both(&file("", &samples)), (true, String::new()));
    }

    #[test]
    fn whatever_is_odd_is_read_carefully_and_told() {
        let samples = samples();
        let whole = zlib(&samples);
        let mut wrong_sum = whole.clone();
        *wrong_sum.last_mut().unwrap() ^= 1;
        let mut wrong_bytes = whole.clone();
        wrong_bytes[5000] ^= 0x55;
        let surplus = zlib(&[&samples[..], b"more"].concat());
        let trailing = [&whole[..], b"rest"].concat();
        let unstated = file("CompressedData = True\n", &whole);
        let too_short = zlib(&samples[..samples.len() - 2]);
        for (bytes, says) in [
            (stated(&wrong_sum), "does not decode"),
            (stated(&wrong_bytes), ""),
            (stated(&surplus), "4 decoded bytes beyond the image"),
            (stated(&trailing), "the stream has"),
            (stated(&too_short), "ends too early"),
            (stated(&whole[..whole.len() - 9]), "is cut off"),
            (stated(&gzip(&samples)), ""),
            (unstated, "no `CompressedDataSize`"),
            (
                file("", &[&samples[..], b"x"].concat()),
                "1 bytes after the last sample",
            ),
            (file("", &samples[1..]), "found"),
            (file("HeaderSize = -1\n", &samples), ""),
            (file("BinaryDataByteOrderMSB = True\n", &samples), ""),
        ] {
            let (is_quick, told) = both(&bytes);
            assert!(!is_quick, "{told}");
            assert!(told.contains(says), "expected {says}, found {told}");
        }
    }
}
