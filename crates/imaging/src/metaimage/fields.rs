//! From header text to meaning: numbers, types, and where the samples are.

use super::grid;
use super::header::RawHeader;
use crate::error::ReadProblem;
use crate::geometry::Geometry;
use crate::metadata::{IDENTIFYING, Metadata};
use crate::summary::ComponentType;

/// Where the samples of a MetaImage are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataPlace {
    /// After the header, in the same file.
    Local,
    /// In one file beside the header.
    Beside(String),
    /// In several files beside the header, each with this many dimensions; their names follow the header.
    List {
        /// Dimensions of the part in one file.
        dimensions: usize,
    },
}

/// Where the samples start inside their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataStart {
    /// After the header, or at byte 0 of a file beside it.
    Natural,
    /// At this byte of the data file (`HeaderSize = n`).
    Byte(u64),
    /// So that the last sample ends with the file (`HeaderSize = -1`).
    FromEnd,
}

/// A header with every field understood.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) geometry: Geometry,
    pub(super) spacing_stated: bool,
    pub(super) component: ComponentType,
    pub(super) channels: u32,
    pub(super) binary: bool,
    pub(super) big_endian: bool,
    pub(super) compressed: bool,
    /// `CompressedDataSize`; `None` when absent or 0.
    pub(super) compressed_bytes: Option<u64>,
    pub(super) start: DataStart,
    pub(super) place: DataPlace,
    pub(super) metadata: Metadata,
    pub(super) warnings: Vec<String>,
}

impl Header {
    /// Samples, all channels counted.
    pub(super) fn sample_count(&self) -> u128 {
        self.geometry
            .voxel_count()
            .saturating_mul(u128::from(self.channels))
    }

    /// Decoded samples, bytes.
    pub(super) fn sample_bytes(&self) -> u128 {
        self.sample_count()
            .saturating_mul(u128::from(self.component.bytes()))
    }

    /// Understands the text.
    pub(super) fn from_raw(raw: &RawHeader) -> Result<Header, ReadProblem> {
        let mut warnings = raw.warnings.clone();
        let dimensions = dimensions(raw)?;
        if dimensions > 4 {
            warnings.push(format!(
                "{dimensions} dimensions; grand-challenge.org refuses more than 4"
            ));
        }
        let geometry = grid::read(raw, dimensions, &mut warnings)?;
        let compressed = flag(raw, "CompressedData");
        let binary = raw.get("BinaryData").is_none_or(is_true);
        let start = data_start(raw)?;
        if compressed && start == DataStart::FromEnd {
            return Err(ReadProblem::Unsupported(
                "`HeaderSize = -1` cannot be used with `CompressedData = True`".into(),
            ));
        }
        if compressed && !binary {
            return Err(ReadProblem::Unsupported(
                "`BinaryData = False` cannot be used with `CompressedData = True`".into(),
            ));
        }
        let metadata = Metadata::of_fields(raw.fields(), &geometry.size, &mut warnings);
        warn_of_identity(raw, &mut warnings);
        Ok(Header {
            geometry,
            spacing_stated: raw
                .get("ElementSpacing")
                .or(raw.get("ElementSize"))
                .is_some(),
            component: component(raw)?,
            channels: channels(raw, &mut warnings)?,
            binary,
            big_endian: match raw.get("BinaryDataByteOrderMSB") {
                Some(value) => is_true(value),
                None => flag(raw, "ElementByteOrderMSB"),
            },
            compressed,
            compressed_bytes: compressed_bytes(raw)?,
            start,
            place: place(&raw.data_file, dimensions)?,
            metadata,
            warnings,
        })
    }
}

fn warn_of_identity(raw: &RawHeader, warnings: &mut Vec<String>) {
    let found: Vec<String> = IDENTIFYING
        .iter()
        .filter(|field| raw.get(field).is_some_and(|value| !value.is_empty()))
        .map(|field| format!("`{field}`"))
        .collect();
    if !found.is_empty() {
        warnings.push(format!(
            "the header may identify a patient: {}",
            found.join(", ")
        ));
    }
}

pub(super) fn refuse(field: &str, expected: impl Into<String>, found: &str) -> ReadProblem {
    ReadProblem::Field {
        field: field.into(),
        expected: expected.into(),
        found: format!("`{}`", found.chars().take(80).collect::<String>()),
    }
}

/// MetaIO takes the first letter only: `YES` is false.
fn is_true(value: &str) -> bool {
    value.starts_with(['T', 't', '1'])
}

fn flag(raw: &RawHeader, key: &str) -> bool {
    raw.get(key).is_some_and(is_true)
}

fn dimensions(raw: &RawHeader) -> Result<usize, ReadProblem> {
    let text = raw
        .get("NDims")
        .ok_or_else(|| ReadProblem::MissingField("NDims".into()))?;
    match text
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok())
    {
        Some(dimensions @ 2..=5) => Ok(dimensions),
        Some(_) | None => Err(refuse("NDims", "2, 3, 4 or 5", text)),
    }
}

/// The first `count` numbers of a field. More are ignored, as ITK does; fewer are refused.
pub(super) fn numbers(key: &str, text: &str, count: usize) -> Result<Vec<f64>, ReadProblem> {
    let expected = || format!("{count} numbers separated by blanks");
    let parsed: Option<Vec<f64>> = text
        .split_whitespace()
        .take(count)
        .map(|word| word.parse::<f64>().ok().filter(|number| number.is_finite()))
        .collect();
    parsed
        .filter(|list| list.len() == count)
        .ok_or_else(|| refuse(key, expected(), text))
}

/// A number written as `4` or `4.0`; at most 2^53, beyond which `f64` skips integers.
pub(super) fn whole_number(number: f64) -> Option<u64> {
    let fits = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "range and fraction were checked"
    )]
    fits.then_some(number as u64)
}

fn component(raw: &RawHeader) -> Result<ComponentType, ReadProblem> {
    let text = raw
        .get("ElementType")
        .ok_or_else(|| ReadProblem::MissingField("ElementType".into()))?;
    let name = text.split_whitespace().next().unwrap_or_default();
    let name = name.strip_suffix("_ARRAY").unwrap_or(name);
    match name {
        "MET_CHAR" | "MET_ASCII_CHAR" => Ok(ComponentType::Int8),
        "MET_UCHAR" => Ok(ComponentType::Uint8),
        "MET_SHORT" => Ok(ComponentType::Int16),
        "MET_USHORT" => Ok(ComponentType::Uint16),
        // LONG is 4 bytes in MetaIO, whatever the machine.
        "MET_INT" | "MET_LONG" => Ok(ComponentType::Int32),
        "MET_UINT" | "MET_ULONG" => Ok(ComponentType::Uint32),
        "MET_LONG_LONG" => Ok(ComponentType::Int64),
        "MET_ULONG_LONG" => Ok(ComponentType::Uint64),
        "MET_FLOAT" => Ok(ComponentType::Float32),
        "MET_DOUBLE" => Ok(ComponentType::Float64),
        _ => Err(refuse(
            "ElementType",
            "a MetaImage type such as `MET_SHORT`",
            text,
        )),
    }
}

fn channels(raw: &RawHeader, warnings: &mut Vec<String>) -> Result<u32, ReadProblem> {
    let Some(text) = raw.get("ElementNumberOfChannels") else {
        return Ok(1);
    };
    let channels = numbers("ElementNumberOfChannels", text, 1)?
        .first()
        .and_then(|number| whole_number(*number))
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| *number > 0)
        .ok_or_else(|| refuse("ElementNumberOfChannels", "a whole number from 1", text))?;
    if channels > 4 {
        warnings.push(format!(
            "{channels} channels; grand-challenge.org refuses more than 4"
        ));
    }
    Ok(channels)
}

fn compressed_bytes(raw: &RawHeader) -> Result<Option<u64>, ReadProblem> {
    let Some(text) = raw.get("CompressedDataSize") else {
        return Ok(None);
    };
    let bytes = numbers("CompressedDataSize", text, 1)?
        .first()
        .and_then(|number| whole_number(*number))
        .ok_or_else(|| refuse("CompressedDataSize", "a whole number of bytes", text))?;
    Ok((bytes > 0).then_some(bytes))
}

fn data_start(raw: &RawHeader) -> Result<DataStart, ReadProblem> {
    let Some(text) = raw.get("HeaderSize") else {
        return Ok(DataStart::Natural);
    };
    match text
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<i64>().ok())
    {
        Some(-1) => Ok(DataStart::FromEnd),
        Some(0) => Ok(DataStart::Natural),
        Some(bytes @ 1..) => Ok(DataStart::Byte(bytes.unsigned_abs())),
        Some(_) | None => Err(refuse("HeaderSize", "-1 or a number of bytes", text)),
    }
}

fn place(value: &str, dimensions: usize) -> Result<DataPlace, ReadProblem> {
    let mut words = value.split_whitespace();
    match words.next() {
        None => Err(refuse("ElementDataFile", "`LOCAL` or a file name", value)),
        Some("LOCAL" | "Local" | "local") => Ok(DataPlace::Local),
        Some("LIST") => match words.next().map_or(Ok(dimensions - 1), str::parse) {
            Ok(part @ 1..) if part <= dimensions => Ok(DataPlace::List { dimensions: part }),
            Ok(_) | Err(_) => Err(refuse(
                "ElementDataFile",
                format!("`LIST` with 1 to {dimensions} dimensions"),
                value,
            )),
        },
        Some(_) if value.contains('%') => Err(ReadProblem::Unsupported(format!(
            "`ElementDataFile` holds the pattern `{value}`; expected `LOCAL`, a file name or `LIST`"
        ))),
        Some(_) => Ok(DataPlace::Beside(plain_name(value)?.to_owned())),
    }
}

/// A name without any way out of the folder that the header lies in. ITK follows `../` and absolute paths; we do not.
pub(super) fn plain_name(name: &str) -> Result<&str, ReadProblem> {
    let leaves = name.contains(['/', '\\', '\0']) || name == "." || name == ".." || name.is_empty();
    if leaves {
        return Err(ReadProblem::Beside {
            name: name.to_owned(),
            problem: "expected the plain name of a file in the same folder".into(),
        });
    }
    Ok(name)
}
