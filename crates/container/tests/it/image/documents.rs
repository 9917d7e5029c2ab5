//! What manifest and configuration may say.

use serde_json::json;

use super::builder::{Bench, Saved, Tar, options};

fn image() -> Saved {
    Saved::of(Tar::new().file("a", b"1"))
}

#[test]
fn root_is_refused_unless_allowed() {
    for user in ["", "root", "0", "0:0", "root:root"] {
        let mut saved = image();
        saved.config["config"]["User"] = user.into();
        let bench = Bench::new();
        let error = bench.import(&saved.legacy()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the image runs as root (`USER` is `{user}`)")
        );
        assert!(error.hint().unwrap().contains("`USER` instruction"));
        bench.check_empty();
        let mut options = options();
        options.allow_root = true;
        bench.import_with(&saved.legacy(), &options).unwrap();
    }
}

#[test]
fn other_machines_are_refused() {
    let mut saved = image();
    saved.config["architecture"] = "arm64".into();
    let message = Bench::new().refuse(&saved.docker25());
    assert_eq!(
        message,
        "the image is built for `linux/arm64`, expected `linux/amd64`"
    );
}

fn with_manifest(manifest: &str) -> Vec<u8> {
    let saved = image();
    let config = saved.config.to_string();
    let name = format!("{}.json", super::builder::hex(config.as_bytes()));
    Tar::new()
        .file("layer.tar", &saved.layers[0])
        .file(&name, config.as_bytes())
        .file("config.json", config.as_bytes())
        .file(
            "manifest.json",
            manifest.replace("CONFIG", &name).as_bytes(),
        )
        .bytes()
}

#[test]
fn manifests_are_judged() {
    let check = |manifest: &str, expected: &str| {
        let message = Bench::new().refuse(&with_manifest(manifest));
        assert!(message.contains(expected), "{manifest}: {message}");
    };
    let one = r#"{"Config":"CONFIG","RepoTags":["a:1"],"Layers":["layer.tar"]}"#;
    let two = format!("[{one},{}]", one.replace("a:1", "b:1"));
    check(&two, "must hold exactly 1 image, found 2: a:1, b:1");
    check("[]", "must hold exactly 1 image, found 0");
    check("{", "`manifest.json` in the archive is not valid");
    check("{}", "`manifest.json` in the archive is not valid");
    check(
        r#"[{"Config":"gone.json","Layers":[]}]"#,
        "`gone.json`, named by `manifest.json`, is not",
    );
    check(
        r#"[{"Config":"config.json","Layers":[]}]"#,
        "holds no sha256 digest of 64 hex digits",
    );
    check(
        r#"[{"Config":"CONFIG","Layers":[]}]"#,
        "names 1 layers, the manifest 0",
    );
    check(
        r#"[{"Config":"CONFIG","Layers":["../layer.tar"]}]"#,
        "leads out of the archive",
    );
}

#[test]
fn layers_that_are_not_read_are_named() {
    let mut files = image().layout();
    let (_, manifest) = &mut files[3];
    let text = String::from_utf8(manifest.clone()).unwrap();
    *manifest = text
        .replace("layer.v1.tar", "layer.v1.tar+encrypted")
        .into_bytes();
    let digest = super::builder::digest(manifest);
    files[3].0 = format!("blobs/{}", digest.replace(':', "/"));
    files[4].1 = json!({ "manifests": [{ "mediaType": "m", "digest": digest }] })
        .to_string()
        .into_bytes();
    let message = Bench::new().refuse(&super::builder::tar_of(&files));
    assert!(
        message.contains("+encrypted`, which is not supported"),
        "{message}"
    );
}

#[test]
fn names_that_would_spoil_a_list_are_left_out() {
    let mut saved = image();
    saved.names = vec!["good:1", "bad\u{1b}[31m:1", "no-tag"];
    let image = Bench::new().import(&saved.legacy()).unwrap().image;
    assert_eq!(image.names, ["good:1"]);
}
