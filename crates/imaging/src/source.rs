//! Where bytes come from: a path, an open file, or memory.
//!
//! Outputs of an algorithm are opened by descriptor and never by path, so every reader here also works on an open
//! file together with a function that opens a file beside it (the samples of an `.mhd`).

use std::io::{self, Read, Seek};

/// Anything that can be read from any position.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// Opens a file in the same folder as the header. The name that it gets is always plain: no separator, not `.` or `..`.
///
/// The function must not follow links out of the folder; what it opens should be a regular file.
pub type OpenBeside<'a> = dyn Fn(&str) -> io::Result<Box<dyn ReadSeek>> + 'a;

/// For formats and callers that have no files beside: every name is answered with "not found".
///
/// # Errors
/// Always.
pub fn nothing_beside(_name: &str) -> io::Result<Box<dyn ReadSeek>> {
    Err(io::ErrorKind::NotFound.into())
}
