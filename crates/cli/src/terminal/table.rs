//! Rows in aligned columns, without frames.

use std::borrow::Cow;
use std::fmt::Write;

use super::{FAINT, visible};

/// Rows of text under faint headings, or without where all headings are empty. Cells are plain text: control characters are made visible here.
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self {
            headings: headings.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cow<'_, str>; N]) {
        debug_assert_eq!(N, self.headings.len());
        self.rows.push(
            cells
                .iter()
                .map(|cell| visible(cell).replace('\n', " "))
                .collect(),
        );
    }

    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, each indented by `indent` spaces and ended by a newline.
    pub(crate) fn render(&self, indent: usize) -> String {
        let width = |column: usize| {
            let heading = self.headings[column].chars().count();
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([heading]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut line = " ".repeat(indent);
            for (cell, width) in cells.zip(&widths) {
                let _ = write!(line, "{cell:width$}  ");
            }
            line.trim_end().to_owned()
        };
        let headings = line(&mut self.headings.iter().copied());
        let mut text = String::new();
        if !headings.is_empty() {
            let _ = writeln!(text, "{FAINT}{headings}{FAINT:#}");
        }
        for row in &self.rows {
            let _ = writeln!(text, "{}", line(&mut row.iter().map(String::as_str)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["name", "size"]);
        table.row(["é".into(), "10 MB".into()]);
        table.row(["longer name".into(), "1\u{7}B".into()]);
        let text = anstream::adapter::strip_str(&table.render(2)).to_string();
        assert_eq!(
            text,
            "  name         size\n  é            10 MB\n  longer name  1\u{fffd}B\n"
        );
    }
}
