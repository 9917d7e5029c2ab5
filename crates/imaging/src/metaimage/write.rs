//! Writes a MetaImage with the fields that SimpleITK writes, one zlib stream, little-endian.

use std::io::Write;

use camino::Utf8Path;

use super::parts::PartsEncoder;
use crate::error::WriteImageError;
use crate::geometry::Geometry;
use crate::summary::ComponentType;
use crate::volume::{Volume, with_samples};

/// Samples encoded between two calls of the compressor.
const CHUNK: usize = 64 * 1024;

/// Writes a volume as one compressed `.mha` file. Numbers are written with as many digits as they need to read back
/// as the same `f64` (at most 17 significant ones).
///
/// # Errors
/// When samples and geometry do not agree or the file cannot be written.
pub fn write(path: impl AsRef<Utf8Path>, volume: &Volume) -> Result<(), WriteImageError> {
    let path = path.as_ref();
    check(path.as_str(), volume)?;
    fs_err::File::create(path)
        .and_then(|mut file| write_unchecked(&mut file, volume))
        .map_err(|source| write_error(path.as_str(), source))
}

/// [`write()`] to anything that takes bytes. `name` is used in messages.
///
/// # Errors
/// As for [`write()`].
pub fn write_to(
    output: &mut dyn Write,
    name: &str,
    volume: &Volume,
) -> Result<(), WriteImageError> {
    check(name, volume)?;
    write_unchecked(output, volume).map_err(|source| write_error(name, source))
}

pub(super) fn write_error(file: &str, source: std::io::Error) -> WriteImageError {
    WriteImageError::Write {
        file: file.to_owned(),
        source,
    }
}

fn check(file: &str, volume: &Volume) -> Result<(), WriteImageError> {
    volume
        .geometry
        .validate()
        .map_err(|problem| WriteImageError::Geometry {
            file: file.to_owned(),
            problem,
        })?;
    let expected = volume
        .geometry
        .voxel_count()
        .saturating_mul(volume.channels.into());
    if expected != volume.samples.len() as u128 {
        return Err(WriteImageError::SampleCount {
            file: file.to_owned(),
            expected,
            found: volume.samples.len(),
        });
    }
    Ok(())
}

fn write_unchecked(output: &mut dyn Write, volume: &Volume) -> std::io::Result<()> {
    let data = compress(volume)?;
    let head = Head {
        geometry: &volume.geometry,
        channels: volume.channels,
        component: volume.samples.component_type(),
        fields: Vec::new(),
    };
    output.write_all(header(&head, data.len() as u64).as_bytes())?;
    output.write_all(&data)?;
    output.flush()
}

fn compress(volume: &Volume) -> std::io::Result<Vec<u8>> {
    let mut encoder = PartsEncoder::new(Vec::new())?;
    let mut bytes = Vec::with_capacity(CHUNK * 8);
    with_samples!(&volume.samples, values => for chunk in values.chunks(CHUNK) {
        bytes.clear();
        for value in chunk {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        encoder.write_all(&bytes)?;
    });
    encoder.finish()
}

/// What the header says.
pub(crate) struct Head<'a> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) channels: u32,
    pub(crate) component: ComponentType,
    /// Fields beside those of every image, in their order; values of one line.
    pub(crate) fields: Vec<(String, String)>,
}

pub(super) fn header(head: &Head<'_>, compressed_bytes: u64) -> String {
    let geometry = head.geometry;
    let dimensions = geometry.size.len();
    let transposed: Vec<f64> = (0..dimensions * dimensions)
        .map(|index| geometry.direction[index % dimensions * dimensions + index / dimensions])
        .collect();
    let mut lines = vec![
        ("ObjectType", "Image".to_owned()),
        ("NDims", dimensions.to_string()),
        ("BinaryData", "True".into()),
        ("BinaryDataByteOrderMSB", "False".into()),
        ("CompressedData", "True".into()),
        ("CompressedDataSize", compressed_bytes.to_string()),
        ("TransformMatrix", join(&transposed)),
        ("Offset", join(&geometry.origin)),
        ("CenterOfRotation", join(&vec![0.0; dimensions])),
        ("AnatomicalOrientation", orientation(geometry)),
        ("ElementSpacing", join(&geometry.spacing)),
    ];
    let fields = head.fields.iter();
    lines.extend(fields.map(|(key, value)| (key.as_str(), value.clone())));
    lines.push((
        "DimSize",
        join_words(geometry.size.iter().map(u64::to_string)),
    ));
    if head.channels > 1 {
        lines.push(("ElementNumberOfChannels", head.channels.to_string()));
    }
    lines.push(("ElementType", type_name(head.component).into()));
    lines.push(("ElementDataFile", "LOCAL".into()));
    lines
        .into_iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect()
}

fn type_name(component: ComponentType) -> &'static str {
    match component {
        ComponentType::Int8 => "MET_CHAR",
        ComponentType::Uint8 => "MET_UCHAR",
        ComponentType::Int16 => "MET_SHORT",
        ComponentType::Uint16 => "MET_USHORT",
        ComponentType::Int32 => "MET_INT",
        ComponentType::Uint32 => "MET_UINT",
        ComponentType::Int64 => "MET_LONG_LONG",
        ComponentType::Uint64 => "MET_ULONG_LONG",
        ComponentType::Float16 | ComponentType::Float32 => "MET_FLOAT",
        ComponentType::Float64 => "MET_DOUBLE",
    }
}

fn join(numbers: &[f64]) -> String {
    join_words(numbers.iter().map(|number| {
        let magnitude = number.abs();
        if magnitude == 0.0 {
            // No `-0`: SimpleITK reads it back as it is and other tools print it.
            "0".to_owned()
        } else if (1e-5..1e16).contains(&magnitude) {
            number.to_string()
        } else {
            format!("{number:e}")
        }
    }))
}

fn join_words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// The label that ITK gives a direction matrix: for each axis the side that it comes from. Only a label: nobody reads
/// a direction from it.
fn orientation(geometry: &Geometry) -> String {
    if geometry.size.len() != 3 {
        return "??".into();
    }
    (0..3)
        .map(|axis| {
            let column = |row: usize| geometry.direction[row * 3 + axis];
            let main = (0..3).fold(0, |best, row| {
                if column(row).abs() > column(best).abs() {
                    row
                } else {
                    best
                }
            });
            match (main, column(main) >= 0.0) {
                (0, true) => 'R',
                (0, false) => 'L',
                (1, true) => 'A',
                (1, false) => 'P',
                (_, true) => 'I',
                (_, false) => 'S',
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Samples;

    #[test]
    fn the_header_is_the_one_that_simpleitk_writes() {
        let head = Head {
            geometry: &Geometry {
                size: vec![4, 3, 2],
                spacing: vec![0.7, 0.7, 2.5],
                origin: vec![1.0 / 3.0, -1e-7, 1e20],
                direction: vec![0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
            },
            channels: 1,
            component: ComponentType::Int16,
            fields: vec![("SliceThickness".into(), "2.5".into())],
        };
        assert_eq!(
            header(&head, 12),
            "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n\
             CompressedData = True\nCompressedDataSize = 12\nTransformMatrix = 0 0 1 1 0 0 0 1 0\n\
             Offset = 0.3333333333333333 -1e-7 1e20\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = IRA\n\
             ElementSpacing = 0.7 0.7 2.5\nSliceThickness = 2.5\nDimSize = 4 3 2\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
        );
    }

    #[test]
    fn samples_must_fill_the_geometry() {
        let volume = Volume {
            geometry: Geometry::identity(vec![4, 3, 2]),
            channels: 1,
            samples: Samples::Uint8(vec![0; 23]),
        };
        let error = write_to(&mut Vec::new(), "a.mha", &volume).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a.mha`: the geometry asks for 24 samples, the volume holds 23"
        );
    }
}
