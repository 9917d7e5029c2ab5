//! A zip archive as it is made: one thread writes it, the client reads it, nothing of it is ever in memory as a whole.
//!
//! Members are stored as they are: images and most files are compressed already. A client that leaves ends the work; a
//! problem in the middle breaks the connection, so that nobody takes half an archive for a whole one.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;
use store::blobs::{Blobs, Digest};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::warn;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Bytes that are handed on at a time.
const CHUNK: usize = 128 * 1024;
/// Chunks, and members, that may wait for a slow client.
const WAITING: usize = 8;

/// One file of an archive.
#[derive(Debug)]
pub(crate) struct Member {
    /// With `/` between folders.
    pub(crate) path: String,
    /// Its time.
    pub(crate) at: Timestamp,
    /// What is in it.
    pub(crate) content: Content,
}

/// What is in a file.
#[derive(Debug)]
pub(crate) enum Content {
    /// A few bytes.
    Bytes(Vec<u8>),
    /// Bytes of the store, and how many.
    Blob(Digest, u64),
}

/// Where the members of an archive come from; a problem breaks the download.
pub(crate) type Members = mpsc::Sender<Result<Member, String>>;

/// An answer that downloads as `filename` what `feed` sends.
pub(crate) fn response<F>(
    blobs: Blobs,
    filename: &str,
    feed: impl FnOnce(Members) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let (members, heard) = mpsc::channel(WAITING);
    let (chunks, body) = mpsc::channel(WAITING);
    tokio::spawn(feed(members));
    tokio::task::spawn_blocking(move || {
        let failed = chunks.clone();
        if let Err(problem) = write(&blobs, heard, chunks) {
            warn!(%problem, "a zip archive was not sent to its end");
            // Nobody may be reading any more.
            let _ = failed.blocking_send(Err(problem));
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(body)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/zip"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{filename}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn write(
    blobs: &Blobs,
    mut members: mpsc::Receiver<Result<Member, String>>,
    chunks: mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Chunks {
        chunks,
        waiting: Vec::with_capacity(CHUNK),
    });
    while let Some(member) = members.blocking_recv() {
        let member = member.map_err(io::Error::other)?;
        let size = match &member.content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Blob(_, size) => *size,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o644)
            .last_modified_time(time(member.at))
            .large_file(size >= u64::from(u32::MAX));
        zip.start_file(member.path, options)
            .map_err(io::Error::other)?;
        match member.content {
            Content::Bytes(bytes) => zip.write_all(&bytes)?,
            Content::Blob(digest, _) => {
                let mut file = blobs.open_blob(&digest).map_err(io::Error::other)?;
                io::copy(&mut file, &mut zip)?;
            }
        }
    }
    let mut rest = zip.finish().map_err(io::Error::other)?.into_inner();
    rest.flush()
}

/// As zip knows times: from 1980 on, to two seconds.
fn time(at: Timestamp) -> zip::DateTime {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(at.year()).unwrap_or(1980);
    let time = zip::DateTime::from_date_and_time(
        year,
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    );
    time.unwrap_or_default()
}

/// Hands bytes on in larger pieces.
struct Chunks {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    waiting: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        let sent = self.chunks.blocking_send(Ok(Bytes::from(full)));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has left"))
    }
}
