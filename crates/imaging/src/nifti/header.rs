//! The fixed header of NIfTI-1 and Analyze (348 bytes) and NIfTI-2 (540 bytes), in either byte order.

use crate::error::ReadProblem;

/// The fields that matter here, as stored.
pub(super) struct Header {
    /// Number of dimensions, then their sizes.
    pub(super) dim: [i64; 8],
    /// `qfac`, then the spacings.
    pub(super) pixdim: [f64; 8],
    pub(super) datatype: i64,
    pub(super) intent: i64,
    pub(super) vox_offset: u64,
    pub(super) slope: f64,
    pub(super) inter: f64,
    pub(super) units: u8,
    pub(super) qform_code: i64,
    pub(super) sform_code: i64,
    /// b, c, d, then the offset.
    pub(super) quatern: [f64; 6],
    /// Three rows of the affine to RAS millimetres.
    pub(super) srow: [[f64; 4]; 3],
    pub(super) big_endian: bool,
}

/// Which of the two headers, and in which byte order.
#[derive(Clone, Copy)]
pub(super) struct Version {
    pub(super) two: bool,
    pub(super) big_endian: bool,
    /// Whether the samples are in a file of their own.
    pub(super) is_pair: bool,
    /// Analyze 7.5: no orientation, no scaling.
    pub(super) is_analyze: bool,
}

/// Bytes of the longest header.
pub(super) const LONGEST: usize = 540;

/// Recognises the first bytes; `None` when they are no NIfTI header.
pub(super) fn version(start: &[u8]) -> Option<Version> {
    let big_endian = match start.get(..4)? {
        [0x5c, 1, 0, 0] | [0x1c, 2, 0, 0] => false,
        [0, 0, 1, 0x5c] | [0, 0, 2, 0x1c] => true,
        _ => return None,
    };
    let two = start[if big_endian { 2 } else { 1 }] == 2;
    let magic = if two {
        start.get(4..8)?
    } else {
        start.get(344..348)?
    };
    let is_pair = match (two, magic) {
        (false, b"n+1\0") | (true, b"n+2\0") => false,
        (false, b"ni1\0") | (true, b"ni2\0") => true,
        _ if !two && looks_like_analyze(start, big_endian) => {
            return Some(Version {
                two,
                big_endian,
                is_pair: true,
                is_analyze: true,
            });
        }
        _ => return None,
    };
    Some(Version {
        two,
        big_endian,
        is_pair,
        is_analyze: false,
    })
}

/// Analyze has no magic: the number of dimensions and the bits of the type have to make sense.
fn looks_like_analyze(start: &[u8], big_endian: bool) -> bool {
    if start.len() < 348 {
        return false;
    }
    let fields = Fields {
        bytes: start,
        big_endian,
    };
    let bits = match fields.short(70) {
        2 => 8,
        4 => 16,
        8 | 16 => 32,
        64 => 64,
        128 => 24,
        _ => return false,
    };
    (1..=7).contains(&fields.short(40)) && fields.short(72) == bits
}

struct Fields<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn raw<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut raw = [0; N];
        if let Some(bytes) = self.bytes.get(at..at + N) {
            raw.copy_from_slice(bytes);
        }
        if self.big_endian {
            raw.reverse();
        }
        raw
    }

    fn short(&self, at: usize) -> i64 {
        i16::from_le_bytes(self.raw(at)).into()
    }

    fn int(&self, at: usize) -> i64 {
        i32::from_le_bytes(self.raw(at)).into()
    }

    fn long(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.raw(at))
    }

    fn float(&self, at: usize) -> f64 {
        f32::from_le_bytes(self.raw(at)).into()
    }

    fn double(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.raw(at))
    }
}

/// Reads the fields of a header whose version is known.
pub(super) fn parse(bytes: &[u8], version: Version) -> Result<Header, ReadProblem> {
    let length = if version.two { 540 } else { 348 };
    if bytes.len() < length {
        return Err(ReadProblem::Short {
            what: "header".into(),
            expected: length as u128,
            found: bytes.len() as u128,
        });
    }
    let fields = Fields {
        bytes,
        big_endian: version.big_endian,
    };
    let header = if version.two {
        second(&fields)
    } else {
        first(&fields)
    };
    let (offset, header) = header;
    let least = if version.is_pair { 0.0 } else { length as f64 };
    if !(least..9e15).contains(&offset) || offset.fract() != 0.0 {
        return Err(ReadProblem::Field {
            field: "vox_offset".into(),
            expected: format!("a whole number of at least {length}, the bytes of the header"),
            found: offset.to_string(),
        });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "compared with its bounds just above"
    )]
    let vox_offset = offset as u64;
    let header = Header {
        vox_offset,
        ..header
    };
    if version.is_analyze {
        return Ok(Header {
            intent: 0,
            slope: 1.0,
            inter: 0.0,
            units: 0,
            qform_code: 0,
            sform_code: 0,
            ..header
        });
    }
    Ok(header)
}

fn first(fields: &Fields<'_>) -> (f64, Header) {
    let header = Header {
        dim: std::array::from_fn(|index| fields.short(40 + 2 * index)),
        pixdim: std::array::from_fn(|index| fields.float(76 + 4 * index)),
        datatype: fields.short(70),
        intent: fields.short(68),
        vox_offset: 0,
        slope: fields.float(112),
        inter: fields.float(116),
        units: fields.bytes[123],
        qform_code: fields.short(252),
        sform_code: fields.short(254),
        quatern: std::array::from_fn(|index| fields.float(256 + 4 * index)),
        srow: std::array::from_fn(|row| {
            std::array::from_fn(|column| fields.float(280 + 16 * row + 4 * column))
        }),
        big_endian: fields.big_endian,
    };
    (fields.float(108), header)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an offset beyond 2^53 is refused anyway"
)]
fn second(fields: &Fields<'_>) -> (f64, Header) {
    let header = Header {
        dim: std::array::from_fn(|index| fields.long(16 + 8 * index)),
        pixdim: std::array::from_fn(|index| fields.double(104 + 8 * index)),
        datatype: fields.short(12),
        intent: fields.int(504),
        vox_offset: 0,
        slope: fields.double(176),
        inter: fields.double(184),
        units: fields.raw::<4>(500)[0],
        qform_code: fields.int(344),
        sform_code: fields.int(348),
        quatern: std::array::from_fn(|index| fields.double(352 + 8 * index)),
        srow: std::array::from_fn(|row| {
            std::array::from_fn(|column| fields.double(400 + 32 * row + 8 * column))
        }),
        big_endian: fields.big_endian,
    };
    (fields.long(168) as f64, header)
}
