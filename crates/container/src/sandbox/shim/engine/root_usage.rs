//! What a container wrote to its root file system outside of our scratch file system: an engine's writable layer has no end
//! of its own, so it is looked at again and again.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A look reads every folder that the container has changed.
const EVERY: Duration = Duration::from_secs(1);

/// The writable layer of an engine's container.
#[derive(Debug, Clone)]
pub(in super::super) struct RootUsage {
    upper: PathBuf,
    next: Option<Instant>,
    bytes: u64,
}

impl RootUsage {
    /// Of the container with this process 1; `None` where the engine keeps its root file system in another way.
    pub(super) fn of(pid: i32) -> Option<Self> {
        let mounts = fs_err::read_to_string(format!("/proc/{pid}/mountinfo")).ok()?;
        let upper = upper_of(&mounts)?;
        upper.is_dir().then_some(Self {
            upper,
            next: None,
            bytes: 0,
        })
    }

    /// Bytes in use there, as of at most a second ago, or as long as the last look took.
    pub(in super::super) fn bytes(&mut self, now: Instant) -> u64 {
        if self.next.is_none_or(|next| now >= next) {
            let began = Instant::now();
            self.bytes = used(&self.upper);
            self.next = Some(now + EVERY.max(began.elapsed() * 10));
        }
        self.bytes
    }
}

/// The writable layer of the overlay that is mounted at `/`.
fn upper_of(mounts: &str) -> Option<PathBuf> {
    let root = mounts
        .lines()
        .find(|line| line.split(' ').nth(4) == Some("/"))?;
    let (_, back) = root.split_once(" - ")?;
    let options = back.strip_prefix("overlay ")?.split(' ').nth(1)?;
    let upper = options
        .split(',')
        .find_map(|option| option.strip_prefix("upperdir="))?;
    Some(PathBuf::from(upper))
}

/// What vanishes while it is looked at counts as nothing.
fn used(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                open.push(entry.path());
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writable_layer_is_found_where_there_is_one() {
        let overlay = "1 2 0:3 / /proc rw - proc proc rw\n\
            9 8 0:7 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c/diff,workdir=/c/work";
        assert_eq!(upper_of(overlay), Some(PathBuf::from("/c/diff")));
        assert_eq!(upper_of("9 8 8:1 /x / rw - ext4 /dev/sda rw"), None);
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("a")).unwrap();
        fs_err::write(folder.path().join("a/b"), vec![1; 100_000]).unwrap();
        assert!((100_000..150_000).contains(&used(folder.path())));
    }
}
