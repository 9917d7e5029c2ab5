//! Few bytes that become many.

use serde_json::json;

use super::forged;
use crate::archives::Fate::{Either, Refused};
use crate::archives::Forged;
use crate::archives::forged::{
    config, digest, gzip, gzip_bomb, honest, image, only_header, saved, zstd_bomb,
};
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    vec![
        forged(
            (
                "archive.gzip_bomb",
                "a layer of one file of 64 GiB, as gzip within gzip",
            ),
            (Refused, ""),
            |_| {
                let layer = gzip_bomb(&only_header("huge", 64 << 30), 512);
                gzip(&saved(&config(b"none"), &layer))
            },
        ),
        forged(
            (
                "archive.zstd_bomb",
                "a layer of 100 GiB in a few bytes of zstd",
            ),
            (Refused, ""),
            |_| {
                saved(
                    &config(b"none"),
                    &zstd_bomb(&only_header("huge", 100 << 30), 512),
                )
            },
        ),
        forged(
            (
                "archive.outer_bomb",
                "an archive that is nothing but zeros, as zstd",
            ),
            (Refused, ""),
            |_| zstd_bomb(b"", 1024),
        ),
        forged(
            ("archive.many_files", "a hundred thousand empty files"),
            (Either, ""),
            |_| {
                let mut tar = Tar::new();
                for number in 0..100_000 {
                    tar = tar.file(&format!("f{number}"), b"");
                }
                image(tar)
            },
        ),
        forged(
            (
                "archive.many_members",
                "an archive of a hundred thousand members that nothing asks for",
            ),
            (Either, ""),
            |_| {
                let mut tar = Tar::new();
                for number in 0..100_000 {
                    tar = tar.file(&format!("m{number}"), b"");
                }
                tar.bytes()
            },
        ),
        forged(
            ("archive.many_layers", "a hundred thousand layers"),
            (Refused, ""),
            |_| {
                let layer = honest();
                let layers = vec!["layer.tar"; 100_000];
                let mut config = config(&layer);
                config["rootfs"]["diff_ids"] = vec![digest(&layer); 100_000].into();
                let manifest =
                    json!([{ "Config": "c.json", "RepoTags": ["forged:1"], "Layers": layers }]);
                Tar::new()
                    .file("c.json", config.to_string().as_bytes())
                    .file("layer.tar", &layer)
                    .file("manifest.json", manifest.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            (
                "archive.huge_extended_header",
                "an extended header of 64 MiB",
            ),
            (Refused, ""),
            |_| {
                image(
                    Tar::new()
                        .pax("comment", &vec![b'x'; 64 << 20])
                        .file("x", b"x"),
                )
            },
        ),
        forged(
            (
                "archive.claims_an_exabyte",
                "a file that claims eight exabytes",
            ),
            (Refused, ""),
            |_| {
                saved(
                    &config(b"none"),
                    &only_header("huge", 0o777_777_777_777_777_777),
                )
            },
        ),
    ]
}
