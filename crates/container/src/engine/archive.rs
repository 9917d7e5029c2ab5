//! An image as `docker load` takes it: each layer's tar, a configuration, `manifest.json`; written front to back.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tar::Header;

use super::layer_tar::{self, Contents};
use crate::image::{Hasher, MountedLayer};

/// On images of ours: the digest of the image that was imported.
pub(super) const IMAGE_LABEL: &str = "org.gantry.image";

/// Writes the archive of an image of these layers, bottom first, under this name.
pub(super) fn write(
    digest: &str,
    name: &str,
    layers: &[Utf8PathBuf],
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut ids = Vec::new();
    let mut files = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let file = format!("{index}/layer.tar");
        ids.push(write_layer(layer, &file, to)?);
        files.push(file);
    }
    // How it runs is told with each container. What else an image can ask for (volumes, ports, health checks) is left out.
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {IMAGE_LABEL: digest}},
        "rootfs": {"type": "layers", "diff_ids": ids},
        "history": [],
    });
    let config = config.to_string();
    let mut hasher = Hasher::new();
    hasher.update(config.as_bytes());
    let config_id = hasher.finish().to_string();
    let config_file = format!("{}.json", config_id.trim_start_matches("sha256:"));
    write_file(&config_file, config.as_bytes(), to)?;
    let manifest = json!([{"Config": config_file, "RepoTags": [name], "Layers": files}]);
    write_file("manifest.json", manifest.to_string().as_bytes(), to)?;
    to.write_all(&[0; 1024])?;
    to.flush()
}

/// The digest of the layer's tar.
fn write_layer(layer: &Utf8Path, name: &str, to: &mut dyn Write) -> io::Result<String> {
    let opened = MountedLayer::open(layer)?;
    let tree = opened.path();
    let mut counted = Counted::default();
    layer_tar::write(tree, &mut counted, Contents::Count)?;
    write_header(name, counted.bytes, to)?;
    let mut hashed = Hashed {
        to,
        hasher: Hasher::new(),
        bytes: 0,
    };
    layer_tar::write(tree, &mut hashed, Contents::Read)?;
    let Hashed { to, hasher, bytes } = hashed;
    if bytes != counted.bytes {
        let told = format!("the layer `{layer}` changed while it was read");
        return Err(io::Error::other(told));
    }
    pad(bytes, to)?;
    Ok(hasher.finish().to_string())
}

fn write_file(name: &str, content: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let bytes = content.len() as u64;
    write_header(name, bytes, to)?;
    to.write_all(content)?;
    pad(bytes, to)
}

fn write_header(name: &str, bytes: u64, to: &mut dyn Write) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_cksum();
    to.write_all(header.as_bytes())
}

fn pad(bytes: u64, to: &mut dyn Write) -> io::Result<()> {
    let missing = usize::try_from(bytes.next_multiple_of(512) - bytes).expect("less than 512");
    to.write_all(&[0; 512][..missing])
}

#[derive(Default)]
struct Counted {
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Hashed<'a> {
    to: &'a mut dyn Write,
    hasher: Hasher,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImportOptions, LayerForm, Store};

    fn digest(bytes: &[u8]) -> String {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish().to_string()
    }

    fn layer() -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |name: &str, kind: tar::EntryType, content: &[u8]| {
            let mut header = Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o644);
            header.set_uid(1000);
            header.set_size(content.len() as u64);
            if kind == tar::EntryType::Regular {
                return tar.append_data(&mut header, name, content).unwrap();
            }
            tar.append_link(&mut header, name, "etc/words").unwrap();
        };
        add("etc/words", tar::EntryType::Regular, b"some words");
        add("etc/same", tar::EntryType::Link, b"");
        add("etc/link", tar::EntryType::Symlink, b"");
        add("etc/.wh.gone", tar::EntryType::Regular, b"");
        add("opt/.wh..wh..opq", tar::EntryType::Regular, b"");
        add("opt/long", tar::EntryType::Regular, &[7; 3000]);
        tar.into_inner().unwrap()
    }

    fn saved() -> Vec<u8> {
        let layer = layer();
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"User": "1000"},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        });
        let config = config.to_string();
        let name = format!(
            "{}.json",
            digest(config.as_bytes()).trim_start_matches("sha256:")
        );
        let manifest = json!([{"Config": name, "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]);
        let mut archive = Vec::new();
        for (name, content) in [
            ("layer.tar", layer.as_slice()),
            (&name, config.as_bytes()),
            ("manifest.json", manifest.to_string().as_bytes()),
        ] {
            write_file(name, content, &mut archive).unwrap();
        }
        archive
    }

    #[test]
    fn an_engine_gets_the_same_from_an_index_as_from_files() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let path = folder.join("image.tar");
        fs_err::write(&path, saved()).unwrap();
        let written = |unpack| {
            let store = Store::open(folder.join(format!("{unpack}"))).unwrap();
            let options = ImportOptions {
                unpack,
                ..ImportOptions::at(jiff::Timestamp::UNIX_EPOCH)
            };
            let image = store.import(&path, &options, &mut |_| {}).unwrap().image;
            let layer = &image.layers[0];
            let mut archive = Vec::new();
            write(
                "sha256:a",
                "a:1",
                std::slice::from_ref(&layer.path),
                &mut archive,
            )
            .unwrap();
            (layer.form, archive)
        };
        let ((form, from_index), (_, from_files)) = (written(false), written(true));
        assert_eq!(form, LayerForm::Indexed);
        assert!(from_index == from_files);
    }
}
