//! A file on its way to the server, in parts.

use std::io::{Read, Seek, SeekFrom};

use camino::Utf8Path;
use fs_err::File;
use serde_json::{Value, json};

use super::connection::Connection;
use crate::problem::Problem;
use crate::terminal::Progress;

/// Bytes of a part.
const PART: u64 = 32 << 20;

/// Uploads a file; gives its address on the server.
pub(crate) fn upload(server: &Connection, path: &Utf8Path, quiet: bool) -> Result<String, Problem> {
    let mut file = File::open(path).map_err(Problem::internal)?;
    let size = file.metadata().map_err(Problem::internal)?.len();
    let name = path.file_name().unwrap_or("file");
    let begun: Value = server.post("/api/v1/uploads/", &json!({"filename": name}))?;
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let place = format!(
        "/api/v1/uploads/{}/{}",
        text(&begun, "pk"),
        text(&begun, "s3_upload_id")
    );
    let mut progress = Progress::start(&format!("uploading {name}"), size, quiet);
    let mut parts = Vec::new();
    let mut sent = 0;
    while sent < size {
        let number = parts.len() + 1;
        let signed: Value = server.patch(
            &format!("{place}/generate-presigned-urls/"),
            &json!({"part_numbers": [number]}),
        )?;
        let address = text(&signed["presigned_urls"], &number.to_string());
        let length = PART.min(size - sent);
        file.seek(SeekFrom::Start(sent))
            .map_err(Problem::internal)?;
        let mut bytes = Told {
            inner: (&mut file).take(length),
            done: sent,
            progress: &mut progress,
        };
        let etag = server.put_part(&address, length, &mut bytes)?;
        parts.push(json!({"ETag": etag, "PartNumber": number}));
        sent += length;
    }
    let _: Value = server.patch(
        &format!("{place}/complete-multipart-upload/"),
        &json!({"parts": parts}),
    )?;
    Ok(text(&begun, "api_url"))
}

/// [`upload`] for those who need the id of the upload.
pub(crate) fn upload_for_id(
    server: &Connection,
    path: &Utf8Path,
    quiet: bool,
) -> Result<String, Problem> {
    let address = upload(server, path, quiet)?;
    let id = address.trim_end_matches('/').rsplit('/').next();
    Ok(id.unwrap_or_default().to_owned())
}

/// Tells how far the reading is.
struct Told<'a, R> {
    inner: R,
    done: u64,
    progress: &'a mut Progress,
}

impl<R: Read> Read for Told<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done += read as u64;
        self.progress.set(self.done);
        Ok(read)
    }
}
