//! A file on its way from the server: whole under its name, or not at all.

use std::io::{Read, Write as _};

use camino::Utf8Path;
use fs_err::File;

use super::connection::Connection;
use crate::exit_status::ExitStatus;
use crate::problem::Problem;
use crate::terminal::Progress;

/// Downloads what lies at an address to a path where nothing is.
pub(crate) fn download(
    server: &Connection,
    address: &str,
    path: &Utf8Path,
    quiet: bool,
) -> Result<(), Problem> {
    let (length, mut source) = server.download_sized(address)?;
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder).map_err(Problem::internal)?;
    }
    let name = path.file_name().unwrap_or("file");
    let part = path.with_file_name(format!(".{name}.part"));
    let mut progress = Progress::start(&format!("downloading {name}"), length.unwrap_or(0), quiet);
    let mut copy = || -> std::io::Result<u64> {
        let mut file = File::create(&part)?;
        let mut buffer = vec![0; 256 * 1024];
        let mut done = 0;
        loop {
            let count = source.read(&mut buffer)?;
            if count == 0 {
                file.flush()?;
                return Ok(done);
            }
            file.write_all(&buffer[..count])?;
            done += count as u64;
            progress.set(done);
        }
    };
    let copied = copy();
    let broken = match copied {
        Ok(done) if length.is_none_or(|length| length == done) => {
            return fs_err::rename(&part, path).map_err(Problem::internal);
        }
        Ok(done) => format!("{done} bytes came, expected {}", length.unwrap_or(0)),
        Err(error) => error.to_string(),
    };
    // What is left of it is of no use.
    let _ = fs_err::remove_file(&part);
    let message = format!("the download of `{name}` broke off: {broken}");
    Err(Problem::new(ExitStatus::HostUnable, message).hint("ask again: nothing of it was kept"))
}
