//! The container image of the tests: busybox, one entry point, as `docker save` writes it, imported into a store.

use camino::Utf8Path;
use container::image::{ImportOptions, Store, StoredImage};
use sha2::{Digest, Sha256};

/// The applets that scripts use.
const APPLETS: [&str; 20] = [
    "cat", "chmod", "cp", "cpio", "dd", "echo", "head", "kill", "ln", "ls", "mkdir", "mkfifo",
    "mv", "printf", "rm", "sh", "sleep", "tail", "test", "tr",
];

/// Makes an image that runs a command and puts it into the store at `root`.
pub(crate) fn import(root: &Utf8Path, user: &str, command: &[&str]) -> StoredImage {
    let archive = root.with_extension("tar");
    fs_err::write(&archive, docker_archive(user, command)).unwrap();
    let store = Store::open(root).unwrap();
    let mut options = ImportOptions::at(jiff::Timestamp::UNIX_EPOCH);
    options.allow_root = true;
    let imported = store.import(&archive, &options, &mut |_| ());
    fs_err::remove_file(&archive).unwrap();
    imported.unwrap().image
}

fn docker_archive(user: &str, command: &[&str]) -> Vec<u8> {
    let layer = layer();
    let config = serde_json::json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "User": user, "Entrypoint": command, "Env": ["PATH=/bin"] },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", hex(&layer))] },
    });
    let config = serde_json::to_vec(&config).unwrap();
    let config_name = format!("{}.json", hex(&config));
    let manifest = serde_json::json!([
        { "Config": config_name, "RepoTags": ["job:1"], "Layers": ["layer.tar"] }
    ]);
    let mut tar = tar::Builder::new(Vec::new());
    add(&mut tar, &config_name, 0o644, &config);
    add(&mut tar, "layer.tar", 0o644, &layer);
    add(
        &mut tar,
        "manifest.json",
        0o644,
        &serde_json::to_vec(&manifest).unwrap(),
    );
    tar.into_inner().unwrap()
}

fn layer() -> Vec<u8> {
    let busybox = fs_err::read("/bin/busybox")
        .expect("`/bin/busybox` is there: the tests need the package `busybox-static`");
    let mut tar = tar::Builder::new(Vec::new());
    add(&mut tar, "bin/busybox", 0o755, &busybox);
    for applet in APPLETS {
        let mut link = header(0o777, 0);
        link.set_entry_type(tar::EntryType::Symlink);
        tar.append_link(&mut link, format!("bin/{applet}"), "busybox")
            .unwrap();
    }
    tar.into_inner().unwrap()
}

fn add(tar: &mut tar::Builder<Vec<u8>>, path: &str, mode: u32, content: &[u8]) {
    tar.append_data(&mut header(mode, content.len()), path, content)
        .unwrap();
}

fn header(mode: u32, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1_700_000_000);
    header.set_size(size as u64);
    header
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
