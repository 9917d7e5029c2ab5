//! From the tree to the bytes of the index.
//!
//! ```text
//! 1024  superblock     1152  device slot: the tar
//! 2048  inodes, the root first: 64 bytes, extended attributes, for a file the place of its content in the tar
//!       blocks of folders' entries and of links' targets
//! ```

use super::Unfit;
use super::format::{
    ATTRIBUTE_BYTES, ATTRIBUTES_HEADER_BYTES, BLOCK, BLOCK_BITS, CHUNK_INDEX_BYTES, CHUNK_INDEXES,
    COMPAT_MTIME, DEVICE_AT, DEVICE_BYTES, ENTRY_BYTES, EXTENDED, INCOMPAT_CHUNKED,
    INCOMPAT_DEVICES, INODE_BYTES, INODE_UNIT, INODES_AT, LAYOUT_CHUNKED, LAYOUT_PLAIN, MAGIC,
    PREFIX_USER, SUPERBLOCK_AT, TAR_DEVICE,
};
use super::tree::{IndexTree, Node, NodeId, NodeKind, ROOT};

/// Writes the index of a layer whose tar has `tar_bytes` bytes.
pub(super) fn write(tree: &IndexTree, tar_bytes: u64) -> Result<Vec<u8>, Unfit> {
    let tar_blocks = u32::try_from(tar_bytes / BLOCK as u64)
        .map_err(|_| Unfit("its tar is larger than 2 TiB"))?;
    let mut writing = Writing {
        tree,
        tar_blocks,
        places: vec![0; tree.nodes.len()],
        bytes: vec![0; INODES_AT],
    };
    let order = writing.place_inodes();
    for &id in &order {
        writing.inode(id)?;
    }
    writing.superblock(order.len())?;
    Ok(writing.bytes)
}

struct Writing<'a> {
    tree: &'a IndexTree,
    tar_blocks: u32,
    /// Where each node's inode lies.
    places: Vec<usize>,
    bytes: Vec<u8>,
}

impl Writing<'_> {
    /// Gives every node that has a name its place; those of one folder lie together.
    fn place_inodes(&mut self) -> Vec<NodeId> {
        let mut order = vec![ROOT];
        let mut next = INODES_AT;
        self.place(ROOT, &mut next);
        let mut looked_at = 0;
        while let Some(&id) = order.get(looked_at) {
            looked_at += 1;
            if !matches!(self.tree.node(id).kind, NodeKind::Folder { .. }) {
                continue;
            }
            for &child in self.tree.children(id).values() {
                if self.places[child as usize] == 0 {
                    self.place(child, &mut next);
                    order.push(child);
                }
            }
        }
        self.bytes.resize(next.next_multiple_of(BLOCK), 0);
        order
    }

    fn place(&mut self, id: NodeId, next: &mut usize) {
        // The fixed part lies in one block.
        if *next % BLOCK > BLOCK - INODE_BYTES {
            *next = next.next_multiple_of(BLOCK);
        }
        self.places[id as usize] = *next;
        let node = self.tree.node(id);
        let mut bytes = INODE_BYTES + attributes_bytes(node);
        if is_chunked(node) {
            bytes = bytes.next_multiple_of(CHUNK_INDEX_BYTES) + CHUNK_INDEX_BYTES;
        }
        *next += bytes.next_multiple_of(INODE_UNIT);
    }

    fn inode(&mut self, id: NodeId) -> Result<(), Unfit> {
        let node = self.tree.node(id);
        let attributes = attributes_bytes(node);
        let (layout, size, place, links) = match &node.kind {
            NodeKind::Folder { children, .. } => {
                let (block, bytes) = self.folder(id)?;
                let folders = children.values().filter(|child| {
                    matches!(self.tree.node(**child).kind, NodeKind::Folder { .. })
                });
                let links = u32::try_from(2 + folders.count()).expect("nodes are bounded");
                (LAYOUT_PLAIN, bytes, block, links)
            }
            NodeKind::Symlink(target) => {
                let block = self.blocks(target)?;
                (LAYOUT_PLAIN, target.len() as u64, block, node.links)
            }
            &NodeKind::File { bytes, .. } if is_chunked(node) => {
                (LAYOUT_CHUNKED, bytes, chunk_format(bytes), node.links)
            }
            NodeKind::File { .. } | NodeKind::Fifo | NodeKind::Whiteout => {
                (LAYOUT_PLAIN, 0, 0, node.links)
            }
        };
        let at = self.places[id as usize];
        self.u16(at, EXTENDED | layout << 1);
        self.u16(at + 2, attributes_count(attributes)?);
        self.u16(at + 4, node.kind.file_type().in_mode() | node.mode);
        self.u64(at + 8, size);
        self.u32(at + 16, place);
        self.u32(at + 20, self.number(id));
        self.u32(at + 24, node.uid);
        self.u32(at + 28, node.gid);
        self.u64(at + 32, node.modified.0.cast_unsigned());
        self.u32(at + 40, node.modified.1);
        self.u32(at + 44, links);
        self.attributes(at + INODE_BYTES, node);
        if let (true, &NodeKind::File { position, bytes }) = (is_chunked(node), &node.kind) {
            let at = (at + INODE_BYTES + attributes).next_multiple_of(CHUNK_INDEX_BYTES);
            self.chunk(at, position, bytes)?;
        }
        Ok(())
    }

    /// Where a file's content lies in the tar.
    fn chunk(&mut self, at: usize, position: u64, bytes: u64) -> Result<(), Unfit> {
        let block = BLOCK as u64;
        if !position.is_multiple_of(block) {
            return Err(Unfit("its files do not begin at blocks of its tar"));
        }
        let blocks = bytes.div_ceil(block);
        if position / block + blocks > u64::from(self.tar_blocks) {
            return Err(Unfit("its tar ends without the padding of its last file"));
        }
        let first = u32::try_from(position / block).expect("less than the blocks of the tar");
        self.u16(at + 2, TAR_DEVICE);
        self.u32(at + 4, first);
        Ok(())
    }

    /// The entries of a folder, sorted by name: block, and bytes.
    fn folder(&mut self, id: NodeId) -> Result<(u32, u64), Unfit> {
        let NodeKind::Folder { children, parent } = &self.tree.node(id).kind else {
            unreachable!("only folders have entries");
        };
        let named = children.iter().map(|(name, child)| (&**name, *child));
        let mut entries: Vec<(&[u8], NodeId)> = named.collect();
        entries.extend([(&b"."[..], id), (b"..", *parent)]);
        entries.sort_unstable();
        let first = self.next_block()?;
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let (block, after) = rest.split_at(entries_of_a_block(rest));
            // What is left of the block before is zeros.
            self.bytes
                .resize(self.bytes.len().next_multiple_of(BLOCK), 0);
            self.entries(block);
            rest = after;
        }
        let bytes = self.bytes.len() as u64 - u64::from(first) * BLOCK as u64;
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        Ok((first, bytes))
    }

    /// One block: entries first, then their names.
    fn entries(&mut self, entries: &[(&[u8], NodeId)]) {
        let mut name_at = entries.len() * ENTRY_BYTES;
        for (name, id) in entries {
            let number = u64::from(self.number(*id));
            self.bytes.extend(number.to_le_bytes());
            let place = u16::try_from(name_at).expect("a block is smaller");
            self.bytes.extend(place.to_le_bytes());
            let kind = self.tree.node(*id).kind.file_type();
            self.bytes.extend([kind.in_entry(), 0]);
            name_at += name.len();
        }
        for (name, _) in entries {
            self.bytes.extend_from_slice(name);
        }
    }

    fn attributes(&mut self, at: usize, node: &Node) {
        let mut at = at + ATTRIBUTES_HEADER_BYTES;
        for (name, value) in &node.extended {
            let name = bare(name);
            self.bytes[at] = u8::try_from(name.len()).expect("names are bounded");
            self.bytes[at + 1] = PREFIX_USER;
            let length = u16::try_from(value.len()).expect("values are bounded");
            self.u16(at + 2, length);
            let name_at = at + ATTRIBUTE_BYTES;
            let value_at = name_at + name.len();
            self.bytes[name_at..value_at].copy_from_slice(name);
            self.bytes[value_at..value_at + value.len()].copy_from_slice(value);
            at += attribute_bytes(name, value);
        }
    }

    fn superblock(&mut self, inodes: usize) -> Result<(), Unfit> {
        let blocks = self.next_block()?;
        let at = SUPERBLOCK_AT;
        self.u32(at, MAGIC);
        self.u32(at + 8, COMPAT_MTIME);
        self.bytes[at + 12] = BLOCK_BITS;
        let root = u16::try_from(self.number(ROOT)).expect("the root is the first inode");
        self.u16(at + 14, root);
        self.u64(at + 16, inodes as u64);
        self.u32(at + 36, blocks);
        self.u32(at + 80, INCOMPAT_CHUNKED | INCOMPAT_DEVICES);
        self.u16(at + 86, TAR_DEVICE);
        let slot = u16::try_from(DEVICE_AT / DEVICE_BYTES).expect("it lies in front");
        self.u16(at + 88, slot);
        self.u32(DEVICE_AT + 64, self.tar_blocks);
        Ok(())
    }

    /// Bytes in blocks of their own.
    fn blocks(&mut self, content: &[u8]) -> Result<u32, Unfit> {
        let first = self.next_block()?;
        self.bytes.extend_from_slice(content);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        Ok(first)
    }

    /// The block at the end; all before it are full.
    fn next_block(&self) -> Result<u32, Unfit> {
        u32::try_from(self.bytes.len() / BLOCK).map_err(|_| Unfit("it has too many files"))
    }

    /// An inode's number.
    fn number(&self, id: NodeId) -> u32 {
        let number = self.places[id as usize] / INODE_UNIT;
        u32::try_from(number).expect("nodes are bounded, and their attributes")
    }

    fn u16(&mut self, at: usize, value: u16) {
        self.bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, at: usize, value: u64) {
        self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
}

/// How many of these entries fit one block with their names.
fn entries_of_a_block(entries: &[(&[u8], NodeId)]) -> usize {
    let mut bytes = 0;
    let fits = |(name, _): &&(&[u8], NodeId)| {
        bytes += ENTRY_BYTES + name.len();
        bytes <= BLOCK
    };
    entries.iter().take_while(fits).count()
}

/// Whether a file has content.
fn is_chunked(node: &Node) -> bool {
    matches!(node.kind, NodeKind::File { bytes: 1.., .. })
}

/// One chunk that is as large as the file: its size is a power of two, counted from blocks on.
fn chunk_format(bytes: u64) -> u32 {
    let blocks = bytes.div_ceil(BLOCK as u64);
    CHUNK_INDEXES + blocks.next_power_of_two().trailing_zeros()
}

/// The name without the prefix that all have.
fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"user.")
        .expect("attributes of others are left out")
}

fn attribute_bytes(bare: &[u8], value: &[u8]) -> usize {
    (ATTRIBUTE_BYTES + bare.len() + value.len()).next_multiple_of(4)
}

/// Bytes behind an inode for its extended attributes.
fn attributes_bytes(node: &Node) -> usize {
    if node.extended.is_empty() {
        return 0;
    }
    let attributes = node.extended.iter();
    ATTRIBUTES_HEADER_BYTES
        + attributes
            .map(|(name, value)| attribute_bytes(bare(name), value))
            .sum::<usize>()
}

/// Their number of bytes as an inode counts it.
fn attributes_count(bytes: usize) -> Result<u16, Unfit> {
    if bytes == 0 {
        return Ok(0);
    }
    u16::try_from((bytes - ATTRIBUTES_HEADER_BYTES) / 4 + 1)
        .map_err(|_| Unfit("its files have too many extended attributes"))
}
