//! Where this host has which cgroup controller, and below which folder we may make our own.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::OpenOptions;
use rustix::io::Errno;

use crate::sandbox::plan::Waivable;
use crate::sandbox::shim::id_range::write_once;

/// A controller that we use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Cpu,
    Pids,
}

/// Which interface a controller has here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::One => "v1",
            Self::Two => "v2",
        }
    }
}

impl Controller {
    pub(super) const ALL: [Self; 3] = [Self::Memory, Self::Cpu, Self::Pids];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Pids => "pids",
        }
    }

    pub(super) fn guarantee(self) -> Waivable {
        match self {
            Self::Memory => Waivable::MemoryLimit,
            Self::Cpu => Waivable::CpuLimit,
            Self::Pids => Waivable::PidsLimit,
        }
    }

    pub(super) fn guarantee_name(self) -> &'static str {
        match self {
            Self::Memory => "memory_limit",
            Self::Cpu => "cpu_limit",
            Self::Pids => "pids_limit",
        }
    }
}

/// One line of `/proc/self/mountinfo` that mounts cgroups.
struct CgroupMount<'a> {
    root: &'a str,
    target: &'a str,
    fs_type: &'a str,
    options: &'a str,
}

impl CgroupMount<'_> {
    /// Whether it is the v1 hierarchy of this controller.
    fn is_only_for(&self, controller: Controller) -> bool {
        let mut options = self.options.split(',');
        self.fs_type == "cgroup" && options.any(|option| option == controller.name())
    }
}

/// Where this host has its cgroups, and where among them we are.
pub(super) struct Hierarchies {
    /// `/proc/self/mountinfo`
    mounts: String,
    /// `/proc/self/cgroup`
    own: String,
}

impl Hierarchies {
    pub(super) fn read() -> io::Result<Self> {
        Ok(Self {
            mounts: fs_err::read_to_string("/proc/self/mountinfo")?,
            own: fs_err::read_to_string("/proc/self/cgroup")?,
        })
    }

    /// As seen from another process.
    pub(super) fn of_process(pid: i32) -> io::Result<Self> {
        Ok(Self {
            mounts: fs_err::read_to_string("/proc/self/mountinfo")?,
            own: fs_err::read_to_string(format!("/proc/{pid}/cgroup"))?,
        })
    }

    /// The folder that the process is in, for a controller.
    pub(super) fn folder_of(&self, controller: Controller) -> Option<(Version, Utf8PathBuf)> {
        if let Some(mount) = self.mounts().find(|mount| mount.is_only_for(controller)) {
            let path = own_path(&self.own, |controllers| {
                controllers.split(',').any(|name| name == controller.name())
            })?;
            return Some((Version::One, below(&mount, path)));
        }
        let unified = self.mounts().find(|mount| mount.fs_type == "cgroup2")?;
        let folder = below(&unified, own_path(&self.own, str::is_empty)?);
        Some((Version::Two, folder))
    }

    fn mounts(&self) -> impl Iterator<Item = CgroupMount<'_>> {
        self.mounts.lines().filter_map(parse_mount)
    }

    /// The interface that this host has for a controller.
    pub(super) fn version_of(&self, controller: Controller) -> Version {
        if self.mounts().any(|mount| mount.is_only_for(controller)) {
            Version::One
        } else {
            Version::Two
        }
    }

    /// The folder below which a cgroup with this controller can be made by us.
    pub(super) fn parent_of(&self, controller: Controller) -> io::Result<(Version, Utf8PathBuf)> {
        if let Some(mount) = self.mounts().find(|mount| mount.is_only_for(controller)) {
            let path = own_path(&self.own, |controllers| {
                controllers.split(',').any(|name| name == controller.name())
            });
            return Ok((Version::One, below(&mount, path.unwrap_or("/"))));
        }
        let unified = self.mounts().find(|mount| mount.fs_type == "cgroup2");
        let unified = unified
            .ok_or_else(|| io::Error::other("this host has no cgroup file system mounted"))?;
        let own = own_path(&self.own, str::is_empty).unwrap_or("/");
        let own = below(&unified, own);
        let folder = delegated(Utf8Path::new(unified.target), &own, controller)?;
        Ok((Version::Two, folder))
    }
}

impl Hierarchies {
    /// Folders below which a shim of ours may have made cgroups with this controller; nothing is changed.
    pub(super) fn possible_parents(&self, controller: Controller) -> Vec<Utf8PathBuf> {
        if let Some(mount) = self.mounts().find(|mount| mount.is_only_for(controller)) {
            let path = own_path(&self.own, |controllers| {
                controllers.split(',').any(|name| name == controller.name())
            });
            return vec![below(&mount, path.unwrap_or("/"))];
        }
        let Some(unified) = self.mounts().find(|mount| mount.fs_type == "cgroup2") else {
            return Vec::new();
        };
        let own = below(&unified, own_path(&self.own, str::is_empty).unwrap_or("/"));
        let parent = own.parent().map(Utf8Path::to_owned);
        let root = Utf8PathBuf::from(unified.target);
        [Some(root), Some(own), parent]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn parse_mount(line: &str) -> Option<CgroupMount<'_>> {
    let (front, back) = line.split_once(" - ")?;
    let mut front = front.split(' ').skip(3);
    let (root, target) = (front.next()?, front.next()?);
    let mut back = back.split(' ');
    let (fs_type, _source, options) = (back.next()?, back.next()?, back.next()?);
    fs_type.starts_with("cgroup").then_some(CgroupMount {
        root,
        target,
        fs_type,
        options,
    })
}

/// Our own path in the hierarchy whose controller list fits.
fn own_path(own: &str, fits: impl Fn(&str) -> bool) -> Option<&str> {
    own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        fits(controllers).then_some(path)
    })
}

/// The folder of a cgroup path under a mount that may show a part of the hierarchy only.
fn below(mount: &CgroupMount<'_>, path: &str) -> Utf8PathBuf {
    let shown = if mount.root == "/" {
        path
    } else {
        path.strip_prefix(mount.root).unwrap_or("/")
    };
    Utf8Path::new(mount.target).join(shown.trim_start_matches('/'))
}

/// Our own processes are moved into this leaf, because a v2 cgroup with processes cannot have children with limits.
const LEAF: &str = "gantry-host";

/// A v2 folder whose children have the controller: the root for whoever may write there, else the cgroup that was
/// delegated to us.
fn delegated(mount: &Utf8Path, own: &Utf8Path, controller: Controller) -> io::Result<Utf8PathBuf> {
    // A shim without rights is root too, of its own user namespace: only the kernel knows what it may do.
    let ours = rustix::fs::access(mount.as_std_path(), rustix::fs::Access::WRITE_OK).is_ok();
    if ours && enable(mount, controller).is_ok() {
        return Ok(mount.to_owned());
    }
    let own = if own.file_name() == Some(LEAF) {
        own.parent().unwrap_or(own)
    } else {
        own
    };
    // Another shim that starts now may move processes as well, and processes that are moved may start new ones.
    for _ in 0..ATTEMPTS {
        match enable(own, controller) {
            Ok(()) => return Ok(own.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => clear(own)?,
            Err(error) => return Err(error),
        }
    }
    enable(own, controller).map(|()| own.to_owned())
}

/// How often processes are moved before it is said that the cgroup is busy.
const ATTEMPTS: usize = 16;

/// Moves the processes of a v2 folder into its leaf.
fn clear(own: &Utf8Path) -> io::Result<()> {
    let leaf = own.join(LEAF);
    match fs_err::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let entrance = OpenOptions::new()
        .write(true)
        .open(leaf.join("cgroup.procs"))?;
    for pid in fs_err::read_to_string(own.join("cgroup.procs"))?.lines() {
        match rustix::io::write(&entrance, pid.as_bytes()) {
            // It has ended meanwhile.
            Ok(_) | Err(Errno::SRCH) => {}
            Err(error) => {
                let error = io::Error::from(error);
                let message = format!("failed to move process {pid} into `{leaf}`: {error}");
                return Err(io::Error::new(error.kind(), message));
            }
        }
    }
    Ok(())
}

/// Makes sure that children of a v2 folder have the controller.
fn enable(folder: &Utf8Path, controller: Controller) -> io::Result<()> {
    let file = folder.join("cgroup.subtree_control");
    let has = |text: &str| {
        let mut names = text.split_whitespace();
        names.any(|name| name == controller.name())
    };
    if has(&fs_err::read_to_string(&file)?) {
        return Ok(());
    }
    let given = fs_err::read_to_string(folder.join("cgroup.controllers"))?;
    if !has(&given) {
        let given = given.trim();
        return Err(io::Error::other(format!(
            "`{folder}` was given the controllers `{given}`, expected `{}` among them",
            controller.name()
        )));
    }
    write_once(file.as_str(), &format!("+{}", controller.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_own_folder_under_partial_mounts() {
        let line =
            "36 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory";
        let mount = parse_mount(line).unwrap();
        assert_eq!(
            below(&mount, "/docker/abc/inner"),
            "/sys/fs/cgroup/memory/inner"
        );
        assert_eq!(below(&mount, "/docker/abc"), "/sys/fs/cgroup/memory/");
        let whole =
            parse_mount("41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw").unwrap();
        assert_eq!(
            below(&whole, "/user.slice/x.scope"),
            "/sys/fs/cgroup/unified/user.slice/x.scope"
        );
    }

    #[test]
    fn reads_own_path_of_both_layouts() {
        let own = "5:cpu,cpuacct:/a\n4:memory:/b\n0::/c";
        assert_eq!(
            own_path(own, |names| names.split(',').any(|name| name == "cpu")),
            Some("/a")
        );
        assert_eq!(own_path(own, str::is_empty), Some("/c"));
    }
}
