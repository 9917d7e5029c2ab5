//! Reads one layer of an archive once: checks, decompresses, digests and keeps it on the way.
//!
//! One thread reads the archive. Beside it one thread computes the digest of the layer as it is stored; if it is
//! compressed, one decompresses, and the digest of what comes out is computed by another. What becomes of the tar is done by
//! the threads of `sinks`. Between them are channels with room for a few chunks, so the memory does not depend on the layer.

mod sinks;

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::ImportImageError;
use super::archive::limit_in;
use super::budget::{Budget, LimitHit};
use super::channel::{ChunkReader, Fed, Message, channel, feed};
use super::compression::Compression;
use super::copying::Copier;
use super::digest::{Digest, Hasher};
use super::index::TAR;
use super::tar_file::TarFile;
use super::unpack::{Notes, UnpackError};
use sinks::{Kept, Sinks, TarFrom};

/// How a layer lies in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerForm {
    /// Its files, each by itself.
    Unpacked,
    /// Its tar, and an index by which the kernel reads files out of it.
    Indexed,
}

/// A layer in the staging folder.
#[derive(Debug)]
pub(super) struct StagedLayer {
    /// Digest as stored in the archive.
    pub(super) blob: Digest,
    /// Length as stored in the archive, bytes.
    pub(super) stored_bytes: u64,
    /// Digest of the uncompressed tar.
    pub(super) diff_id: Digest,
    /// The folder that holds it.
    pub(super) folder: Utf8PathBuf,
    /// How it lies there.
    pub(super) form: LayerForm,
    /// Bytes of its files.
    pub(super) bytes: u64,
    /// What was left out.
    pub(super) notes: Notes,
}

/// The folder inside a layer's folder that overlayfs sees. Its owner and rights are the image's, those of the folder
/// around it are ours.
pub(super) const TREE: &str = "tree";
/// The file in a layer's folder that has the digest of what lies beside it.
pub(super) const SEAL: &str = "seal";

/// A layer in an archive.
pub(super) struct LayerSource<'a> {
    /// Its name there.
    pub(super) name: &'a str,
    /// Its first bytes.
    pub(super) head: Vec<u8>,
    /// Its bytes after those.
    pub(super) content: &'a mut dyn Read,
    /// Copies these bytes while they are read, where they come from a file.
    pub(super) copier: Option<&'a Copier>,
    /// How it is compressed.
    pub(super) compression: Compression,
    /// Its length in bytes.
    pub(super) bytes: u64,
}

/// Where a layer goes.
pub(super) struct Destination<'a> {
    /// Its folder, which is made.
    pub(super) folder: Utf8PathBuf,
    /// How it is to lie there; one that an index cannot hold is unpacked.
    pub(super) form: LayerForm,
    /// What may be used.
    pub(super) budget: &'a Budget,
}

/// Reads a layer. `each` is called for every chunk that was read.
pub(super) fn read_layer(
    source: LayerSource<'_>,
    to: Destination<'_>,
    each: &mut dyn FnMut(),
) -> Result<StagedLayer, ImportImageError> {
    fs_err::create_dir(&to.folder).map_err(|error| in_store(&to.folder, error))?;
    let (name, stored_bytes) = (source.name, source.bytes);
    let streams = match source.compression {
        Compression::None => match (to.form, source.copier) {
            (LayerForm::Indexed, Some(copier)) => read_copied(source, &to, copier, each),
            (LayerForm::Indexed | LayerForm::Unpacked, _) => {
                read_plain(source, &to, TarFrom::Stream, each)
            }
        },
        Compression::Gzip | Compression::Xz | Compression::Zstd => {
            read_compressed(source, &to, each)
        }
    };
    let finished = streams.and_then(|streams| {
        let finished = streams.kept.finish(&to, streams.diff_id, name)?;
        Ok((streams.blob, streams.diff_id, finished))
    });
    let (blob, diff_id, (form, unpacked)) =
        finished.map_err(|stop| stop.in_layer(name, &to.folder))?;
    Ok(StagedLayer {
        blob,
        stored_bytes,
        diff_id,
        folder: to.folder,
        form,
        bytes: unpacked.bytes,
        notes: unpacked.notes,
    })
}

/// What the threads of one layer found.
struct Streams {
    blob: Digest,
    diff_id: Digest,
    kept: Kept,
}

/// Why a thread stopped.
enum Stop {
    /// Reading the archive failed.
    Source(io::Error),
    /// Another thread stopped first.
    GivenUp,
    /// The compressed stream is damaged.
    Inflate(io::Error),
    /// A limit was reached.
    Limit(LimitHit),
    /// Unpacking failed.
    Unpack(UnpackError),
    /// The tar, or the index over it, was not written.
    Keep(io::Error),
    /// The archive ends inside the layer.
    Short { found: u64, expected: u64 },
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::GivenUp;
        }
        Self::Inflate(error)
    }
}

impl Stop {
    fn in_layer(self, layer: &str, folder: &Utf8Path) -> ImportImageError {
        let damaged = |problem: String| ImportImageError::Damaged {
            place: format!("the layer `{layer}`"),
            problem,
        };
        match self {
            Self::Source(error) => match limit_in(&error) {
                Some(hit) => hit.into(),
                None => damaged(error.to_string()),
            },
            Self::Inflate(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                damaged("its compressed stream ends early".to_owned())
            }
            Self::Inflate(error) => damaged(format!("it does not decompress: {error}")),
            Self::GivenUp | Self::Unpack(UnpackError::GivenUp) => {
                damaged("it ends early".to_owned())
            }
            Self::Limit(hit) | Self::Unpack(UnpackError::Limit(hit)) => hit.into(),
            Self::Short { found, expected } => damaged(format!(
                "the archive ends after {found} of its {expected} bytes"
            )),
            Self::Unpack(UnpackError::Damaged(problem)) => damaged(problem),
            Self::Unpack(UnpackError::Write(error)) | Self::Keep(error) => in_store(folder, error),
            Self::Unpack(UnpackError::Unfit(why)) => {
                damaged(format!("it cannot be indexed, because {why}"))
            }
            Self::Unpack(UnpackError::Refused { member, problem }) => ImportImageError::Member {
                layer: layer.to_owned(),
                member,
                problem,
            },
        }
    }
}

/// While the kernel copies the tar.
fn read_copied(
    source: LayerSource<'_>,
    to: &Destination<'_>,
    copier: &Copier,
    each: &mut dyn FnMut(),
) -> Result<Streams, Stop> {
    let tar = TarFile::create(&to.folder.join(TAR)).map_err(Stop::Keep)?;
    let bytes = source.bytes - source.head.len() as u64;
    copier.begin(tar, &source.head, bytes).map_err(Stop::Keep)?;
    let streams = read_plain(source, to, TarFrom::Elsewhere, each);
    // What went wrong with our copy looks from there as if it were the archive's fault.
    copier.end().map_err(Stop::Keep)?;
    streams
}

fn read_plain(
    source: LayerSource<'_>,
    to: &Destination<'_>,
    tar: TarFrom,
    each: &mut dyn FnMut(),
) -> Result<Streams, Stop> {
    thread::scope(|threads| {
        let (sinks, to_sinks) = Sinks::start(threads, to, tar);
        let fed = feed_all(source, to_sinks, each);
        let (digest, kept) = first_reason(fed, sinks.join())?;
        Ok(Streams {
            blob: digest,
            diff_id: digest,
            kept,
        })
    })
}

fn read_compressed(
    source: LayerSource<'_>,
    to: &Destination<'_>,
    each: &mut dyn FnMut(),
) -> Result<Streams, Stop> {
    let (compression, budget) = (source.compression, to.budget);
    thread::scope(|threads| {
        let (to_blob, from_blob) = channel();
        let (to_inflate, from_inflate) = channel();
        let (sinks, to_sinks) = Sinks::start(threads, to, TarFrom::Stream);
        let blob = threads.spawn(|| digest_of(from_blob));
        let inflated = threads.spawn(move || inflate(from_inflate, compression, &to_sinks, budget));
        let fed = feed_all(source, vec![to_blob, to_inflate], each);
        let blob = blob.join().expect("digesting does not panic");
        let inflated = inflated.join().expect("decompressing does not panic");
        let (diff_id, kept) = first_reason(first_reason(fed, inflated), sinks.join())?;
        Ok(Streams {
            blob: blob?,
            diff_id,
            kept,
        })
    })
}

/// Of two threads that stopped, of which one feeds the other: the one that is fed. It saw all that was before the place where
/// it stopped, so its reason is the earlier one; but if its stream was given up, the other knows why. Of a layer that is
/// damaged and cut off besides, the same is told whichever thread was faster.
fn first_reason<T>(feeding: Result<(), Stop>, fed: Result<T, Stop>) -> Result<T, Stop> {
    match (feeding, fed) {
        (Err(stop), Ok(_) | Err(Stop::GivenUp | Stop::Unpack(UnpackError::GivenUp))) => Err(stop),
        (_, fed) => fed,
    }
}

/// Feeds the threads. That one of them went away is not told here: it knows why.
fn feed_all(
    source: LayerSource<'_>,
    to: Vec<SyncSender<Message>>,
    each: &mut dyn FnMut(),
) -> Result<(), Stop> {
    let expected = source.bytes;
    let mut content = io::Cursor::new(source.head).chain(source.content);
    let fed = feed::<io::Error>(&mut content, Some(expected), &to, &mut |_| {
        each();
        Ok(())
    });
    match fed.map_err(Stop::Source)? {
        Fed::All | Fed::ReceiverGone => Ok(()),
        Fed::Short(found) => Err(Stop::Short { found, expected }),
    }
}

fn inflate(
    from: Receiver<Message>,
    compression: Compression,
    to: &[SyncSender<Message>],
    budget: &Budget,
) -> Result<(), Stop> {
    let mut decoder = compression.decoder(ChunkReader::new(from))?;
    feed::<Stop>(&mut *decoder, None, to, &mut |bytes| {
        budget.expand(bytes).map_err(Stop::Limit)
    })?;
    Ok(())
}

fn digest_of(from: Receiver<Message>) -> Result<Digest, Stop> {
    let mut hasher = Hasher::new();
    for message in from {
        match message {
            Message::Data(chunk) => hasher.update(&chunk),
            Message::End => return Ok(hasher.finish()),
        }
    }
    Err(Stop::GivenUp)
}

/// The store's folder refused.
pub(super) fn in_store(path: &Utf8Path, error: io::Error) -> ImportImageError {
    ImportImageError::Store {
        path: path.to_owned(),
        source: error,
    }
}
