//! The program's output on its way to people: raw into files, line by line to whoever watches, the last lines kept.

use std::collections::VecDeque;
use std::io::{self, BufWriter, Write};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::{LogChunk, Stream};
use fs_err::File;

/// Longer lines are cut into pieces of this many bytes.
const MAX_LINE: usize = 64 << 10;
/// How many lines are kept for a failure's report.
const TAIL: usize = 20;

/// Takes the log of one container.
pub(crate) struct Logs {
    stdout: StreamLog,
    stderr: StreamLog,
}

/// One stream.
struct StreamLog {
    path: Utf8PathBuf,
    file: BufWriter<File>,
    unfinished: Vec<u8>,
    tail: VecDeque<String>,
    /// A file that cannot be written must not end the container: the first problem is told at the end.
    problem: Option<io::Error>,
}

impl StreamLog {
    fn create(path: Utf8PathBuf) -> io::Result<Self> {
        let file = BufWriter::new(File::create(&path)?);
        Ok(Self {
            path,
            file,
            unfinished: Vec::new(),
            tail: VecDeque::new(),
            problem: None,
        })
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.file.write_all(bytes) {
            self.problem.get_or_insert(error);
        }
    }

    /// Hands over each line that is complete, or too long to wait for its end.
    fn lines(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        self.unfinished.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(length) = next_line(&self.unfinished[start..]) {
            let line = text(&self.unfinished[start..start + length]);
            remember(&mut self.tail, &line);
            on_line(&line);
            start += length;
        }
        self.unfinished.drain(..start);
    }

    /// Hands over a line that will not be finished.
    fn cut(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.unfinished.is_empty() {
            let line = text(&std::mem::take(&mut self.unfinished));
            remember(&mut self.tail, &line);
            on_line(&line);
        }
    }

    fn finish(&mut self, on_line: &mut dyn FnMut(&str)) -> io::Result<()> {
        self.cut(on_line);
        self.file.flush()?;
        self.problem.take().map_or(Ok(()), Err)
    }
}

/// Length of the first line with its end, or of the largest piece of a line that is too long.
fn next_line(bytes: &[u8]) -> Option<usize> {
    let window = &bytes[..bytes.len().min(MAX_LINE)];
    match window.iter().position(|&byte| byte == b'\n') {
        Some(end) => Some(end + 1),
        None => (window.len() == MAX_LINE).then_some(MAX_LINE),
    }
}

/// Bytes of a line as text without its end; what is no UTF-8 is replaced, NUL left out.
fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).replace('\0', "")
}

fn remember(tail: &mut VecDeque<String>, line: &str) {
    if line.trim().is_empty() {
        return;
    }
    if tail.len() == TAIL {
        tail.pop_front();
    }
    tail.push_back(line.to_owned());
}

impl Logs {
    /// Makes `stdout.log` and `stderr.log` in a folder.
    pub(crate) fn create(folder: &Utf8Path) -> io::Result<Self> {
        let log = |name| StreamLog::create(folder.join(name));
        Ok(Self {
            stdout: log("stdout.log")?,
            stderr: log("stderr.log")?,
        })
    }

    fn stream(&mut self, stream: Stream) -> &mut StreamLog {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }

    /// Takes a piece of log and hands over the lines that it completes.
    pub(crate) fn take(
        &mut self,
        chunk: LogChunk,
        on_line: &mut dyn FnMut(Stream, Duration, &str),
    ) {
        match chunk {
            LogChunk::Bytes {
                at_us,
                stream,
                bytes,
            } => {
                let log = self.stream(stream);
                log.write(&bytes);
                log.lines(&bytes, &mut |line| {
                    on_line(stream, Duration::from_micros(at_us), line)
                });
            }
            LogChunk::Gap { stream, bytes } => {
                // What comes next does not continue the line that was cut off.
                let log = self.stream(stream);
                log.cut(&mut |line| on_line(stream, Duration::ZERO, line));
                let marker = format!("\n[{bytes} bytes of this stream were not kept]\n");
                self.stream(stream).write(marker.as_bytes());
                on_line(stream, Duration::ZERO, marker.trim());
            }
        }
    }

    /// Hands over what is left and closes the files; the error of a file names it.
    pub(crate) fn finish(
        &mut self,
        on_line: &mut dyn FnMut(Stream, &str),
    ) -> Result<(), (Utf8PathBuf, io::Error)> {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let log = self.stream(stream);
            log.finish(&mut |line| on_line(stream, line))
                .map_err(|error| (log.path.clone(), error))?;
        }
        Ok(())
    }

    /// The last lines of a stream that are not empty, oldest first.
    pub(crate) fn tail(&self, stream: Stream) -> Vec<String> {
        let log = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        log.tail.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(chunks: &[&[u8]]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Logs::create(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        let mut lines = Vec::new();
        for chunk in chunks {
            let chunk = LogChunk::Bytes {
                at_us: 0,
                stream: Stream::Stdout,
                bytes: chunk.to_vec(),
            };
            logs.take(chunk, &mut |_, _, line| lines.push(line.to_owned()));
        }
        logs.finish(&mut |_, line| lines.push(line.to_owned()))
            .unwrap();
        assert_eq!(
            fs_err::read(folder.path().join("stdout.log")).unwrap(),
            chunks.concat()
        );
        lines
    }

    #[test]
    fn a_gap_ends_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut logs = Logs::create(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        let mut lines = Vec::new();
        let stream = Stream::Stderr;
        let piece = |text: &str| LogChunk::Bytes {
            at_us: 0,
            stream,
            bytes: text.into(),
        };
        for chunk in [
            piece("a\nb"),
            LogChunk::Gap { stream, bytes: 7 },
            piece("c\n"),
        ] {
            logs.take(chunk, &mut |_, _, line| lines.push(line.to_owned()));
        }
        assert_eq!(
            lines,
            ["a", "b", "[7 bytes of this stream were not kept]", "c"]
        );
        assert_eq!(logs.tail(stream), ["a", "b", "c"]);
    }

    #[test]
    fn lines_are_put_together_and_cut() {
        assert_eq!(lines_of(&[b"a\nb", b"c\r\n", b"end"]), ["a", "bc", "end"]);
        assert_eq!(lines_of(&[b"n\0ul \xff\n"]), ["nul \u{fffd}"]);
        let long = vec![b'x'; MAX_LINE + 10];
        assert_eq!(
            lines_of(&[&long])
                .iter()
                .map(String::len)
                .collect::<Vec<_>>(),
            [MAX_LINE, 10]
        );
    }
}
