//! One image, read by us and by others.

use std::fmt::{self, Write as _};

use imaging::dicom_series::{Uneven, group};
use imaging::{CheckLimits, ComponentType, ImageSummary};
use sha2::{Digest as _, Sha256};

use super::line::{Line, Lossy, Measured, Reading};

/// How far a number of the geometry may be off, relative to its own size from 1 up.
const TOLERANCE: f64 = 1e-6;
/// How far two decoders of a lossy file may be apart in the mean, in steps of the samples.
const LOSSY_MEAN: f64 = 1.0;
/// And in one sample.
const LOSSY_WORST: f64 = 24.0;

/// How an image compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// All samples and the geometry.
    Equal,
    /// Within the rounding of a lossy codec.
    Near,
    /// Nobody reads it.
    BothRefuse,
    /// We are right where the reader is known to be wrong.
    Better,
    /// We refuse what the reader reads.
    WeRefuse,
    /// We read what the reader refuses.
    TheyRefuse,
    /// Both read it, differently.
    Differs,
}

impl Outcome {
    /// True where nothing is to be explained.
    pub(crate) fn is_agreement(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::Near | Self::BothRefuse | Self::Better
        )
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "equal",
            Self::Near => "within the rounding of a lossy codec",
            Self::BothRefuse => "refused by both",
            Self::Better => "right where the reader is known to be wrong",
            Self::WeRefuse => "we refuse what they read",
            Self::TheyRefuse => "we read what they refuse",
            Self::Differs => "different",
        })
    }
}

/// Our own reading of an image.
struct Ours {
    summary: ImageSummary,
    samples: Vec<u8>,
}

/// Reads the image of `line` and says how it compares, with the details of a difference.
pub(crate) fn compare(line: &Line) -> (Outcome, String) {
    let ours = if line.series {
        read_series(line)
    } else {
        read_file(line)
    };
    let known = match (&line.right, &line.measured) {
        (Some(right), _) => Some(right),
        (None, Measured::Read(reading)) if !line.refuse => Some(reading),
        (None, Measured::Read(_) | Measured::Failed { .. }) => None,
    };
    let overruled = line.refuse || line.right.is_some();
    match (ours, known) {
        (Err(_), None) if overruled => (Outcome::Better, String::new()),
        (Err(_), None) => (Outcome::BothRefuse, String::new()),
        (Err(message), Some(_)) => (Outcome::WeRefuse, message),
        (Ok(_), None) if line.refuse => (Outcome::Differs, "must be refused".to_owned()),
        (Ok(ours), None) => {
            let Measured::Failed { error } = &line.measured else {
                return (Outcome::Differs, "must be refused".to_owned());
            };
            let size = &ours.summary.geometry.size;
            (Outcome::TheyRefuse, format!("{size:?}; they: {error}"))
        }
        (Ok(ours), Some(known)) => {
            let difference = difference(&ours, known);
            match (difference.is_empty(), &known.lossy) {
                (false, _) => (Outcome::Differs, difference),
                (true, _) if overruled => (Outcome::Better, difference),
                (true, Some(_)) => (Outcome::Near, difference),
                (true, None) => (Outcome::Equal, difference),
            }
        }
    }
}

fn read_file(line: &Line) -> Result<Ours, String> {
    let mut samples = Vec::new();
    imaging::stream(line.file(), &CheckLimits::default(), &mut |piece| {
        samples.extend_from_slice(piece);
    })
    .map(|summary| Ours { summary, samples })
    .map_err(|error| error.to_string())
}

fn read_series(line: &Line) -> Result<Ours, String> {
    let mut paths: Vec<_> = line
        .file()
        .read_dir_utf8()
        .expect("the truth was computed from this folder")
        .map(|entry| entry.expect("the folder can be read").into_path())
        .filter(|path| path.extension() == Some("dcm"))
        .collect();
    paths.sort();
    let limits = CheckLimits::default();
    let grouped = group(&paths, &limits);
    let [series] = grouped.series.as_slice() else {
        return Err(format!("{} images", grouped.series.len()));
    };
    let mut samples = Vec::new();
    series
        .stream(&limits, Uneven::Refuse, &mut |piece| {
            samples.extend_from_slice(piece);
        })
        .map(|summary| Ours { summary, samples })
        .map_err(|error| error.to_string())
}

/// Everything in which our reading is another; empty when it is the same.
fn difference(ours: &Ours, known: &Reading) -> String {
    let mut text = String::new();
    let geometry = &ours.summary.geometry;
    if geometry.size != known.size {
        let _ = write!(text, "size {:?} {:?}; ", geometry.size, known.size);
    }
    let component = ours.summary.component_type.map(name_of).unwrap_or_default();
    if component != known.component_type {
        let _ = write!(text, "type {component} {}; ", known.component_type);
    }
    if ours.summary.channels != known.channels {
        let _ = write!(
            text,
            "channels {} {}; ",
            ours.summary.channels, known.channels
        );
    }
    for (field, our, their) in [
        ("spacing", &geometry.spacing, &known.spacing),
        ("origin", &geometry.origin, &known.origin),
        ("direction", &geometry.direction, &known.direction),
    ] {
        if their.as_ref().is_some_and(|their| !close(our, their)) {
            let _ = write!(text, "{field} {our:?} {their:?}; ");
        }
    }
    if let Some(lossy) = &known.lossy {
        text += &lossy_difference(ours, lossy);
    } else if digest(&ours.samples) != known.voxels_sha256 {
        text += "samples; ";
    }
    if !text.is_empty() {
        let _ = write!(text, "(ours first, {} second)", known.reader);
    }
    text
}

fn close(our: &[f64], their: &[f64]) -> bool {
    our.len() == their.len()
        && our
            .iter()
            .zip(their)
            .all(|(our, their)| (our - their).abs() <= TOLERANCE * their.abs().max(1.0))
}

fn lossy_difference(ours: &Ours, lossy: &Lossy) -> String {
    let values: Vec<f64> = match ours.summary.component_type {
        Some(ComponentType::Uint8) => ours.samples.iter().map(|value| f64::from(*value)).collect(),
        Some(ComponentType::Uint16) => pairs(&ours.samples)
            .map(|pair| f64::from(u16::from_le_bytes(pair)))
            .collect(),
        Some(ComponentType::Int16) => pairs(&ours.samples)
            .map(|pair| f64::from(i16::from_le_bytes(pair)))
            .collect(),
        _ => return "a lossy file of unexpected type; ".to_owned(),
    };
    let ours: Vec<f64> = values.into_iter().step_by(lossy.step).collect();
    if ours.len() != lossy.samples.len() {
        return "number of samples; ".to_owned();
    }
    let off = ours
        .iter()
        .zip(&lossy.samples)
        .map(|(our, their)| (our - their).abs());
    let worst = off.clone().fold(0.0, f64::max);
    let mean = off.sum::<f64>() / f64::from(u32::try_from(ours.len()).expect("some thousands"));
    if mean > LOSSY_MEAN || worst > LOSSY_WORST {
        return format!("lossy samples off by {mean:.2} in the mean, {worst} at worst; ");
    }
    String::new()
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.as_chunks::<2>().0.iter().copied()
}

fn name_of(component: ComponentType) -> String {
    format!("{component:?}").to_lowercase()
}

fn digest(samples: &[u8]) -> String {
    Sha256::digest(samples)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
