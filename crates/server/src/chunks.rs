//! The body of an answer as it is made: one thread writes it, the client reads it, nothing of it is ever in memory as a whole.
//!
//! A client that leaves ends the work; a problem in the middle breaks the connection, so that nobody takes half an answer
//! for a whole one.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::warn;

/// Bytes that are handed on at a time.
const CHUNK: usize = 128 * 1024;
/// Chunks that may wait for a slow client.
const WAITING: usize = 8;

/// What `write` writes on a thread of its own; `what` is for the server's log.
pub(crate) fn body(
    what: &'static str,
    write: impl FnOnce(Chunks) -> io::Result<()> + Send + 'static,
) -> Body {
    let (chunks, body) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let failed = chunks.clone();
        let waiting = Vec::with_capacity(CHUNK);
        if let Err(problem) = write(Chunks { chunks, waiting }) {
            warn!(%problem, "{what} was not sent to its end");
            // Nobody may be reading any more.
            let _ = failed.blocking_send(Err(problem));
        }
    });
    Body::from_stream(ReceiverStream::new(body))
}

/// Hands bytes on in larger pieces; the last ones have to be flushed.
pub(crate) struct Chunks {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    waiting: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        let sent = self.chunks.blocking_send(Ok(Bytes::from(full)));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has left"))
    }
}
