//! The log of a job on disk: one JSON object for each line, numbered, so that readers can go on where they stopped.

use std::io::{self, Write};
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

/// Lines of one job. A line costs some sixty bytes beside its text, so that a program that writes nothing but line ends would
/// fill the disk with many times what its limit allows.
const MOST_LINES: u64 = 2_000_000;

/// Writes lines, and tells whoever listens.
pub(super) struct LogFile {
    file: File,
    lines: broadcast::Sender<LogLine>,
    number: u64,
    most: u64,
    /// Lines that came after the last one that is kept.
    dropped: u64,
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
            most: MOST_LINES,
            dropped: 0,
            problem: None,
        })
    }

    pub(super) fn write(&mut self, stream: Stream, at: Duration, text: &str) {
        if self.number == self.most {
            self.dropped += 1;
            return;
        }
        self.keep(stream, at, text);
    }

    fn keep(&mut self, stream: Stream, at: Duration, text: &str) {
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

    /// Nothing more is written; what the owner of the job is to be told.
    pub(super) fn finish(mut self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.dropped > 0 {
            let (dropped, most) = (self.dropped, self.most);
            let text = format!("{dropped} lines were not kept: a log has at most {most}");
            self.keep(Stream::Stderr, Duration::ZERO, &format!("[{text}]"));
            warnings.push(text);
        }
        if let Some(problem) = self.problem {
            warnings.push(format!("the log could not be kept to its end: {problem}"));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("log.jsonl")).unwrap();
        let (lines, mut heard) = broadcast::channel(8);
        let mut log = LogFile::create(&path, lines).unwrap();
        for text in ["one\n", "two", "thr\u{ee}e\r\n"] {
            log.write(Stream::Stderr, Duration::from_micros(1_234_567), text);
        }
        assert_eq!(log.finish(), Vec::<String>::new());
        assert_eq!(heard.try_recv().unwrap().text, "one");
        let kept = crate::worker::read_log(&path, 0, 10).unwrap();
        assert_eq!(kept.len(), 3);
        assert_eq!((kept[2].number, kept[2].text.as_str()), (3, "thr\u{ee}e"));
        assert!(kept[2].is_stderr && (kept[2].seconds - 1.235).abs() < 1e-9);
    }

    #[test]
    fn line_ends_alone_do_not_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("log.jsonl")).unwrap();
        let mut log = LogFile::create(&path, broadcast::channel(8).0).unwrap();
        log.most = 1000;
        for _ in 0..5000 {
            log.write(Stream::Stdout, Duration::from_secs(1), "\n");
        }
        let told = "4000 lines were not kept: a log has at most 1000";
        assert_eq!(log.finish(), [told]);
        let kept = crate::worker::read_log(&path, 0, 10_000).unwrap();
        assert_eq!(kept.len(), 1001);
        assert_eq!(kept[1000].text, format!("[{told}]"));
    }
}
