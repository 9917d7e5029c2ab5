//! Rows in aligned columns, without frames; cells are wrapped where the terminal is too narrow for them.

use std::borrow::Cow;

use super::{FAINT, visible};

/// Between two columns.
const GAP: usize = 2;
/// A column is made no narrower than this; narrower terminals have to break the lines themselves.
const NARROWEST: usize = 10;

/// Rows of text under faint headings, or without where all headings are empty. Cells are plain text: control characters
/// are made visible here.
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

    /// The lines, each indented by `indent` spaces and ended by a newline; `columns` is how long they may be.
    pub(crate) fn render(&self, indent: usize, columns: Option<usize>) -> String {
        let widths = self.widths(columns.map(|columns| columns.saturating_sub(indent)));
        let mut text = String::new();
        if self.headings.iter().any(|heading| !heading.is_empty()) {
            for line in lines(&self.headings, &widths, indent) {
                text.push_str(&format!("{FAINT}{line}{FAINT:#}\n"));
            }
        }
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            for line in lines(&cells, &widths, indent) {
                text.push_str(&line);
                text.push('\n');
            }
        }
        text
    }

    /// The widths of the columns: as their widest cell wants it, or less, taken from the widest columns first; the first
    /// column, which names the rows, gives last.
    fn widths(&self, within: Option<usize>) -> Vec<usize> {
        let wanted = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells
                .chain([self.headings[column].chars().count()])
                .max()
                .unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.headings.len()).map(wanted).collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        let room = within.map_or(usize::MAX, |within| within.saturating_sub(gaps));
        while widths.iter().sum::<usize>() > room {
            let (name, others) = widths.split_at_mut(1);
            let narrow = |widths: &mut [usize]| -> bool {
                let widest = widths.iter_mut().max();
                let Some(width) = widest.filter(|width| **width > NARROWEST) else {
                    return false;
                };
                *width -= 1;
                true
            };
            if !narrow(others) && !narrow(name) {
                break;
            }
        }
        widths
    }
}

/// The lines of one row.
fn lines(cells: &[&str], widths: &[usize], indent: usize) -> Vec<String> {
    let wrapped: Vec<Vec<String>> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| wrap(cell, *width))
        .collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let line = |index: usize| {
        let mut line = " ".repeat(indent);
        for (cell, width) in wrapped.iter().zip(widths) {
            let part = cell.get(index).map_or("", String::as_str);
            line.push_str(&format!("{part:width$}{:GAP$}", ""));
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// Breaks text at spaces, and words that are too long anywhere; at least one line.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if length > 0 {
            line.push(' ');
            length += 1;
        }
        while word.len() > width.max(1) {
            let rest = word.split_off(place_to_break(&word, width.max(1)));
            lines.push(word.into_iter().collect());
            word = rest;
        }
        length += word.len();
        line.extend(word);
    }
    lines.push(line);
    lines
}

/// After a separator in the second half of the line, else at its end.
fn place_to_break(word: &[char], width: usize) -> usize {
    let separates = |c: &char| matches!(c, '/' | ',' | '-' | '_' | '.' | ':');
    word[..width]
        .iter()
        .rposition(separates)
        .map(|place| place + 1)
        .filter(|place| *place > width / 2)
        .unwrap_or(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table, columns: Option<usize>) -> String {
        anstream::adapter::strip_str(&table.render(2, columns)).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["name", "size"]);
        table.row(["é".into(), "10 MB".into()]);
        table.row(["longer name".into(), "1\u{7}B".into()]);
        assert_eq!(
            plain(&table, None),
            "  name         size\n  é            10 MB\n  longer name  1\u{fffd}B\n"
        );
    }

    #[test]
    fn cells_are_wrapped_where_there_is_no_room() {
        let mut table = Table::new(&["name", "content"]);
        table.row([
            "a".into(),
            "some words and onewordthatistoolong to break".into(),
        ]);
        assert_eq!(
            plain(&table, Some(20)),
            "  name  content\n  a     some words\n        and\n        onewordthati\n        stoolong to\n        break\n"
        );
    }

    #[test]
    fn names_stay_whole_and_paths_break_at_separators() {
        let mut table = Table::new(&["name", "path"]);
        table.row(["a_rather_long_name".into(), "/some/where/deep".into()]);
        assert_eq!(
            plain(&table, Some(32)),
            "  name                path\n  a_rather_long_name  /some/\n                      where/deep\n"
        );
    }

    #[test]
    fn no_column_is_made_unreadable() {
        let mut table = Table::new(&["a", "b"]);
        table.row(["x".repeat(12).into(), "y".repeat(12).into()]);
        assert_eq!(
            plain(&table, Some(5)),
            "  a           b\n  xxxxxxxxxx  yyyyyyyyyy\n  xx          yy\n"
        );
    }
}
