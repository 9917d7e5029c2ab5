//! NRRD, with the samples in the file or beside it. The channel axis comes first, and RAS and LAS turn to LPS, as in ITK.

use std::io::{BufRead, BufReader, Read, SeekFrom};

use crate::error::ReadProblem;
use crate::limits::CheckLimits;
use crate::metadata::Metadata;
use crate::sample_flow::{Gunzip, Layout, MAX_DEFLATE_RATIO, drain, pour};
use crate::source::{OpenBeside, ReadSeek};
use crate::summary::{ComponentType, ImageFormat, ImageSummary};

mod axes;
mod header;
mod origin;
mod text;

use axes::Axes;
use header::Header;
use text::Text;

/// Reads the header only.
pub(crate) fn inspect(
    file: &mut dyn ReadSeek,
    _open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
) -> Result<ImageSummary, ReadProblem> {
    Ok(Image::open(file, limits)?.summary())
}

/// Names of the files beside the header that hold the samples.
pub(crate) fn beside(
    file: &mut dyn ReadSeek,
    limits: &CheckLimits,
) -> Result<Vec<String>, ReadProblem> {
    file.seek(SeekFrom::Start(0))?;
    names(&Header::read(
        &mut BufReader::new(file),
        limits.max_header_bytes,
    )?)
}

/// Hands every sample to `deliver`, little-endian, x fastest, channels interleaved, in pieces of whole samples.
pub(crate) fn stream(
    file: &mut dyn ReadSeek,
    open_beside: &OpenBeside<'_>,
    limits: &CheckLimits,
    deliver: &mut dyn FnMut(&[u8]),
) -> Result<ImageSummary, ReadProblem> {
    let image = Image::open(file, limits)?;
    let names = names(&image.header)?;
    if names.is_empty() {
        image.part(file, image.header.end, image.bytes, deliver)?;
    }
    let count = names.len() as u128;
    let block = image.axes.stride.saturating_mul(image.voxel_bytes());
    if count > 1 && !(image.bytes / count).is_multiple_of(block)
        || count > 0 && !image.bytes.is_multiple_of(count)
    {
        return Err(ReadProblem::Unsupported(format!(
            "{count} data files do not share {} bytes of samples evenly",
            image.bytes
        )));
    }
    for name in &names {
        let mut part = open_beside(name).map_err(|error| ReadProblem::Beside {
            name: name.clone(),
            problem: error.to_string(),
        })?;
        image.part(&mut *part, 0, image.bytes / count, deliver)?;
    }
    Ok(image.summary())
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Raw,
    Gzip,
    Text,
    Hex,
}

struct Image {
    header: Header,
    axes: Axes,
    component: ComponentType,
    encoding: Encoding,
    swap: bool,
    bytes: u128,
}

impl Image {
    fn open(file: &mut dyn ReadSeek, limits: &CheckLimits) -> Result<Image, ReadProblem> {
        file.seek(SeekFrom::Start(0))?;
        let header = Header::read(&mut BufReader::new(file), limits.max_header_bytes)?;
        let axes = axes::read(&header)?;
        let component = component(header.need("type")?)?;
        let encoding = encoding(header.need("encoding")?)?;
        let is_binary = matches!(encoding, Encoding::Raw | Encoding::Gzip | Encoding::Hex);
        let swap = is_binary
            && component.bytes() > 1
            && match header.need("endian")?.to_lowercase().as_str() {
                "little" => false,
                "big" => true,
                other => return Err(field("endian", "`little` or `big`", other)),
            };
        let bytes = axes
            .geometry
            .voxel_count()
            .saturating_mul(u128::from(axes.channels) * u128::from(component.bytes()));
        if bytes > limits.max_voxel_bytes.into() {
            return Err(ReadProblem::TooLarge {
                claimed: bytes,
                limit: limits.max_voxel_bytes,
            });
        }
        Ok(Image {
            header,
            axes,
            component,
            encoding,
            swap,
            bytes,
        })
    }

    fn voxel_bytes(&self) -> u128 {
        u128::from(self.axes.channels) * u128::from(self.component.bytes())
    }

    fn summary(&self) -> ImageSummary {
        ImageSummary {
            format: ImageFormat::Nrrd,
            size: self.axes.geometry.size.clone(),
            geometry: self.axes.geometry.clone(),
            spacing_source: self.axes.spacing_source,
            component_type: Some(self.component),
            channels: self.axes.channels,
            levels: 1,
            segments: None,
            tiff: None,
            metadata: Metadata::default(),
            warnings: self.axes.warnings.clone(),
        }
    }

    fn skips(&self, names: [&str; 2]) -> Result<i64, ReadProblem> {
        self.header.get(&names).map_or(Ok(0), |text| {
            text.parse()
                .ok()
                .filter(|skip| *skip >= -1)
                .ok_or_else(|| field(names[0], "a number of at least -1", text))
        })
    }

    /// Reads the samples of one file.
    fn part(
        &self,
        file: &mut dyn ReadSeek,
        start: u64,
        expected: u128,
        deliver: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadProblem> {
        let length = file.seek(SeekFrom::End(0))?;
        let available = u128::from(length.saturating_sub(start));
        let most = match self.encoding {
            Encoding::Raw => available,
            Encoding::Gzip => available * MAX_DEFLATE_RATIO,
            Encoding::Text => available.div_ceil(2) * u128::from(self.component.bytes()),
            Encoding::Hex => available / 2,
        };
        let layout = self.layout(expected);
        if expected > most {
            return Err(ReadProblem::Short {
                what: layout.what,
                expected,
                found: most,
            });
        }
        let skip = self.skips(["byte skip", "byteskip"])?;
        let from_end = skip == -1 && self.encoding == Encoding::Raw;
        let at = if from_end {
            length - u64::try_from(expected).unwrap_or(length)
        } else {
            start
        };
        file.seek(SeekFrom::Start(at))?;
        let mut input = BufReader::new(file);
        let lines = self.skips(["line skip", "lineskip"])?;
        for _ in 0..if from_end { 0 } else { lines } {
            if input.skip_until(b'\n')? == 0 {
                return Err(field(
                    "line skip",
                    "as many lines as the data have",
                    &lines.to_string(),
                ));
            }
        }
        let skip = u64::try_from(skip).unwrap_or(0);
        match self.encoding {
            Encoding::Raw => {
                std::io::copy(&mut (&mut input).take(skip), &mut std::io::sink())?;
                pour(&mut input, &layout, deliver)
            }
            Encoding::Gzip => {
                let mut input = Gunzip::new(input);
                std::io::copy(&mut (&mut input).take(skip), &mut std::io::sink())?;
                pour(&mut input, &layout, deliver)?;
                drain(&mut input, &layout).map(|_| ())
            }
            Encoding::Text | Encoding::Hex => {
                let component = (self.encoding == Encoding::Text).then_some(self.component);
                let mut text = Text {
                    input,
                    component,
                    pending: Vec::new(),
                };
                pour(&mut text, &layout, deliver)
            }
        }
    }

    fn layout(&self, expected: u128) -> Layout {
        Layout {
            what: "data".into(),
            expected,
            component_bytes: usize::try_from(self.component.bytes()).expect("at most 8"),
            swap: self.swap,
            channels: usize::try_from(self.axes.channels).expect("at most 65536"),
            stride: self.axes.stride,
        }
    }
}

/// Names of the data files, all of them plain; none when the samples follow the header.
fn names(header: &Header) -> Result<Vec<String>, ReadProblem> {
    let Some(value) = header.get(&["data file", "datafile"]) else {
        return Ok(Vec::new());
    };
    let names = if value.starts_with("LIST") {
        if header.list.is_empty() {
            return Err(field("data file", "names after `LIST`", value));
        }
        header.list.clone()
    } else {
        one_or_numbered(value)?
    };
    let leaves = |name: &&String| {
        name.contains(['/', '\\', '\0']) || matches!(name.as_str(), "" | "." | "..")
    };
    match names.iter().find(leaves) {
        Some(name) => Err(ReadProblem::Beside {
            name: name.clone(),
            problem: "expected a plain name, a file in the folder of the header".into(),
        }),
        None => Ok(names),
    }
}

fn one_or_numbered(value: &str) -> Result<Vec<String>, ReadProblem> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let [pattern, first, last, step, ..] = words.as_slice() else {
        return Ok(vec![value.to_owned()]);
    };
    let numbers = (
        first.parse::<i32>(),
        last.parse::<i32>(),
        step.parse::<i32>(),
    );
    match (numbers, pattern.contains('%')) {
        ((Ok(first), Ok(last), Ok(step)), true) => numbered(pattern, [first, last, step]),
        _ => Ok(vec![value.to_owned()]),
    }
}

fn field(name: &str, expected: &str, found: &str) -> ReadProblem {
    ReadProblem::Field {
        field: name.into(),
        expected: expected.into(),
        found: format!("`{found}`"),
    }
}

/// `slice%03d.raw 1 10 1`.
fn numbered(pattern: &str, [first, last, step]: [i32; 3]) -> Result<Vec<String>, ReadProblem> {
    let refuse = || {
        field(
            "data file",
            "`name%03d.raw first last step`, at most 10000 files",
            pattern,
        )
    };
    let (before, rest) = pattern.split_once('%').ok_or_else(refuse)?;
    let (width, after) = rest.split_once('d').ok_or_else(refuse)?;
    let digits: usize = if width.is_empty() {
        0
    } else {
        width.parse().map_err(|_| refuse())?
    };
    let count = (i64::from(last) - i64::from(first))
        .checked_div(step.into())
        .ok_or_else(refuse)?;
    if digits > 20 || !(0..10_000).contains(&count) {
        return Err(refuse());
    }
    Ok((0..=count)
        .map(|index| i64::from(first) + index * i64::from(step))
        .map(|number| format!("{before}{number:0digits$}{after}"))
        .collect())
}

fn encoding(name: &str) -> Result<Encoding, ReadProblem> {
    match name.to_lowercase().as_str() {
        "raw" => Ok(Encoding::Raw),
        "gz" | "gzip" => Ok(Encoding::Gzip),
        "txt" | "text" | "ascii" => Ok(Encoding::Text),
        "hex" => Ok(Encoding::Hex),
        _ => Err(field("encoding", "raw, gzip, text or hex", name)),
    }
}

fn component(name: &str) -> Result<ComponentType, ReadProblem> {
    Ok(match name.to_lowercase().as_str() {
        "signed char" | "int8" | "int8_t" => ComponentType::Int8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => ComponentType::Uint8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
            ComponentType::Int16
        }
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => {
            ComponentType::Uint16
        }
        "int" | "signed int" | "int32" | "int32_t" => ComponentType::Int32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => ComponentType::Uint32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => ComponentType::Int64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
            ComponentType::Uint64
        }
        "float" => ComponentType::Float32,
        "double" => ComponentType::Float64,
        _ => {
            return Err(field(
                "type",
                "an integer of 8 to 64 bits, float or double",
                name,
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::check_bytes;

    const HEAD: &str = "NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 1\nendian: big\nencoding: raw\nspace: LAS\n\
                        space directions: (0,2,0) (1,0,0) (0,0,3)\nspace origin: (1,2,3)\n\n";

    #[test]
    fn the_left_anterior_space_turns_to_lps() {
        let mut bytes = HEAD.as_bytes().to_vec();
        bytes.extend([0, 1, 0, 2, 0, 3, 0, 4]);
        let summary = check_bytes(&bytes).unwrap();
        assert_eq!(summary.geometry.origin, [1.0, -2.0, 3.0]);
        assert_eq!(summary.geometry.spacing, [2.0, 1.0, 3.0]);
        assert_eq!(summary.geometry.direction[3], -1.0);
        assert_eq!(summary.segments, Some(vec![1, 2, 3, 4]));
    }

    #[test]
    fn without_a_space_the_origin_comes_from_the_axes() {
        let head = "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\n";
        for (fields, origin, direction) in [
            ("spacings: 1 2\naxis mins: 10 20", [10.5, 21.0], 1.0),
            ("spacings: 1 -2\naxis mins: 10 20", [10.5, 19.0], -1.0),
            (
                "spacings: 1 2\naxis mins: 10 20\ncenterings: cell node",
                [10.5, 20.0],
                1.0,
            ),
            ("axis mins: 10 20\naxis maxs: 14 26", [11.0, 21.5], 1.0),
            ("axis mins: 10 20", [0.0, 0.0], 1.0),
            ("spacings: 1 2\naxis mins: nan 20", [0.0, 21.0], 1.0),
            (
                "space: left-posterior-superior\nspacings: 1 2\naxis mins: 1 2",
                [0.0, 0.0],
                1.0,
            ),
        ] {
            let summary = check_bytes(format!("{head}{fields}\n\n1234").as_bytes()).unwrap();
            assert_eq!(summary.geometry.origin, origin, "{fields}");
            assert_eq!(
                summary.geometry.direction,
                [1.0, 0.0, 0.0, direction],
                "{fields}"
            );
        }
    }

    #[test]
    fn broken_bytes_get_an_answer() {
        let mut good = HEAD.as_bytes().to_vec();
        good.extend([0; 8]);
        for at in 8..good.len() {
            for value in [0, b'9', b'-', b'\n', 0xff] {
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
