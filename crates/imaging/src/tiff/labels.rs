//! Gathers the values of a label mask while its strips or tiles are decoded.

use super::page::Page;
use crate::segments::DistinctValues;
use crate::summary::ComponentType;

/// Takes decoded bytes of 8-bit, single-sample pages; leaves out the padding of edge tiles; undoes predictor 2.
pub(super) struct LabelProbe {
    values: DistinctValues,
    stored_width: usize,
    sums: bool,
    visible: (usize, usize),
    column: usize,
    row: usize,
    sum: u8,
    line: Vec<u8>,
}

impl LabelProbe {
    /// A probe, for pages whose values can be labels.
    pub(super) fn for_page(page: &Page) -> Option<LabelProbe> {
        let component = page
            .component_type()
            .filter(|component| matches!(component, ComponentType::Uint8 | ComponentType::Int8))?;
        let is_grey = matches!(page.photometric, Some(1 | 3));
        if page.samples != 1 || !is_grey || !matches!(page.predictor, 1 | 2) {
            return None;
        }
        Some(LabelProbe {
            values: DistinctValues::new(component),
            stored_width: usize::try_from(page.chunk_size().0).ok()?,
            sums: page.predictor == 2,
            visible: (0, 0),
            column: 0,
            row: 0,
            sum: 0,
            line: Vec::with_capacity(64 * 1024),
        })
    }

    /// The next bytes are those of strip or tile `index`.
    pub(super) fn start(&mut self, page: &Page, index: u64) {
        let (width, height) = page.visible(index);
        let clip = |side: u64| usize::try_from(side).unwrap_or(usize::MAX);
        self.visible = (clip(width), clip(height));
        (self.column, self.row, self.sum) = (0, 0, 0);
    }

    /// A strip or tile that is not stored reads as 0.
    pub(super) fn absent(&mut self) {
        self.values.feed(&[0]);
    }

    /// Takes decoded bytes of the current strip or tile.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.line.clear();
        for byte in bytes {
            self.sum = if self.sums {
                self.sum.wrapping_add(*byte)
            } else {
                *byte
            };
            if self.column < self.visible.0 && self.row < self.visible.1 {
                self.line.push(self.sum);
            }
            self.column += 1;
            if self.column == self.stored_width {
                (self.column, self.row, self.sum) = (0, self.row + 1, 0);
            }
        }
        self.values.feed(&self.line);
    }

    /// The distinct values, ascending.
    pub(super) fn segments(self) -> Option<Vec<i64>> {
        self.values.segments(&[])
    }
}
