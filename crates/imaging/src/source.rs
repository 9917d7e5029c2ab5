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
/// The function must not follow links out of the folder; what it opens should be a regular file. The only names that
/// are not plain are the [`PARTNERS`].
pub type OpenBeside<'a> = dyn Fn(&str) -> io::Result<Box<dyn ReadSeek>> + 'a;

/// Stand for the file that is called like the header but ends like this: an Analyze or NIfTI pair does not name it.
/// The first one that is there counts.
pub const PARTNERS: [&str; 2] = ["*.img", "*.img.gz"];

/// The name that one of the [`PARTNERS`] stands for beside this header: `a.hdr` has `a.img`, `A.HDR` has `A.IMG`, and
/// `a.hdr.gz` has `a.img.gz`.
#[must_use]
pub fn partner_name(header: &str, partner: &str) -> String {
    let is_gz = |name: &str| {
        let end = name.len().checked_sub(3).and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(".gz"))
    };
    let plain = if is_gz(header) {
        &header[..header.len() - 3]
    } else {
        header
    };
    let path = Utf8Path::new(plain);
    let is_upper = path
        .extension()
        .is_some_and(|extension| extension.bytes().all(|byte| byte.is_ascii_uppercase()));
    let ending = partner.trim_start_matches('*');
    let ending = if is_upper {
        ending.to_ascii_uppercase()
    } else {
        ending.to_owned()
    };
    format!("{}{ending}", path.file_stem().unwrap_or(plain))
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
    let header = path.file_name().unwrap_or_default().to_owned();
    move |name| {
        let path = if PARTNERS.contains(&name) {
            folder.join(partner_name(&header, name))
        } else {
            folder.join(name)
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_are_called_like_their_header() {
        let [plain, gz] = PARTNERS;
        for (header, partner, name) in [
            ("a.hdr", plain, "a.img"),
            ("a.b.hdr", gz, "a.b.img.gz"),
            ("A.HDR", plain, "A.IMG"),
            ("a.hdr.gz", gz, "a.img.gz"),
            ("é", plain, "é.img"),
        ] {
            assert_eq!(partner_name(header, partner), name);
        }
    }
}
