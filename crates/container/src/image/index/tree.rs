//! A layer's folders and names in memory, made of its entries as the kernel would make them on a disk.

use std::collections::BTreeMap;

use rustix::io::Errno;

use super::format::FileType;
use super::walk::Walk;
use crate::image::unpack::{
    Attributes, Content, Folders, LinkRefused, Notes, Place, TOO_MUCH, Target, UnpackError, at,
    cut_short, drain, is_kept, left_out, make_all,
};

/// overlayfs' mark for a folder that hides the one below.
const OPAQUE: &[u8] = b"user.overlay.opaque";
/// Bytes of a symbolic link's target; the kernel reads it as one path.
const TARGET_BYTES: usize = 4095;
/// Files, folders and links of one layer; beyond, unpacking needs less memory.
const NODES: usize = 1 << 20;
/// Bytes of all names, targets and attributes of one layer.
const NAME_BYTES: usize = 64 << 20;
/// Bytes of an attribute's name and of its value that the kernel takes.
const ATTRIBUTE_NAME_BYTES: usize = 255;
/// See above; one less than what 16 bits hold.
const ATTRIBUTE_VALUE_BYTES: usize = 65_535;
/// Bytes of all attributes of one file, names included; `listxattr` gives no more names than that.
const ATTRIBUTES_BYTES: usize = 65_536;

/// Number of a node.
pub(super) type NodeId = u32;

/// The root folder.
pub(super) const ROOT: NodeId = 0;

/// A file, folder or link.
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// Permission bits.
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Seconds since 1970 and nanoseconds.
    pub(super) modified: (i64, u32),
    /// Extended attributes by their whole names.
    pub(super) extended: BTreeMap<Box<[u8]>, Box<[u8]>>,
    /// Names that lead here.
    pub(super) links: u32,
}

/// What a node is.
pub(super) enum NodeKind {
    Folder {
        children: BTreeMap<Box<[u8]>, NodeId>,
        parent: NodeId,
    },
    File {
        /// Where its content begins in the tar.
        position: u64,
        bytes: u64,
    },
    Symlink(Box<[u8]>),
    Fifo,
    Whiteout,
}

impl NodeKind {
    fn folder(parent: NodeId) -> Self {
        Self::Folder {
            children: BTreeMap::new(),
            parent,
        }
    }

    pub(super) fn file_type(&self) -> FileType {
        match self {
            Self::Folder { .. } => FileType::Folder,
            Self::File { .. } => FileType::File,
            Self::Symlink(_) => FileType::Symlink,
            Self::Fifo => FileType::Fifo,
            Self::Whiteout => FileType::Whiteout,
        }
    }
}

/// A layer under construction.
pub(super) struct IndexTree {
    /// Those that were replaced stay here without a name.
    pub(super) nodes: Vec<Node>,
    name_bytes: usize,
    /// The folder that was looked up last: entries of one folder mostly follow each other.
    last: Option<(Vec<u8>, NodeId)>,
    implied: Vec<Vec<u8>>,
}

impl IndexTree {
    /// With a root folder and nothing in it.
    pub(super) fn new() -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            name_bytes: 0,
            last: None,
            implied: Vec::new(),
        };
        tree.add(NodeKind::folder(ROOT), &Attributes::default());
        tree
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    /// A folder's names.
    pub(super) fn children(&self, id: NodeId) -> &BTreeMap<Box<[u8]>, NodeId> {
        match &self.node(id).kind {
            NodeKind::Folder { children, .. } => children,
            NodeKind::File { .. } | NodeKind::Symlink(_) | NodeKind::Fifo | NodeKind::Whiteout => {
                unreachable!("only folders are asked for names")
            }
        }
    }

    fn children_mut(&mut self, id: NodeId) -> &mut BTreeMap<Box<[u8]>, NodeId> {
        match &mut self.node_mut(id).kind {
            NodeKind::Folder { children, .. } => children,
            NodeKind::File { .. } | NodeKind::Symlink(_) | NodeKind::Fifo | NodeKind::Whiteout => {
                unreachable!("only folders are asked for names")
            }
        }
    }

    fn is_folder(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, NodeKind::Folder { .. })
    }

    fn is_whiteout(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, NodeKind::Whiteout)
    }

    /// A node without a name.
    fn add(&mut self, kind: NodeKind, attributes: &Attributes) -> NodeId {
        let id = NodeId::try_from(self.nodes.len()).expect("nodes are bounded");
        self.nodes.push(Node {
            kind,
            mode: mode(attributes),
            uid: attributes.uid,
            gid: attributes.gid,
            modified: attributes.modified,
            extended: BTreeMap::new(),
            links: 0,
        });
        id
    }

    fn name(&mut self, folder: NodeId, name: &[u8], node: NodeId) {
        self.name_bytes += name.len();
        self.node_mut(node).links += 1;
        self.children_mut(folder).insert(name.into(), node);
    }

    /// A new folder, as `mkdir` makes one.
    fn new_folder(&mut self, parent: NodeId, name: &[u8]) -> Result<NodeId, Errno> {
        if self.children(parent).contains_key(name) {
            return Err(Errno::EXIST);
        }
        let folder = self.add(NodeKind::folder(parent), &Attributes::default());
        self.name(parent, name, folder);
        Ok(folder)
    }

    fn set_opaque(&mut self, folder: NodeId) {
        let extended = &mut self.node_mut(folder).extended;
        extended.insert(OPAQUE.into(), b"y"[..].into());
    }

    /// The folder at this path, made with all folders above it where there is none.
    fn folder_at(&mut self, path: &[u8]) -> Result<NodeId, Errno> {
        if let Some((last, id)) = &self.last
            && last == path
        {
            return Ok(*id);
        }
        let folder = match self.look_up(path) {
            Err(Errno::NOENT | Errno::NOTDIR) => make_all(self, path)?,
            found => found?,
        };
        self.last = Some((path.to_vec(), folder));
        Ok(folder)
    }

    fn look_up(&self, path: &[u8]) -> Result<NodeId, Errno> {
        Walk::new(self).end_at(path)
    }

    /// Takes a name away, with all below it.
    fn remove(&mut self, parent: NodeId, name: &[u8]) {
        let mut gone: Vec<NodeId> = self.children_mut(parent).remove(name).into_iter().collect();
        while let Some(id) = gone.pop() {
            let node = self.node_mut(id);
            node.links -= 1;
            if let NodeKind::Folder { children, .. } = &mut node.kind {
                gone.extend(std::mem::take(children).into_values());
            }
        }
        // A path may have led through what is gone.
        self.last = None;
    }

    /// Makes room for something new; what had the name before goes. Gives the folder it goes into.
    fn make_room(&mut self, place: Place<'_>) -> Result<NodeId, Errno> {
        let folder = self.folder_at(place.parent)?;
        if !self.children(folder).contains_key(place.name) {
            return Ok(folder);
        }
        self.remove(folder, place.name);
        let folder = self.folder_at(place.parent)?;
        if self.children(folder).contains_key(place.name) {
            return Err(Errno::EXIST);
        }
        Ok(folder)
    }

    fn place(
        &mut self,
        place: Place<'_>,
        kind: NodeKind,
        attributes: &Attributes,
    ) -> Result<NodeId, UnpackError> {
        let folder = self.make_room(place).map_err(|error| at(place, error))?;
        let node = self.add(kind, attributes);
        self.name(folder, place.name, node);
        self.bound()?;
        Ok(node)
    }

    fn bound(&self) -> Result<(), UnpackError> {
        if self.nodes.len() > NODES || self.name_bytes > NAME_BYTES {
            return Err(UnpackError::Unfit("it has too many files"));
        }
        Ok(())
    }

    fn extend(&mut self, node: NodeId, attributes: &Attributes, entry: &[u8], notes: &mut Notes) {
        for (name, value) in &attributes.extended {
            if !is_kept(name) {
                notes.add(&left_out(name), entry);
                continue;
            }
            let extended = &self.node(node).extended;
            let others = extended.iter().filter(|(other, _)| ***other != **name);
            let bytes: usize = others
                .map(|(name, value)| name.len() + value.len() + 8)
                .sum();
            if name.len() > ATTRIBUTE_NAME_BYTES
                || value.len() > ATTRIBUTE_VALUE_BYTES
                || bytes + name.len() + value.len() + 8 > ATTRIBUTES_BYTES
            {
                notes.add(TOO_MUCH, entry);
                continue;
            }
            self.name_bytes += name.len() + value.len();
            let extended = &mut self.node_mut(node).extended;
            extended.insert(name.as_slice().into(), value.as_slice().into());
        }
    }
}

impl Folders for IndexTree {
    type Folder = NodeId;

    fn look_up(&self, path: &[u8]) -> Result<NodeId, Errno> {
        self.look_up(path)
    }

    fn make_in(&mut self, parent: NodeId, name: &[u8]) -> Result<(), Errno> {
        self.new_folder(parent, name).map(drop)
    }

    fn replace_whiteout(&mut self, parent: NodeId, name: &[u8]) -> Result<(), Errno> {
        let found = *self.children(parent).get(name).ok_or(Errno::NOENT)?;
        if !self.is_whiteout(found) {
            return Err(Errno::NOTDIR);
        }
        self.remove(parent, name);
        let folder = self.new_folder(parent, name)?;
        self.set_opaque(folder);
        Ok(())
    }

    fn note_made(&mut self, path: &[u8]) {
        self.implied.push(path.to_vec());
    }
}

impl Target for IndexTree {
    fn folder(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        let parent = self
            .folder_at(place.parent)
            .map_err(|error| at(place, error))?;
        let found = self.children(parent).get(place.name).copied();
        if found.is_some_and(|found| self.is_folder(found)) {
            return Ok(());
        }
        let hides = found.is_some_and(|found| self.is_whiteout(found));
        let parent = self.make_room(place).map_err(|error| at(place, error))?;
        let made = self
            .new_folder(parent, place.name)
            .map_err(|error| at(place, error))?;
        if hides {
            self.set_opaque(made);
        }
        self.bound()
    }

    fn file(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        content: Content<'_>,
        notes: &mut Notes,
    ) -> Result<(), UnpackError> {
        if content.sparse {
            return Err(UnpackError::Unfit("it has sparse files"));
        }
        let kind = NodeKind::File {
            position: content.position,
            bytes: content.bytes,
        };
        let node = self.place(place, kind, attributes)?;
        let found = drain(content.from)?;
        if found != content.bytes {
            return Err(cut_short(place, found, content.bytes));
        }
        self.extend(node, attributes, place.entry, notes);
        Ok(())
    }

    fn symlink(
        &mut self,
        place: Place<'_>,
        attributes: &Attributes,
        to: &[u8],
    ) -> Result<(), UnpackError> {
        if to.len() > TARGET_BYTES {
            return Err(at(place, Errno::NAMETOOLONG));
        }
        self.name_bytes += to.len();
        let node = self.place(place, NodeKind::Symlink(to.into()), attributes)?;
        self.node_mut(node).mode = 0o777;
        Ok(())
    }

    fn fifo(&mut self, place: Place<'_>, attributes: &Attributes) -> Result<(), UnpackError> {
        self.place(place, NodeKind::Fifo, attributes).map(drop)
    }

    fn hard_link(
        &mut self,
        place: Place<'_>,
        from_parent: &[u8],
        from_name: &[u8],
    ) -> Result<(), LinkRefused> {
        let other = |error| LinkRefused::Other(at(place, error));
        let from = self.look_up(from_parent).map_err(|_| LinkRefused::Absent)?;
        let found = self.children(from).get(from_name).copied();
        let found = found.ok_or(LinkRefused::Absent)?;
        if self.is_whiteout(found) {
            return Err(LinkRefused::Absent);
        }
        let here = self.folder_at(place.parent).map_err(other)?;
        if self.children(here).get(place.name) == Some(&found) {
            return Ok(());
        }
        let folder = self.make_room(place).map_err(other)?;
        // Making room may have taken the file itself away.
        if self.is_folder(found) || self.children(from).get(from_name) != Some(&found) {
            return Err(LinkRefused::Folder);
        }
        self.name(folder, place.name, found);
        self.bound().map_err(LinkRefused::Other)
    }

    fn white_out(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        let folder = self
            .folder_at(place.parent)
            .map_err(|error| at(place, error))?;
        match self.children(folder).get(place.name).copied() {
            Some(found) if self.is_folder(found) => self.set_opaque(found),
            Some(_) => {}
            None => {
                let attributes = Attributes {
                    mode: 0,
                    ..Attributes::default()
                };
                let node = self.add(NodeKind::Whiteout, &attributes);
                self.name(folder, place.name, node);
            }
        }
        self.bound()
    }

    fn make_opaque(&mut self, place: Place<'_>) -> Result<(), UnpackError> {
        let folder = self
            .folder_at(place.parent)
            .map_err(|error| at(place, error))?;
        self.set_opaque(folder);
        self.bound()
    }

    fn take_implied(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.implied)
    }

    fn finish_folder(
        &mut self,
        path: &[u8],
        attributes: &Attributes,
        notes: &mut Notes,
    ) -> Result<(), UnpackError> {
        let folder = match self.look_up(path) {
            // Something else took its place later in the layer.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(()),
            Err(error) => return Err(UnpackError::Write(error.into())),
            Ok(folder) => folder,
        };
        self.extend(folder, attributes, path, notes);
        let node = self.node_mut(folder);
        node.mode = mode(attributes);
        (node.uid, node.gid) = (attributes.uid, attributes.gid);
        node.modified = attributes.modified;
        Ok(())
    }
}

/// Permission bits; the headers have no others.
fn mode(attributes: &Attributes) -> u16 {
    u16::try_from(attributes.mode & 0o7777).expect("12 bits")
}
