//! What is dear to make, kept while there is room for it.
//!
//! Several requests for the same thing make it once. What was used longest ago goes first; the newest thing stays even
//! when it alone is larger than the room, because a viewer asks for the same volume many times in a row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

/// Things by name, up to a number of bytes.
pub(super) struct Cache<T> {
    kept: Mutex<Kept<T>>,
    room: u64,
}

struct Kept<T> {
    entries: HashMap<String, Entry<T>>,
    uses: u64,
}

struct Entry<T> {
    cell: Arc<OnceCell<Arc<T>>>,
    /// 0 until it is made.
    bytes: u64,
    last_use: u64,
}

impl<T> Cache<T> {
    /// With room for this many bytes.
    pub(super) fn new(room: u64) -> Cache<T> {
        Cache {
            kept: Mutex::new(Kept {
                entries: HashMap::new(),
                uses: 0,
            }),
            room,
        }
    }

    /// The thing of this name; made with its size in bytes where it is not there.
    ///
    /// # Errors
    /// When making it fails; it is made again the next time.
    pub(super) async fn get<E>(
        &self,
        name: &str,
        make: impl Future<Output = Result<(T, u64), E>>,
    ) -> Result<Arc<T>, E> {
        let cell = self.cell(name);
        let mut size = None;
        let made = cell
            .get_or_try_init(async || {
                let (thing, bytes) = make.await?;
                size = Some(bytes);
                Ok(Arc::new(thing))
            })
            .await
            .cloned();
        match (&made, size) {
            (Ok(_), Some(bytes)) => self.weigh(name, bytes),
            (Ok(_), None) => {}
            (Err(_), _) => self.forget_unmade(name),
        }
        made
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        // Every change below is whole before anything can panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self, name: &str) -> Arc<OnceCell<Arc<T>>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let now = kept.uses;
        let entry = kept
            .entries
            .entry(name.to_owned())
            .or_insert_with(|| Entry {
                cell: Arc::default(),
                bytes: 0,
                last_use: now,
            });
        entry.last_use = now;
        entry.cell.clone()
    }

    fn weigh(&self, name: &str, bytes: u64) {
        let mut kept = self.lock();
        if let Some(entry) = kept.entries.get_mut(name) {
            entry.bytes = bytes;
        }
        while kept.entries.values().map(|entry| entry.bytes).sum::<u64>() > self.room {
            let oldest = kept
                .entries
                .iter()
                .filter(|(other, entry)| entry.bytes > 0 && *other != name)
                .min_by_key(|(_, entry)| entry.last_use)
                .map(|(other, _)| other.clone());
            match oldest {
                Some(oldest) => kept.entries.remove(&oldest),
                None => return,
            };
        }
    }

    fn forget_unmade(&self, name: &str) {
        let mut kept = self.lock();
        let is_unmade = kept
            .entries
            .get(name)
            .is_some_and(|entry| !entry.cell.initialized() && Arc::strong_count(&entry.cell) <= 2);
        if is_unmade {
            kept.entries.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(cache: &Cache<u32>, name: &str, value: u32, bytes: u64) -> u32 {
        let made: Result<_, ()> = cache.get(name, async { Ok((value, bytes)) }).await;
        *made.unwrap()
    }

    #[tokio::test]
    async fn the_longest_unused_goes_first() {
        let cache = Cache::new(10);
        for (name, value) in [("a", 1), ("b", 2)] {
            assert_eq!(get(&cache, name, value, 5).await, value);
        }
        assert_eq!(get(&cache, "a", 9, 5).await, 1, "it is still there");
        assert_eq!(get(&cache, "c", 3, 5).await, 3);
        assert_eq!(get(&cache, "a", 9, 5).await, 1);
        assert_eq!(get(&cache, "b", 8, 5).await, 8, "it went");
    }

    #[tokio::test]
    async fn one_that_is_too_large_stays_alone() {
        let cache = Cache::new(10);
        get(&cache, "a", 1, 5).await;
        get(&cache, "large", 2, 50).await;
        assert_eq!(get(&cache, "large", 9, 50).await, 2);
        assert_eq!(get(&cache, "a", 8, 5).await, 8);
    }

    #[tokio::test]
    async fn what_failed_is_made_again() {
        let cache: Cache<u32> = Cache::new(10);
        let failed: Result<_, &str> = cache.get("a", async { Err("no") }).await;
        assert_eq!(failed.unwrap_err(), "no");
        assert!(cache.lock().entries.is_empty());
        assert_eq!(get(&cache, "a", 1, 5).await, 1);
    }

    #[tokio::test]
    async fn two_who_ask_at_once_make_it_once() {
        let cache = Cache::new(10);
        let made = std::sync::atomic::AtomicU32::new(0);
        let ask = || {
            cache.get("a", async {
                tokio::task::yield_now().await;
                made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Ok::<_, ()>((1, 5))
            })
        };
        let (one, other) = tokio::join!(ask(), ask());
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
        assert_eq!(made.into_inner(), 1);
    }
}
