//! Work on one piece of memory by all processors at once.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// More threads than this do not fill memory faster.
const MOST_THREADS: usize = 8;

/// Threads that work side by side on this machine, at most 8.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, |threads| threads.get().min(MOST_THREADS))
}

/// Fills `target` in pieces of `piece` bytes (the last one may be shorter); `fill` gets the number of a piece and its bytes.
/// `None` as soon as one piece could not be filled; what is in `target` then means nothing.
pub(crate) fn fill(
    target: &mut [u8],
    piece: usize,
    fill: &(dyn Fn(usize, &mut [u8]) -> Option<()> + Sync),
) -> Option<()> {
    let pieces = target.len().div_ceil(piece);
    let left = Mutex::new(target.chunks_mut(piece).enumerate());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((number, bytes)) = next() {
            if fill(number, bytes).is_none() {
                // The others find nothing left to do.
                while next().is_some() {}
                return None;
            }
        }
        Some(())
    };
    thread::scope(|scope| {
        // A thread that cannot be started leaves its pieces to the others.
        let others: Vec<_> = (1..threads().min(pieces))
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mine = work();
        let all = others
            .into_iter()
            .map(|other| other.join().unwrap_or(None))
            .collect::<Option<()>>();
        mine.and(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_filled_once() {
        let mut bytes = vec![0; 1003];
        fill(&mut bytes, 10, &|number, piece| {
            assert_eq!(piece.len(), if number == 100 { 3 } else { 10 });
            piece.fill(u8::try_from(number + 1).unwrap());
            Some(())
        })
        .unwrap();
        assert!((0..1003).all(|place| usize::from(bytes[place]) == place / 10 + 1));
        assert_eq!(fill(&mut [], 10, &|_, _| None), Some(()));
    }

    #[test]
    fn a_piece_that_fails_ends_the_work() {
        let mut bytes = vec![0; 100];
        let failed = fill(&mut bytes, 1, &|number, _| (number != 57).then_some(()));
        assert_eq!(failed, None);
    }
}
