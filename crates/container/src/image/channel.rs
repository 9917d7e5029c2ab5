//! Bytes from one thread to another in chunks, with bounded room in between.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes in one chunk: small enough to stay in the processor's cache, large enough to make the hand-over cheap.
pub(super) const CHUNK_BYTES: usize = 256 * 1024;
/// Chunks under way between two threads.
const DEPTH: usize = 8;

/// Bytes that several threads read.
pub(super) type Chunk = Arc<Vec<u8>>;

/// What goes through a channel. A channel that closes without [`Message::End`] was given up by its sender.
pub(super) enum Message {
    /// The next bytes.
    Data(Chunk),
    /// There are no more.
    End,
}

/// A channel with room for [`DEPTH`] chunks.
pub(super) fn channel() -> (SyncSender<Message>, Receiver<Message>) {
    sync_channel(DEPTH)
}

/// How [`feed`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fed {
    /// Everything was sent.
    All,
    /// The reader ended after so many bytes, which are not as many as were expected. All were sent, but not that there are
    /// no more.
    Short(u64),
    /// A receiver went away; it knows why.
    ReceiverGone,
}

/// Reads to the end, after `expected` bytes where that is known, and sends all to every receiver. `each` hears the number
/// of bytes of every chunk before it is sent and may stop the feeding.
///
/// # Errors
/// Those of the reader and of `each`. The receivers then see a channel that was given up, as they do where the reader ends
/// elsewhere.
pub(super) fn feed<E: From<io::Error>>(
    from: &mut dyn Read,
    expected: Option<u64>,
    to: &[SyncSender<Message>],
    each: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<Fed, E> {
    let mut total = 0;
    loop {
        let chunk = read_chunk(from)?;
        if chunk.is_empty() {
            break;
        }
        each(chunk.len())?;
        total += chunk.len() as u64;
        let chunk = Chunk::new(chunk);
        for receiver in to {
            if receiver.send(Message::Data(Chunk::clone(&chunk))).is_err() {
                return Ok(Fed::ReceiverGone);
            }
        }
    }
    if expected.is_some_and(|expected| expected != total) {
        return Ok(Fed::Short(total));
    }
    for receiver in to {
        if receiver.send(Message::End).is_err() {
            return Ok(Fed::ReceiverGone);
        }
    }
    Ok(Fed::All)
}

/// As many bytes as a chunk holds, fewer only at the end.
fn read_chunk(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    let limit = CHUNK_BYTES as u64;
    from.take(limit).read_to_end(&mut chunk)?;
    Ok(chunk)
}

/// The receiving end as a reader.
pub(super) struct ChunkReader {
    chunks: Receiver<Message>,
    current: Chunk,
    at: usize,
    ended: bool,
}

impl ChunkReader {
    /// Reads what comes through the channel.
    pub(super) fn new(chunks: Receiver<Message>) -> Self {
        Self {
            chunks,
            current: Chunk::default(),
            at: 0,
            ended: false,
        }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.current.len() {
            if self.ended {
                return Ok(0);
            }
            match self.chunks.recv() {
                Ok(Message::Data(chunk)) => {
                    self.current = chunk;
                    self.at = 0;
                }
                Ok(Message::End) => self.ended = true,
                Err(_gone) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        let rest = &self.current[self.at..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_in_order_at_every_receiver() {
        let sent: Vec<u8> = (0..251).cycle().take(3 * CHUNK_BYTES + 17).collect();
        let (to_one, one) = channel();
        let (to_other, other) = channel();
        let bytes = Some(sent.len() as u64);
        let fed = feed::<io::Error>(&mut &sent[..], bytes, &[to_one, to_other], &mut |_| Ok(()));
        assert_eq!(fed.unwrap(), Fed::All);
        for receiver in [one, other] {
            let mut got = Vec::new();
            ChunkReader::new(receiver).read_to_end(&mut got).unwrap();
            assert!(got == sent);
        }
    }

    #[test]
    fn a_sender_that_gives_up_is_no_end() {
        let (sender, receiver) = channel();
        sender.send(Message::Data(Chunk::new(vec![1, 2]))).unwrap();
        drop(sender);
        let mut got = Vec::new();
        let error = ChunkReader::new(receiver)
            .read_to_end(&mut got)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(got, [1, 2]);
    }

    #[test]
    fn an_end_in_the_wrong_place_is_no_end() {
        for expected in [1, 3] {
            let (sender, receiver) = channel();
            let fed =
                feed::<io::Error>(&mut &[7; 2][..], Some(expected), &[sender], &mut |_| Ok(()));
            assert_eq!(fed.unwrap(), Fed::Short(2));
            let error = ChunkReader::new(receiver)
                .read_to_end(&mut Vec::new())
                .unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        }
    }

    #[test]
    fn a_receiver_that_goes_away_stops_the_feeding() {
        let (sender, receiver) = channel();
        drop(receiver);
        let fed = feed::<io::Error>(&mut &[0; 9][..], None, &[sender], &mut |_| Ok(()));
        assert_eq!(fed.unwrap(), Fed::ReceiverGone);
    }
}
