//! A zip archive as it is made, while the client reads it. Members are stored as they are: images and most files are
//! compressed already.

use std::io::{self, Write};

use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;
use store::blobs::{Blobs, Digest};
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::chunks::{self, Chunks};
use crate::worker::write_stamped_log;

/// Members that may wait for a slow client.
const WAITING: usize = 8;
/// Below this a member needs no 64-bit lengths, bytes.
const SMALL: u64 = u32::MAX as u64;

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
    /// The log of a job, of which text is made.
    Log(Digest),
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
    tokio::spawn(feed(members));
    let body = chunks::body("a zip archive", move |out| write(&blobs, heard, out));
    let mut response = Response::new(body);
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
    out: Chunks,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    while let Some(member) = members.blocking_recv() {
        let member = member.map_err(io::Error::other)?;
        let is_large = match &member.content {
            Content::Bytes(bytes) => bytes.len() as u64 >= SMALL,
            Content::Blob(_, size) => *size >= SMALL,
            // Only known once it is written.
            Content::Log(_) => true,
        };
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o644)
            .last_modified_time(time(member.at))
            .large_file(is_large);
        zip.start_file(member.path, options)
            .map_err(io::Error::other)?;
        match member.content {
            Content::Bytes(bytes) => zip.write_all(&bytes)?,
            Content::Blob(digest, _) => {
                let mut file = blobs.open_blob(&digest).map_err(io::Error::other)?;
                io::copy(&mut file, &mut zip)?;
            }
            Content::Log(digest) => write_stamped_log(&blobs.path(&digest), &mut zip)?,
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
