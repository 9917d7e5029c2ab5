//! Where the frames of a slide lie in its matrix.

use super::matrix::Matrix;
use crate::dicom::data_set::{DataSet, refused};
use crate::dicom::pixel::Pixels;
use crate::dicom::tag::{self, Tag};
use crate::error::ReadProblem;

/// One frame, by the place of its first pixel, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tile {
    pub(super) row: u64,
    pub(super) column: u64,
    pub(super) frame: usize,
}

/// All frames, sorted by row, then column.
pub(super) struct Places(Vec<Tile>);

impl Places {
    /// From the positions of the frames, or from their order where every tile is stored (PS3.3 C.7.6.17.3).
    pub(super) fn of(
        set: &DataSet,
        pixels: &Pixels,
        matrix: Matrix,
    ) -> Result<Places, ReadProblem> {
        let organization = set.text(tag::DIMENSION_ORGANIZATION).unwrap_or_default();
        let states_positions = || {
            let shared = set.items(tag::SHARED_GROUPS).iter();
            let mut groups = set.items(tag::FRAME_GROUPS).iter().chain(shared);
            groups.any(|group| !group.items(tag::SLIDE_POSITION).is_empty())
        };
        match organization.as_str() {
            "TILED_FULL" => full(pixels, matrix),
            "TILED_SPARSE" => sparse(set, pixels, matrix),
            _ if states_positions() => sparse(set, pixels, matrix),
            _ => full(pixels, matrix),
        }
    }

    /// The frames that have pixels in these rows of the matrix; each has `height` rows.
    pub(super) fn in_rows(&self, rows: std::ops::Range<u64>, height: u64) -> &[Tile] {
        let from = self
            .0
            .partition_point(|tile| tile.row.saturating_add(height) <= rows.start);
        let to = self.0.partition_point(|tile| tile.row < rows.end);
        self.0.get(from..to).unwrap_or_default()
    }
}

/// Frame after frame along the rows.
fn full(pixels: &Pixels, matrix: Matrix) -> Result<Places, ReadProblem> {
    let across = matrix.columns.div_ceil(pixels.columns);
    let down = matrix.rows.div_ceil(pixels.rows);
    if u128::from(across) * u128::from(down) != u128::from(pixels.frames) {
        return Err(refused(
            tag::FRAMES,
            &format!("one for each of {across} × {down} tiles"),
            &pixels.frames.to_string(),
        ));
    }
    let place = |frame: u64| Tile {
        row: frame / across * pixels.rows,
        column: frame % across * pixels.columns,
        frame: usize::try_from(frame).unwrap_or(usize::MAX),
    };
    Ok(Places((0..pixels.frames).map(place).collect()))
}

/// Each frame where its functional groups say.
fn sparse(set: &DataSet, pixels: &Pixels, matrix: Matrix) -> Result<Places, ReadProblem> {
    let groups = set.items(tag::FRAME_GROUPS);
    let shared = set.items(tag::SHARED_GROUPS).first();
    let count = usize::try_from(pixels.frames).unwrap_or(usize::MAX);
    let mut tiles = Vec::new();
    for frame in 0..count {
        let position = [groups.get(frame), shared]
            .into_iter()
            .flatten()
            .find_map(|group| group.items(tag::SLIDE_POSITION).first())
            .ok_or_else(|| missing(tag::SLIDE_POSITION, frame))?;
        tiles.push(Tile {
            row: from_zero(position, tag::MATRIX_ROW, (frame, matrix.rows))?,
            column: from_zero(position, tag::MATRIX_COLUMN, (frame, matrix.columns))?,
            frame,
        });
    }
    tiles.sort_unstable();
    for pair in tiles.windows(2) {
        if (pair[0].row, pair[0].column) == (pair[1].row, pair[1].column) {
            return Err(ReadProblem::Unsupported(format!(
                "frames {} and {} lie at the same place: expected one optical path and one focal plane, found several",
                pair[0].frame + 1,
                pair[1].frame + 1
            )));
        }
    }
    Ok(Places(tiles))
}

/// A place that the standard counts from 1.
fn from_zero(
    position: &DataSet,
    tag: Tag,
    (frame, side): (usize, u64),
) -> Result<u64, ReadProblem> {
    let found = position.signed(tag).ok_or_else(|| missing(tag, frame))?;
    u64::try_from(i64::from(found) - 1)
        .ok()
        .filter(|place| *place < side)
        .ok_or_else(|| {
            refused(
                tag,
                &format!("1 to {side} for frame {}", frame + 1),
                &found.to_string(),
            )
        })
}

fn missing(tag: Tag, frame: usize) -> ReadProblem {
    ReadProblem::MissingField(format!("{} of frame {}", tag::name(tag), frame + 1))
}
