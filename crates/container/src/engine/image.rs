//! Giving an image of the store to the engine, once.

use std::io::{self, Write};

use bollard::query_parameters::ImportImageOptions;
use bytes::Bytes;
use camino::Utf8PathBuf;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::archive::{self, IMAGE_LABEL};
use super::client::{Engine, EngineError};

/// Pieces of the archive on their way to the engine.
const PIECE: usize = 1 << 20;
const PIECES: usize = 4;

/// The engine does not have the image.
#[derive(Debug, thiserror::Error)]
pub enum LoadImageError {
    /// It could not be asked, or did not want it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The layers could not be read.
    #[error("failed to read the image's layers")]
    Read(#[source] io::Error),
    /// It took the image and does not have it.
    #[error("the Docker engine took the image `{name}` and does not have it now")]
    Gone {
        /// Under which name.
        name: String,
    },
}

impl Engine {
    /// The engine's own id of the image with this digest, which is given to it if it does not have it: as a new image of the
    /// same layers, bottom first.
    ///
    /// # Errors
    /// When the engine does not answer or refuses the image, or a layer cannot be read.
    pub fn ensure_image(
        &self,
        digest: &str,
        layers: &[Utf8PathBuf],
    ) -> Result<String, LoadImageError> {
        let name = format!("gantry/image:{}", digest.trim_start_matches("sha256:"));
        if let Some(id) = self.image_of(&name, digest)? {
            return Ok(id);
        }
        self.load(digest, &name, layers)?;
        self.image_of(&name, digest)?
            .ok_or(LoadImageError::Gone { name })
    }

    fn image_of(&self, name: &str, digest: &str) -> Result<Option<String>, EngineError> {
        let found = self
            .runtime
            .block_on(self.docker.inspect_image(name))
            .map_err(|error| self.failed("describe an image", error));
        let found = match found {
            Err(EngineError::Refused { status: 404, .. }) => return Ok(None),
            found => found?,
        };
        let labels = found.config.and_then(|config| config.labels);
        let ours = labels
            .is_some_and(|labels| labels.get(IMAGE_LABEL).is_some_and(|label| label == digest));
        Ok(found.id.filter(|_| ours))
    }

    fn load(&self, digest: &str, name: &str, layers: &[Utf8PathBuf]) -> Result<(), LoadImageError> {
        let engine = self.patient()?;
        let (pieces, stream) = mpsc::channel::<Result<Bytes, io::Error>>(PIECES);
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                let mut to = Pieces {
                    to: pieces,
                    piece: Vec::with_capacity(PIECE),
                };
                archive::write(digest, name, layers, &mut to).inspect_err(|_| {
                    // So that the engine does not take half an archive for a whole one; it may be gone.
                    let _ = to
                        .to
                        .blocking_send(Err(io::Error::other("the layers ended early")));
                })
            });
            let loaded = engine.runtime.block_on(async {
                let options = ImportImageOptions::default();
                let stream = ReceiverStream::new(stream);
                let mut answers = engine.docker.import_image_stream(options, stream, None);
                while let Some(answer) = answers.next().await {
                    answer.map_err(|error| engine.failed("take the image", error))?;
                }
                Ok::<_, EngineError>(())
            });
            let written = writer
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match (loaded, written) {
                // The engine's own words say why it no longer wanted the rest.
                (Err(refused @ EngineError::Refused { .. }), _) => Err(refused.into()),
                (_, Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(LoadImageError::Read(error))
                }
                (loaded, _) => Ok(loaded?),
            }
        })
    }
}

/// What is written goes to the engine piece by piece.
struct Pieces {
    to: mpsc::Sender<Result<Bytes, io::Error>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..count]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.to
            .blocking_send(Ok(Bytes::from(piece)))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
