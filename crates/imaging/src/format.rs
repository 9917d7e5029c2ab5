//! Tells formats apart by their first bytes; names and extensions do not matter.

use std::io::{Read, SeekFrom};

use crate::error::ReadProblem;
use crate::source::ReadSeek;
use crate::summary::ImageFormat;
use crate::{dicom, metaimage, nifti};

/// MetaIO looks for its first field in this many bytes.
const LOOK_AT: u64 = 8000;

/// What the file is, or what it looks like instead.
pub(crate) fn detect(file: &mut dyn ReadSeek) -> Result<ImageFormat, ReadProblem> {
    file.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    file.take(LOOK_AT).read_to_end(&mut start)?;
    if dicom::has_magic(&start) {
        // Before TIFF: the preamble of a DICOM file may be the start of a TIFF that shows the same pixels.
        return Ok(ImageFormat::Dicom);
    }
    if let [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] = start.as_slice() {
        return Ok(ImageFormat::Tiff);
    }
    if let Some(format) = by_magic(&start) {
        return Ok(format);
    }
    if metaimage::looks_like(&start) {
        return Ok(ImageFormat::MetaImage);
    }
    if nifti::looks_like(&start) {
        return Ok(ImageFormat::Nifti);
    }
    if dicom::looks_like(&start) {
        return Ok(ImageFormat::Dicom);
    }
    Err(ReadProblem::UnknownFormat {
        looks_like: looks_like(&start).into(),
    })
}

fn by_magic(start: &[u8]) -> Option<ImageFormat> {
    if start.starts_with(b"NRRD") {
        Some(ImageFormat::Nrrd)
    } else if start.starts_with(b"\x89PNG") {
        Some(ImageFormat::Png)
    } else if start.starts_with(b"\xff\xd8\xff") {
        Some(ImageFormat::Jpeg)
    } else {
        None
    }
}

fn looks_like(start: &[u8]) -> &'static str {
    let magic_at = |offset: usize, magic: &[u8]| {
        start
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    let known: [(usize, &[u8], &str); 6] = [
        (
            0,
            b"version https://git-lfs",
            "it is a Git LFS pointer, the image itself was not downloaded",
        ),
        (0, b"\x1f\x8b", "it is compressed with gzip"),
        (0, b"PK\x03\x04", "it looks like a zip archive"),
        (0, b"\x89HDF", "it looks like HDF5"),
        (0, b"\x93NUMPY", "it looks like a NumPy array"),
        (0, b"{", "it looks like JSON"),
    ];
    if start.is_empty() {
        return "the file is empty";
    }
    if start.iter().all(|byte| *byte == 0) {
        return "it starts with zero bytes only";
    }
    known
        .iter()
        .find(|(offset, magic, _)| magic_at(*offset, magic))
        .map_or(
            "the first bytes are of no known image format",
            |(_, _, words)| words,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<ImageFormat, String> {
        detect(&mut std::io::Cursor::new(bytes)).map_err(|problem| problem.to_string())
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        assert_eq!(found(b"II\x2a\0\x08\0\0\0"), Ok(ImageFormat::Tiff));
        assert_eq!(found(b"MM\0\x2b\0\x08\0\0"), Ok(ImageFormat::Tiff));
        assert_eq!(found(b"# x\nNDims=3\n"), Ok(ImageFormat::MetaImage));
        for (bytes, words) in [
            (
                b"version https://git-lfs.github.com/spec/v1\n".as_slice(),
                "Git LFS pointer",
            ),
            (b"", "the file is empty"),
            (b"PK\x03\x04", "zip archive"),
        ] {
            let message = found(bytes).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
    }
}
