//! Makes archives for the tests, byte by byte where honest tools would refuse.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{
    ImportImageError, ImportOptions, Imported, Layer, LayerForm, MountedLayer, Store,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

use super::found;

/// A store and room for archives. What is imported is imported twice: into `store` as a user would, and with all layers
/// unpacked into another, and both must come to the same.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) store: Store,
    unpacked: Store,
}

/// A layer that can be read.
pub(crate) struct Opened(MountedLayer);

impl Opened {
    pub(crate) fn of(layer: &Layer) -> Self {
        Self(MountedLayer::open(&layer.path).expect("a layer of the store"))
    }
}

impl std::ops::Deref for Opened {
    type Target = Utf8Path;

    fn deref(&self) -> &Utf8Path {
        self.0.path()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = Utf8Path::from_path(folder.path()).expect("a plain path");
        let store = Store::open(path.join("store")).expect("an empty folder takes a store");
        let unpacked = Store::open(path.join("unpacked")).expect("so does another");
        Self {
            folder,
            store,
            unpacked,
        }
    }

    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        let folder = Utf8Path::from_path(self.folder.path()).expect("a plain path");
        folder.join(name)
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Utf8PathBuf {
        let path = self.path("archive");
        fs_err::write(&path, bytes).expect("room for the archive");
        path
    }

    pub(crate) fn import(&self, bytes: &[u8]) -> Result<Imported, ImportImageError> {
        self.import_with(bytes, &options())
    }

    pub(crate) fn import_with(
        &self,
        bytes: &[u8],
        options: &ImportOptions,
    ) -> Result<Imported, ImportImageError> {
        let archive = self.write(bytes);
        let imported = self.store.import(&archive, options, &mut |_| {});
        let unpack = ImportOptions {
            unpack: true,
            ..options.clone()
        };
        let unpacked = self.unpacked.import(&archive, &unpack, &mut |_| {});
        match (&imported, &unpacked) {
            (Ok(imported), Ok(unpacked)) => same(imported, unpacked),
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
            (one, other) => panic!("{one:?} is not {other:?}"),
        }
        imported
    }

    /// Imports what must be refused, sees that nothing of it stays, and returns message and hint.
    #[track_caller]
    pub(crate) fn refuse(&self, bytes: &[u8]) -> String {
        let error = match self.import(bytes) {
            Ok(imported) => panic!("it was taken: {imported:?}"),
            Err(error) => error,
        };
        is_empty(&self.store);
        is_empty(&self.unpacked);
        error.to_string()
    }

    /// Nothing is in the store but its folders.
    #[track_caller]
    pub(crate) fn check_empty(&self) {
        is_empty(&self.store);
    }

    /// The only layer of an image that holds this tar.
    #[track_caller]
    pub(crate) fn unpack(&self, tar: Tar) -> (Opened, Imported) {
        let imported = self.import(&Saved::of(tar).legacy()).expect("a good image");
        (Opened::of(&imported.image.layers[0]), imported)
    }
}

#[track_caller]
fn is_empty(store: &Store) {
    for folder in ["images", "layers/sha256", "staging", "holds"] {
        let folder = store.root().join(folder);
        let entries: Vec<_> = folder
            .read_dir_utf8()
            .expect("a folder of the store")
            .collect();
        assert!(entries.is_empty(), "left behind: {entries:?}");
    }
}

/// The same image in both forms: what is said about it, and every file.
#[track_caller]
fn same(imported: &Imported, unpacked: &Imported) {
    let facts = |imported: &Imported| {
        let image = &imported.image;
        (
            image.digest.clone(),
            image.names.clone(),
            image.unpacked_bytes,
        )
    };
    assert_eq!(facts(imported), facts(unpacked));
    let of_both = |note: &&String| !note.starts_with("unpacked, because ");
    let notes: Vec<&String> = imported.notes.iter().filter(of_both).collect();
    assert_eq!(notes, unpacked.notes.iter().collect::<Vec<_>>());
    for (one, other) in imported.image.layers.iter().zip(&unpacked.image.layers) {
        assert_eq!(other.form, LayerForm::Unpacked);
        let files = found::in_folder(other.path.as_std_path());
        let mounted = found::in_folder(Opened::of(one).as_std_path());
        found::same(&mounted, &files, "as mounted");
        if one.form == LayerForm::Indexed {
            let index = fs_err::read(&one.path).expect("an index");
            let tar = fs_err::read(one.path.with_file_name("tar")).expect("its tar");
            found::same(&found::in_index(&index, &tar), &files, "as written");
        }
    }
}

pub(crate) fn options() -> ImportOptions {
    ImportOptions::at("2026-02-03T04:05:06Z".parse().expect("a time"))
}

/// A tar that is being written.
pub(crate) struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(path, (EntryType::Regular, 0o644), "", content)
    }

    pub(crate) fn folder(self, path: &str, mode: u32) -> Self {
        self.entry(path, (EntryType::Directory, mode), "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(path, (EntryType::Symlink, 0o777), target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(path, (EntryType::Link, 0o644), target, b"")
    }

    /// Writes the name as it stands, whatever it is.
    pub(crate) fn entry(
        mut self,
        path: &str,
        (kind, mode): (EntryType, u32),
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(7);
        header.set_gid(8);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        put(&mut header.as_gnu_mut().expect("a GNU header").name, path);
        put(
            &mut header.as_gnu_mut().expect("a GNU header").linkname,
            target,
        );
        header.set_cksum();
        self.0.append(&header, content).expect("memory takes all");
        self
    }

    /// An extended header for the entry that follows.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut text = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length += 1;
            }
            text.extend_from_slice(format!("{length} {key}=").as_bytes());
            text.extend_from_slice(value);
            text.push(b'\n');
        }
        self.entry("pax", (EntryType::XHeader, 0o644), "", &text)
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes all")
    }
}

fn put(field: &mut [u8], text: &str) {
    field[..text.len()].copy_from_slice(text.as_bytes());
}

/// An image in the forms in which it can be saved.
pub(crate) struct Saved {
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) config: Value,
    pub(crate) names: Vec<&'static str>,
    pub(crate) compress: fn(&[u8]) -> Vec<u8>,
}

impl Saved {
    pub(crate) fn of(layer: Tar) -> Self {
        Self::of_layers(vec![layer.bytes()])
    }

    pub(crate) fn of_layers(layers: Vec<Vec<u8>>) -> Self {
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        Self {
            layers,
            config: json!({
                "architecture": "amd64",
                "os": "linux",
                "config": { "User": "user", "Entrypoint": ["/run"] },
                "rootfs": { "type": "layers", "diff_ids": diff_ids },
            }),
            names: vec!["algorithm:1"],
            compress: <[u8]>::to_vec,
        }
    }

    /// As `docker save` wrote it before version 25: the manifest last.
    pub(crate) fn legacy(&self) -> Vec<u8> {
        let config = self.config.to_string().into_bytes();
        let config_name = format!("{}.json", hex(&config));
        let mut tar = Tar::new();
        let mut names = Vec::new();
        for (number, layer) in self.layers.iter().enumerate() {
            let id = format!("{number:064}");
            tar = tar
                .folder(&format!("{id}/"), 0o755)
                .file(&format!("{id}/VERSION"), b"1.0")
                .file(&format!("{id}/json"), b"{}")
                .file(&format!("{id}/layer.tar"), &(self.compress)(layer));
            names.push(format!("{id}/layer.tar"));
        }
        let manifest =
            json!([{ "Config": config_name, "RepoTags": self.names, "Layers": names }]).to_string();
        tar.file(&config_name, &config)
            .file("manifest.json", manifest.as_bytes())
            .file("repositories", b"{}")
            .bytes()
    }

    /// The files of an OCI layout.
    pub(crate) fn layout(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![(
            "oci-layout".to_owned(),
            br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
        )];
        let mut blob = |media_type: &str, bytes: Vec<u8>| {
            let found =
                json!({ "mediaType": media_type, "digest": digest(&bytes), "size": bytes.len() });
            files.push((format!("blobs/sha256/{}", hex(&bytes)), bytes));
            found
        };
        let config = blob(
            "application/vnd.oci.image.config.v1+json",
            self.config.to_string().into_bytes(),
        );
        let layers: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| {
                blob(
                    "application/vnd.oci.image.layer.v1.tar",
                    (self.compress)(layer),
                )
            })
            .collect();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        let mut manifest = blob(
            "application/vnd.oci.image.manifest.v1+json",
            manifest.to_string().into_bytes(),
        );
        manifest["annotations"] =
            json!({ "io.containerd.image.name": format!("docker.io/library/{}", self.names[0]) });
        let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
        files.push(("index.json".to_owned(), index.to_string().into_bytes()));
        files
    }

    /// An OCI layout as a tar.
    pub(crate) fn oci(&self) -> Vec<u8> {
        tar_of(&self.layout())
    }

    /// As `docker save` writes it since version 25: an OCI layout with a manifest in it.
    pub(crate) fn docker25(&self) -> Vec<u8> {
        let mut files = self.layout();
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", hex(bytes));
        let layers: Vec<String> = self
            .layers
            .iter()
            .map(|layer| blob(&(self.compress)(layer)))
            .collect();
        let config = blob(self.config.to_string().as_bytes());
        let manifest = json!([{ "Config": config, "RepoTags": self.names, "Layers": layers }]);
        files.push((
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ));
        tar_of(&files)
    }
}

pub(crate) fn tar_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = Tar::new();
    for (name, content) in files {
        tar = tar.file(name, content);
    }
    tar.bytes()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(bytes))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).expect("memory takes all");
    to.finish().expect("memory takes all")
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut to = liblzma::write::XzEncoder::new(Vec::new(), 1);
    to.write_all(bytes).expect("memory takes all");
    to.finish().expect("memory takes all")
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes all")
}
