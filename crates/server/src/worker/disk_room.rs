//! Room on the server's own disk: without it no job begins, and one that failed for want of it is not at fault.

use std::io;

use camino::Utf8Path;
use domain::job::{JobEvent, MAX_ATTEMPTS};
use domain::{Failure, FailureReason};
use store::jobs::{Finished, StoredJob};
use tracing::{info, warn};

/// Free bytes without which no job begins, on a large disk.
const LEAST_BYTES: u64 = 256 << 20;
/// On a small one it is this part of it.
const LEAST_PART: u64 = 16;

/// The disk of a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiskRoom {
    /// Bytes that anybody may still take.
    pub(crate) free: u64,
    /// Bytes in all.
    pub(crate) size: u64,
}

/// The disk of the data folder, as the kernel says.
pub(crate) fn disk_room(home: &Utf8Path) -> io::Result<DiskRoom> {
    let disk = rustix::fs::statvfs(home.as_std_path())?;
    Ok(DiskRoom {
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
        size: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

/// Whether the disk of the data folder has too little room for another job to begin. One that cannot be asked has.
pub(super) fn is_short(home: &Utf8Path) -> bool {
    !disk_room(home).is_ok_and(|disk| disk.free >= LEAST_BYTES.min(disk.size / LEAST_PART))
}

/// Whether a problem, told in words, was the kernel's refusal of room (`ENOSPC`), whatever was tried.
pub(crate) fn is_refused_room(problem: &str) -> bool {
    problem.contains("os error 28")
}

/// Says once that nothing begins, and once that it goes on.
#[derive(Default)]
pub(super) struct Shortage {
    told: bool,
}

impl Shortage {
    /// Looks, and gives back whether there is too little room.
    pub(super) fn look(&mut self, home: &Utf8Path) -> bool {
        let is_short = is_short(home);
        match (self.told, is_short) {
            (false, true) => warn!(%home, "the disk is full: no job begins until there is room"),
            (true, false) => info!(%home, "there is room on the disk again"),
            (true, true) | (false, false) => {}
        }
        self.told = is_short;
        is_short
    }
}

/// Gives a job back to the queue that failed because the server's disk was full; it is tried once more when there is room.
pub(super) fn spare(job: &StoredJob, finished: Finished, home: &Utf8Path) -> Finished {
    let JobEvent::Failed(failure) = &finished.change.event else {
        return finished;
    };
    let is_refused = failure.reason == FailureReason::Internal && is_refused_room(&failure.message);
    let was_full = is_refused || (may_come_of_it(failure.reason) && is_short(home));
    if !was_full {
        return finished;
    }
    warn!(job = %job.id, problem = failure.message, "a job failed because the disk of the server is full");
    let message = format!("the disk of the server was full: {}", failure.message);
    let failure = Failure {
        reason: FailureReason::NoResources,
        message,
        hint: Some(
            "this is not the algorithm's fault: submit it again when the operator has made room"
                .to_owned(),
        ),
        ..(**failure).clone()
    };
    let mut finished = finished;
    finished.change.event = JobEvent::WorkerLost(Box::new(failure));
    if job.attempt < MAX_ATTEMPTS {
        finished.outputs = Vec::new();
    }
    finished
}

/// What a program, or we, may come to when nothing can be written.
fn may_come_of_it(reason: FailureReason) -> bool {
    match reason {
        FailureReason::ExitCode
        | FailureReason::Signal
        | FailureReason::OutputMissing
        | FailureReason::OutputInvalid
        | FailureReason::Internal => true,
        FailureReason::MemoryLimit
        | FailureReason::PidsLimit
        | FailureReason::DiskLimit
        | FailureReason::TimeLimit
        | FailureReason::LogLimit
        | FailureReason::GpuMemory
        | FailureReason::OutputAmbiguous
        | FailureReason::GeometryRefused
        | FailureReason::InputInvalid
        | FailureReason::ImageUnusable
        | FailureReason::NoResources
        | FailureReason::CancelledByUser
        | FailureReason::WorkerLost => false,
    }
}
