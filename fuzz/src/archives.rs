//! Archives of container images: taken into stores that are empty before and after, once as they are and once unpacked. Both
//! must come to the same, file by file; what the kernel would be told of a layer is read by a reader that knows nothing of
//! the one that wrote it.

use std::io::Cursor;

use camino::Utf8Path;
use container::image::{
    ImportImageError, ImportLimits, ImportOptions, Imported, LayerForm, Store,
};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::found::{self, Tree};

/// Times that ext4 can hold, seconds; others become the next of these.
const TIMES: (i64, i64) = (-(1 << 31), (1 << 31) + (1 << 33) + (1 << 32) - 1);
/// How notes begin that tell of a file system that takes fewer attributes than an index, and of an index that was not made.
const OF_ONE_FORM: [&str; 2] = ["extended attributes that", "unpacked, because"];

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

/// Imports an archive. What is refused leaves no image, and nothing is written beside the stores.
pub fn import(bytes: &[u8]) {
    thread_local! {
        static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a folder");
    }
    FOLDER.with(|folder| {
        let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
        let open = |name| Store::open(folder.join(name)).expect("a folder takes a store");
        let (store, unpacked) = (open("store"), open("unpacked"));
        let archive = folder.join("archive");
        std::fs::write(&archive, bytes).expect("a file of the test");
        // Once from a file, whose layers the kernel copies, and once from a stream.
        let taken = store.import(&archive, &options(), &mut |_| {});
        let unpack = ImportOptions { unpack: true, ..options() };
        let stream = (&mut Cursor::new(bytes) as _, &*archive);
        let other = unpacked.import_stream(stream, &unpack, &mut |_| {});
        same(&taken, &other);
        for (store, taken) in [(&store, &taken), (&unpacked, &other)] {
            if let Ok(imported) = taken {
                store
                    .remove(&imported.image.digest)
                    .expect("an image that was taken can be removed");
            }
            assert_eq!(store.list().expect("the store can be read"), []);
        }
        let beside = std::fs::read_dir(folder).expect("the folder is there").count();
        assert_eq!(beside, 3, "only the stores and the archive");
    });
}

type Result = std::result::Result<Imported, ImportImageError>;

/// Both were taken and are the same image, or both were refused in the same words.
fn same(taken: &Result, unpacked: &Result) {
    let (taken, unpacked) = match (taken, unpacked) {
        (Ok(taken), Ok(unpacked)) => (taken, unpacked),
        (Err(one), Err(other)) => return assert_eq!(one.to_string(), other.to_string()),
        (one, other) => panic!("{one:?} is not {other:?}"),
    };
    assert_eq!(taken.image.unpacked_bytes, unpacked.image.unpacked_bytes);
    let of_both = |note: &&String| !OF_ONE_FORM.iter().any(|one| note.starts_with(one));
    let notes = |imported: &Imported| -> Vec<String> {
        imported.notes.iter().filter(of_both).cloned().collect()
    };
    // Beyond so many kinds of notes the others are not counted.
    if taken.notes.len().max(unpacked.notes.len()) < 32 {
        assert_eq!(notes(taken), notes(unpacked));
    }
    let too_much = unpacked.notes.iter().any(|note| note.starts_with(OF_ONE_FORM[0]));
    for (layer, other) in taken.image.layers.iter().zip(&unpacked.image.layers) {
        assert_eq!(other.form, LayerForm::Unpacked);
        let tree = match layer.form {
            LayerForm::Unpacked => found::in_folder(layer.path.as_std_path()),
            LayerForm::Indexed => {
                let read = |path: &Utf8Path| std::fs::read(path).expect("a file of the store");
                found::in_index(&read(&layer.path), &read(&layer.path.with_file_name("tar")))
            }
        };
        let files = found::in_folder(other.path.as_std_path());
        let as_on_disk = |mut tree: Tree| {
            for found in tree.values_mut() {
                hold_in_ext4(found, too_much);
            }
            tree
        };
        found::same(&as_on_disk(tree), &as_on_disk(files), "both forms");
    }
}

/// What a file system of the kind that tests run on makes of it.
fn hold_in_ext4(found: &mut found::Found, too_much: bool) {
    let (seconds, _) = found.modified;
    if seconds <= TIMES.0 || seconds >= TIMES.1 {
        found.modified = (seconds.clamp(TIMES.0, TIMES.1), 0);
    }
    if too_much {
        found.attributes.clear();
    }
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
