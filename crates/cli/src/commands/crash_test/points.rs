//! What is killed when, one after the other.

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

/// Who is killed with `SIGKILL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    /// The server.
    Server,
    /// The process that watches a container.
    Shim,
    /// The program in the container.
    Program,
    /// The process that watches a container, and the server right after it.
    Both,
    /// The power of the disk on which everything lies, and the server a little later.
    DiskPower,
    /// All the room on that disk, for a while; nobody is killed.
    DiskRoom,
}

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The first job is, or has been, in this state; `succeeded` is the moment after the first end.
    State(&'static str),
    /// Half of a part of an upload has been sent.
    Uploading,
    /// A container image is being unpacked.
    ImportingContainer,
}

/// One kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) victim: Victim,
    pub(super) moment: Moment,
}

impl Point {
    const fn server(moment: Moment) -> Point {
        Point {
            victim: Victim::Server,
            moment,
        }
    }

    const fn executing(victim: Victim) -> Point {
        Point {
            victim,
            moment: Moment::State("executing"),
        }
    }

    const fn disk(victim: Victim, moment: Moment) -> Point {
        Point { victim, moment }
    }

    /// The points in turn; those of the disk only where it can fail.
    pub(super) fn of_round(number: u32, disk_can_fail: bool) -> Point {
        let of_processes = POINTS.len() - POINTS_OF_THE_DISK;
        let count = if disk_can_fail {
            POINTS.len()
        } else {
            of_processes
        };
        POINTS[(number as usize - 1) % count]
    }

    /// Whether it is time as soon as the first job is in the state; for a process of a job it is as soon as there is one.
    pub(super) fn kills_at_state(self) -> bool {
        !matches!(self.victim, Victim::Shim | Victim::Program | Victim::Both)
    }

    /// Whether the server is killed, sooner or later, and started again.
    pub(super) fn ends_server(self) -> bool {
        matches!(
            self.victim,
            Victim::Server | Victim::Both | Victim::DiskPower
        )
    }

    /// For people, such as `executing` or `executing (shim)`.
    pub(super) fn name(self) -> String {
        let moment = match self.moment {
            Moment::State(state) => state,
            Moment::Uploading => "uploading",
            Moment::ImportingContainer => "importing",
        };
        match self.victim {
            Victim::Server => moment.to_owned(),
            Victim::Shim => format!("{moment} (shim)"),
            Victim::Program => format!("{moment} (program)"),
            Victim::Both => format!("{moment} (shim and server)"),
            Victim::DiskPower => format!("{moment} (power of the disk)"),
            Victim::DiskRoom => format!("{moment} (room on the disk)"),
        }
    }
}

/// How many of the points are about the disk; they stand last.
const POINTS_OF_THE_DISK: usize = 8;

/// Every state of a job, everything on its way in, every process that belongs to a job, and the disk.
const POINTS: [Point; 19] = [
    Point::server(Moment::State("validating")),
    Point::server(Moment::State("queued")),
    Point::server(Moment::State("provisioning")),
    Point::server(Moment::State("executing")),
    Point::server(Moment::State("parsing")),
    Point::server(Moment::State("succeeded")),
    Point::server(Moment::Uploading),
    Point::server(Moment::ImportingContainer),
    Point::executing(Victim::Shim),
    Point::executing(Victim::Program),
    Point::executing(Victim::Both),
    Point::disk(Victim::DiskPower, Moment::State("queued")),
    Point::disk(Victim::DiskPower, Moment::State("executing")),
    Point::disk(Victim::DiskPower, Moment::State("parsing")),
    Point::disk(Victim::DiskPower, Moment::State("succeeded")),
    Point::disk(Victim::DiskPower, Moment::Uploading),
    Point::disk(Victim::DiskPower, Moment::ImportingContainer),
    Point::disk(Victim::DiskRoom, Moment::State("queued")),
    Point::disk(Victim::DiskRoom, Moment::State("executing")),
];

/// Kills a shim below the folder of jobs, or the program that it watches. `false`: there is none (any more).
pub(super) fn kill_one(victim: Victim, jobs: &Utf8Path) -> bool {
    let Some(shim) = shims(jobs).first().copied() else {
        return false;
    };
    let pid = match victim {
        Victim::Shim | Victim::Both => Some(shim),
        // Below the shim is process 1 of the container, below that the program.
        Victim::Program => child_of(shim).and_then(child_of),
        Victim::Server | Victim::DiskPower | Victim::DiskRoom => None,
    };
    let pid = pid.and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// Processes whose current folder lies below.
fn shims(jobs: &Utf8Path) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir("/proc").into_iter().flatten().flatten() {
        let folder = fs_err::read_link(entry.path().join("cwd")).ok();
        if folder.is_some_and(|folder| folder.starts_with(jobs.as_std_path())) {
            found.extend(
                entry
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse::<i32>().ok()),
            );
        }
    }
    found
}

fn child_of(pid: i32) -> Option<i32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let text = fs_err::read_to_string(path).ok()?;
    text.split_whitespace().next()?.parse().ok()
}
