//! Judging files that are neither JSON nor images by their first bytes, and trees by their brackets.

use crate::socket_kind::SocketKind;

/// How many bytes of a file's beginning are needed.
pub const HEAD: usize = 512;

/// A file that is not what its socket says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFile {
    /// The first bytes are others.
    #[error("does not begin as a `{kind}` does, expected {expected}")]
    Beginning {
        /// Label of the kind.
        kind: &'static str,
        /// What is expected, in words.
        expected: &'static str,
    },
    /// Text that is not UTF-8 or holds zero bytes.
    #[error("is not text, expected a `{kind}` in UTF-8")]
    NotText {
        /// Label of the kind.
        kind: &'static str,
    },
    /// Newick without a tree.
    #[error("holds no Newick tree")]
    NoTree,
    /// Newick with unbalanced brackets or without a final `;`.
    #[error("is not a valid Newick tree: {message}")]
    BrokenTree {
        /// What is wrong.
        message: &'static str,
    },
}

/// Judges a file by its first [`HEAD`] bytes (all of them if there are fewer).
///
/// # Errors
/// When they are not those of this kind.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a rule for a few of the forty kinds; the rest share one answer"
)]
pub fn check_head(kind: SocketKind, head: &[u8]) -> Result<(), InvalidFile> {
    let begins = |with: &[&[u8]]| with.iter().any(|magic| head.starts_with(magic));
    let (fits, expected) = match kind {
        SocketKind::Pdf => (
            head.windows(5).take(HEAD).any(|window| window == b"%PDF-"),
            "`%PDF-`",
        ),
        SocketKind::ThumbnailPng => (begins(&[b"\x89PNG\r\n\x1a\n"]), "the PNG signature"),
        SocketKind::ThumbnailJpg => (begins(&[b"\xff\xd8\xff"]), "the JPEG start marker"),
        SocketKind::Mp4 => (head.get(4..8) == Some(b"ftyp"), "an MP4 `ftyp` box"),
        SocketKind::Sqreg => (begins(&[b"SQLite format 3\0"]), "the SQLite signature"),
        SocketKind::Biom => (
            begins(&[b"\x89HDF\r\n\x1a\n"]),
            "the HDF5 signature (BIOM 2)",
        ),
        SocketKind::Zip => (begins(&[b"PK\x03\x04", b"PK\x05\x06"]), "the ZIP signature"),
        SocketKind::Csv | SocketKind::Obj | SocketKind::Newick => return check_text(kind, head),
        _json_or_image => return Ok(()),
    };
    if fits {
        Ok(())
    } else {
        Err(InvalidFile::Beginning {
            kind: kind.label(),
            expected,
        })
    }
}

fn check_text(kind: SocketKind, head: &[u8]) -> Result<(), InvalidFile> {
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut in two where the head ends.
        Err(error) => error.error_len().is_none() && head.len() >= HEAD,
    };
    if text && !head.contains(&0) {
        Ok(())
    } else {
        Err(InvalidFile::NotText { kind: kind.label() })
    }
}

/// Judges a whole Newick file: one or more trees, each ended by `;`.
///
/// # Errors
/// When there is no tree or brackets do not match.
pub fn check_newick(text: &str) -> Result<(), InvalidFile> {
    let broken = |message| InvalidFile::BrokenTree { message };
    let (mut depth, mut trees, mut quoted, mut comment, mut pending) =
        (0_usize, 0, false, false, false);
    for character in text.chars() {
        match character {
            '\'' if !comment => quoted = !quoted,
            _ if quoted => {}
            '[' => comment = true,
            ']' => comment = false,
            _ if comment => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or(broken("a `)` has no `(`"))?,
            ';' if depth == 0 => {
                trees += 1;
                pending = false;
                continue;
            }
            ';' => return Err(broken("a tree ends inside brackets")),
            _ => {}
        }
        pending |= !character.is_whitespace();
    }
    if depth > 0 || quoted {
        return Err(broken("a `(` or a quote is not closed"));
    }
    match (trees, pending) {
        (0, false) => Err(InvalidFile::NoTree),
        (_, true) => Err(broken("the last tree does not end with `;`")),
        (_, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_told_apart() {
        for (kind, good, bad) in [
            (SocketKind::Pdf, &b"%PDF-1.7\n"[..], &b"<html>"[..]),
            (
                SocketKind::ThumbnailPng,
                b"\x89PNG\r\n\x1a\n....",
                b"\xff\xd8\xff\xe0",
            ),
            (
                SocketKind::ThumbnailJpg,
                b"\xff\xd8\xff\xe0",
                b"\x89PNG\r\n\x1a\n",
            ),
            (SocketKind::Mp4, b"\0\0\0\x20ftypisom", b"RIFF....AVI "),
            (SocketKind::Zip, b"PK\x03\x04", b"Rar!"),
            (SocketKind::Csv, b"a,b\n1,2\n", b"a\0b"),
            (SocketKind::Biom, b"\x89HDF\r\n\x1a\n", b"{\"id\": null}"),
        ] {
            assert_eq!(check_head(kind, good), Ok(()), "{kind:?}");
            assert!(
                check_head(kind, bad).is_err() && check_head(kind, b"").is_err()
                    || kind == SocketKind::Csv,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn trees_are_judged() {
        for good in [
            "();",
            "(a,b);",
            "(a:1,(b,c)d:2)e;",
            "('x;y',b);(c,d);",
            "(ä,ö);",
            "[note](a,b);",
        ] {
            assert_eq!(check_newick(good), Ok(()), "{good}");
        }
        assert_eq!(check_newick("  \n"), Err(InvalidFile::NoTree));
        for bad in ["((a,b);", "(a,b));", "(a,b)", "a"] {
            assert!(
                matches!(check_newick(bad), Err(InvalidFile::BrokenTree { .. })),
                "{bad}"
            );
        }
    }
}
