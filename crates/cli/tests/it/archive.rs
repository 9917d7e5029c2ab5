//! Container image archives as `docker save` writes them, small and the same every time.

use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What an archive is made of.
#[derive(Clone, Copy)]
pub(crate) struct Archive<'a> {
    /// Name in `RepoTags`, such as `probe:1`.
    pub(crate) name: &'a str,
    /// `USER` of the image; empty for root.
    pub(crate) user: &'a str,
    /// `Architecture` of the image.
    pub(crate) architecture: &'a str,
    /// `ENTRYPOINT` of the image.
    pub(crate) entrypoint: &'a [&'a str],
    /// Files of the one layer: path, mode, content.
    pub(crate) files: &'a [(&'a str, u32, &'a [u8])],
    /// Symbolic links of that layer: path, target.
    pub(crate) links: &'a [(&'a str, &'a str)],
    /// A layer below it: an uncompressed tar.
    pub(crate) base: Option<&'a Path>,
    /// `WORKDIR` of the image.
    pub(crate) working_dir: &'a str,
    /// `LABEL`s of the image.
    pub(crate) labels: &'a [(&'a str, &'a str)],
}

impl Default for Archive<'_> {
    fn default() -> Self {
        Self {
            name: "probe:1",
            user: "1000:1000",
            architecture: "amd64",
            entrypoint: &["/bin/probe"],
            files: &[
                ("etc/hello", 0o644, b"hello\n"),
                ("bin/probe", 0o755, b"not a program\n"),
            ],
            links: &[],
            base: None,
            working_dir: "",
            labels: &[],
        }
    }
}

impl Archive<'_> {
    /// Writes the archive and returns its path.
    pub(crate) fn write(&self, path: PathBuf) -> PathBuf {
        write(&path, &self.bytes());
        path
    }

    /// The archive itself.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let base = self
            .base
            .map(|base| fs_err::read(base).expect("the base layer was built by `./dev forge`"));
        let layers: Vec<Vec<u8>> = base
            .into_iter()
            .chain([tarball(self.files, self.links)])
            .collect();
        let diff_ids: Vec<String> = layers
            .iter()
            .map(|layer| format!("sha256:{}", hex(layer)))
            .collect();
        let path = if self.base.is_some() {
            "PATH=/usr/local/bin:/usr/bin:/bin"
        } else {
            "PATH=/bin"
        };
        let mut run =
            serde_json::json!({ "User": self.user, "Entrypoint": self.entrypoint, "Env": [path] });
        if !self.working_dir.is_empty() {
            run["WorkingDir"] = self.working_dir.into();
        }
        for (name, value) in self.labels {
            run["Labels"][name] = (*value).into();
        }
        let config = serde_json::json!({
            "architecture": self.architecture,
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": run,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = serde_json::to_vec(&config).expect("plain JSON");
        let config_name = format!("{}.json", hex(&config));
        let names: Vec<String> = (0..layers.len())
            .map(|number| format!("{number}/layer.tar"))
            .collect();
        let manifest = serde_json::json!([
            { "Config": config_name, "RepoTags": [self.name], "Layers": names }
        ]);
        let manifest = serde_json::to_vec(&manifest).expect("plain JSON");
        let mut entries: Vec<(&str, u32, &[u8])> = vec![(&config_name, 0o644, &config)];
        for (name, layer) in names.iter().zip(&layers) {
            entries.push((name, 0o644, layer));
        }
        entries.push(("manifest.json", 0o644, &manifest));
        tarball(&entries, &[])
    }
}

fn write(path: &Path, bytes: &[u8]) {
    let mut file = fs_err::File::create(path).expect("a file of the test");
    file.write_all(bytes).expect("the test's folder has room");
}

fn tarball(files: &[(&str, u32, &[u8])], links: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, mode, content) in files {
        let mut header = header(*mode);
        header.set_size(content.len() as u64);
        builder
            .append_data(&mut header, path, *content)
            .expect("a short path");
    }
    for (path, target) in links {
        let mut header = header(0o777);
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder
            .append_link(&mut header, path, target)
            .expect("short paths");
    }
    builder.into_inner().expect("a vector takes everything")
}

fn header(mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_700_000_000);
    header
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
