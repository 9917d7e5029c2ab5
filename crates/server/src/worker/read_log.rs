//! The log of a job as it is read: from any line on, without reading what comes before it.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use camino::Utf8Path;
use fs_err::File;

use super::log_file::LogLine;

/// A part of the file so small that it is read from its start, bytes.
const NEAR: u64 = 64 << 10;

/// Text of lines that are in memory together, bytes, but for the last line.
const MOST_TEXT: usize = 4 << 20;

/// Lines of a log, one after the other. A last line that is being written, or that a crash cut off, is left out.
#[derive(Debug)]
pub struct LogLines {
    file: BufReader<File>,
    after: u64,
    is_over: bool,
}

impl LogLines {
    /// The lines after line `after`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn after(path: &Utf8Path, after: u64) -> io::Result<LogLines> {
        let mut file = BufReader::new(File::open(path)?);
        let start = place(&mut file, after)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(LogLines {
            file,
            after,
            is_over: false,
        })
    }

    fn read(&mut self) -> io::Result<Option<LogLine>> {
        while let Some(line) = whole_line(&mut self.file)? {
            if line.number > self.after {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }
}

impl Iterator for LogLines {
    type Item = io::Result<LogLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let read = self.read().transpose();
        self.is_over = !matches!(read, Some(Ok(_)));
        read
    }
}

/// The next line, unless it is not all there.
fn whole_line(file: &mut impl BufRead) -> io::Result<Option<LogLine>> {
    let mut bytes = Vec::new();
    file.read_until(b'\n', &mut bytes)?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// Where a line starts that is the one after line `after` or comes shortly before it, bytes. Lines are numbered in order,
/// so halving finds it: readers come back for every few hundred lines of a log that may have millions.
fn place(file: &mut BufReader<File>, after: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.seek(SeekFrom::End(0))?);
    while after > 0 && high - low > NEAR {
        let middle = low + (high - low) / 2;
        file.seek(SeekFrom::Start(middle))?;
        let mut rest_of_line = Vec::new();
        let skipped = Read::by_ref(file)
            .take(high - middle)
            .read_until(b'\n', &mut rest_of_line)?;
        let start = middle + skipped as u64;
        match whole_line(file)? {
            Some(line) if start < high && line.number <= after => low = start,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The lines of a log after line `after`, at most `most`, and no more after so many that their text has 4 MiB: lines may be
/// long, and many readers may come at once.
///
/// # Errors
/// When the file cannot be read.
pub fn read_log(path: &Utf8Path, after: u64, most: usize) -> io::Result<Vec<LogLine>> {
    let mut text = 0;
    LogLines::after(path, after)?
        .take(most)
        .take_while(|line| {
            let is_within = text < MOST_TEXT;
            text += line.as_ref().map_or(0, |line| line.text.len());
            is_within
        })
        .collect()
}

/// Writes the lines of a log after line `after` as plain text.
///
/// # Errors
/// When the file cannot be read, or `out` not be written.
pub fn write_log(path: &Utf8Path, after: u64, out: &mut impl Write) -> io::Result<()> {
    for line in LogLines::after(path, after)? {
        writeln!(out, "{}", line?.text)?;
    }
    Ok(())
}

/// Writes a whole log as text, each line with its time and its stream.
///
/// # Errors
/// When the file cannot be read, or `out` not be written.
pub fn write_stamped_log(path: &Utf8Path, out: &mut impl Write) -> io::Result<()> {
    for line in LogLines::after(path, 0)? {
        let line = line?;
        let stream = if line.is_stderr { "stderr" } else { "stdout" };
        writeln!(out, "{:>9.3} {stream} | {}", line.seconds, line.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;

    fn log(texts: impl Iterator<Item = String>) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("log.jsonl")).unwrap();
        let mut bytes = Vec::new();
        for (number, text) in (1..).zip(texts) {
            let line = LogLine {
                number,
                is_stderr: number % 3 == 0,
                seconds: 1.5,
                text,
            };
            serde_json::to_writer(&mut bytes, &line).unwrap();
            bytes.push(b'\n');
        }
        fs_err::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn readers_go_on_where_they_stopped() {
        let texts = ["one", "two", "thr\u{ee}e"];
        let (_folder, path) = log(texts.iter().map(|text| (*text).to_owned()));
        let rest = read_log(&path, 1, 10).unwrap();
        assert_eq!(rest.len(), 2);
        assert_eq!((rest[1].number, rest[1].text.as_str()), (3, "thr\u{ee}e"));
        assert_eq!(read_log(&path, 0, 2).unwrap().len(), 2);
        assert_eq!(read_log(&path, 3, 2).unwrap(), []);
        let whole = fs_err::read(&path).unwrap();
        fs_err::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert_eq!(read_log(&path, 0, 10).unwrap().len(), 2, "cut off");
    }

    #[test]
    fn a_line_far_behind_is_found_without_reading_what_comes_before() {
        // Lines of a few bytes, and in between one that is longer than what is read at a time.
        let text = |number: u64| match number {
            7_000 => "x".repeat(500_000),
            _ => "y".repeat(usize::try_from(number % 90).unwrap()),
        };
        let (_folder, path) = log((1..=30_000).map(text));
        let mut file = BufReader::new(File::open(&path).unwrap());
        for after in [1, 2, 100, 6_999, 7_000, 7_001, 12_345, 29_998, 29_999] {
            let found = read_log(&path, after, 2).unwrap();
            assert_eq!(found[0].number, after + 1);
            assert_eq!(found[0].text, text(after + 1));
            let start = place(&mut file, after).unwrap();
            file.seek(SeekFrom::Start(start)).unwrap();
            let first = whole_line(&mut file).unwrap().unwrap().number;
            assert!(
                first <= after + 1 && first + 1_500 > after,
                "{first} for {after}"
            );
        }
        assert_eq!(read_log(&path, 30_000, 5).unwrap(), []);
        assert_eq!(read_log(&path, u64::MAX, 5).unwrap(), []);
        assert_eq!(LogLines::after(&path, 0).unwrap().count(), 30_000);
    }

    #[test]
    fn as_text_nothing_is_missing() {
        let (_folder, path) = log((1..=3).map(|number| format!("line {number}")));
        let mut text = Vec::new();
        write_log(&path, 1, &mut text).unwrap();
        assert_eq!(text, b"line 2\nline 3\n");
        text.clear();
        write_stamped_log(&path, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("    1.500 stdout | line 1\n"), "{text}");
        assert!(text.ends_with("    1.500 stderr | line 3\n"), "{text}");
    }

    #[test]
    fn long_lines_come_in_parts() {
        let (_folder, path) = log((0..100).map(|_| "x".repeat(100_000)));
        let mut found = Vec::new();
        loop {
            let after = found.len() as u64;
            let part = read_log(&path, after, 1000).unwrap();
            if part.is_empty() {
                break;
            }
            assert!(part.len() <= 42, "{} lines", part.len());
            found.extend(part);
        }
        assert!(
            found
                .iter()
                .zip(1..)
                .all(|(line, number)| line.number == number)
        );
        assert_eq!(found.len(), 100);
    }
}
