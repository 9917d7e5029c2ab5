//! Where a socket lies below `/input` or `/output`, and the rules for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::socket_kind::SocketKind;

const MAX_LENGTH: usize = 255;
/// Written by the platform itself.
const RESERVED: &str = "inputs.json";
const IMAGES: &str = "images/";

/// A normalised relative path: no `.`, no `..`, no empty part, no leading or trailing slash, no UUID in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

/// A text that is no relative path of a socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRelativePath {
    /// Not normalised, absolute, empty, or with characters that no path should have.
    #[error(
        "relative path `{found}` is not normalised, expected a path below the folder such as `images/ct` or `results.json`"
    )]
    NotNormalised {
        /// The text.
        found: String,
    },
    /// Longer than 255 bytes.
    #[error("relative path `{found}` has {} bytes, expected at most {MAX_LENGTH}", .found.len())]
    TooLong {
        /// The text.
        found: String,
    },
    /// `inputs.json`, in any case.
    #[error("relative path `{found}` is reserved for the list of all inputs")]
    Reserved {
        /// The text.
        found: String,
    },
    /// A UUID somewhere in it.
    #[error(
        "relative path `{found}` contains a UUID, expected a name that stays the same for every job"
    )]
    Uuid {
        /// The text.
        found: String,
    },
    /// The kind wants another ending.
    #[error("relative path `{found}` of kind `{kind}` must end with `{extension}`")]
    Extension {
        /// The text.
        found: String,
        /// Label of the kind.
        kind: &'static str,
        /// What it should end with.
        extension: &'static str,
    },
    /// An image kind elsewhere than in a folder below `images/`.
    #[error(
        "relative path `{found}` of kind `{kind}` must be a folder below `images/` without an extension, such as `images/ct`"
    )]
    ImageFolder {
        /// The text.
        found: String,
        /// Label of the kind.
        kind: &'static str,
    },
    /// Another kind below `images/`.
    #[error(
        "relative path `{found}` of kind `{kind}` must not lie below `images/`, which is for images"
    )]
    NotAnImage {
        /// The text.
        found: String,
        /// Label of the kind.
        kind: &'static str,
    },
}

impl RelativePath {
    /// A path from text.
    ///
    /// # Errors
    /// When a rule that holds for all kinds is broken.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidRelativePath> {
        let found = text.into();
        let plain = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.chars().any(|c| c.is_control() || c == '\\')
        };
        if found.len() > MAX_LENGTH {
            return Err(InvalidRelativePath::TooLong { found });
        }
        if !found.split('/').all(plain) {
            return Err(InvalidRelativePath::NotNormalised { found });
        }
        if found.eq_ignore_ascii_case(RESERVED) {
            return Err(InvalidRelativePath::Reserved { found });
        }
        if contains_uuid(&found) {
            return Err(InvalidRelativePath::Uuid { found });
        }
        Ok(Self(found))
    }

    /// Whether a kind may lie here.
    ///
    /// # Errors
    /// When a rule of that kind is broken.
    pub fn check_kind(&self, kind: SocketKind) -> Result<(), InvalidRelativePath> {
        let (found, label) = (self.0.clone(), kind.label());
        let Some(extension) = kind.extension() else {
            // `images` alone is where the oldest image sockets lie.
            let folder = self.0 == "images" || self.0.starts_with(IMAGES);
            let name = self.0.rsplit('/').next().unwrap_or_default();
            let fine = folder && !name.contains('.');
            return if fine {
                Ok(())
            } else {
                Err(InvalidRelativePath::ImageFolder { found, kind: label })
            };
        };
        if self.0.starts_with(IMAGES) {
            return Err(InvalidRelativePath::NotAnImage { found, kind: label });
        }
        if !self.0.ends_with(extension) || self.0.len() == extension.len() {
            return Err(InvalidRelativePath::Extension {
                found,
                kind: label,
                extension,
            });
        }
        Ok(())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether one of the two lies in the other, or they are the same.
    pub fn collides_with(&self, other: &Self) -> bool {
        let inside = |outer: &str, inner: &str| {
            inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        inside(&self.0, &other.0) || inside(&other.0, &self.0)
    }
}

/// Whether 8-4-4-4-12 hexadecimal digits stand anywhere in the text.
fn contains_uuid(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_uuid = |window: &[u8]| {
        let mut rest = window;
        GROUPS.iter().enumerate().all(|(index, &length)| {
            let (group, tail) = rest.split_at(length);
            let last = index + 1 == GROUPS.len();
            rest = if last {
                tail
            } else {
                tail.get(1..).unwrap_or_default()
            };
            group.iter().all(u8::is_ascii_hexdigit) && (last || tail.first() == Some(&b'-'))
        })
    };
    text.as_bytes().windows(36).any(is_uuid)
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RelativePath {
    type Error = InvalidRelativePath;

    fn try_from(text: String) -> Result<Self, InvalidRelativePath> {
        Self::new(text)
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_normalised() {
        for good in ["foo", "foo/bar", "foo/bar.tar.gz", "images/ct", "a b.json"] {
            assert!(RelativePath::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "bar/../foo",
            "./foo",
            "../bar",
            "/abs",
            "////x",
            "a/",
            "a//b",
            "inputs.json",
            "INPUTS.json",
            "a\\b",
            "a\nb",
        ] {
            assert!(RelativePath::new(bad).is_err(), "{bad}");
        }
        let uuid = "x-3f0a1b2c-1234-5678-9abc-def012345678.json";
        assert!(matches!(
            RelativePath::new(uuid),
            Err(InvalidRelativePath::Uuid { .. })
        ));
    }

    #[test]
    fn kinds_have_their_places() {
        let check = |path: &str, kind| RelativePath::new(path).unwrap().check_kind(kind).is_ok();
        assert!(check("images/ct", SocketKind::Image) && check("images", SocketKind::Image));
        assert!(
            !check("images/ct.mha", SocketKind::Image) && !check("ct", SocketKind::Segmentation)
        );
        assert!(
            check("results.json", SocketKind::Anything)
                && !check("results.txt", SocketKind::Anything)
        );
        assert!(
            !check("images/a.json", SocketKind::Integer) && check("report.pdf", SocketKind::Pdf)
        );
    }

    #[test]
    fn collisions_are_seen() {
        let path = |text: &str| RelativePath::new(text).unwrap();
        assert!(path("a").collides_with(&path("a/b")) && path("a").collides_with(&path("a")));
        assert!(!path("a").collides_with(&path("ab")));
    }

    proptest! {
        #[test]
        fn no_accepted_path_leaves_the_folder(text in "[./a-c\\\\]{0,20}") {
            if let Ok(path) = RelativePath::new(text) {
                prop_assert!(!path.as_str().starts_with('/'));
                prop_assert!(path.as_str().split('/').all(|part| part != ".." && part != "." && !part.is_empty()));
            }
        }
    }
}
