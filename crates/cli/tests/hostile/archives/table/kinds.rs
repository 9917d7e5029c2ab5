//! Kinds of entries and attributes that have no place in an image.

use tar::EntryType;

use super::forged;
use crate::archives::Fate::{Either, Refused, Taken};
use crate::archives::Forged;
use crate::archives::forged::image;
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    vec![
        forged(
            ("archive.block_device", "a block device"),
            (Taken, "device nodes left out"),
            |_| image(Tar::new().entry("dev/sda", (EntryType::Block, 0o666), "", b"")),
        ),
        forged(
            ("archive.character_device", "a character device"),
            (Taken, "device nodes left out"),
            |_| image(Tar::new().entry("dev/mem", (EntryType::Char, 0o666), "", b"")),
        ),
        forged(("archive.fifo", "a FIFO"), (Either, ""), |_| {
            image(Tar::new().entry("fifo", (EntryType::Fifo, 0o666), "", b""))
        }),
        forged(
            ("archive.set_id", "set-id programs of root"),
            (Taken, ""),
            |_| image(Tar::new().executable("su", 0o6755, b"x")),
        ),
        forged(
            (
                "archive.capabilities",
                "a program with capabilities in its attributes",
            ),
            (Taken, ""),
            |_| {
                image(
                    Tar::new()
                        .pax(
                            "SCHILY.xattr.security.capability",
                            b"\x01\0\0\x02\xff\xff\xff\xff",
                        )
                        .executable("x", 0o755, b"x"),
                )
            },
        ),
        forged(
            (
                "archive.overlay_attributes",
                "attributes that mean something to the overlay",
            ),
            (Taken, ""),
            |_| {
                image(
                    Tar::new()
                        .pax("SCHILY.xattr.trusted.overlay.redirect", b"/etc")
                        .folder("d", 0o755)
                        .pax("SCHILY.xattr.user.overlay.redirect", b"/etc")
                        .folder("e", 0o755),
                )
            },
        ),
        forged(
            (
                "archive.unknown_kind",
                "an entry of a kind that there is not",
            ),
            (Refused, "is not supported"),
            |_| image(Tar::new().entry("x", (EntryType::new(b'Z'), 0o644), "", b"")),
        ),
        forged(
            ("archive.sparse", "a sparse file that claims a terabyte"),
            (Refused, "sparse"),
            |_| {
                image(
                    Tar::new()
                        .pax("GNU.sparse.realsize", b"1099511627776")
                        .file("x", b"x"),
                )
            },
        ),
    ]
}
