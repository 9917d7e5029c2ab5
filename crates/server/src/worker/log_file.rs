//! The log of a job on disk: one JSON object for each line, numbered, so that readers can go on where they stopped.

use std::io::{self, BufRead, BufReader, Write};
use std::time::Duration;

use camino::Utf8Path;
use container::sandbox::Stream;
use fs_err::File;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// A line that a program wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// From 1, without gaps.
    pub number: u64,
    /// Whether it came on stderr, which counts as a warning.
    pub is_stderr: bool,
    /// Seconds since the start of the program.
    pub seconds: f64,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// Writes lines, and tells whoever listens.
pub(super) struct LogFile {
    file: File,
    lines: broadcast::Sender<LogLine>,
    number: u64,
    /// The first problem; later lines are still told, and the job goes on.
    problem: Option<io::Error>,
}

impl LogFile {
    pub(super) fn create(
        path: &Utf8Path,
        lines: broadcast::Sender<LogLine>,
    ) -> io::Result<LogFile> {
        Ok(LogFile {
            file: File::create(path)?,
            lines,
            number: 0,
            problem: None,
        })
    }

    pub(super) fn write(&mut self, stream: Stream, at: Duration, text: &str) {
        self.number += 1;
        let line = LogLine {
            number: self.number,
            is_stderr: stream == Stream::Stderr,
            seconds: (at.as_secs_f64() * 1000.0).round() / 1000.0,
            text: text.trim_end_matches(['\n', '\r']).to_owned(),
        };
        let mut json = serde_json::to_vec(&line).expect("numbers and text");
        json.push(b'\n');
        // One call for each line: whoever reads the file sees whole lines, and a crash of ours loses none.
        if let Err(error) = self.file.write_all(&json) {
            self.problem.get_or_insert(error);
        }
        // Nobody may be listening.
        let _ = self.lines.send(line);
    }

    pub(super) fn problem(&mut self) -> Option<io::Error> {
        self.problem.take()
    }
}

/// The lines of a log after line `after`, at most `most`. A last line that a crash cut off is left out.
///
/// # Errors
/// When the file cannot be read.
pub fn read_log(path: &Utf8Path, after: u64, most: usize) -> io::Result<Vec<LogLine>> {
    let mut found = Vec::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let Ok(line) = serde_json::from_str::<LogLine>(&line?) else {
            break;
        };
        if line.number > after {
            found.push(line);
            if found.len() == most {
                break;
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_go_on_where_they_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("log.jsonl")).unwrap();
        let (lines, mut heard) = broadcast::channel(8);
        let mut log = LogFile::create(&path, lines).unwrap();
        for text in ["one\n", "two", "thr\u{ee}e\r\n"] {
            log.write(Stream::Stderr, Duration::from_micros(1_234_567), text);
        }
        assert!(log.problem().is_none());
        assert_eq!(heard.try_recv().unwrap().text, "one");
        let rest = read_log(&path, 1, 10).unwrap();
        assert_eq!(rest.len(), 2);
        assert_eq!((rest[1].number, rest[1].text.as_str()), (3, "thr\u{ee}e"));
        assert!(rest[1].is_stderr && (rest[1].seconds - 1.235).abs() < 1e-9);
        assert_eq!(read_log(&path, 0, 2).unwrap().len(), 2);
        let whole = fs_err::read(&path).unwrap();
        fs_err::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert_eq!(read_log(&path, 0, 10).unwrap().len(), 2, "cut off");
    }
}
