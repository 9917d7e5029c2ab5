//! Container image archives as `docker save` writes them, small and the same every time.

use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What an archive is made of.
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
        }
    }
}

impl Archive<'_> {
    /// Writes the archive and returns its path.
    pub(crate) fn write(&self, path: PathBuf) -> PathBuf {
        let layer = tarball(self.files, self.links);
        let diff_id = format!("sha256:{}", hex(&layer));
        let config = serde_json::json!({
            "architecture": self.architecture,
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": { "User": self.user, "Entrypoint": self.entrypoint, "Env": ["PATH=/bin"] },
            "rootfs": { "type": "layers", "diff_ids": [diff_id] },
        });
        let config = serde_json::to_vec(&config).expect("plain JSON");
        let config_name = format!("{}.json", hex(&config));
        let manifest = serde_json::json!([
            { "Config": config_name, "RepoTags": [self.name], "Layers": ["layer.tar"] }
        ]);
        let manifest = serde_json::to_vec(&manifest).expect("plain JSON");
        let entries: [(&str, u32, &[u8]); 3] = [
            (&config_name, 0o644, &config),
            ("layer.tar", 0o644, &layer),
            ("manifest.json", 0o644, &manifest),
        ];
        write(&path, &tarball(&entries, &[]));
        path
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
