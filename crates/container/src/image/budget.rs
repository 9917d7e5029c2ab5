//! What an import has used of its limits, counted across its threads.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{ImportImageError, ImportLimits};

/// The limits of one import and what is used of them.
#[derive(Debug, Default)]
pub(super) struct Budget {
    limits: ImportLimits,
    disk_read: AtomicU64,
    expanded: AtomicU64,
    entries: AtomicU64,
    unpacked: AtomicU64,
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{found} {what}, at most {limit} are allowed")]
pub(super) struct LimitHit {
    what: &'static str,
    limit: u64,
    found: u64,
}

impl From<LimitHit> for ImportImageError {
    fn from(LimitHit { what, limit, found }: LimitHit) -> Self {
        Self::Limit { what, limit, found }
    }
}

impl Budget {
    /// Nothing used yet.
    pub(super) fn new(limits: ImportLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The limits.
    pub(super) fn limits(&self) -> &ImportLimits {
        &self.limits
    }

    /// Bytes that were read from the archive as it lies on disk.
    pub(super) fn disk_read(&self) -> u64 {
        self.disk_read.load(Relaxed)
    }

    /// Bytes were read from disk.
    pub(super) fn read(&self, bytes: usize) {
        self.disk_read.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes came out of a decompressor.
    pub(super) fn expand(&self, bytes: usize) -> Result<(), LimitHit> {
        let found = self.expanded.fetch_add(bytes as u64, Relaxed) + bytes as u64;
        let limit = self
            .disk_read()
            .saturating_mul(self.limits.compression_ratio)
            .max(ImportLimits::RATIO_FREE_BYTES);
        check("uncompressed bytes for its size", limit, found)
    }

    /// One more entry in a layer.
    pub(super) fn enter(&self) -> Result<(), LimitHit> {
        let found = self.entries.fetch_add(1, Relaxed) + 1;
        check("files, folders and links", self.limits.entries, found)
    }

    /// A file of this many bytes is going to be unpacked.
    pub(super) fn unpack(&self, bytes: u64) -> Result<(), LimitHit> {
        let before = self.unpacked.load(Relaxed);
        let found = before.saturating_add(bytes);
        self.unpacked.store(found, Relaxed);
        check("bytes of files", self.limits.unpacked_bytes, found)
    }

    /// Entries and bytes of files that are going to be counted again.
    pub(super) fn give_back(&self, entries: u64, bytes: u64) {
        self.entries.fetch_sub(entries, Relaxed);
        self.unpacked.fetch_sub(bytes, Relaxed);
    }
}

/// Holds a count against its limit.
pub(super) fn check(what: &'static str, limit: u64, found: u64) -> Result<(), LimitHit> {
    if found > limit {
        return Err(LimitHit { what, limit, found });
    }
    Ok(())
}

/// A reader of the archive as it lies on disk, which counts.
pub(super) struct Counted<'a, R> {
    pub(super) from: R,
    pub(super) budget: &'a Budget,
}

impl<R: io::Read> io::Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.budget.read(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_told_by_its_ratio_once_it_is_large() {
        let budget = Budget::new(ImportLimits::default());
        budget.read(1 << 20);
        assert_eq!(budget.expand(1 << 30), Ok(()));
        assert!(budget.expand(1).is_err());
        budget.read(100 << 20);
        assert_eq!(budget.expand(1 << 30), Ok(()));
    }

    #[test]
    fn counts_are_held_against_limits() {
        let budget = Budget::new(ImportLimits {
            entries: 2,
            unpacked_bytes: 10,
            ..ImportLimits::default()
        });
        assert_eq!(budget.enter(), Ok(()));
        assert_eq!(budget.enter(), Ok(()));
        assert!(budget.enter().is_err());
        assert_eq!(budget.unpack(10), Ok(()));
        assert!(budget.unpack(u64::MAX).is_err());
    }
}
