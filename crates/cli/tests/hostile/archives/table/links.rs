//! Links out, and whiteouts of what is not theirs.

use serde_json::json;

use super::forged;
use crate::archives::Fate::{Either, Refused, Taken};
use crate::archives::Forged;
use crate::archives::forged::{config, honest, image};
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    vec![
        forged(
            (
                "archive.through_a_link",
                "a link to a folder of the host, and a file through it",
            ),
            (Either, ""),
            |victim| {
                let folder = victim.parent().unwrap().to_str().unwrap();
                image(Tar::new().symlink("l", folder).file("l/victim", b"x"))
            },
        ),
        forged(
            (
                "archive.through_two_links",
                "a link to a link out, and a file through both",
            ),
            (Either, ""),
            |victim| {
                let folder = victim.parent().unwrap().to_str().unwrap();
                image(
                    Tar::new()
                        .symlink("a", folder)
                        .symlink("b", "a")
                        .file("b/victim", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.through_dots",
                "a link that climbs out, and a file through it",
            ),
            (Either, ""),
            |_| {
                image(
                    Tar::new()
                        .symlink("up", "../../../../../../../../tmp")
                        .file("up/victim", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.over_a_link",
                "a link to a file of the host, and a file of the same name",
            ),
            (Taken, ""),
            |victim| {
                image(
                    Tar::new()
                        .symlink("v", victim.to_str().unwrap())
                        .file("v", b"x"),
                )
            },
        ),
        forged(
            ("archive.hard_link_out", "a hard link to a file of the host"),
            (Refused, ""),
            |victim| image(Tar::new().hard_link("v", victim.to_str().unwrap())),
        ),
        forged(
            ("archive.hard_link_climbs", "a hard link that climbs out"),
            (Refused, ""),
            |_| image(Tar::new().hard_link("v", "../../../victim")),
        ),
        forged(
            (
                "archive.hard_link_through_a_link",
                "a hard link through a symbolic link to a folder of the host",
            ),
            (Refused, ""),
            |_| image(Tar::new().symlink("s", "/etc").hard_link("v", "s/passwd")),
        ),
        forged(
            (
                "archive.hard_link_then_write",
                "a hard link to a link out, and a file over it",
            ),
            (Either, ""),
            |victim| {
                image(
                    Tar::new()
                        .symlink("s", victim.to_str().unwrap())
                        .hard_link("h", "s")
                        .file("h", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.circle_of_links",
                "links that lead in a circle, and a file through them",
            ),
            (Refused, "circle"),
            |_| {
                image(
                    Tar::new()
                        .symlink("a", "b")
                        .symlink("b", "a")
                        .file("a/x", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.link_of_proc",
                "a link to /proc/self/root, and a file through it",
            ),
            (Either, ""),
            |victim| {
                let path = format!("p{}", victim.to_str().unwrap());
                image(
                    Tar::new()
                        .symlink("p", "/proc/self/root")
                        .pax("path", path.as_bytes())
                        .file("x", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.whiteout_out",
                "a whiteout that would remove a file outside",
            ),
            (Refused, ""),
            |_| image(Tar::new().file("../.wh.victim", b"")),
        ),
        forged(
            (
                "archive.whiteout_of_nothing",
                "a whiteout without a name, of `.` and of `..`",
            ),
            (Refused, "whiteout names nothing"),
            |_| {
                image(
                    Tar::new()
                        .file(".wh.", b"")
                        .file(".wh..", b"")
                        .file(".wh...", b""),
                )
            },
        ),
        forged(
            ("archive.whiteout_of_all", "an opaque root"),
            (Taken, ""),
            |_| {
                image(
                    Tar::new()
                        .file(".wh..wh..opq", b"")
                        .executable("run", 0o755, b"x"),
                )
            },
        ),
        forged(
            (
                "archive.whiteout_through_a_link",
                "a whiteout through a link to a folder of the host",
            ),
            (Either, ""),
            |victim| {
                let folder = victim.parent().unwrap().to_str().unwrap();
                image(Tar::new().symlink("l", folder).file("l/.wh.victim", b""))
            },
        ),
        forged(
            (
                "archive.layer_is_a_link",
                "a `layer.tar` that is a link to a file of the host",
            ),
            (Refused, ""),
            |victim| {
                let config = config(&honest()).to_string();
                let manifest = json!([{ "Config": "c.json", "RepoTags": ["forged:1"], "Layers": ["l/layer.tar"] }]);
                Tar::new()
                    .file("c.json", config.as_bytes())
                    .symlink("l/layer.tar", victim.to_str().unwrap())
                    .file("manifest.json", manifest.to_string().as_bytes())
                    .bytes()
            },
        ),
    ]
}
