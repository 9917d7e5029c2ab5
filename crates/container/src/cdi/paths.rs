//! Which paths of a specification are taken.

use camino::{Utf8Component, Utf8Path};

/// As the kernel's `PATH_MAX` and `NAME_MAX`.
const MAX_PATH: usize = 4_095;
const MAX_NAME: usize = 255;
/// Our own file systems in the container, in which nothing is mounted or linked.
const RESERVED: [&str; 3] = ["/dev", "/proc", "/sys"];
/// What every container has in `/dev` already.
const OWN_DEVICES: [&str; 17] = [
    "console", "core", "fd", "full", "log", "mqueue", "null", "ptmx", "pts", "random", "shm",
    "stderr", "stdin", "stdout", "tty", "urandom", "zero",
];

/// Whether a path is absolute, without `.` and `..`, of a length that the kernel takes, and printable.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn absolute(path: &str) -> Result<&Utf8Path, &'static str> {
    if !path.starts_with('/') {
        return Err("expected an absolute path");
    }
    if path.chars().any(char::is_control) {
        return Err("expected no control characters");
    }
    if path.len() > MAX_PATH || path.split('/').any(|name| name.len() > MAX_NAME) {
        return Err("expected at most 4095 bytes, and 255 for each name");
    }
    // Components drop a `.` between names, which is harmless on the host but not in a comparison.
    if path.split('/').any(|name| matches!(name, "." | "..")) {
        return Err("expected neither `.` nor `..`");
    }
    Ok(Utf8Path::new(path))
}

/// Where a mount or a link may appear in the container: not over the root, nor in our own file systems. The answer has
/// neither double nor trailing slashes.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn in_container(path: &str) -> Result<String, &'static str> {
    let path = clean(absolute(path)?);
    if path == "/" {
        return Err("expected a path below the container's root");
    }
    if RESERVED
        .iter()
        .any(|folder| Utf8Path::new(&path).starts_with(folder))
    {
        return Err("expected a path outside of `/dev`, `/proc` and `/sys`");
    }
    Ok(path)
}

/// Where a device node may appear: below `/dev`, and not in place of what every container has there.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub(super) fn in_dev(path: &str) -> Result<String, &'static str> {
    let path = clean(absolute(path)?);
    let first = path
        .strip_prefix("/dev/")
        .ok_or("expected a path below `/dev`")?
        .split('/')
        .next()
        .expect("a split has a first part");
    if OWN_DEVICES.contains(&first) {
        return Err("expected a name that not every container has already");
    }
    Ok(path)
}

fn clean(path: &Utf8Path) -> String {
    let names: Vec<&str> = path
        .components()
        .filter_map(|component| match component {
            Utf8Component::Normal(name) => Some(name),
            Utf8Component::RootDir
            | Utf8Component::CurDir
            | Utf8Component::ParentDir
            | Utf8Component::Prefix(_) => None,
        })
        .collect();
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_climb_or_lie_elsewhere_are_refused() {
        for path in ["", "usr/lib", "/usr/../etc", "/usr/./lib", "/a\nb", "/a\0b"] {
            assert!(absolute(path).is_err(), "{path:?}");
        }
        assert!(absolute(&format!("/{}", "a/".repeat(3000))).is_err());
        assert!(absolute(&format!("/{}", "a".repeat(256))).is_err());
        assert!(absolute("/usr/lib/x86_64-linux-gnu/libcuda.so.550..1").is_ok());
    }

    #[test]
    fn mounts_stay_out_of_our_own_file_systems() {
        for path in [
            "/",
            "//",
            "/proc",
            "/proc/sys",
            "//sys//kernel",
            "/dev/",
            "/dev/shm/x",
        ] {
            assert!(in_container(path).is_err(), "{path:?}");
        }
        assert_eq!(in_container("//usr//lib/").unwrap(), "/usr/lib");
        assert_eq!(in_container("/developer").unwrap(), "/developer");
    }

    #[test]
    fn device_nodes_stay_in_dev_and_replace_nothing() {
        for path in [
            "/dev",
            "/etc/passwd",
            "/dev/null",
            "/dev/pts/0",
            "/dev//zero",
            "/device",
        ] {
            assert!(in_dev(path).is_err(), "{path:?}");
        }
        assert_eq!(
            in_dev("/dev/nvidia-caps/nvidia-cap1").unwrap(),
            "/dev/nvidia-caps/nvidia-cap1"
        );
        assert_eq!(in_dev("/dev/nvidia0").unwrap(), "/dev/nvidia0");
    }
}
