//! Slides that are open: each is used by one request at a time, and kept for the next one.

use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use imaging::slide::Slide;
use imaging::{CheckLimits, ReadImageError};
use store::blobs::Digest;

/// Slides that stay open.
const MOST: usize = 32;

/// Open slides that nobody uses just now, the one that was used last at the end.
#[derive(Default)]
pub(super) struct Slides(Mutex<Vec<(Key, Slide)>>);

/// The bytes of a slide, and whether its numbers are taken for labels whatever they are: a slide remembers what it found
/// out about its numbers.
pub(super) type Key = (Digest, bool);

impl Slides {
    /// Does something with a slide. Blocks.
    pub(super) fn with<T>(
        &self,
        key: &Key,
        path: &Utf8Path,
        work: impl FnOnce(&mut Slide) -> Result<T, ReadImageError>,
    ) -> Result<T, ReadImageError> {
        let mut slide = match self.take(key) {
            Some(slide) => slide,
            None => {
                let mut slide = Slide::open(path, &CheckLimits::default())?;
                slide.style.labels = key.1.then_some(true);
                slide
            }
        };
        let done = work(&mut slide)?;
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= MOST {
            idle.remove(0);
        }
        idle.push((key.clone(), slide));
        Ok(done)
    }

    fn take(&self, key: &Key) -> Option<Slide> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().rposition(|(other, _)| other == key)?;
        Some(idle.remove(place).1)
    }
}
