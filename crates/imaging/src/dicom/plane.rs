//! One plane of samples: where it lies, which time it belongs to, how its values are rescaled.

use super::data_set::{DataSet, refused};
use super::pixel::Pixels;
use super::tag::{self, Tag};
use super::values::Rescale;
use crate::error::ReadProblem;

/// Attributes that tell the volumes of a 4D series apart, in the order in which they are tried.
const TIMES: [Tag; 8] = [
    tag::TEMPORAL_POSITION,
    tag::TEMPORAL_POSITION_INDEX,
    tag::TRIGGER_TIME,
    tag::ACQUISITION_TIME,
    tag::SEGMENT_NUMBER,
    tag::ECHO_NUMBERS,
    tag::ACQUISITION_NUMBER,
    tag::CONTENT_TIME,
];

/// A plane of samples: one file of a series, or one frame of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plane {
    /// Centre of the first pixel, mm, LPS.
    pub(super) position: Option<[f64; 3]>,
    /// Unit vectors of growing column and growing row.
    pub(super) orientation: Option<[f64; 6]>,
    /// Along x and y, mm.
    pub(super) spacing: Option<[f64; 2]>,
    pub(super) rescale: Rescale,
    /// What may tell volumes apart, with its attribute.
    pub(super) times: Vec<(Tag, f64)>,
    /// `InstanceNumber`, or the number of the frame.
    pub(super) number: Option<i64>,
}

impl Plane {
    /// The plane that a data set describes at its top level.
    pub(super) fn of(set: &DataSet) -> Result<Plane, ReadProblem> {
        Ok(Plane {
            position: set.exactly(tag::POSITION)?,
            orientation: orientation(set)?,
            spacing: spacing(set, tag::PIXEL_SPACING)?,
            rescale: Rescale::of(set)?.unwrap_or(Rescale::NONE),
            times: times(set),
            number: set.whole(tag::INSTANCE_NUMBER).ok().flatten(),
        })
    }

    /// Frame `index` of a file: its own groups, then those shared by all frames, then the top level.
    fn of_frame(set: &DataSet, top: &Plane, index: usize) -> Result<Plane, ReadProblem> {
        let group = |sequence: Tag| {
            let in_groups = |groups: Option<&'_ DataSet>| -> Option<DataSet> {
                groups?.items(sequence).first().cloned()
            };
            in_groups(set.items(tag::FRAME_GROUPS).get(index))
                .or_else(|| in_groups(set.items(tag::SHARED_GROUPS).first()))
                .unwrap_or_default()
        };
        let mut times: Vec<(Tag, f64)> = Vec::new();
        for sequence in [tag::FRAME_CONTENT, tag::SEGMENT_IDENTIFICATION] {
            times.extend(self::times(&group(sequence)));
        }
        if let Some(delay) = group(tag::CARDIAC_SYNCHRONIZATION).double(tag::TRIGGER_DELAY) {
            times.push((tag::TRIGGER_TIME, delay));
        }
        let number = i64::try_from(index + 1).ok();
        Ok(Plane {
            position: group(tag::PLANE_POSITION)
                .exactly(tag::POSITION)?
                .or(top.position),
            orientation: orientation(&group(tag::PLANE_ORIENTATION))?.or(top.orientation),
            spacing: spacing(&group(tag::PIXEL_MEASURES), tag::PIXEL_SPACING)?.or(top.spacing),
            rescale: Rescale::of(&group(tag::PIXEL_TRANSFORM))?.unwrap_or(top.rescale),
            times,
            number,
        })
    }

    /// True when both are parallel and have pixels of one size, but for rounding.
    pub(super) fn is_like(&self, other: &Plane) -> bool {
        let near =
            |a: &[f64], b: &[f64], most: f64| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= most);
        let turn = |plane: &Plane| plane.orientation.unwrap_or_default();
        let size = |plane: &Plane| plane.spacing.unwrap_or_default();
        near(&turn(self), &turn(other), 1e-3) && near(&size(self), &size(other), 1e-4)
    }

    /// Columns, rows and normal of the image; those of an image without orientation are the axes themselves.
    pub(super) fn axes(&self) -> [[f64; 3]; 3] {
        let [a, b, c, d, e, f] = self.orientation.unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        [
            [a, b, c],
            [d, e, f],
            [b * f - c * e, c * d - a * f, a * e - b * d],
        ]
    }
}

/// All planes of a file, in the order in which they are stored.
pub(super) fn planes(set: &DataSet, pixels: &Pixels) -> Result<Vec<Plane>, ReadProblem> {
    let top = Plane::of(set)?;
    let count = usize::try_from(pixels.frames).unwrap_or(usize::MAX);
    let groups = set.items(tag::FRAME_GROUPS).len();
    if groups != 0 && groups < count {
        return Err(refused(
            tag::FRAME_GROUPS,
            &format!("{count} items or more, one for each frame"),
            &groups.to_string(),
        ));
    }
    if groups > 0 || !set.items(tag::SHARED_GROUPS).is_empty() {
        let planes = (0..count).map(|index| Plane::of_frame(set, &top, index));
        let mut planes = planes.collect::<Result<Vec<Plane>, ReadProblem>>()?;
        if let [only] = planes.as_mut_slice() {
            only.number = top.number;
            only.times.extend(top.times);
        }
        return Ok(planes);
    }
    if count == 1 {
        return Ok(vec![top]);
    }
    let offsets = match set.decimals(tag::FRAME_OFFSETS)? {
        Some(offsets) => offsets,
        None => {
            let step = set.decimal(tag::SPACING_BETWEEN_SLICES)?;
            step.map_or_else(Vec::new, |step| {
                (0..count).map(|index| step.abs() * index as f64).collect()
            })
        }
    };
    if !offsets.is_empty() && offsets.len() != count {
        return Err(refused(
            tag::FRAME_OFFSETS,
            &format!("{count} numbers, one for each frame"),
            &offsets.len().to_string(),
        ));
    }
    let normal = top.axes()[2];
    // Offsets that do not start at zero are places along z, not distances from the first frame.
    let first = offsets.first().copied().unwrap_or(0.0);
    Ok((0..count)
        .map(|index| {
            let mut plane = top.clone();
            let offset = offsets.get(index).map(|offset| offset - first);
            plane.position = match (plane.position, offset) {
                (Some(at), Some(offset)) => {
                    Some([0, 1, 2].map(|axis| at[axis] + normal[axis] * offset))
                }
                (None, Some(offset)) => Some(normal.map(|part| part * offset)),
                // Frames of a film: they are no stack, and the first keeps the place.
                (at, None) => at.filter(|_| index == 0),
            };
            plane.number = i64::try_from(index + 1).ok();
            plane.times.clear();
            plane
        })
        .collect())
}

fn times(set: &DataSet) -> Vec<(Tag, f64)> {
    TIMES
        .iter()
        .filter_map(|tag| {
            let value = match *tag {
                tag::TEMPORAL_POSITION_INDEX | tag::SEGMENT_NUMBER => {
                    set.unsigned(*tag).map(|value| value as f64)
                }
                tag::ACQUISITION_TIME | tag::CONTENT_TIME => set.text(*tag).and_then(seconds),
                _ => set.decimal(*tag).ok().flatten(),
            };
            Some((*tag, value?))
        })
        .collect()
}

/// `HHMMSS.FFFFFF`, seconds since midnight.
fn seconds(text: String) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let hours = (value / 10_000.0).floor();
    let minutes = (value / 100.0).floor() % 100.0;
    Some(hours * 3600.0 + minutes * 60.0 + value % 100.0)
}

/// Row spacing comes first in DICOM, and it is the distance along y.
pub(super) fn spacing(set: &DataSet, tag: Tag) -> Result<Option<[f64; 2]>, ReadProblem> {
    let Some([rows, columns]) = set.exactly::<2>(tag)? else {
        return Ok(None);
    };
    if [rows, columns] == [0.0, 0.0] {
        // What writers put where they do not know it.
        return Ok(None);
    }
    if rows <= 0.0 || columns <= 0.0 {
        return Err(refused(
            tag,
            "two numbers above zero",
            &format!("{rows} and {columns}"),
        ));
    }
    Ok(Some([columns, rows]))
}

/// Two unit vectors at right angles; a few lost digits are forgiven and the lengths made one.
fn orientation(set: &DataSet) -> Result<Option<[f64; 6]>, ReadProblem> {
    let Some(found) = set.exactly::<6>(tag::ORIENTATION)? else {
        return Ok(None);
    };
    let [a, b, c, d, e, f] = found;
    let lengths = [a.hypot(b).hypot(c), d.hypot(e).hypot(f)];
    let across = a * d + b * e + c * f;
    if lengths.iter().any(|length| (length - 1.0).abs() > 0.01) || across.abs() > 0.01 {
        return Err(refused(
            tag::ORIENTATION,
            "two unit vectors at right angles",
            &format!("{found:?}"),
        ));
    }
    let [column, row] = lengths;
    Ok(Some([
        a / column,
        b / column,
        c / column,
        d / row,
        e / row,
        f / row,
    ]))
}
