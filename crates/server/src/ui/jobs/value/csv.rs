//! Tables of comma-separated values (RFC 4180, also with semicolons or tabs), as far as a page shows them.

use super::Table;

/// Bytes of a file that are read.
pub(super) const MOST_BYTES: u64 = 512 << 10;
/// Rows that are shown.
const MOST_ROWS: usize = 200;
/// Columns that are shown.
const MOST_COLUMNS: usize = 40;
/// Characters of a cell.
const MOST_LETTERS: usize = 200;

/// The table at the start of a file; `is_whole` says whether that is all of it.
pub(super) fn read(bytes: &[u8], is_whole: bool) -> Table {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = rows(text, delimiter(text));
    // A row that the end of what was read has cut.
    if !is_whole && rows.len() > 1 {
        rows.pop();
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let count = rows.len().saturating_sub(1);
    let mut rows = rows.into_iter().map(|mut row| {
        row.truncate(MOST_COLUMNS);
        row.resize(columns.min(MOST_COLUMNS), String::new());
        row.into_iter().map(cut).collect::<Vec<String>>()
    });
    let header = rows.next().unwrap_or_default();
    let rows: Vec<_> = rows.take(MOST_ROWS).collect();
    let mut left_out = Vec::new();
    if !is_whole {
        left_out.push(format!("the first {} rows are shown", rows.len()));
    } else if count > rows.len() {
        left_out.push(format!("{} of {count} rows are shown", rows.len()));
    }
    if columns > MOST_COLUMNS {
        left_out.push(format!("{MOST_COLUMNS} of {columns} columns are shown"));
    }
    Table {
        header,
        rows,
        left_out: (!left_out.is_empty()).then(|| left_out.join(", ")),
    }
}

fn cut(cell: String) -> String {
    if cell.chars().count() <= MOST_LETTERS {
        return cell;
    }
    cell.chars().take(MOST_LETTERS).chain(['…']).collect()
}

/// What separates the cells of the first line most often.
fn delimiter(text: &str) -> char {
    let line = text.lines().next().unwrap_or_default();
    let count = |wanted: char| line.chars().filter(|letter| *letter == wanted).count();
    [',', ';', '\t']
        .into_iter()
        .rev()
        .max_by_key(|delimiter| count(*delimiter))
        .unwrap_or(',')
}

fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter if letter == delimiter && !is_quoted => row.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.len() > 1 || row.iter().any(|cell| !cell.is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_other_delimiters_are_understood() {
        let table = read(b"\xef\xbb\xbfname,\"a \"\"b\"\"\"\r\n\"x,\ny\",2\r\n", true);
        assert_eq!(table.header, ["name", "a \"b\""]);
        assert_eq!(table.rows, [["x,\ny", "2"]]);
        assert_eq!(table.left_out, None);
        assert_eq!(read(b"a;b;c\n1;2;3,5", true).rows, [["1", "2", "3,5"]]);
        assert_eq!(read(b"a\tb\n1\t2", true).header, ["a", "b"]);
        assert_eq!(read(b"one\n2", true).rows, [["2"]]);
    }

    #[test]
    fn tables_are_bounded_and_say_so() {
        let long = format!("a\n{}", "1\n".repeat(500));
        let table = read(long.as_bytes(), true);
        assert_eq!(table.rows.len(), MOST_ROWS);
        assert_eq!(table.left_out.as_deref(), Some("200 of 500 rows are shown"));
        let wide = read("a,".repeat(100).as_bytes(), true);
        assert_eq!(wide.header.len(), MOST_COLUMNS);
        let ragged = read(b"a,b\n1\n1,2,3", true);
        assert_eq!(ragged.rows[0], ["1", "", ""]);
        assert!(read(b"", true).header.is_empty());
        assert_eq!(read(b"a\n1\n2", false).rows.len(), 1, "the last may be cut");
    }
}
