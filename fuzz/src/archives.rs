//! Archives of container images: taken into a store that is empty before and after.

use std::io::Cursor;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{ImportLimits, ImportOptions, Store};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Bounds that keep one input short of the time limit of the fuzzer.
fn options() -> ImportOptions {
    ImportOptions {
        allow_root: true,
        limits: ImportLimits {
            unpacked_bytes: 16 << 20,
            ..ImportLimits::default()
        },
        ..ImportOptions::at(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// Imports an archive. What is refused leaves no image, and nothing is written beside the store.
pub fn import(bytes: &[u8]) {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a folder");
    }
    FOLDER.with(|folder| {
        let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
        let store = Store::open(folder.join("store")).expect("a folder takes a store");
        let name: Utf8PathBuf = "archive".into();
        let taken = store.import_stream((&mut Cursor::new(bytes), &name), &options(), &mut |_| {});
        if let Ok(imported) = taken {
            store
                .remove(&imported.image.digest)
                .expect("an image that was taken can be removed");
        }
        assert_eq!(store.list().expect("the store can be read"), []);
        let beside = std::fs::read_dir(folder).expect("the folder is there").count();
        assert_eq!(beside, 1, "only the store");
    });
}

/// A `docker save` archive of one layer.
#[must_use]
pub fn around(layer: &[u8]) -> Vec<u8> {
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/run"], "User": "1000"},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    });
    let config = config.to_string();
    let name = format!("{}.json", digest(config.as_bytes()).trim_start_matches("sha256:"));
    let manifest = json!([{"Config": name, "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]).to_string();
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("layer.tar", layer),
        (name.as_str(), config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, bytes)
            .expect("memory takes it");
    }
    archive.into_inner().expect("memory takes it")
}

fn digest(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
