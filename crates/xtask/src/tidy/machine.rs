//! Traces of one machine: folders, hosts and addresses that exist only where something was written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Finding, Tree};

/// Starts of files that may name such things, the word that they may name (all, if empty), and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("images/probe/", "", "attacks addresses and folders by name"),
    (
        "crates/cli/tests/hostile/",
        "",
        "attacks addresses and folders by name",
    ),
    (
        "crates/xtask/src/tidy/machine.rs",
        "",
        "the words of this rule and its tests",
    ),
    (
        "crates/container/",
        "/home/user",
        "a home inside a container",
    ),
    (
        "crates/container/",
        "/home/number",
        "a home inside a container",
    ),
    (
        "crates/xtask/src/images/file_tree.rs",
        "/home/algorithm",
        "a home inside a container",
    ),
    (
        "crates/container/src/cdi/check.rs",
        "1.1.0.0",
        "a version of four parts, refused by a test",
    ),
];

/// Folders of a machine; a name has to follow.
const FOLDERS: &[&str] = &["/work/", "/home/", "/root/", "/Users/", "/mnt/", "/media/"];

/// Endings of names that only one network resolves.
const PRIVATE_HOSTS: &[&str] = &[".internal", ".intranet", ".corp", ".lan"];

/// No text names a person's or a machine's folders, hosts of a private network, or an address that is neither local
/// nor for documentation (RFC 5737, RFC 3849).
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.texts {
        for (index, line) in text.lines().enumerate() {
            for word in traces(line) {
                if !is_exception(path, word) {
                    let message = format!("`{word}` exists on one machine only");
                    findings.push(Finding::new(path, index + 1, message));
                }
            }
        }
    }
    findings
}

fn is_exception(path: &str, word: &str) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(start, named, _)| path.starts_with(start) && (named.is_empty() || *named == word))
}

fn traces(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        for (at, _) in line.match_indices(folder) {
            found.extend(absolute(line, at, folder.len()));
        }
    }
    let words =
        line.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ':' | '-' | '_'));
    for word in words {
        let word = word.trim_matches(['.', '-']).trim_end_matches(':');
        if is_private_host(word) || is_foreign_address(word) {
            found.push(word);
        }
    }
    found
}

/// The path at `at`, if it starts there and a name follows the folder.
fn absolute(line: &str, at: usize, length: usize) -> Option<&str> {
    let is_inside =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}' | ']' | ')' | '>');
    if line[..at].ends_with(is_inside) {
        return None;
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name = line[at + length..].split(|c| !is_name(c)).next()?;
    (!name.is_empty()).then(|| &line[at..at + length + name.len()])
}

fn is_private_host(word: &str) -> bool {
    let host = word.split(':').next().unwrap_or_default();
    let mut ends = PRIVATE_HOSTS.iter();
    ends.any(|end| host.len() > end.len() && host.ends_with(end))
}

/// A port may follow an IPv4 address. Fewer than three colons are a path of Rust (`de::fe`), not an IPv6 address.
fn is_foreign_address(word: &str) -> bool {
    let v4 = word.split(':').next().unwrap_or_default();
    if let Ok(address) = v4.parse::<Ipv4Addr>() {
        return is_foreign(IpAddr::V4(address));
    }
    if word.matches(':').count() < 3 {
        return false;
    }
    word.parse::<Ipv6Addr>()
        .is_ok_and(|address| is_foreign(IpAddr::V6(address)))
}

fn is_foreign(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_unspecified() || v4.is_documentation()),
        IpAddr::V6(v6) => {
            let is_documentation = v6.segments()[..2] == [0x2001, 0x0db8];
            !(v6.is_loopback() || v6.is_unspecified() || is_documentation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_a_machine_are_found() {
        for (line, expected) in [
            ("cd /work/main && make", "/work/main"),
            ("\"/home/ada/data\"", "/home/ada"),
            ("source = /root/.cargo/env", "/root/.cargo"),
            ("pull registry.internal:5000/a", "registry.internal:5000"),
            ("http://10.1.2.3:80/", "10.1.2.3:80"),
            ("ask 8.8.8.8.", "8.8.8.8"),
            ("at [fd00:ec2::254]", "fd00:ec2::254"),
        ] {
            assert_eq!(traces(line), [expected], "{line}");
        }
    }

    #[test]
    fn what_exists_everywhere_is_fine() {
        for line in [
            "{folder}/work/layers and ~/home/images, a/root/b",
            "HOME=/root, cd /home/ or /work/",
            "127.0.0.1:80 0.0.0.0 ::1 192.0.2.1 2001:db8::1",
            "std::fe::de version 1.2.3 580.1.2.3 1.2.3.4.5",
            "~/.local/share, crate::internal, foo.internal_error()",
        ] {
            assert_eq!(traces(line), Vec::<&str>::new(), "{line}");
        }
    }

    #[test]
    fn an_exception_holds_for_its_file_only() {
        let of = |path| check(&Tree::of(&[(path, "//! 1.1.0.0\n")])).len();
        assert_eq!(of("crates/container/src/cdi/check.rs"), 0);
        assert_eq!(of("crates/container/src/cdi/edits.rs"), 1);
    }
}
