//! Connected components of a mask on a grid: voxels that touch at a face, an edge or a corner belong together.
//!
//! The mask is cut into runs, stretches of a row. Two runs of rows that touch belong together when their columns do, and a
//! forest of sets keeps what belongs together (Galler and Fischer, "An improved equivalence algorithm", CACM 7(5), 1964).

use std::ops::Range;

/// Voxels along x, y, z.
pub(crate) type Size = [usize; 3];

/// A connected part of the mask.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Component {
    /// Stretches of rows, as positions in the volume, x fastest; in this order.
    pub(crate) runs: Vec<Range<usize>>,
    /// How many voxels it has.
    pub(crate) voxels: usize,
    /// Mean index along x, y, z.
    pub(crate) centre: [f64; 3],
}

/// All components of the mask, the largest first, equal ones in the order of their first voxel.
pub(crate) fn find(mask: &[bool], size: Size) -> Vec<Component> {
    let rows = Rows::of(mask, size);
    let mut sets = Sets::of(rows.runs.len());
    for row in 0..rows.starts.len() - 1 {
        for before in rows.touching_before(row) {
            rows.join(before, row, &mut sets);
        }
    }
    let mut members: Vec<Vec<Range<usize>>> = vec![Vec::new(); rows.runs.len()];
    for (number, run) in rows.runs.iter().enumerate() {
        members[sets.first(number)].push(run.clone());
    }
    members.retain(|runs| !runs.is_empty());
    let mut components: Vec<_> = members
        .into_iter()
        .map(|runs| Component::of(runs, size))
        .collect();
    components.sort_by_key(|component| std::cmp::Reverse(component.voxels));
    components
}

impl Component {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum of indices in memory is far below 2^53"
    )]
    fn of(runs: Vec<Range<usize>>, [width, height, _]: Size) -> Self {
        let mut voxels = 0;
        let mut sum = [0; 3];
        for run in &runs {
            let (row, x) = (run.start / width, run.start % width);
            voxels += run.len();
            sum[0] += run.len() * (2 * x + run.len() - 1) / 2;
            sum[1] += run.len() * (row % height);
            sum[2] += run.len() * (row / height);
        }
        let centre = sum.map(|sum| sum as f64 / voxels as f64);
        Self {
            runs,
            voxels,
            centre,
        }
    }
}

/// The runs of a mask, row by row.
struct Rows {
    runs: Vec<Range<usize>>,
    /// Number of the first run of each row, and the number of all runs.
    starts: Vec<usize>,
    size: Size,
}

impl Rows {
    fn of(mask: &[bool], size: Size) -> Self {
        let width = size[0].max(1);
        let (mut runs, mut starts) = (Vec::new(), vec![0]);
        for (number, row) in mask.chunks(width).enumerate() {
            let first = number * width;
            let mut end = 0;
            while let Some(gap) = row[end..].iter().position(|voxel| *voxel) {
                let start = end + gap;
                let stretch = row[start..].iter().position(|voxel| !voxel);
                end = start + stretch.unwrap_or(width - start);
                runs.push(first + start..first + end);
            }
            starts.push(runs.len());
        }
        Self { runs, starts, size }
    }

    /// The rows before this one that touch it: one in its slice, up to three in the slice before.
    fn touching_before(&self, row: usize) -> impl Iterator<Item = usize> {
        let [_, height, _] = self.size;
        let (y, z) = (row % height, row / height);
        let same = (y > 0).then(|| row - 1);
        let slice = y.saturating_sub(1)..if z > 0 { (y + 2).min(height) } else { 0 };
        same.into_iter()
            .chain(slice.map(move |y| (z - 1) * height + y))
    }

    /// Joins the runs of two rows that touch. Both are in order, so each is looked at once.
    fn join(&self, before: usize, row: usize, sets: &mut Sets) {
        let width = self.size[0];
        let of = |row: usize| self.starts[row]..self.starts[row + 1];
        let columns = |number: usize, row: usize| {
            let run = &self.runs[number];
            run.start - row * width..run.end - row * width
        };
        let (mut ones, mut others) = (of(before).peekable(), of(row).peekable());
        while let (Some(&one), Some(&other)) = (ones.peek(), others.peek()) {
            let (above, here) = (columns(one, before), columns(other, row));
            // At a corner the end of one is the start of the other.
            if above.start <= here.end && here.start <= above.end {
                sets.join(one, other);
            }
            if above.end < here.end {
                ones.next();
            } else {
                others.next();
            }
        }
    }
}

/// Which runs belong together; the first of them stands for all.
struct Sets(Vec<usize>);

impl Sets {
    fn of(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&mut self, mut run: usize) -> usize {
        while self.0[run] != run {
            self.0[run] = self.0[self.0[run]];
            run = self.0[run];
        }
        run
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> Vec<bool> {
        text.chars()
            .filter_map(|cell| match cell {
                '#' => Some(true),
                '.' => Some(false),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn corners_join_and_gaps_part() {
        let mask = mask("#... / .#.. / ...#   |   .... / .... / ....");
        let found = find(&mask, [4, 3, 2]);
        let voxels = |part: &Component| part.runs.iter().cloned().flatten().collect::<Vec<_>>();
        let voxels: Vec<_> = found.iter().map(voxels).collect();
        assert_eq!(voxels, [vec![0, 5], vec![11]]);
        assert_eq!(found[0].centre, [0.5, 0.5, 0.0]);
    }

    #[test]
    fn the_corner_of_the_next_slice_joins() {
        let mask = mask("#. / ..  |  .. / .#");
        let found = find(&mask, [2, 2, 2]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].centre, [0.5, 0.5, 0.5]);
    }

    #[test]
    fn the_ends_of_rows_and_slices_do_not_join() {
        // Neighbours in memory, but not in space.
        let mask = mask("...# / #... / ....  |  .... / .... / ....");
        assert_eq!(find(&mask, [4, 3, 2]).len(), 2);
        let mask = self::mask("... / ... / ..#  |  #.. / ... / ...");
        assert_eq!(find(&mask, [3, 3, 2]).len(), 2);
    }

    #[test]
    fn the_largest_comes_first() {
        let mask = mask("#.##.###");
        let sizes: Vec<usize> = find(&mask, [8, 1, 1])
            .iter()
            .map(|part| part.voxels)
            .collect();
        assert_eq!(sizes, [3, 2, 1]);
        assert!(find(&[false; 8], [8, 1, 1]).is_empty());
    }

    /// What belongs together, by looking at all neighbours of each voxel.
    fn slowly(mask: &[bool], [width, height, depth]: Size) -> Vec<usize> {
        let mut left = mask.to_vec();
        let mut sizes = Vec::new();
        for start in 0..mask.len() {
            let (mut size, mut next) = (0, vec![start]);
            while let Some(voxel) = next.pop() {
                if !std::mem::take(&mut left[voxel]) {
                    continue;
                }
                size += 1;
                let [x, y, z] = [
                    voxel % width,
                    voxel / width % height,
                    voxel / (width * height),
                ];
                let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
                for z in around(z, depth) {
                    for y in around(y, height) {
                        next.extend(around(x, width).map(|x| (z * height + y) * width + x));
                    }
                }
            }
            sizes.extend((size > 0).then_some(size));
        }
        sizes.sort_by_key(|size| std::cmp::Reverse(*size));
        sizes
    }

    #[test]
    fn runs_find_what_neighbours_find() {
        let mut state = 1_u64;
        for round in 0..300_usize {
            let size = [1 + round % 7, 1 + round % 5, 1 + round % 4];
            let mask: Vec<bool> = (0..size.iter().product::<usize>())
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 60) < round as u64 % 16
                })
                .collect();
            let found = find(&mask, size);
            let sizes: Vec<usize> = found.iter().map(|part| part.voxels).collect();
            assert_eq!(sizes, slowly(&mask, size), "{size:?}: {mask:?}");
        }
    }
}
