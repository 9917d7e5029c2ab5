//! Writing a package.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::DIGESTS;
use super::digests::{self, Digests, is_plain};

/// What goes in at one path.
pub(crate) enum PackedFile {
    /// These bytes.
    Text(Utf8PathBuf, String),
    /// A file of this machine.
    File(Utf8PathBuf, Utf8PathBuf),
    /// All files of a folder.
    Folder(Utf8PathBuf, Utf8PathBuf),
}

/// A package that was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// A file that cannot be read, or is none.
    #[error("failed to read `{path}`")]
    Read {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that changed meanwhile.
    #[error("`{path}` changed while it was packed")]
    Changed {
        /// Which.
        path: Utf8PathBuf,
    },
    /// A name that cannot be packed.
    #[error("`{path}` is no name that a package can hold")]
    Name {
        /// Which.
        path: Utf8PathBuf,
    },
    /// The package itself.
    #[error("failed to write `{path}`")]
    Write {
        /// Which.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the package, and gives the digest of its list of digests: it stands for all of it.
pub(crate) fn pack(target: &Utf8Path, contents: Vec<PackedFile>) -> Result<String, PackError> {
    let mut files = Vec::new();
    for content in contents {
        match content {
            PackedFile::Folder(place, folder) => walk(&place, &folder, &mut files)?,
            file @ (PackedFile::Text(..) | PackedFile::File(..)) => files.push(file),
        }
    }
    let mut list = Digests::new();
    for file in &files {
        let (place, digest, _) = digest_of(file)?;
        if !is_plain(place) {
            return Err(PackError::Name {
                path: place.to_owned(),
            });
        }
        list.insert(place.to_owned(), digest);
    }
    let text = digests::write(&list);
    // Beside the target, so that nobody finds half a package under its name.
    let aside = Utf8PathBuf::from(format!("{target}.part"));
    let written = write(&aside, &text, &files, &list).and_then(|()| {
        fs_err::rename(&aside, target).map_err(|source| PackError::Write {
            path: target.to_owned(),
            source,
        })
    });
    if written.is_err() {
        // What is left of it is of no use; that it could not be removed would hide why it failed.
        let _ = fs_err::remove_file(&aside);
    }
    written.map(|()| format!("sha256:{}", digests::hex(&Sha256::digest(text.as_bytes()))))
}

fn write(
    target: &Utf8Path,
    list: &str,
    files: &[PackedFile],
    digests: &Digests,
) -> Result<(), PackError> {
    let failed = |source| PackError::Write {
        path: target.to_owned(),
        source,
    };
    let file = fs_err::File::create(target).map_err(failed)?;
    let mut archive = tar::Builder::new(io::BufWriter::with_capacity(1 << 20, file));
    append(
        &mut archive,
        DIGESTS.into(),
        list.len() as u64,
        &mut list.as_bytes(),
    )
    .map_err(failed)?;
    for file in files {
        let (place, bytes, mut source) = open(file)?;
        let mut hashed = Hashed {
            from: &mut source,
            hasher: Sha256::new(),
        };
        append(&mut archive, place, bytes, &mut hashed).map_err(failed)?;
        if digests.get(place) != Some(&digests::hex(&hashed.hasher.finalize())) {
            return Err(PackError::Changed {
                path: place.to_owned(),
            });
        }
    }
    let buffered = archive.into_inner().map_err(failed)?;
    let file = buffered
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}

fn append(
    archive: &mut tar::Builder<impl io::Write>,
    place: &Utf8Path,
    bytes: u64,
    content: &mut dyn Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(0);
    archive.append_data(&mut header, place, content)
}

/// What is read, hashed on the way.
struct Hashed<'a> {
    from: &'a mut dyn Read,
    hasher: Sha256,
}

impl Read for Hashed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.hasher.update(&into[..count]);
        Ok(count)
    }
}

fn digest_of(file: &PackedFile) -> Result<(&Utf8Path, String, u64), PackError> {
    let (place, _, mut source) = open(file)?;
    let (digest, bytes) =
        digests::copy(&mut source, &mut io::sink()).map_err(|source| PackError::Read {
            path: place.to_owned(),
            source,
        })?;
    Ok((place, digest, bytes))
}

/// Place, length and content.
fn open(file: &PackedFile) -> Result<(&Utf8Path, u64, Box<dyn Read + '_>), PackError> {
    match file {
        PackedFile::Text(place, text) => Ok((place, text.len() as u64, Box::new(text.as_bytes()))),
        PackedFile::File(place, path) | PackedFile::Folder(place, path) => {
            let failed = |source| PackError::Read {
                path: path.clone(),
                source,
            };
            let opened = fs_err::File::open(path).map_err(failed)?;
            let found = opened.metadata().map_err(failed)?;
            if !found.is_file() {
                return Err(failed(io::Error::other("it is no regular file")));
            }
            Ok((place, found.len(), Box::new(opened)))
        }
    }
}

/// The files of a folder, sorted. Links to folders are an error: they may lead anywhere, and round in circles.
fn walk(place: &Utf8Path, folder: &Utf8Path, files: &mut Vec<PackedFile>) -> Result<(), PackError> {
    let failed = |source| PackError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = folder.read_dir_utf8().map_err(failed)?;
    let mut paths: Vec<Utf8PathBuf> = entries
        .map(|entry| Ok(entry?.into_path()))
        .collect::<io::Result<_>>()
        .map_err(failed)?;
    paths.sort();
    for path in paths {
        let inner = place.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            if path.is_symlink() {
                return Err(PackError::Read {
                    path,
                    source: io::Error::other(
                        "it is a link to a folder; a package holds folders and files only",
                    ),
                });
            }
            walk(&inner, &path, files)?;
        } else {
            files.push(PackedFile::File(inner, path));
        }
    }
    Ok(())
}
