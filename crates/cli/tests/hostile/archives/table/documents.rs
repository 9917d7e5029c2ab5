//! Configurations and manifests.

use serde_json::json;

use super::forged;
use crate::archives::Fate::{Either, Refused};
use crate::archives::Forged;
use crate::archives::forged::{config, honest, saved};
use crate::tarball::Tar;

/// All of them.
pub(super) fn all() -> Vec<Forged> {
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
