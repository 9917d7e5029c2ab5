//! What a killed server must not leave behind.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

/// Mounts and working folders are looked for below here; the new server is itself above it.
const JOBS: &str = "jobs";
/// A job's folder goes right after its end.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Where the kernel shows cgroups, and how ours begin.
const CGROUPS: (&str, &str) = ("/sys/fs/cgroup", "gantry-");
/// Folders whose files are being written, and what a file that stays is.
const UNFINISHED: [(&str, &str); 3] = [
    ("blobs/new", "half a blob"),
    ("imports", "the folder of an import"),
    ("images/staging", "half a container image"),
];
/// Folders in one another in which cgroups are looked for.
const DEPTH: u32 = 4;

/// Knows what was there before.
pub(super) struct Leftovers {
    cgroups: BTreeSet<Utf8PathBuf>,
}

impl Leftovers {
    /// Before the first job.
    pub(super) fn before() -> Leftovers {
        Leftovers { cgroups: cgroups() }
    }

    /// Everything that is still there, and stays, although every job has ended.
    pub(super) fn look(&self, home: &Utf8Path) -> Vec<String> {
        let since = Instant::now();
        loop {
            let left = self.now(home);
            if left.is_empty() || since.elapsed() > PATIENCE {
                return left;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn now(&self, home: &Utf8Path) -> Vec<String> {
        let jobs = home.join(JOBS);
        let mut left = Vec::new();
        for entry in fs_err::read_dir(&jobs).into_iter().flatten().flatten() {
            left.push(format!("the folder `{}` is left", entry.path().display()));
        }
        for (folder, what) in UNFINISHED {
            for entry in fs_err::read_dir(home.join(folder))
                .into_iter()
                .flatten()
                .flatten()
            {
                let path = entry.path();
                // The lock file of an import that is over holds nothing.
                if path.extension().is_none_or(|ending| ending != "lock") {
                    left.push(format!("{what} is left: `{}`", path.display()));
                }
            }
        }
        let uploads = fs_err::read_dir(home.join("uploads"));
        for upload in uploads.into_iter().flatten().flatten() {
            for part in fs_err::read_dir(upload.path())
                .into_iter()
                .flatten()
                .flatten()
            {
                let name = part.file_name();
                if name
                    .to_str()
                    .is_none_or(|name| name.parse::<u32>().is_err())
                {
                    left.push(format!("half a part is left: `{}`", part.path().display()));
                }
            }
        }
        let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        for line in mounts.lines().filter(|line| line.contains(home.as_str())) {
            left.push(format!("a mount is left: {line}"));
        }
        for entry in fs_err::read_dir("/proc").into_iter().flatten().flatten() {
            let folder = fs_err::read_link(entry.path().join("cwd")).ok();
            if folder.is_some_and(|folder| folder.starts_with(jobs.as_std_path())) {
                left.push(format!("process {} is left", entry.file_name().display()));
            }
        }
        for cgroup in cgroups().difference(&self.cgroups) {
            left.push(format!("the cgroup `{cgroup}` is left"));
        }
        left
    }
}

/// Empty cgroups of containers, but not of those whom somebody else runs on this machine.
fn cgroups() -> BTreeSet<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    gather(Utf8Path::new(CGROUPS.0), DEPTH, &mut found);
    let own = own_paths();
    let foreign: BTreeSet<String> = found
        .iter()
        .filter(|folder| !is_below(folder, &own) || has_processes(folder))
        .filter_map(|folder| folder.file_name().map(str::to_owned))
        .collect();
    // A container has one cgroup of the same name for each controller.
    found.retain(|folder| {
        folder
            .file_name()
            .is_some_and(|name| !foreign.contains(name))
    });
    found
}

/// Where this process is, and so the server that it starts: one path for each hierarchy.
fn own_paths() -> BTreeSet<String> {
    let text = fs_err::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = |line: &str| Some(line.splitn(3, ':').nth(2)?.trim_matches('/').to_owned());
    text.lines().filter_map(path).collect()
}

/// Whether a cgroup was made by a process at one of these places. The name of a hierarchy's folder comes first on version 1.
fn is_below(folder: &Utf8Path, own: &BTreeSet<String>) -> bool {
    let rest = folder
        .parent()
        .and_then(|parent| parent.strip_prefix(CGROUPS.0).ok());
    let rest = rest.map_or("", Utf8Path::as_str);
    let behind_the_first = rest.split_once('/').map_or("", |(_, rest)| rest);
    [rest, behind_the_first].iter().any(|path| {
        own.iter()
            .any(|own| path == own || path.starts_with(&format!("{own}/")))
    })
}

/// One in use is somebody's: of a job of ours, the process itself would be told.
fn has_processes(folder: &Utf8Path) -> bool {
    let text = fs_err::read_to_string(folder.join("cgroup.procs"));
    text.is_ok_and(|text| !text.trim().is_empty())
}

fn gather(folder: &Utf8Path, depth: u32, found: &mut BTreeSet<Utf8PathBuf>) {
    // Cgroups come and go while we look.
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().starts_with(CGROUPS.1) {
            found.insert(entry.path().to_owned());
        } else if depth > 0 {
            gather(entry.path(), depth - 1, found);
        }
    }
}
