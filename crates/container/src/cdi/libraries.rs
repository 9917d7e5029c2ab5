//! How programs find a driver's libraries without a library cache made anew.
//!
//! `ldconfig` would do two things: link each library under the name that programs load it by (its `DT_SONAME`, such as
//! `libcuda.so.1` for `libcuda.so.550.54.14`), and list the folders in the cache. The links are made here, beside the
//! libraries and once more in a folder of their own, which can go into `LD_LIBRARY_PATH` without putting the image's
//! other libraries before what a program brings along.

use std::collections::BTreeSet;

use camino::Utf8Path;
use fs_err::File;
use object::read::elf::FileHeader as _;
use object::{Endianness, ReadCache, elf};

use super::devices::{DriverMount, Link};

/// The folder of links, in the container.
const FOLDER: &str = "/run/gantry/gpu";

/// The links that lead to the libraries among `mounts` and `links` that lie in one of `folders`, and the folder of links
/// if there is any.
pub(super) fn links(
    mounts: &[DriverMount],
    links: &[Link],
    folders: &[String],
) -> (Vec<Link>, Option<String>) {
    let in_folders = |path: &Utf8Path| {
        let parent = path.parent();
        folders
            .iter()
            .any(|folder| parent == Some(Utf8Path::new(folder)))
    };
    let mut taken: BTreeSet<String> = mounts.iter().map(|mount| mount.container.clone()).collect();
    taken.extend(links.iter().map(|link| link.path.clone()));
    let mut found = Vec::new();
    let mut add = |path: String, target: &str| {
        if taken.insert(path.clone()) {
            let target = target.to_owned();
            found.push(Link { path, target });
        }
    };
    for mount in mounts {
        let path = Utf8Path::new(&mount.container);
        let Some(name) = library_name(path).filter(|_| in_folders(path)) else {
            continue;
        };
        // Not a library of 64 bits: a linker script, or a library that no image for amd64 needs.
        let Some(soname) = soname(&mount.host) else {
            continue;
        };
        add(path.with_file_name(&soname).into_string(), name);
        add(format!("{FOLDER}/{soname}"), &mount.container);
        add(format!("{FOLDER}/{name}"), &mount.container);
    }
    for link in links {
        let path = Utf8Path::new(&link.path);
        if let Some(name) = library_name(path).filter(|_| in_folders(path)) {
            add(format!("{FOLDER}/{name}"), &link.path);
        }
    }
    let any = found.iter().any(|link| link.path.starts_with(FOLDER));
    (found, any.then(|| FOLDER.to_owned()))
}

fn library_name(path: &Utf8Path) -> Option<&str> {
    path.file_name()
        .filter(|name| name.ends_with(".so") || name.contains(".so."))
}

/// The name in a shared library of 64 bits; its file's name when it states none.
fn soname(path: &Utf8Path) -> Option<String> {
    let data = ReadCache::new(File::open(path).ok()?);
    let header = elf::FileHeader64::<Endianness>::parse(&data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, &data).ok()?;
    let table = sections.dynamic_table(endian, &data).ok()?;
    let entry = table.iter().find(|entry| entry.tag == elf::DT_SONAME);
    let Some(entry) = entry else {
        return path.file_name().map(str::to_owned);
    };
    let name = std::str::from_utf8(table.string(entry).ok()?).ok()?;
    let sound = !name.contains(['/', '\0'])
        && !name.chars().any(char::is_control)
        && !matches!(name, "" | "." | "..")
        && name.len() <= 255;
    sound.then(|| name.to_owned())
}

/// The smallest shared library: a header, a table of strings, a dynamic section that names it.
#[cfg(test)]
pub(super) fn library_bytes(soname: &str) -> Vec<u8> {
    let strings = format!("\0{soname}\0");
    let strings_at = 64_u64;
    let dynamic_at = strings_at + strings.len() as u64;
    let sections_at = dynamic_at + 32;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    for half in [3_u16, 62] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1_u32.to_le_bytes());
    for word in [0, 0, sections_at] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(0_u32.to_le_bytes());
    for half in [64_u16, 0, 0, 64, 3, 1] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(strings.as_bytes());
    for word in [14_u64, 1, 0, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([0; 64]);
    for (kind, at, size, link, entry) in [
        (3_u32, strings_at, strings.len() as u64, 0_u32, 0_u64),
        (6, dynamic_at, 32, 1, 16),
    ] {
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        for word in [0, 0, at, size] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(link.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        for word in [1, entry] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soname_of(bytes: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("lib.so.9");
        fs_err::write(&path, bytes).unwrap();
        soname(&path)
    }

    #[test]
    fn the_name_of_a_library_is_read() {
        assert_eq!(
            soname_of(&library_bytes("libcuda.so.1")).as_deref(),
            Some("libcuda.so.1")
        );
    }

    #[test]
    fn damaged_and_hostile_libraries_have_no_name() {
        let whole = library_bytes("libcuda.so.1");
        for length in 0..whole.len() {
            assert_eq!(soname_of(&whole[..length]), None, "{length} bytes");
        }
        for name in ["../../etc/x", "/etc/x", "..", "a\nb", &"a".repeat(256)] {
            assert_eq!(soname_of(&library_bytes(name)), None, "{name}");
        }
        assert_eq!(soname_of(b"INPUT(libcuda.so.1)"), None);
    }
}
