//! Numbers of the on-disk format of EROFS (`fs/erofs/erofs_fs.h` of Linux 6.12 and later); all fields are little endian.

/// Bytes of a block; a tar's as well, so that every file of a tar begins at one.
pub(super) const BLOCK: usize = 512;
/// The same as a power of two.
pub(super) const BLOCK_BITS: u8 = 9;
/// Where the superblock lies.
pub(super) const SUPERBLOCK_AT: usize = 1024;
/// First bytes of the superblock.
pub(super) const MAGIC: u32 = 0xE0F5_E1E2;
/// Compatible feature: inodes have times.
pub(super) const COMPAT_MTIME: u32 = 2;
/// Incompatible features: files in chunks, and other devices than the index itself.
pub(super) const INCOMPAT_CHUNKED: u32 = 0x4;
/// See above.
pub(super) const INCOMPAT_DEVICES: u32 = 0x8;
/// Where the one device slot lies: the tar.
pub(super) const DEVICE_AT: usize = 1152;
/// Bytes of a device slot, in which its place is counted.
pub(super) const DEVICE_BYTES: usize = 128;
/// Where inodes begin.
pub(super) const INODES_AT: usize = 2048;
/// An inode's number is its place divided by this.
pub(super) const INODE_UNIT: usize = 32;
/// Bytes of an inode of the longer form.
pub(super) const INODE_BYTES: usize = 64;
/// The longer form, bit 0 of an inode's format.
pub(super) const EXTENDED: u16 = 1;
/// Layouts, from bit 1 of an inode's format: content in blocks of the index itself.
pub(super) const LAYOUT_PLAIN: u16 = 0;
/// Content in chunks.
pub(super) const LAYOUT_CHUNKED: u16 = 4;
/// Chunks are told by records of 8 bytes with a device.
pub(super) const CHUNK_INDEXES: u32 = 0x20;
/// Bytes of such a record.
pub(super) const CHUNK_INDEX_BYTES: usize = 8;
/// The device of a chunk: the index itself is 0.
pub(super) const TAR_DEVICE: u16 = 1;
/// Bytes of an entry of a folder without its name.
pub(super) const ENTRY_BYTES: usize = 12;
/// Bytes in front of an inode's extended attributes.
pub(super) const ATTRIBUTES_HEADER_BYTES: usize = 12;
/// Bytes of one attribute without name and value.
pub(super) const ATTRIBUTE_BYTES: usize = 4;
/// The prefix `user.`, which is not written.
pub(super) const PREFIX_USER: u8 = 1;

/// What an entry of a folder says about itself, and the same in an inode's mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileType {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A character device: overlayfs' mark for a hidden name.
    Whiteout,
    /// A named pipe.
    Fifo,
    /// A symbolic link.
    Symlink,
}

impl FileType {
    /// The byte in a folder's entry.
    pub(super) fn in_entry(self) -> u8 {
        match self {
            Self::File => 1,
            Self::Folder => 2,
            Self::Whiteout => 3,
            Self::Fifo => 5,
            Self::Symlink => 7,
        }
    }

    /// The upper bits of an inode's mode.
    pub(super) fn in_mode(self) -> u16 {
        match self {
            Self::File => 0o100_000,
            Self::Folder => 0o040_000,
            Self::Whiteout => 0o020_000,
            Self::Fifo => 0o010_000,
            Self::Symlink => 0o120_000,
        }
    }
}
