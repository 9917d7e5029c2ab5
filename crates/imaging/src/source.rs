//! Where bytes come from: a path, an open file, or memory.
//!
//! Outputs of an algorithm are opened by descriptor and never by path, so every reader here also works on an open
//! file together with a function that opens a file beside it (the samples of an `.mhd`).

use std::io::{self, Read, Seek};

use camino::Utf8Path;

use crate::error::ReadProblem;

/// Anything that can be read from any position.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// Opens a file in the same folder as the header. The name that it gets is always plain: no separator, not `.` or `..`.
///
/// The function must not follow links out of the folder; what it opens should be a regular file. The one name that is
/// not plain is [`PARTNER`].
pub type OpenBeside<'a> = dyn Fn(&str) -> io::Result<Box<dyn ReadSeek>> + 'a;

/// Stands for the file that is called like the header but ends in `.img`: an Analyze or NIfTI pair does not name it.
pub const PARTNER: &str = "*.img";

/// Name of the [`PARTNER`] of this header: `a.hdr` has `a.img`, `A.HDR` has `A.IMG`, `a.hdr.gz` has `a.img.gz`.
#[must_use]
pub fn partner_name(header: &str) -> String {
    let (name, gz) = match header.len().checked_sub(3) {
        Some(at) if header.is_char_boundary(at) && header[at..].eq_ignore_ascii_case(".gz") => {
            header.split_at(at)
        }
        Some(_) | None => (header, ""),
    };
    let path = Utf8Path::new(name);
    let is_upper = path
        .extension()
        .is_some_and(|extension| extension.bytes().all(|byte| byte.is_ascii_uppercase()));
    format!(
        "{}.{}{gz}",
        path.file_stem().unwrap_or(name),
        if is_upper { "IMG" } else { "img" }
    )
}

/// For formats and callers that have no files beside: every name is answered with "not found".
///
/// # Errors
/// Always.
pub fn nothing_beside(_name: &str) -> io::Result<Box<dyn ReadSeek>> {
    Err(io::ErrorKind::NotFound.into())
}

/// Opens a regular file by path.
pub(crate) fn open_file(path: &Utf8Path) -> Result<fs_err::File, ReadProblem> {
    // Looked at first: opening a FIFO would wait for somebody to write to it.
    let metadata = fs_err::metadata(path).map_err(unnamed)?;
    if !metadata.is_file() {
        return Err(ReadProblem::NotRegularFile);
    }
    fs_err::File::open(path).map_err(unnamed)
}

/// The message of the operating system without the path, which the caller names already.
fn unnamed(error: io::Error) -> ReadProblem {
    ReadProblem::Open(plain(error))
}

fn plain(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return io::Error::new(io::ErrorKind::NotFound, "there is no such file");
    }
    io::Error::from(error.kind())
}

/// Opens files in the folder of `path` and nowhere else: links are not followed out of it.
pub(crate) fn open_in_folder_of(path: &Utf8Path) -> impl Fn(&str) -> io::Result<Box<dyn ReadSeek>> {
    let folder = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
    let partner = partner_name(path.file_name().unwrap_or_default());
    move |name| {
        let path = folder.join(if name == PARTNER { &partner } else { name });
        let folder = if folder.as_str().is_empty() {
            Utf8Path::new(".")
        } else {
            &folder
        };
        let real = fs_err::canonicalize(&path).map_err(plain)?;
        if real.parent() != Some(&fs_err::canonicalize(folder)?) {
            return Err(io::Error::other("it is a link to a file in another folder"));
        }
        match open_file(&path) {
            Ok(file) => Ok(Box::new(file)),
            Err(problem) => Err(io::Error::other(problem.to_string())),
        }
    }
}
