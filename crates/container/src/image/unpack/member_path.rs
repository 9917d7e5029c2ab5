//! Names in a layer, taken apart and judged before anything is done with them.

/// A name inside a layer: where its folder is and what it is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberPath<'a> {
    /// The root folder of the layer itself.
    Root,
    /// Something in a folder; `parent` is empty for the root folder.
    In {
        /// Path of the folder, without `.` and doubled slashes only where the archive wrote none.
        parent: &'a [u8],
        /// Last component: neither empty nor `.` nor `..`.
        name: &'a [u8],
    },
}

/// A name that is not taken, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) &'static str);

/// Bytes of one component; Linux file systems take no more.
const COMPONENT_BYTES: usize = 255;
/// Folders above an entry: removing a tree holds one folder of each depth open.
const DEPTH: usize = 256;

impl<'a> MemberPath<'a> {
    /// Takes the name of an entry apart. Absolute names, `..` and what no file system takes are refused.
    pub(super) fn parse(path: &'a [u8], limit: usize) -> Result<Self, Refused> {
        if path.is_empty() {
            return Err(Refused("the name is empty"));
        }
        if path[0] == b'/' {
            return Err(Refused("the name is absolute"));
        }
        Self::parse_relative(path, limit)
    }

    /// Takes the target of a hard link apart: as an entry's name, but `/` in front means the layer's root.
    pub(super) fn parse_link_target(path: &'a [u8], limit: usize) -> Result<Self, Refused> {
        let start = path.iter().take_while(|byte| **byte == b'/').count();
        Self::parse_relative(&path[start..], limit)
    }

    fn parse_relative(path: &'a [u8], limit: usize) -> Result<Self, Refused> {
        if path.len() > limit {
            return Err(Refused("the name is too long"));
        }
        if path.contains(&0) {
            return Err(Refused("the name has a NUL byte"));
        }
        if components(path).count() > DEPTH {
            return Err(Refused("the name lies more than 256 folders deep"));
        }
        for component in path.split(|byte| *byte == b'/') {
            if component == b".." {
                return Err(Refused("the name has a `..`"));
            }
            if component.len() > COMPONENT_BYTES {
                return Err(Refused("a part of the name is longer than 255 bytes"));
            }
        }
        let path = without_dots_at_end(path);
        let slash = path.iter().rposition(|byte| *byte == b'/');
        let (parent, name) = match slash {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        if name.is_empty() || name == b"." {
            return Ok(Self::Root);
        }
        Ok(Self::In {
            parent: without_dots_at_start(without_dots_at_end(parent)),
            name,
        })
    }
}

/// The components of a folder's path.
pub(in super::super) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty() && *component != b".")
}

/// A name for messages: what is not printable ASCII is escaped.
pub(super) fn shown(path: &[u8]) -> String {
    match str::from_utf8(path) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        Ok(_) | Err(_) => path.escape_ascii().to_string(),
    }
}

fn without_dots_at_end(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_suffix(b"/").or_else(|| {
        path.strip_suffix(b"/.").map(|shorter| {
            if shorter.is_empty() {
                &path[..1]
            } else {
                shorter
            }
        })
    }) {
        path = shorter;
    }
    path
}

fn without_dots_at_start(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")) {
        path = shorter;
    }
    if path == b"." { b"" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, parent: &str, name: &str) {
        let expected = MemberPath::In {
            parent: parent.as_bytes(),
            name: name.as_bytes(),
        };
        assert_eq!(
            MemberPath::parse(path.as_bytes(), 4095),
            Ok(expected),
            "`{path}`"
        );
    }

    #[test]
    fn names_are_taken_apart() {
        check("a", "", "a");
        check("./a", "", "a");
        check("a/", "", "a");
        check("a/.", "", "a");
        check("./a/b/c/", "a/b", "c");
        check("a//b", "a", "b");
        check("././/a/b//", "a", "b");
        check("a/./b", "a", "b");
        check("..a/b..", "..a", "b..");
        for root in [".", "./", "./.", ".//./"] {
            assert_eq!(
                MemberPath::parse(root.as_bytes(), 4095),
                Ok(MemberPath::Root),
                "`{root}`"
            );
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "a/../",
            "a\0b",
        ] {
            assert!(
                MemberPath::parse(path.as_bytes(), 4095).is_err(),
                "`{path}`"
            );
        }
        assert!(MemberPath::parse(b"a/b", 2).is_err());
        assert!(MemberPath::parse("a/".repeat(257).as_bytes(), 4095).is_err());
        assert!(MemberPath::parse(&[b'a'; 256], 4095).is_err());
    }

    #[test]
    fn a_link_target_may_start_at_the_root() {
        let target = MemberPath::parse_link_target(b"//etc/passwd", 4095);
        let expected = MemberPath::In {
            parent: b"etc",
            name: b"passwd",
        };
        assert_eq!(target, Ok(expected));
        assert!(MemberPath::parse_link_target(b"/../etc/passwd", 4095).is_err());
        assert_eq!(
            MemberPath::parse_link_target(b"", 4095),
            Ok(MemberPath::Root)
        );
    }
}
