//! Folders that the path of an entry needs and that no entry has made, in a tree on disk or in memory.

use rustix::io::Errno;

use super::member_path::components;

/// A tree in which they are made.
pub(in super::super) trait Folders {
    /// A folder that was found.
    type Folder;

    /// The folder at this path, if there is one.
    fn look_up(&self, path: &[u8]) -> Result<Self::Folder, Errno>;

    /// Makes a folder where nothing is.
    fn make_in(&mut self, parent: Self::Folder, name: &[u8]) -> Result<(), Errno>;

    /// Makes a folder in place of a whiteout; anything else that is no folder is in the way.
    fn replace_whiteout(&mut self, parent: Self::Folder, name: &[u8]) -> Result<(), Errno>;

    /// Hears of each folder that was made.
    fn note_made(&mut self, path: &[u8]);
}

/// Makes every folder of the path that is missing.
pub(in super::super) fn make_all<F: Folders>(
    folders: &mut F,
    path: &[u8],
) -> Result<F::Folder, Errno> {
    let mut so_far = Vec::with_capacity(path.len());
    for component in components(path) {
        let parent = so_far.len();
        if parent > 0 {
            so_far.push(b'/');
        }
        so_far.extend_from_slice(component);
        match folders.look_up(&so_far) {
            Ok(_) => continue,
            Err(Errno::NOENT) => {
                let parent = folders.look_up(&so_far[..parent])?;
                folders.make_in(parent, component)?;
            }
            Err(Errno::NOTDIR) => {
                let parent = folders.look_up(&so_far[..parent])?;
                folders.replace_whiteout(parent, component)?;
            }
            Err(error) => return Err(error),
        }
        folders.note_made(&so_far);
    }
    folders.look_up(&so_far)
}
