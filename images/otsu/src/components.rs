//! Connected components of a mask on a grid: voxels that touch at a face, an edge or a corner belong together.

/// Voxels along x, y, z.
pub(crate) type Size = [usize; 3];

/// A connected part of the mask.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Component {
    /// Positions in the volume, x fastest; the first found comes first.
    pub(crate) voxels: Vec<usize>,
    /// Mean index along x, y, z.
    pub(crate) centre: [f64; 3],
}

/// All components of the mask, the largest first, equal ones in the order of their first voxel. The mask is empty afterwards.
pub(crate) fn find(mask: &mut [bool], size: Size) -> Vec<Component> {
    let mut components = Vec::new();
    for start in 0..mask.len() {
        if mask[start] {
            components.push(grow(mask, size, start));
        }
    }
    components.sort_by_key(|component| std::cmp::Reverse(component.voxels.len()));
    components
}

/// Takes the component of `start` out of the mask.
fn grow(mask: &mut [bool], size: Size, start: usize) -> Component {
    let mut voxels = vec![start];
    let mut sum = [0u64; 3];
    mask[start] = false;
    let mut next = 0;
    while let Some(&voxel) = voxels.get(next) {
        next += 1;
        let index = index_of(voxel, size);
        for (sum, value) in sum.iter_mut().zip(index) {
            *sum += value as u64;
        }
        for neighbour in neighbours(index, size) {
            if std::mem::take(&mut mask[neighbour]) {
                voxels.push(neighbour);
            }
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum of indices in memory is far below 2^53"
    )]
    let centre = sum.map(|sum| sum as f64 / voxels.len() as f64);
    Component { voxels, centre }
}

fn index_of(voxel: usize, [width, height, _]: Size) -> [usize; 3] {
    [
        voxel % width,
        voxel / width % height,
        voxel / (width * height),
    ]
}

/// The up to 26 neighbours of a voxel, and the voxel itself.
fn neighbours([x, y, z]: [usize; 3], size: Size) -> impl Iterator<Item = usize> {
    let around = |value: usize, end: usize| value.saturating_sub(1)..(value + 2).min(end);
    let [width, height, depth] = size;
    around(z, depth).flat_map(move |z| {
        around(y, height)
            .flat_map(move |y| around(x, width).map(move |x| (z * height + y) * width + x))
    })
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
        let mut mask = mask("#... / .#.. / ...#   |   .... / .... / ....");
        let found = find(&mut mask, [4, 3, 2]);
        let voxels: Vec<_> = found.iter().map(|part| part.voxels.as_slice()).collect();
        assert_eq!(voxels, [&[0, 5][..], &[11]]);
        assert_eq!(found[0].centre, [0.5, 0.5, 0.0]);
        assert!(mask.iter().all(|voxel| !voxel));
    }

    #[test]
    fn the_corner_of_the_next_slice_joins() {
        let mut mask = mask("#. / ..  |  .. / .#");
        let found = find(&mut mask, [2, 2, 2]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].centre, [0.5, 0.5, 0.5]);
    }

    #[test]
    fn the_ends_of_rows_and_slices_do_not_join() {
        // Neighbours in memory, but not in space.
        let mut mask = mask("...# / #... / ....  |  .... / .... / ....");
        assert_eq!(find(&mut mask, [4, 3, 2]).len(), 2);
        let mut mask = self::mask("... / ... / ..#  |  #.. / ... / ...");
        assert_eq!(find(&mut mask, [3, 3, 2]).len(), 2);
    }

    #[test]
    fn the_largest_comes_first() {
        let mut mask = mask("#.##.###");
        let sizes: Vec<usize> = find(&mut mask, [8, 1, 1])
            .iter()
            .map(|part| part.voxels.len())
            .collect();
        assert_eq!(sizes, [3, 2, 1]);
        assert!(find(&mut [false; 8], [8, 1, 1]).is_empty());
    }
}
