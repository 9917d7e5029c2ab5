//! Numbers at offsets: byte order, classic and big layout, and nothing beyond the end of the file.

use std::io::SeekFrom;

use crate::error::ReadProblem;
use crate::source::ReadSeek;

/// An open TIFF.
pub(super) struct TiffFile<'a> {
    reader: &'a mut dyn ReadSeek,
    /// Length of the file, bytes.
    pub(super) length: u64,
    pub(super) big_endian: bool,
    /// BigTIFF: 64-bit offsets and counts.
    pub(super) big: bool,
    /// Offset of the first directory.
    pub(super) first: u64,
}

impl<'a> TiffFile<'a> {
    /// Reads the file header.
    pub(super) fn open(reader: &'a mut dyn ReadSeek) -> Result<Self, ReadProblem> {
        let length = reader.seek(SeekFrom::End(0))?;
        let mut file = TiffFile {
            reader,
            length,
            big_endian: false,
            big: false,
            first: 0,
        };
        let start: [u8; 4] = file.bytes(0, "file header")?;
        file.big_endian = start[0] == b'M';
        file.big = start[2..].contains(&43);
        if file.big {
            let sizes: [u8; 4] = file.bytes(4, "file header")?;
            if file.u16([sizes[0], sizes[1]]) != 8 {
                return Err(ReadProblem::Field {
                    field: "offset size of the BigTIFF header".into(),
                    expected: "8".into(),
                    found: file.u16([sizes[0], sizes[1]]).to_string(),
                });
            }
        }
        let at = if file.big { 8 } else { 4 };
        file.first = file.offset_at(at, "file header")?;
        Ok(file)
    }

    /// Fails unless these bytes lie in the file.
    pub(super) fn contains(&self, offset: u64, bytes: u64, what: &str) -> Result<(), ReadProblem> {
        let end = u128::from(offset) + u128::from(bytes);
        if end > u128::from(self.length) {
            return Err(ReadProblem::Short {
                what: format!("{what} ({bytes} bytes at offset {offset}) ends beyond the file"),
                expected: end,
                found: self.length.into(),
            });
        }
        Ok(())
    }

    /// Goes to an offset after checking that this many bytes follow it.
    pub(super) fn seek(
        &mut self,
        offset: u64,
        bytes: u64,
        what: &str,
    ) -> Result<&mut dyn ReadSeek, ReadProblem> {
        self.contains(offset, bytes, what)?;
        self.reader.seek(SeekFrom::Start(offset))?;
        Ok(&mut *self.reader)
    }

    /// A fixed number of bytes at an offset.
    pub(super) fn bytes<const N: usize>(
        &mut self,
        offset: u64,
        what: &str,
    ) -> Result<[u8; N], ReadProblem> {
        let mut bytes = [0; N];
        self.seek(offset, N as u64, what)?.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Bytes at an offset; `count` is compared with the file before memory is taken.
    pub(super) fn vec(
        &mut self,
        offset: u64,
        count: u64,
        what: &str,
    ) -> Result<Vec<u8>, ReadProblem> {
        let reader = self.seek(offset, count, what)?;
        let mut bytes = vec![0; usize::try_from(count).map_err(std::io::Error::other)?];
        reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// An offset or count: 32 bits, in BigTIFF 64.
    pub(super) fn offset_at(&mut self, at: u64, what: &str) -> Result<u64, ReadProblem> {
        if self.big {
            let bytes = self.bytes(at, what)?;
            Ok(self.u64(bytes))
        } else {
            let bytes = self.bytes(at, what)?;
            Ok(self.u32(bytes).into())
        }
    }

    pub(super) fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    pub(super) fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    pub(super) fn u64(&self, bytes: [u8; 8]) -> u64 {
        if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        }
    }
}
