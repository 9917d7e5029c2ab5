//! What a layer's tree holds, to compare trees that came about in different ways: read from a folder, or from the bytes of an
//! index by a reader that shares nothing with the one that wrote them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Every file, folder and link by its path.
pub(crate) type Tree = BTreeMap<Vec<u8>, Found>;

/// One file, folder or link.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Kind and permission bits.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Seconds and nanoseconds; of a hidden name nothing is told.
    pub(crate) modified: (i64, u32),
    /// Bytes; 0 for folders, whose size is the file system's affair.
    pub(crate) bytes: u64,
    pub(crate) links: u32,
    /// Of a device.
    pub(crate) device: u64,
    /// Extended attributes of users.
    pub(crate) attributes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Target of a symlink, digest of a file's content, or nothing.
    pub(crate) content: Vec<u8>,
    /// The first path that leads to the same file.
    pub(crate) first: Vec<u8>,
}

impl fmt::Debug for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:o} {}:{} at {:?}, {} bytes, {} links, device {}, first `{}`, attributes {:?}, content {}",
            self.mode,
            self.uid,
            self.gid,
            self.modified,
            self.bytes,
            self.links,
            self.device,
            self.first.escape_ascii(),
            self.attributes,
            self.content.escape_ascii(),
        )
    }
}

/// Deeper than this, which takes links in the middle of paths, nothing is looked at: the kernel takes no longer ones.
const PATH_BYTES: usize = 3_000;

const KIND: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER_DEVICE: u32 = 0o020_000;

/// Reads a folder that is unpacked or mounted.
pub(crate) fn in_folder(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let (mut numbers, mut firsts) = (BTreeMap::new(), BTreeMap::new());
    let mut rest = vec![Vec::new()];
    while let Some(path) = rest.pop() {
        // The root may be a link to an open folder.
        let name = root.join(OsStr::from_bytes(if path.is_empty() {
            b"."
        } else {
            &path
        }));
        let metadata = fs_err::symlink_metadata(&name).expect("it was just listed");
        if metadata.is_dir() {
            for entry in fs_err::read_dir(&name).expect("a folder") {
                let entry = entry.expect("a folder");
                rest.extend(joined(&path, entry.file_name().as_bytes()));
            }
        }
        note_first(&mut firsts, metadata.ino(), &path);
        numbers.insert(path.clone(), metadata.ino());
        tree.insert(path, look_at(&name, &metadata));
    }
    for (path, found) in &mut tree {
        found.first.clone_from(&firsts[&numbers[path]]);
    }
    tree
}

/// Of several paths to one file, the one that sorts first.
fn note_first(firsts: &mut BTreeMap<u64, Vec<u8>>, number: u64, path: &[u8]) {
    let first = firsts.entry(number).or_insert_with(|| path.to_vec());
    if path < first.as_slice() {
        *first = path.to_vec();
    }
}

fn look_at(name: &Path, metadata: &std::fs::Metadata) -> Found {
    let mode = metadata.mode();
    let kind = mode & KIND;
    let content = match kind {
        FILE => Sha256::digest(fs_err::read(name).expect("a file")).to_vec(),
        SYMLINK => {
            let target = fs_err::read_link(name).expect("a link");
            target.into_os_string().into_vec()
        }
        _ => Vec::new(),
    };
    let nanoseconds = metadata.mtime_nsec();
    let modified = (
        metadata.mtime(),
        nanoseconds.try_into().expect("less than a second"),
    );
    Found {
        mode,
        uid: metadata.uid(),
        gid: metadata.gid(),
        modified: if kind == CHARACTER_DEVICE {
            (0, 0)
        } else {
            modified
        },
        bytes: if kind == FOLDER { 0 } else { metadata.size() },
        links: metadata.nlink().try_into().expect("few"),
        device: metadata.rdev(),
        attributes: attributes(name),
        content,
        first: Vec::new(),
    }
}

fn attributes(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names).unwrap_or(0);
    let names = names[..length].split(|byte| *byte == 0);
    names
        .filter(|name| name.starts_with(b"user."))
        .map(|name| {
            let mut value = vec![0; 1 << 16];
            let length = rustix::fs::lgetxattr(path, name, &mut value).expect("it was just listed");
            value.truncate(length);
            (name.to_vec(), value)
        })
        .collect()
}

fn joined(folder: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let path = if folder.is_empty() {
        name.to_vec()
    } else {
        [folder, b"/", name].concat()
    };
    (path.len() <= PATH_BYTES).then_some(path)
}

/// Reads an index and the tar beside it; stops at whatever the kernel would trip over.
pub(crate) fn in_index(index: &[u8], tar: &[u8]) -> Tree {
    let reading = Reading { index, tar };
    let root = reading.root();
    let mut tree = Tree::new();
    let (mut numbers, mut firsts) = (BTreeMap::new(), BTreeMap::new());
    let mut rest = vec![(Vec::new(), root, root)];
    while let Some((path, number, parent)) = rest.pop() {
        let found = reading.inode(number);
        if found.mode & KIND == FOLDER {
            assert!(!firsts.contains_key(&number), "a folder has one name");
            for (name, child) in reading.names(number, parent) {
                rest.extend(joined(&path, name).map(|path| (path, child, number)));
            }
        }
        note_first(&mut firsts, number, &path);
        numbers.insert(path.clone(), number);
        tree.insert(path, found);
    }
    assert_eq!(reading.u64(1024 + 16), firsts.len() as u64, "the inodes");
    for (path, found) in &mut tree {
        found.first.clone_from(&firsts[&numbers[path]]);
    }
    tree
}

fn kind_of(mode: u32) -> u8 {
    match mode & KIND {
        FILE => 1,
        FOLDER => 2,
        CHARACTER_DEVICE => 3,
        0o010_000 => 5,
        SYMLINK => 7,
        other => panic!("nothing is of the kind {other:o}"),
    }
}

struct Reading<'a> {
    index: &'a [u8],
    tar: &'a [u8],
}

impl<'a> Reading<'a> {
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.index[at..at + 2].try_into().expect("two bytes"))
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.index[at..at + 4].try_into().expect("four bytes"))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.index[at..at + 8].try_into().expect("eight bytes"))
    }

    /// The number of the root folder; what stands in front is as it should be.
    fn root(&self) -> u64 {
        assert_eq!(self.u32(1024), 0xE0F5_E1E2, "the magic number");
        assert_eq!(self.index[1024 + 12], 9, "blocks of 512 bytes");
        assert_eq!(self.u32(1024 + 80), 0xC, "chunks and devices");
        let devices = (self.u16(1024 + 86), self.u16(1024 + 88));
        assert_eq!(devices, (1, 9), "one device, and where it is told");
        let blocks = |at| usize::try_from(self.u32(at)).expect("it lies in memory");
        assert_eq!(blocks(1024 + 36) * 512, self.index.len(), "the index");
        assert_eq!(blocks(1152 + 64), self.tar.len() / 512, "the tar");
        self.u16(1024 + 14).into()
    }

    /// What is in a folder, without the dots.
    fn names(&self, number: u64, parent: u64) -> Vec<(&'a [u8], u64)> {
        let mut names = Vec::new();
        let mut last: Option<&[u8]> = None;
        for (name, child, kind) in self.entries(number) {
            assert!(last.is_none_or(|last| last < name), "names are sorted");
            last = Some(name);
            assert_eq!(
                kind,
                kind_of(self.inode(child).mode),
                "the kind of an entry"
            );
            match name {
                b"." => assert_eq!(child, number),
                b".." => assert_eq!(child, parent),
                _ => {
                    assert!(!name.is_empty() && name.len() <= 255 && !name.contains(&b'/'));
                    names.push((name, child));
                }
            }
        }
        names
    }

    fn place(number: u64) -> usize {
        usize::try_from(number * 32).expect("it lies in the index")
    }

    /// Content in blocks of the index.
    fn plain(&self, at: usize) -> &'a [u8] {
        let start = self.u32(at + 16) as usize * 512;
        let bytes = usize::try_from(self.u64(at + 8)).expect("it lies in the index");
        &self.index[start..start + bytes]
    }

    fn inode(&self, number: u64) -> Found {
        let at = Self::place(number);
        assert!(
            at >= 2048 && at % 512 <= 512 - 64,
            "an inode lies in one block"
        );
        let (format, units) = (self.u16(at), usize::from(self.u16(at + 2)));
        assert_eq!(format & 1, 1, "all inodes are of the longer form");
        let mode = u32::from(self.u16(at + 4));
        let bytes = self.u64(at + 8);
        let behind = if units == 0 { 0 } else { 12 + (units - 1) * 4 };
        let content = match (mode & KIND, format >> 1) {
            (FILE, 0) => {
                assert_eq!(bytes, 0, "files lie in the tar");
                Sha256::digest(b"").to_vec()
            }
            (FILE, 4) => Sha256::digest(self.chunk(at, behind, bytes)).to_vec(),
            (SYMLINK, 0) => self.plain(at).to_vec(),
            (FOLDER, 0) => Vec::new(),
            (_, 0) => {
                assert_eq!((bytes, self.u32(at + 16)), (0, 0), "no content, device 0:0");
                Vec::new()
            }
            (_, layout) => panic!("no such layout: {layout} of {mode:o}"),
        };
        Found {
            mode,
            uid: self.u32(at + 24),
            gid: self.u32(at + 28),
            modified: (self.u64(at + 32).cast_signed(), self.u32(at + 40)),
            bytes: if mode & KIND == FOLDER { 0 } else { bytes },
            links: self.u32(at + 44),
            device: 0,
            attributes: self.attributes(at + 64, behind),
            content,
            first: Vec::new(),
        }
    }

    fn chunk(&self, at: usize, behind: usize, bytes: u64) -> &'a [u8] {
        let format = self.u32(at + 16);
        assert_eq!(format & !0x1f, 0x20, "chunks have records");
        assert!(bytes <= 512 << (format & 0x1f), "one chunk is enough");
        let record = (at + 64 + behind).next_multiple_of(8);
        assert_eq!(self.u16(record + 2), 1, "the tar is the first device");
        let start = self.u32(record + 4) as usize * 512;
        let bytes = usize::try_from(bytes).expect("it lies in the tar");
        assert!(start + bytes.next_multiple_of(512) <= self.tar.len() / 512 * 512);
        &self.tar[start..start + bytes]
    }

    fn attributes(&self, at: usize, bytes: usize) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut found = BTreeMap::new();
        let (mut here, end) = (at + 12, at + bytes);
        while here < end {
            let name = usize::from(self.index[here]);
            assert_eq!(self.index[here + 1], 1, "attributes of users");
            let value = usize::from(self.u16(here + 2));
            let name_at = here + 4;
            let name_end = name_at + name;
            let full = [b"user.", &self.index[name_at..name_end]].concat();
            assert!(full.len() <= 255 && name > 0);
            let old = found.insert(full, self.index[name_end..name_end + value].to_vec());
            assert!(old.is_none(), "an attribute has one value");
            here = (name_end + value).next_multiple_of(4);
        }
        assert!(bytes == 0 || here == end, "attributes fill their room");
        found
    }

    fn entries(&self, number: u64) -> Vec<(&'a [u8], u64, u8)> {
        let content = self.plain(Self::place(number));
        let mut entries = Vec::new();
        for block in content.chunks(512) {
            let number = |at: usize, bytes: usize| {
                block[at..at + bytes]
                    .iter()
                    .rev()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            };
            let name_at = |entry: usize| usize::try_from(number(entry * 12 + 8, 2)).expect("small");
            let first = name_at(0);
            assert!(first > 0 && first % 12 == 0, "names follow entries");
            let count = first / 12;
            for entry in 0..count {
                let start = name_at(entry);
                let end = if entry + 1 < count {
                    name_at(entry + 1)
                } else {
                    let rest = &block[start..];
                    start
                        + rest
                            .iter()
                            .position(|byte| *byte == 0)
                            .unwrap_or(rest.len())
                };
                entries.push((
                    &block[start..end],
                    number(entry * 12, 8),
                    block[entry * 12 + 10],
                ));
            }
        }
        entries
    }
}

/// Compares two trees; says the first that differs.
#[track_caller]
pub(crate) fn same(one: &Tree, other: &Tree, what: &str) {
    let paths: std::collections::BTreeSet<&Vec<u8>> = one.keys().chain(other.keys()).collect();
    for path in paths {
        let (mut one, other) = (one.get(path).cloned(), other.get(path).cloned());
        if let (Some(one), Some(other)) = (&mut one, &other)
            && other.mode & KIND == FOLDER
            && other.links == 1
        {
            // A file system that does not count folders.
            one.links = 1;
        }
        assert_eq!(one, other, "{what}: `{}`", path.escape_ascii());
    }
}
