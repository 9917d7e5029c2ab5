//! `digests.txt`: one line per file, as `sha256sum` writes them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

/// Path to digest.
pub(super) type Digests = BTreeMap<Utf8PathBuf, String>;

/// The text.
pub(super) fn write(digests: &Digests) -> String {
    digests
        .iter()
        .map(|(path, digest)| format!("{digest}  {path}\n"))
        .collect()
}

/// Reads it; says which line is none.
pub(super) fn read(text: &str) -> Result<Digests, String> {
    let mut digests = Digests::new();
    for line in text.lines() {
        let fault = || format!("the line `{line}` is no digest with a plain path below the folder");
        let (digest, path) = line.split_once("  ").ok_or_else(fault)?;
        let path = Utf8PathBuf::from(path);
        let is_digest = digest.len() == 64
            && digest
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !(is_digest && is_plain(&path)) || digests.insert(path, digest.to_owned()).is_some() {
            return Err(fault());
        }
    }
    Ok(digests)
}

/// Whether a path stays below the folder that it is joined to, and is written in the one way.
pub(super) fn is_plain(path: &Utf8Path) -> bool {
    let normal = |part: Utf8Component<'_>| matches!(part, Utf8Component::Normal(_));
    let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
    !path.as_str().is_empty()
        && path.components().all(normal)
        && parts.join("/") == path.as_str()
        && !path.as_str().chars().any(char::is_control)
}

/// Copies, and gives the digest of what was copied and its length.
pub(super) fn copy(from: &mut dyn Read, into: &mut dyn Write) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        into.write_all(&buffer[..count])?;
        bytes += count as u64;
    }
    Ok((hex(&hasher.finalize()), bytes))
}

pub(super) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_written() {
        let digest = "0".repeat(64);
        let digests = Digests::from([
            ("a/b c.txt".into(), digest.clone()),
            ("z".into(), "f".repeat(64)),
        ]);
        assert_eq!(read(&write(&digests)), Ok(digests));
        for path in ["../up", "/abs", "a/../b", "./a", "a//b", "", "a/", "a\tb"] {
            assert!(read(&format!("{digest}  {path}\n")).is_err(), "{path}");
        }
        assert!(read("0123  a").is_err());
        assert!(read(&format!("{digest}  a\n{digest}  a\n")).is_err());
    }
}
