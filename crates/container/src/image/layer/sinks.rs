//! What is done with a layer's uncompressed tar while it passes: its digest, and the form in which it is kept.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::{Scope, ScopedJoinHandle};

use super::{ChunkReader, Destination, LayerForm, Message, SEAL, Stop, TREE, channel, digest_of};
use crate::image::budget::Budget;
use crate::image::digest::{Digest, Hasher};
use crate::image::index::{INDEX, TAR, index, seal_of};
use crate::image::tar_file::TarFile;
use crate::image::unpack::{UnpackError, Unpacked, unpack};

/// The threads, each with a receiver of the tar.
pub(super) struct Sinks<'s> {
    digest: ScopedJoinHandle<'s, Result<Digest, Stop>>,
    contents: ScopedJoinHandle<'s, Result<Kept, Stop>>,
    /// Writes the tar itself.
    tar: Option<ScopedJoinHandle<'s, Result<(), Stop>>>,
}

/// Who writes the tar of a layer that is going to be indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TarFrom {
    /// A thread here, from what passes.
    Stream,
    /// Somebody before it passes.
    Elsewhere,
}

/// What there is of the layer when its tar has passed.
pub(super) enum Kept {
    /// Its files.
    Tree(Unpacked),
    /// Its tar, and the bytes of the index over it.
    Indexed(Unpacked, Vec<u8>),
    /// Its tar, and why there is no index over it.
    TarOnly(&'static str),
}

impl<'s> Sinks<'s> {
    /// Starts them; gives the senders that feed them.
    pub(super) fn start<'e>(
        threads: &'s Scope<'s, 'e>,
        to: &'e Destination<'_>,
        tar: TarFrom,
    ) -> (Self, Vec<SyncSender<Message>>) {
        let (to_digest, from_digest) = channel();
        let (to_contents, from_contents) = channel();
        let mut senders = vec![to_digest, to_contents];
        let digest = threads.spawn(|| digest_of(from_digest));
        let (contents, tar) = match to.form {
            LayerForm::Unpacked => (threads.spawn(|| unpack_from(from_contents, to)), None),
            LayerForm::Indexed => {
                let writing = (tar == TarFrom::Stream).then(|| {
                    let (to_tar, from_tar) = channel();
                    senders.push(to_tar);
                    threads.spawn(|| write_tar(from_tar, to))
                });
                let budget = to.budget;
                let contents = threads.spawn(|| index_from(from_contents, budget));
                (contents, writing)
            }
        };
        let sinks = Self {
            digest,
            contents,
            tar,
        };
        (sinks, senders)
    }

    /// Waits for them. Of several that stopped, the first knows why.
    pub(super) fn join(self) -> Result<(Digest, Kept), Stop> {
        let digest = self.digest.join().expect("digesting does not panic");
        let contents = self.contents.join().expect("reading a tar does not panic");
        let tar = self
            .tar
            .map(|tar| tar.join().expect("writing does not panic"));
        if let Some(Err(stop @ Stop::Keep(_))) = tar {
            return Err(stop);
        }
        let kept = contents?;
        tar.transpose()?;
        Ok((digest?, kept))
    }
}

impl Kept {
    /// Completes the layer's folder; says in which form.
    pub(super) fn finish(
        self,
        to: &Destination<'_>,
        diff_id: Digest,
        layer: &str,
    ) -> Result<(LayerForm, Unpacked), Stop> {
        match self {
            Self::Tree(unpacked) => Ok((LayerForm::Unpacked, unpacked)),
            Self::Indexed(unpacked, index) => {
                let mut hasher = Hasher::new();
                hasher.update(&index);
                let seal = seal_of(diff_id, hasher.finish());
                let written = fs_err::write(to.folder.join(INDEX), index)
                    .and_then(|()| fs_err::write(to.folder.join(SEAL), format!("{seal}\n")));
                written.map_err(Stop::Keep)?;
                Ok((LayerForm::Indexed, unpacked))
            }
            Self::TarOnly(why) => {
                let path = to.folder.join(TAR);
                let mut tar = fs_err::File::open(&path).map_err(Stop::Keep)?;
                let mut unpacked = unpack_into(&mut tar, to)?;
                fs_err::remove_file(&path).map_err(Stop::Keep)?;
                let what = format!("unpacked, because {why}");
                unpacked.notes.add(&what, layer.as_bytes());
                Ok((LayerForm::Unpacked, unpacked))
            }
        }
    }
}

fn unpack_from(from: Receiver<Message>, to: &Destination<'_>) -> Result<Kept, Stop> {
    unpack_into(&mut ChunkReader::new(from), to).map(Kept::Tree)
}

fn unpack_into(tar: &mut impl std::io::Read, to: &Destination<'_>) -> Result<Unpacked, Stop> {
    let tree = to.folder.join(TREE);
    fs_err::create_dir(&tree).map_err(Stop::Keep)?;
    unpack(tar, tree.as_std_path(), to.budget).map_err(Stop::Unpack)
}

fn index_from(from: Receiver<Message>, budget: &Budget) -> Result<Kept, Stop> {
    match index(&mut ChunkReader::new(from), budget) {
        Ok((unpacked, index)) => Ok(Kept::Indexed(unpacked, index)),
        Err(UnpackError::Unfit(why)) => Ok(Kept::TarOnly(why)),
        Err(error) => Err(Stop::Unpack(error)),
    }
}

fn write_tar(from: Receiver<Message>, to: &Destination<'_>) -> Result<(), Stop> {
    let mut file = TarFile::create(&to.folder.join(TAR)).map_err(Stop::Keep)?;
    for message in from {
        match message {
            Message::Data(chunk) => file.write_all(&chunk).map_err(Stop::Keep)?,
            Message::End => return file.finish().map_err(Stop::Keep),
        }
    }
    Err(Stop::GivenUp)
}
