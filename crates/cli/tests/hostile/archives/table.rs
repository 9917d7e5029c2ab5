//! The archives, one by one.

use serde_json::json;
use tar::EntryType;

use super::forged::{
    Layout, config, digest, gzip, gzip_bomb, honest, image, only_header, saved, zstd_bomb,
};
use super::{Fate, Forged};
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
    let mut all = members();
    all.extend(links());
    all.extend(kinds());
    all.extend(bombs());
    all.extend(lies());
    all.extend(documents());
    all
}

use Fate::{Either, Refused, Taken};

fn forged(
    (name, does): (&'static str, &'static str),
    (fate, told): (Fate, &'static str),
    make: fn(&std::path::Path) -> Vec<u8>,
) -> Forged {
    Forged {
        name,
        does,
        make,
        fate,
        told,
    }
}

fn members() -> Vec<Forged> {
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

fn links() -> Vec<Forged> {
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

fn kinds() -> Vec<Forged> {
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

fn bombs() -> Vec<Forged> {
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

fn lies() -> Vec<Forged> {
    vec![
        forged(
            (
                "archive.wrong_layer_digest",
                "a layer that is not what the configuration says",
            ),
            (Refused, ""),
            |_| saved(&config(b"another"), &honest()),
        ),
        forged(
            (
                "archive.wrong_blob_digest",
                "a blob whose name is not its digest",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = digest(b"another").into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.wrong_size",
                "a blob of another size than its descriptor says",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["size"] = 7.into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.negative_size", "a blob of negative size"),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["size"] = (-1).into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.digest_is_a_path", "a digest that is a path"),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = "sha256:../../../../victim".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.other_digest",
                "a digest of a kind that nobody computes",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["digest"] = "md5:00000000000000000000000000000000".into();
                layout.bytes()
            },
        ),
        forged(
            ("archive.missing_layer", "a layer that is not there"),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(1),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            (
                "archive.missing_config",
                "a configuration that is not there",
            ),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(0),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            ("archive.missing_manifest", "a manifest that is not there"),
            (Refused, ""),
            |_| {
                Layout {
                    without: Some(2),
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            (
                "archive.layer_from_elsewhere",
                "a layer that is to be fetched from another machine",
            ),
            (Refused, ""),
            |_| {
                let mut layout = Layout {
                    without: Some(1),
                    ..Layout::new()
                };
                layout.layer_said["urls"] = json!(["https://there/layer.tar"]);
                layout.layer_said["mediaType"] =
                    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.not_what_it_says",
                "a layer that says gzip and is none",
            ),
            (Either, ""),
            |_| {
                let mut layout = Layout::new();
                layout.layer_said["mediaType"] =
                    "application/vnd.oci.image.layer.v1.tar+gzip".into();
                layout.bytes()
            },
        ),
        forged(
            (
                "archive.index_in_a_circle",
                "an index whose manifests are the index itself",
            ),
            (Refused, ""),
            |_| {
                let index = json!({ "schemaVersion": 2, "manifests": [{ "mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest(b"self"), "size": 4 }] });
                Tar::new()
                    .file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)
                    .file(
                        &format!("blobs/sha256/{}", crate::ground::hex(b"self")),
                        b"self",
                    )
                    .file("index.json", index.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            ("archive.two_manifests", "an index of two images"),
            (Either, ""),
            |_| {
                Layout {
                    index: |index| {
                        let one = index["manifests"][0].clone();
                        index["manifests"].as_array_mut().unwrap().push(one);
                    },
                    ..Layout::new()
                }
                .bytes()
            },
        ),
        forged(
            ("archive.cut_off", "half an archive"),
            (Refused, ""),
            |_| {
                let whole = image(Tar::new().file("x", &[7; 4096]));
                whole[..whole.len() / 2].to_vec()
            },
        ),
        forged(
            ("archive.cut_off_gzip", "half a gzip stream"),
            (Refused, ""),
            |_| {
                let whole = gzip(&image(Tar::new().file("x", &[7; 4096])));
                whole[..whole.len() / 2].to_vec()
            },
        ),
        forged(
            ("archive.not_one", "a page instead of an archive"),
            (Refused, ""),
            |_| b"<html><script>alert(1)</script></html>".to_vec(),
        ),
        forged(("archive.empty", "nothing"), (Refused, ""), |_| Vec::new()),
    ]
}

fn documents() -> Vec<Forged> {
    vec![
        forged(
            ("archive.huge_config", "a configuration of 200 MiB"),
            (Refused, ""),
            |_| {
                let mut config = config(&honest());
                config["history"] = "x".repeat(200 << 20).into();
                saved(&config, &honest())
            },
        ),
        forged(
            ("archive.deep_config", "a configuration of lists in lists"),
            (Refused, ""),
            |_| {
                let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
                let manifest = json!([{ "Config": "c.json", "RepoTags": ["forged:1"], "Layers": ["layer.tar"] }]);
                Tar::new()
                    .file("c.json", deep.as_bytes())
                    .file("layer.tar", &honest())
                    .file("manifest.json", manifest.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            (
                "archive.config_climbs_out",
                "a configuration named by a path that climbs out",
            ),
            (Refused, ""),
            |_| {
                let manifest = json!([{ "Config": "../../../../etc/passwd", "RepoTags": ["forged:1"], "Layers": ["layer.tar"] }]);
                Tar::new()
                    .file("layer.tar", &honest())
                    .file("manifest.json", manifest.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            (
                "archive.name_is_markup",
                "a name of markup and terminal commands",
            ),
            (Either, ""),
            |_| {
                let config = config(&honest()).to_string();
                let manifest = json!([{ "Config": "c.json", "RepoTags": ["<script>alert(1)</script>:\u{1b}[2J"], "Layers": ["layer.tar"] }]);
                Tar::new()
                    .file("c.json", config.as_bytes())
                    .file("layer.tar", &honest())
                    .file("manifest.json", manifest.to_string().as_bytes())
                    .bytes()
            },
        ),
        forged(
            ("archive.entrypoint_of_nuls", "an entry point with NULs"),
            (Either, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["Entrypoint"] = json!(["/run\0x", ""]);
                saved(&config, &honest())
            },
        ),
        forged(
            ("archive.entrypoint_of_numbers", "an entry point of numbers"),
            (Refused, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["Entrypoint"] = json!([1, 2]);
                saved(&config, &honest())
            },
        ),
        forged(
            (
                "archive.environment",
                "variables without a name, with NULs, of a megabyte",
            ),
            (Either, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["Env"] =
                    json!(["=x", "A\0B=c", "LD_PRELOAD=/x.so", "y".repeat(1 << 20)]);
                saved(&config, &honest())
            },
        ),
        forged(
            (
                "archive.user_unknown",
                "a user that the image does not have",
            ),
            (Either, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["User"] = json!("nobody-here");
                saved(&config, &honest())
            },
        ),
        forged(
            ("archive.user_out_of_range", "a user of minus one"),
            (Either, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["User"] = json!("-1:4294967295");
                saved(&config, &honest())
            },
        ),
        forged(
            (
                "archive.folder_climbs_out",
                "a working folder that climbs out",
            ),
            (Either, ""),
            |_| {
                let mut config = config(&honest());
                config["config"]["WorkingDir"] = json!("../../../../etc");
                saved(&config, &honest())
            },
        ),
        forged(
            ("archive.other_processor", "an image for another processor"),
            (Refused, "arm64"),
            |_| {
                let mut config = config(&honest());
                config["architecture"] = json!("arm64");
                saved(&config, &honest())
            },
        ),
        forged(
            ("archive.other_system", "an image for another system"),
            (Refused, "windows"),
            |_| {
                let mut config = config(&honest());
                config["os"] = json!("windows");
                saved(&config, &honest())
            },
        ),
    ]
}
