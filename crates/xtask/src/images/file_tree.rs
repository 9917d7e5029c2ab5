//! Tar archives with the same bytes for the same content: time 0, stated owners and modes, stated order.

use std::io;

use tar::{Builder, EntryType, Header};

/// User and group id of the user `algorithm` in the images.
const ALGORITHM: u64 = 1000;

/// An archive in the making.
pub(super) struct FileTree {
    archive: Builder<Vec<u8>>,
    /// The first thing that went wrong; kept until the end so that calls can be chained.
    failed: Option<io::Error>,
}

/// What all images share: a user without rights, its home, its working folder, and `/tmp`.
pub(super) fn base() -> FileTree {
    let passwd =
        "root:x:0:0:root:/root:/bin/sh\nalgorithm:x:1000:1000:algorithm:/home/algorithm:/bin/sh\n";
    let group = "root:x:0:\nalgorithm:x:1000:\n";
    FileTree::new()
        .folder("etc", 0o755)
        .file("etc/group", 0o644, group.as_bytes())
        .file("etc/passwd", 0o644, passwd.as_bytes())
        .folder("home", 0o755)
        .own_folder("home/algorithm")
        .folder("opt", 0o755)
        .own_folder("opt/app")
        .folder("tmp", 0o1777)
}

impl FileTree {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            archive: Builder::new(Vec::new()),
            failed: None,
        }
    }

    /// A folder of root.
    pub(super) fn folder(self, path: &str, mode: u32) -> Self {
        let header = header(EntryType::Directory, mode, 0);
        self.add(header, &format!("{path}/"), &[])
    }

    /// A folder of the user `algorithm`.
    fn own_folder(self, path: &str) -> Self {
        let header = header(EntryType::Directory, 0o755, ALGORITHM);
        self.add(header, &format!("{path}/"), &[])
    }

    /// A file of root.
    pub(super) fn file(self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.add(header(EntryType::Regular, mode, 0), path, content)
    }

    /// A symbolic link.
    pub(super) fn link(mut self, path: &str, target: &str) -> Self {
        let mut header = header(EntryType::Symlink, 0o777, 0);
        header.set_size(0);
        let result = self.archive.append_link(&mut header, path, target);
        self.note(result)
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// When an entry could not be written, such as one whose path is absolute.
    pub(super) fn into_tar(self) -> io::Result<Vec<u8>> {
        match self.failed {
            Some(error) => Err(error),
            None => self.archive.into_inner(),
        }
    }

    fn add(mut self, mut header: Header, path: &str, content: &[u8]) -> Self {
        header.set_size(content.len() as u64);
        let result = self.archive.append_data(&mut header, path, content);
        self.note(result)
    }

    fn note(mut self, result: io::Result<()>) -> Self {
        self.failed = self.failed.or(result.err());
        self
    }
}

fn header(kind: EntryType, mode: u32, owner: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_order_owner_and_mode() {
        let bytes = base().link("bin/sh", "busybox").into_tar().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries: Vec<(String, u32, u64, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                let (mode, uid) = (header.mode().unwrap(), header.uid().unwrap());
                (path, mode, uid, header.mtime().unwrap())
            })
            .collect();
        assert_eq!(entries.len(), 9);
        assert_eq!(entries[4], ("home/algorithm/".to_owned(), 0o755, 1000, 0));
        assert_eq!(entries[7], ("tmp/".to_owned(), 0o1777, 0, 0));
        assert_eq!(bytes, base().link("bin/sh", "busybox").into_tar().unwrap());
    }

    #[test]
    fn the_first_failure_is_kept() {
        let tree = FileTree::new().file("../x", 0o644, b"").folder("y", 0o755);
        assert!(tree.into_tar().is_err());
    }
}
