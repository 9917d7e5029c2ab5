//! What the headers of an entry say.

use std::io::Read;

use tar::EntryType;

use super::member_path::shown;
use crate::image::guard::pax_records;

/// An entry of a layer, as its headers describe it. Nothing of it is checked yet except its form.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) attributes: Attributes,
}

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file with its length in bytes, holes included.
    File { bytes: u64, sparse: bool },
    /// A folder.
    Folder,
    /// A symbolic link and where it points.
    Symlink(Vec<u8>),
    /// Another name of a file of the layer.
    HardLink(Vec<u8>),
    /// A named pipe.
    Fifo,
    /// A device node.
    Device,
    /// Not an entry of its own (headers for entries that follow).
    Nothing,
}

/// Who may do what with an entry, and since when.
#[derive(Debug, Clone)]
pub(in super::super) struct Attributes {
    pub(in super::super) mode: u32,
    pub(in super::super) uid: u32,
    pub(in super::super) gid: u32,
    /// Seconds since 1970 and nanoseconds.
    pub(in super::super) modified: (i64, u32),
    /// Extended attributes: name and value.
    pub(in super::super) extended: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Default for Attributes {
    /// Those of a folder that no entry describes.
    fn default() -> Self {
        Self {
            mode: 0o755,
            uid: 0,
            gid: 0,
            modified: (0, 0),
            extended: Vec::new(),
        }
    }
}

const XATTR: &[u8] = b"SCHILY.xattr.";

impl Member {
    /// Reads the headers; `pax` is the extended header in front of the entry.
    pub(super) fn of(entry: &tar::Entry<'_, impl Read>, pax: &[u8]) -> Result<Self, String> {
        let header = entry.header();
        let mut member = Self {
            path: entry.path_bytes().into_owned(),
            kind: Kind::Nothing,
            attributes: Attributes {
                mode: header.mode().unwrap_or(0o644) & 0o7777,
                uid: number(header.uid(), &header.as_old().uid, "uid")?,
                gid: number(header.gid(), &header.as_old().gid, "gid")?,
                modified: (header.mtime().unwrap_or(0).cast_signed(), 0),
                extended: Vec::new(),
            },
        };
        let mut target = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
        for record in pax_records(pax) {
            let (key, value) = record.map_err(|_| "its extended header is malformed".to_owned())?;
            member.apply(key, value, &mut target)?;
        }
        if target.as_ref().is_some_and(|to| to.contains(&0)) {
            return Err("what it links to has a NUL byte".to_owned());
        }
        member.kind = kind(header.entry_type(), entry.size(), target, &member.path)?;
        Ok(member)
    }

    fn apply(
        &mut self,
        key: &[u8],
        value: &[u8],
        target: &mut Option<Vec<u8>>,
    ) -> Result<(), String> {
        let attributes = &mut self.attributes;
        match key {
            b"path" => self.path = value.to_vec(),
            b"linkpath" => *target = Some(value.to_vec()),
            b"uid" => attributes.uid = decimal(value, "uid")?,
            b"gid" => attributes.gid = decimal(value, "gid")?,
            b"mtime" => attributes.modified = time(value).ok_or("its `mtime` is no time")?,
            _ if key.starts_with(b"GNU.sparse.") => {
                return Err("sparse files in this form are not supported".to_owned());
            }
            _ => {
                if let Some(name) = key.strip_prefix(XATTR) {
                    attributes.extended.push((name.to_vec(), value.to_vec()));
                }
            }
        }
        Ok(())
    }
}

fn kind(
    entry: EntryType,
    bytes: u64,
    target: Option<Vec<u8>>,
    path: &[u8],
) -> Result<Kind, String> {
    let target = || {
        target
            .filter(|to| !to.is_empty())
            .ok_or("it links to nothing")
    };
    if entry.is_file() || entry.is_contiguous() || entry.is_gnu_sparse() {
        // Before ustar, a slash at the end of the name was all that told a folder.
        if path.ends_with(b"/") {
            return Ok(Kind::Folder);
        }
        let sparse = entry.is_gnu_sparse();
        return Ok(Kind::File { bytes, sparse });
    }
    if entry.is_dir() {
        Ok(Kind::Folder)
    } else if entry.is_symlink() {
        Ok(Kind::Symlink(target()?))
    } else if entry.is_hard_link() {
        Ok(Kind::HardLink(target()?))
    } else if entry.is_fifo() {
        Ok(Kind::Fifo)
    } else if entry.is_character_special() || entry.is_block_special() {
        Ok(Kind::Device)
    } else if entry.is_pax_global_extensions() {
        Ok(Kind::Nothing)
    } else {
        let letter = shown(&[entry.as_byte()]);
        Err(format!("its entry type `{letter}` is not supported"))
    }
}

/// An id of the header; a field that was left blank means 0.
fn number(value: std::io::Result<u64>, field: &[u8], what: &str) -> Result<u32, String> {
    if field.iter().all(|byte| matches!(byte, 0 | b' ')) {
        return Ok(0);
    }
    let value = value.map_err(|_| format!("its `{what}` is no number"))?;
    let small = u32::try_from(value).ok();
    id(small).ok_or_else(|| format!("its `{what}` {value} is larger than {LARGEST_ID}"))
}

/// The largest owner: one more is the kernel's way of saying that nobody is meant.
const LARGEST_ID: u32 = u32::MAX - 1;

fn id(value: Option<u32>) -> Option<u32> {
    value.filter(|value| *value <= LARGEST_ID)
}

fn decimal(value: &[u8], what: &str) -> Result<u32, String> {
    let text = str::from_utf8(value).ok();
    let number = id(text.and_then(|text| text.parse().ok()));
    number.ok_or_else(|| format!("its `{what}` `{}` is no id", shown(value)))
}

/// `seconds` or `seconds.fraction`.
fn time(value: &[u8]) -> Option<(i64, u32)> {
    let text = str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let digits: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let nanoseconds: u32 = digits.parse().ok()?;
    if whole.starts_with('-') && nanoseconds > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanoseconds));
    }
    Some((seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_fractions() {
        assert_eq!(time(b"12"), Some((12, 0)));
        assert_eq!(time(b"12.5"), Some((12, 500_000_000)));
        assert_eq!(time(b"-1.25"), Some((-2, 750_000_000)));
        assert_eq!(time(b"12.0000000019"), Some((12, 1)));
        assert_eq!(time(b"x"), None);
        assert_eq!(time(b"1.x"), None);
    }
}
