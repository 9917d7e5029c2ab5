//! Tar archives, byte by byte where honest tools would refuse.

use tar::{EntryType, Header};

/// A tar that is being written.
pub(crate) struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(path, (EntryType::Regular, 0o644), "", content)
    }

    pub(crate) fn executable(self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.entry(path, (EntryType::Regular, mode), "", content)
    }

    pub(crate) fn folder(self, path: &str, mode: u32) -> Self {
        self.entry(path, (EntryType::Directory, mode), "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, (EntryType::Symlink, 0o777), target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(path, (EntryType::Link, 0o644), target, b"")
    }

    /// Writes the name as it stands, whatever it is.
    pub(crate) fn entry(
        mut self,
        path: &str,
        (kind, mode): (EntryType, u32),
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = header(path, target, kind, mode);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).expect("memory takes all");
        self
    }

    /// An entry that says it is larger than it is.
    pub(crate) fn lying(mut self, path: &str, said: u64, content: &[u8]) -> Self {
        let mut header = header(path, "", EntryType::Regular, 0o644);
        header.set_size(said);
        header.set_cksum();
        self.0.append(&header, content).expect("memory takes all");
        self
    }

    /// An extended header for the entry that follows.
    pub(crate) fn pax(self, key: &str, value: &[u8]) -> Self {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length += 1;
        }
        let mut text = format!("{length} {key}=").into_bytes();
        text.extend_from_slice(value);
        text.push(b'\n');
        self.entry("pax", (EntryType::XHeader, 0o644), "", &text)
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes all")
    }
}

fn header(path: &str, target: &str, kind: EntryType, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_700_000_000);
    let fields = header.as_gnu_mut().expect("a GNU header");
    fields.name[..path.len()].copy_from_slice(path.as_bytes());
    fields.linkname[..target.len()].copy_from_slice(target.as_bytes());
    header
}
