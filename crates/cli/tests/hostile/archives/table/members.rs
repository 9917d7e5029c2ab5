//! Members whose names lead elsewhere.

use super::forged;
use crate::archives::Fate::{Either, Refused};
use crate::archives::Forged;
use crate::archives::forged::image;
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    vec![
        forged(
            ("archive.climbs_out", "a file named `../victim`"),
            (Refused, "is refused"),
            |_| image(Tar::new().file("../victim", b"x")),
        ),
        forged(
            ("archive.climbs_far_out", "a file behind twenty `..`"),
            (Refused, "is refused"),
            |_| {
                image(
                    Tar::new()
                        .pax("path", format!("{}tmp/victim", "../".repeat(20)).as_bytes())
                        .file("x", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.climbs_in_the_middle",
                "a file named `a/../../victim`",
            ),
            (Refused, "is refused"),
            |_| image(Tar::new().file("a/../../victim", b"x")),
        ),
        forged(
            (
                "archive.absolute_name",
                "a file with the absolute name of a file of the host",
            ),
            (Refused, "is refused"),
            |victim| image(Tar::new().file(victim.to_str().unwrap(), b"x")),
        ),
        forged(
            ("archive.name_is_dots", "a file named `..`"),
            (Refused, "is refused"),
            |_| image(Tar::new().file("..", b"x")),
        ),
        forged(
            (
                "archive.name_with_nul",
                "a name with a NUL in its extended header",
            ),
            (Either, ""),
            |_| image(Tar::new().pax("path", b"a\0/../../victim").file("x", b"x")),
        ),
        forged(
            (
                "archive.name_with_controls",
                "a name with terminal commands",
            ),
            (Either, ""),
            |_| image(Tar::new().file("\u{1b}[2J\u{1b}]0;x\u{7}/../x", b"x")),
        ),
        forged(
            ("archive.name_not_utf8", "a name that is no UTF-8"),
            (Either, ""),
            |_| image(Tar::new().pax("path", b"a/\xff\xfe").file("x", b"x")),
        ),
        forged(
            ("archive.name_too_long", "a name of a megabyte"),
            (Refused, ""),
            |_| {
                image(
                    Tar::new()
                        .pax("path", "n".repeat(1 << 20).as_bytes())
                        .file("x", b"x"),
                )
            },
        ),
        forged(
            ("archive.too_deep", "a file in three thousand folders"),
            (Refused, "folders deep"),
            |_| {
                image(
                    Tar::new()
                        .pax("path", "d/".repeat(1900).as_bytes())
                        .file("x", b"x"),
                )
            },
        ),
        forged(
            ("archive.file_is_a_folder", "a file within a file"),
            (Refused, "is no folder"),
            |_| image(Tar::new().file("a", b"1").file("a/b", b"2")),
        ),
        forged(
            (
                "archive.outer_climbs_out",
                "an archive whose own members climb out",
            ),
            (Either, ""),
            |_| {
                let inner = image(Tar::new().file("x", b"x"));
                [
                    Tar::new().file("../../victim", b"x").bytes()[..1024].to_vec(),
                    inner,
                ]
                .concat()
            },
        ),
        forged(
            ("archive.owner_too_large", "an owner beyond 65,535"),
            (Either, ""),
            |_| image(Tar::new().pax("uid", b"4294967295").file("x", b"x")),
        ),
    ]
}
