//! Finding a folder by its path as the kernel does with the layer as the whole world (`RESOLVE_IN_ROOT`).

use rustix::io::Errno;

use super::tree::{IndexTree, NodeId, NodeKind, ROOT};

/// Symbolic links that the kernel follows on one path.
const LINKS: usize = 40;
/// Bytes of a name that a file system looks for.
const COMPONENT_BYTES: usize = 255;

/// One walk.
pub(super) struct Walk<'a> {
    tree: &'a IndexTree,
    here: NodeId,
    links: usize,
    /// What is left to go: the path, and targets of links on it; the last first.
    rest: Vec<&'a [u8]>,
}

impl<'a> Walk<'a> {
    /// From the root folder.
    pub(super) fn new(tree: &'a IndexTree) -> Self {
        Self {
            tree,
            here: ROOT,
            links: 0,
            rest: Vec::new(),
        }
    }

    /// The folder at this path.
    pub(super) fn end_at(mut self, path: &'a [u8]) -> Result<NodeId, Errno> {
        self.rest.push(path);
        while let Some(path) = self.rest.pop() {
            let (component, after) = match path.iter().position(|byte| *byte == b'/') {
                Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
                None => (path, None),
            };
            self.rest.extend(after);
            self.step(component)?;
        }
        Ok(self.here)
    }

    fn step(&mut self, component: &[u8]) -> Result<(), Errno> {
        let tree = self.tree;
        match component {
            b"" | b"." => return Ok(()),
            b".." => {
                if let NodeKind::Folder { parent, .. } = &tree.node(self.here).kind {
                    self.here = *parent;
                }
                return Ok(());
            }
            _ if component.len() > COMPONENT_BYTES => return Err(Errno::NAMETOOLONG),
            _ => {}
        }
        let found = tree.children(self.here).get(component);
        let found = *found.ok_or(Errno::NOENT)?;
        match &tree.node(found).kind {
            NodeKind::Folder { .. } => self.here = found,
            NodeKind::Symlink(target) => {
                self.links += 1;
                if self.links > LINKS {
                    return Err(Errno::LOOP);
                }
                if target.starts_with(b"/") {
                    self.here = ROOT;
                }
                self.rest.push(target);
            }
            NodeKind::File { .. } | NodeKind::Fifo | NodeKind::Whiteout => {
                return Err(Errno::NOTDIR);
            }
        }
        Ok(())
    }
}
