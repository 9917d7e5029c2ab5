//! NIfTI-1 and NIfTI-2 in one file or as a pair (`.hdr` and `.img`), plain or gzip, in either byte order; and Analyze
//! 7.5, the pair from which NIfTI was made.
//!
//! The rules are those of ITK 5.4: which of qform and sform counts, the turn from RAS to LPS, `scl_slope` and
//! `scl_inter` applied, trailing dimensions of one sample dropped. Sheared sforms and NIfTI-2, which ITK refuses, are
//! read.

use std::io::{BufReader, Read, SeekFrom};

use camino::Utf8Path;

use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::sample_flow::{Gunzip, Layout, MAX_DEFLATE_RATIO, drain, pour};
use crate::source::{OpenBeside, PARTNERS, ReadSeek, partner_name};
use crate::summary::{ImageFormat, ImageSummary, SpacingSource};

mod header;
mod pixel;
mod place;

use header::{Header, LONGEST};
use pixel::Pixel;

/// True when the start of a file looks like this format, also behind gzip.
pub(crate) fn looks_like(start: &[u8]) -> bool {
    if !start.starts_with(b"\x1f\x8b") {
        return header::version(start).is_some();
    }
    let mut first = Vec::new();
    // The start is cut off, so an error at its end says nothing.
    let _ = Gunzip::new(start)
        .take(LONGEST as u64)
        .read_to_end(&mut first);
    header::version(&first).is_some()
}

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Ok(Image::open(file, limits)?.summary)
}

/// Name of the file with the samples of the header at `path`, if it is not that file itself.
pub(crate) fn beside(file: &mut dyn ReadSeek, path: &Utf8Path) -> Result<Vec<String>, ReadProblem> {
    let (bytes, _) = first_bytes(file)?;
    if !header::version(&bytes).is_some_and(|version| version.is_pair) {
        return Ok(Vec::new());
    }
    let names = PARTNERS.map(|partner| partner_name(path.file_name().unwrap_or_default(), partner));
    let present = names
        .iter()
        .find(|name| path.with_file_name(name).is_file());
    Ok(vec![present.unwrap_or(&names[0]).clone()])
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let mut image = Image::open(file, limits)?;
    if !image.is_pair {
        return samples(image, file, deliver);
    }
    let [plain, gz] = PARTNERS;
    let mut partner = open_beside(plain)
        .or_else(|error| open_beside(gz).map_err(|_| error))
        .map_err(|error| ReadProblem::Beside {
            name: plain.into(),
            problem: format!("{error}; expected the `.img` file of this `.hdr` file"),
        })?;
    let mut start = [0; 2];
    let found = partner.read(&mut start)?;
    image.is_gzip = start[..found] == *b"\x1f\x8b";
    samples(image, &mut *partner, deliver)
}

fn samples(
    image: Image,
    file: &mut dyn ReadSeek,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let layout = image.layout();
    let length = file.seek(SeekFrom::End(0))?;
    let start = image.header.vox_offset;
    let available = if image.is_gzip {
        u128::from(length) * MAX_DEFLATE_RATIO
    } else {
        length.into()
    };
    let needed = layout.expected.saturating_add(start.into());
    if needed > available {
        return Err(ReadProblem::Short {
            what: "file, from `dim` and `vox_offset`".into(),
            expected: needed,
            found: available,
        });
    }
    let mut summary = image.summary;
    let mut scaled = image.pixel.scaler(deliver);
    if image.is_gzip {
        file.seek(SeekFrom::Start(0))?;
        let mut input = Gunzip::new(BufReader::new(file));
        skip(&mut input, start)?;
        pour(&mut input, &layout, &mut scaled)?;
        let surplus = drain(&mut input, &layout)?;
        warn_surplus(&mut summary, surplus.into());
    } else {
        file.seek(SeekFrom::Start(start))?;
        pour(&mut &mut *file, &layout, &mut scaled)?;
        warn_surplus(&mut summary, available - needed);
    }
    Ok(summary)
}

fn warn_surplus(summary: &mut ImageSummary, surplus: u128) {
    if surplus > 0 {
        summary
            .warnings
            .push(format!("{surplus} bytes after the last sample are ignored"));
    }
}

/// Passes over the header and its extensions.
fn skip(input: &mut dyn Read, bytes: u64) -> Result<(), ReadProblem> {
    let found = std::io::copy(&mut input.take(bytes), &mut std::io::sink()).map_err(|error| {
        ReadProblem::Corrupt {
            what: "gzip stream".into(),
            problem: format!("does not decode before `vox_offset` ({error})"),
        }
    })?;
    if found < bytes {
        return Err(ReadProblem::Short {
            what: "bytes before the samples (`vox_offset`)".into(),
            expected: bytes.into(),
            found: found.into(),
        });
    }
    Ok(())
}

/// A header that makes sense.
struct Image {
    header: Header,
    pixel: Pixel,
    is_gzip: bool,
    is_pair: bool,
    summary: ImageSummary,
}

impl Image {
    fn open(file: &mut dyn ReadSeek, limits: &CheckLimits) -> Result<Image, ReadProblem> {
        let (bytes, is_gzip) = first_bytes(file)?;
        let version = header::version(&bytes).ok_or_else(|| ReadProblem::Field {
            field: "magic".into(),
            expected: "`n+1`, `n+2` or a header of Analyze".into(),
            found: "something else".into(),
        })?;
        let header = header::parse(&bytes, version)?;
        let (size, vectors) = sizes(&header)?;
        let pixel = Pixel::of(&header, vectors)?;
        let (geometry, mut warnings) = place::geometry(&header, size);
        if version.is_analyze {
            warnings.push(
                "Analyze 7.5: the file does not say which side is left; axes are taken as those of LPS"
                    .into(),
            );
        }
        if version.two {
            warnings.push("NIfTI-2: ITK up to 5.4 cannot read this file".into());
        }
        geometry.validate().map_err(|problem| ReadProblem::Field {
            field: "pixdim, qform or sform".into(),
            expected: "a geometry".into(),
            found: problem.to_string(),
        })?;
        let claimed = geometry
            .voxel_count()
            .saturating_mul(pixel.voxel_bytes().into());
        if claimed > limits.max_voxel_bytes.into() {
            return Err(ReadProblem::TooLarge {
                claimed,
                limit: limits.max_voxel_bytes,
            });
        }
        let summary = ImageSummary {
            format: ImageFormat::Nifti,
            size: geometry.size.clone(),
            geometry,
            spacing_source: SpacingSource::Stated,
            component_type: Some(pixel.component),
            channels: pixel.channels,
            levels: 1,
            segments: None,
            tiff: None,
            metadata: Metadata::default(),
            warnings,
        };
        Ok(Image {
            header,
            pixel,
            is_gzip,
            is_pair: version.is_pair,
            summary,
        })
    }

    fn layout(&self) -> Layout {
        let stored = self.pixel.stored.bytes();
        let voxels = self.summary.geometry.voxel_count();
        let channels = self.pixel.channels;
        Layout {
            what: "samples".into(),
            expected: voxels.saturating_mul(u128::from(stored) * u128::from(channels)),
            component_bytes: usize::try_from(stored).expect("at most 8"),
            swap: self.header.big_endian,
            channels: usize::try_from(channels).unwrap_or(usize::MAX),
            stride: if self.pixel.is_planar { voxels } else { 1 },
        }
    }
}

fn first_bytes(file: &mut dyn ReadSeek) -> Result<(Vec<u8>, bool), ReadProblem> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    (&mut *file).take(LONGEST as u64).read_to_end(&mut bytes)?;
    let is_gzip = bytes.starts_with(b"\x1f\x8b");
    if is_gzip {
        bytes.clear();
        file.seek(SeekFrom::Start(0))?;
        Gunzip::new(BufReader::new(file))
            .take(LONGEST as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| ReadProblem::Corrupt {
                what: "gzip stream".into(),
                problem: format!("does not decode to the end of the header ({error})"),
            })?;
    }
    Ok((bytes, is_gzip))
}

/// Sizes along x, y, z, t without trailing ones, and the components of a vector image.
fn sizes(header: &Header) -> Result<(Vec<u64>, Option<u32>), ReadProblem> {
    let refuse = |field: String, expected: &str, found: i64| ReadProblem::Field {
        field,
        expected: expected.into(),
        found: found.to_string(),
    };
    let dimensions = usize::try_from(header.dim[0])
        .ok()
        .filter(|dimensions| (1..=7).contains(dimensions))
        .ok_or_else(|| refuse("dim[0]".into(), "1 to 7 dimensions", header.dim[0]))?;
    let mut sizes = [1u64; 8];
    for (axis, size) in sizes.iter_mut().enumerate().take(dimensions + 1).skip(1) {
        *size = u64::try_from(header.dim[axis])
            .ok()
            .filter(|size| *size > 0)
            .ok_or_else(|| refuse(format!("dim[{axis}]"), "at least 1", header.dim[axis]))?;
    }
    let is_vector = matches!(header.intent, 1006 | 1007);
    let vectors = u32::try_from(sizes[5]).ok().filter(|_| is_vector);
    let mut last = if is_vector { 4 } else { dimensions };
    let least = if is_vector { 2 } else { 3 };
    while last > least && sizes[last] == 1 {
        last -= 1;
    }
    if !(2..=4).contains(&last) || is_vector && (vectors.is_none() || sizes[6] * sizes[7] > 1) {
        return Err(refuse(
            "dim".into(),
            "2 to 4 dimensions (a fifth for vectors only)",
            header.dim[0],
        ));
    }
    Ok((sizes[1..=last].to_vec(), vectors))
}

#[cfg(test)]
mod tests {
    use crate::check_bytes;
    use crate::limits::CheckLimits;
    use crate::source::{PARTNERS, ReadSeek, nothing_beside};
    use crate::summary::ImageSummary;

    fn file() -> Vec<u8> {
        let mut bytes = vec![0; 352];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &348i32.to_le_bytes());
        for (at, value) in [
            (40, 3i16),
            (42, 2),
            (44, 2),
            (46, 1),
            (70, 4),
            (72, 16),
            (254, 1),
        ] {
            put(at, &value.to_le_bytes());
        }
        for (at, value) in [
            (80, 2f32),
            (84, 1.0),
            (88, 3.0),
            (108, 352.0),
            (280, 2.0),
            (292, 5.0),
        ] {
            put(at, &value.to_le_bytes());
        }
        put(300, &1f32.to_le_bytes());
        put(320, &3f32.to_le_bytes());
        put(344, b"n+1\0");
        bytes.extend([1, 0, 2, 0, 3, 0, 4, 0]);
        bytes
    }

    #[test]
    fn an_sform_turns_to_lps() {
        let summary = check_bytes(&file()).unwrap();
        assert_eq!(summary.geometry.origin, [-5.0, 0.0, 0.0]);
        assert_eq!(summary.geometry.spacing, [2.0, 1.0, 3.0]);
        assert_eq!(summary.geometry.direction[..4], [-1.0, 0.0, 0.0, 0.0]);
        assert_eq!(summary.segments, Some(vec![1, 2, 3, 4]));
    }

    /// Two files of a pair: what is beside the header is called `*.img`.
    fn check_pair(header: &[u8], samples: &[u8], name: &str) -> Result<ImageSummary, String> {
        let beside = |asked: &str| -> std::io::Result<Box<dyn ReadSeek>> {
            if asked == name {
                return Ok(Box::new(std::io::Cursor::new(samples.to_vec())));
            }
            nothing_beside(asked)
        };
        let mut file = std::io::Cursor::new(header);
        crate::check_file(&mut file, "a.hdr", &beside, &CheckLimits::default())
            .map_err(|error| error.to_string())
    }

    fn set(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes[at..at + value.len()].copy_from_slice(value);
    }

    #[test]
    fn pairs_have_their_samples_in_the_other_file() {
        let mut header = file()[..348].to_vec();
        set(&mut header, 108, &0f32.to_le_bytes());
        set(&mut header, 344, b"ni1\0");
        let samples = [1, 0, 2, 0, 3, 0, 4, 0];
        for name in PARTNERS {
            let summary = check_pair(&header, &samples, name).unwrap();
            assert_eq!(summary.geometry.origin, [-5.0, 0.0, 0.0]);
            assert_eq!(summary.segments, Some(vec![1, 2, 3, 4]));
        }
        let alone = check_pair(&header, &samples, "other.img").unwrap_err();
        assert!(
            alone.contains("`*.img`") && alone.contains(".hdr"),
            "{alone}"
        );
        let short = check_pair(&header, &samples[..7], PARTNERS[0]).unwrap_err();
        assert!(short.contains("expected 8 bytes, found 7"), "{short}");
    }

    #[test]
    fn analyze_states_no_axes_and_no_scaling() {
        let mut header = vec![0; 348];
        set(&mut header, 0, &348i32.to_be_bytes());
        for (at, value) in [(40, 3i16), (42, 2), (44, 2), (46, 1), (70, 4), (72, 16)] {
            set(&mut header, at, &value.to_be_bytes());
        }
        for (at, value) in [(80, -2f32), (84, 1.5), (88, 3.0), (112, 7.0), (116, 8.0)] {
            set(&mut header, at, &value.to_be_bytes());
        }
        let summary = check_pair(&header, &[0, 1, 0, 2, 0, 3, 0, 4], PARTNERS[0]).unwrap();
        assert_eq!(summary.geometry.spacing, [2.0, 1.5, 3.0]);
        assert_eq!(summary.geometry.origin, [0.0; 3]);
        // As ITK: a negative spacing turns its axis.
        assert_eq!(summary.geometry.direction[0], -1.0);
        assert_eq!(summary.segments, Some(vec![1, 2, 3, 4]));
        let warnings = summary.warnings.join(" ");
        assert!(warnings.contains("Analyze"), "{warnings}");
        set(&mut header, 72, &8i16.to_be_bytes());
        let message = check_pair(&header, &[0; 8], PARTNERS[0]).unwrap_err();
        assert!(message.contains("no known image format"), "{message}");
    }

    #[test]
    fn negative_pixdim_turns_an_axis() {
        let mut bytes = file();
        set(&mut bytes, 80, &(-2f32).to_le_bytes());
        let summary = check_bytes(&bytes).unwrap();
        assert_eq!(summary.geometry.spacing, [2.0, 1.0, 3.0]);
        assert_eq!(summary.geometry.direction[..4], [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(summary.geometry.origin, [-5.0, 0.0, 0.0]);
    }

    #[test]
    fn broken_bytes_get_an_answer() {
        let good = file();
        for at in 0..good.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = value;
                if let Ok(summary) = check_bytes(&bytes) {
                    assert_eq!(summary.geometry.validate(), Ok(()));
                }
            }
            assert!(check_bytes(&good[..at]).is_err());
        }
    }
}
