//! Which directories are resolution levels of one image.

use super::Chunks;
use super::page::Page;

/// The levels, largest first: the first directory, and those in the chain or among its sub-directories that are cut the
/// same way, have the same shape and are smaller. Thumbnails, labels and macro images of slide scanners are striped
/// where levels are tiled, so they are left out.
pub(super) fn levels(pages: &[Page]) -> Vec<&Page> {
    let Some(first) = pages.first() else {
        return Vec::new();
    };
    let mut levels = vec![first];
    let mut smaller: Vec<&Page> = pages[1..]
        .iter()
        .filter(|page| is_level(first, page))
        .collect();
    smaller.sort_by_key(|page| std::cmp::Reverse(page.width));
    for page in smaller {
        if levels.last().is_some_and(|last| page.width < last.width) {
            levels.push(page);
        }
    }
    levels
}

fn is_level(first: &Page, page: &Page) -> bool {
    let is_tiled = |page: &Page| matches!(page.chunks, Chunks::Tiles { .. });
    let is_marked = page.subfile_type & 1 == 1 || page.is_sub;
    is_tiled(page) == is_tiled(first)
        && (is_tiled(page) || is_marked)
        && page.samples == first.samples
        && page.width < first.width
        && has_shape_of(first, page)
}

/// The same ratio of width to height, within the pixel that rounding takes from either side.
fn has_shape_of(first: &Page, page: &Page) -> bool {
    let cross = (u128::from(page.width) * u128::from(first.height))
        .abs_diff(u128::from(page.height) * u128::from(first.width));
    cross <= u128::from(first.width) + u128::from(first.height)
}
