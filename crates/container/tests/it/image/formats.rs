//! The same image in every form it may come in.

use super::builder::{Bench, Opened, Saved, Tar, digest, gzip, options, tar_of};

fn image() -> Saved {
    Saved::of_layers(vec![
        Tar::new()
            .folder("etc", 0o755)
            .file("etc/one", b"1")
            .bytes(),
        Tar::new().file("run", b"#!/bin/sh\n").bytes(),
    ])
}

#[track_caller]
fn check(archive: &[u8]) {
    let bench = Bench::new();
    let imported = bench.import(archive).unwrap();
    let image = imported.image;
    assert_eq!(image.names, ["algorithm:1"]);
    assert_eq!(
        image.digest,
        digest(self::image().config.to_string().as_bytes())
    );
    assert_eq!(image.config.entrypoint, Some(vec!["/run".to_owned()]));
    assert_eq!(image.config.user, "user");
    assert_eq!(image.unpacked_bytes, 11);
    let diff_ids: Vec<String> = image
        .layers
        .iter()
        .map(|layer| layer.diff_id.clone())
        .collect();
    let expected: Vec<String> = self::image()
        .layers
        .iter()
        .map(|layer| digest(layer))
        .collect();
    assert_eq!(diff_ids, expected);
    assert_eq!(
        fs_err::read(Opened::of(&image.layers[0]).join("etc/one")).unwrap(),
        b"1"
    );
    assert_eq!(
        fs_err::read(Opened::of(&image.layers[1]).join("run")).unwrap(),
        b"#!/bin/sh\n"
    );
    assert!(!imported.already_present);
    assert_eq!(bench.store.list().unwrap(), [image]);
}

#[test]
fn docker_before_25() {
    check(&image().legacy());
}

#[test]
fn docker_since_25() {
    check(&image().docker25());
}

#[test]
fn oci_layout_as_a_tar() {
    check(&image().oci());
}

#[test]
fn layers_compressed_and_the_archive_too() {
    let mut compressed = image();
    compressed.compress = gzip;
    check(&gzip(&compressed.legacy()));
    check(&gzip(&compressed.oci()));
    check(&gzip(&compressed.docker25()));
}

#[test]
fn oci_layout_as_a_folder() {
    let bench = Bench::new();
    let folder = bench.path("layout");
    fs_err::create_dir_all(folder.join("blobs/sha256")).unwrap();
    for (name, content) in image().layout() {
        fs_err::write(folder.join(name), content).unwrap();
    }
    let imported = bench
        .store
        .import(&folder, &options(), &mut |_| {})
        .unwrap();
    assert_eq!(imported.image.names, ["algorithm:1"]);
    assert_eq!(imported.image.layers.len(), 2);
    assert_eq!(
        fs_err::read(Opened::of(&imported.image.layers[0]).join("etc/one")).unwrap(),
        b"1"
    );
}

#[test]
fn names_in_the_archive_may_begin_with_a_dot() {
    let files: Vec<(String, Vec<u8>)> = image()
        .layout()
        .into_iter()
        .map(|(name, content)| (format!("./{name}"), content))
        .collect();
    check(&tar_of(&files));
}

#[test]
fn a_layer_may_be_a_link_to_another() {
    let layer = Tar::new().file("a", b"1").bytes();
    let mut saved = Saved::of_layers(vec![layer.clone(), layer.clone()]);
    saved.names = vec!["linked:1"];
    let config = saved.config.to_string();
    let config_name = format!("{}.json", super::builder::hex(config.as_bytes()));
    let manifest = serde_json::json!([{
        "Config": config_name, "RepoTags": ["linked:1"], "Layers": ["one/layer.tar", "two/layer.tar"],
    }]);
    let archive = Tar::new()
        .symlink("one/layer.tar", "../two/layer.tar")
        .file("two/layer.tar", &layer)
        .file(&config_name, config.as_bytes())
        .file("manifest.json", manifest.to_string().as_bytes());
    let bench = Bench::new();
    let image = bench.import(&archive.bytes()).unwrap().image;
    assert_eq!(image.layers.len(), 2);
    assert_eq!(image.layers[0].path, image.layers[1].path);
}

#[test]
fn of_several_platforms_ours_is_taken() {
    let bench = Bench::new();
    let mut files = image().layout();
    let mut index: serde_json::Value = serde_json::from_slice(&files.pop().unwrap().1).unwrap();
    let mut manifest = index["manifests"][0].clone();
    manifest["platform"] = serde_json::json!({ "os": "linux", "architecture": "amd64" });
    let mut other = manifest.clone();
    other["digest"] = digest(b"other").into();
    other["platform"]["architecture"] = "arm64".into();
    let mut statement = manifest.clone();
    statement["digest"] = digest(b"statement").into();
    statement["platform"] = serde_json::json!({ "os": "unknown", "architecture": "unknown" });
    index["manifests"] = serde_json::json!([other, statement, manifest]);
    files.push(("index.json".to_owned(), index.to_string().into_bytes()));
    assert_eq!(bench.import(&tar_of(&files)).unwrap().image.layers.len(), 2);

    let bench = Bench::new();
    index["manifests"] = serde_json::json!([other]);
    files.pop();
    files.push(("index.json".to_owned(), index.to_string().into_bytes()));
    assert_eq!(
        bench.refuse(&tar_of(&files)),
        "the archive holds no image for `linux/amd64`, found linux/arm64"
    );
}
