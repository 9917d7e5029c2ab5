//! What the machine has, what of it is promised to jobs, and what it keeps of its promises.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use camino::Utf8Path;
use container::image::Store as ContainerImages;
use domain::guarantee::Verdict;
use domain::{Guarantee, IsolationReport};
use store::jobs::StandingJob;

use super::configuration::{self, Setting};
use super::running::{self, RunningRow};
use super::{require, waiting};
use crate::error::ApiError;
use crate::state::AppState;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::quantity::{Moment, bytes, counted};
use crate::ui::visitor::Visitor;
use crate::worker::disk_room;

/// Something that jobs share.
struct Share {
    what: &'static str,
    taken: u64,
    has: u64,
    taken_text: String,
    has_text: String,
}

/// A part of the data folder.
struct Part {
    what: &'static str,
    count: String,
    size: String,
    bytes: u64,
}

/// A container image, as a row.
struct ContainerRow {
    short: String,
    digest: String,
    names: String,
    size: String,
    layers: usize,
    user: String,
    imported_at: Moment,
}

/// A guarantee, as a row.
struct GuaranteeRow {
    name: &'static str,
    badge: &'static str,
    verdict: &'static str,
    asked: String,
    in_force: String,
}

/// The job that told which guarantees are kept.
struct Witness {
    job: String,
    at: Moment,
    runtime: String,
}

#[derive(Template)]
#[template(path = "administration/machine.html")]
struct MachinePage {
    frame: Frame,
    tab: &'static str,
    shares: Vec<Share>,
    parts: Vec<Part>,
    free: u64,
    free_text: String,
    disk: u64,
    disk_text: String,
    home: String,
    containers: Vec<ContainerRow>,
    running: Vec<RunningRow>,
    guarantees: Vec<GuaranteeRow>,
    witness: Option<Witness>,
    settings: Vec<Setting>,
    versions: Vec<(&'static str, String)>,
}

/// The machine.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    require(&visitor)?;
    let store = state.store();
    let claimed = store.standing_claimed().await?;
    let home = state.worker().settings().home.clone();
    let on_disk = tokio::task::spawn_blocking(move || look(&home))
        .await
        .map_err(|problem| ApiError::internal(&problem))?;
    let on_disk = on_disk.map_err(|problem| ApiError::internal(&problem))?;
    let report = store.latest_report().await?;
    let (witness, isolation) = match report {
        Some((job, at, report)) => {
            let isolation = report.isolation;
            let witness = isolation.as_ref().map(|isolation| Witness {
                job: job.to_string(),
                at: at.into(),
                runtime: isolation.runtime.clone(),
            });
            (witness, isolation)
        }
        None => (None, None),
    };
    let mut parts = blobs(&state).await?;
    parts.extend(on_disk.parts);
    page::show(&MachinePage {
        frame: Frame::new(&visitor, Section::Administration, "Machine"),
        tab: "machine",
        shares: shares(&state, &claimed),
        parts,
        free: on_disk.free,
        free_text: bytes(on_disk.free),
        disk: on_disk.disk,
        disk_text: bytes(on_disk.disk),
        home: state.worker().settings().home.to_string(),
        containers: on_disk.containers,
        running: running::rows(&state, claimed).await,
        guarantees: guarantees(&state, isolation.as_ref()),
        witness,
        settings: configuration::settings(&state),
        versions: versions(),
    })
}

/// What running jobs may use, beside what there is.
fn shares(state: &AppState, claimed: &[StandingJob]) -> Vec<Share> {
    let capacity = &state.worker().settings().capacity;
    let cpus = |millis: u64| format!("{:.1}", millis as f64 / 1000.0);
    let count = |number: u64| number.to_string();
    let all: [(&str, waiting::Amount, u64, waiting::Words<'_>); 4] = [
        ("Memory", waiting::memory, capacity.memory, &bytes),
        ("Processors", waiting::millicpus, capacity.millicpus, &cpus),
        ("Disk", waiting::disk, capacity.disk, &bytes),
        ("GPUs", waiting::gpus, capacity.gpus, &count),
    ];
    all.into_iter()
        .map(|(what, amount, has, text)| {
            let taken = claimed.iter().map(|job| amount(&job.limits));
            let taken = taken.fold(0, u64::saturating_add);
            Share {
                what,
                taken,
                has,
                taken_text: text(taken),
                has_text: text(has),
            }
        })
        .collect()
}

/// What the stored bytes are for.
async fn blobs(state: &AppState) -> Result<Vec<Part>, ApiError> {
    let shares = state.store().blob_shares().await?;
    let all = [
        ("Medical images", shares.images),
        ("Files of values", shares.files),
        ("Weights of algorithms", shares.models),
        ("Logs of jobs", shares.logs),
        ("Uploads and what nothing uses", shares.others),
    ];
    let parts = all.into_iter().map(|(what, share)| Part {
        what,
        count: counted(share.count.unsigned_abs(), "file", "files"),
        size: bytes(share.bytes.unsigned_abs()),
        bytes: share.bytes.unsigned_abs(),
    });
    Ok(parts.collect())
}

/// What lies in the data folder beside the blobs.
struct OnDisk {
    parts: Vec<Part>,
    containers: Vec<ContainerRow>,
    free: u64,
    disk: u64,
}

fn look(home: &Utf8Path) -> std::io::Result<OnDisk> {
    let images = ContainerImages::open(home.join("images")).map_err(std::io::Error::other)?;
    let images = images.list().map_err(std::io::Error::other)?;
    // Images share layers.
    let layers: BTreeMap<&str, u64> = images
        .iter()
        .flat_map(|image| &image.layers)
        .map(|layer| (layer.diff_id.as_str(), layer.bytes))
        .collect();
    let part = |what, count: String, size: u64| Part {
        what,
        count,
        size: bytes(size),
        bytes: size,
    };
    let database = ["gantry.db", "gantry.db-wal", "gantry.db-shm"];
    let database = database.iter().filter_map(|name| {
        let found = fs_err::metadata(home.join(name)).ok()?;
        Some(found.len())
    });
    let (uploading, uploading_bytes) = below(&home.join("uploads"));
    let (working, working_bytes) = below(&home.join("jobs"));
    let parts = vec![
        part(
            "Layers of container images",
            counted(layers.len() as u64, "layer", "layers"),
            layers.values().sum(),
        ),
        part("Database", String::new(), database.sum()),
        part(
            "Parts of uploads on their way",
            counted(uploading, "file", "files"),
            uploading_bytes,
        ),
        part(
            "Work folders of running jobs",
            counted(working, "file", "files"),
            working_bytes,
        ),
    ];
    let disk = disk_room(home)?;
    Ok(OnDisk {
        parts,
        containers: images.into_iter().map(container).collect(),
        free: disk.free,
        disk: disk.size,
    })
}

/// Files below a folder, and what they take on the disk; holes take nothing. Links are not followed.
fn below(folder: &Utf8Path) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs_err::read_dir(folder) else {
        return (0, 0);
    };
    let mut sum = (0, 0);
    for entry in entries.flatten() {
        let Ok(data) = entry.metadata() else { continue };
        let Ok(path) = camino::Utf8PathBuf::from_path_buf(entry.path()) else {
            continue;
        };
        let (count, size) = if data.is_dir() {
            below(&path)
        } else {
            // Inputs are links to blobs, which are counted there.
            (
                1,
                if data.nlink() > 1 {
                    0
                } else {
                    data.blocks() * 512
                },
            )
        };
        sum = (sum.0 + count, sum.1 + size);
    }
    sum
}

fn container(image: container::image::StoredImage) -> ContainerRow {
    let hex = image.digest.trim_start_matches("sha256:");
    ContainerRow {
        short: hex.chars().take(12).collect(),
        names: image.names.join(", "),
        size: bytes(image.unpacked_bytes),
        layers: image.layers.len(),
        user: image.config.user.clone(),
        imported_at: image.imported_at.into(),
        digest: image.digest,
    }
}

/// All guarantees, as the kernel said of the last container.
fn guarantees(state: &AppState, seen: Option<&IsolationReport>) -> Vec<GuaranteeRow> {
    let waived = &state.worker().settings().waive;
    let row = |guarantee: Guarantee| {
        let record = seen.and_then(|report| {
            let mut records = report.guarantees.iter();
            records.find(|record| record.guarantee == guarantee)
        });
        let (badge, verdict) = match record.map(|record| record.verdict) {
            Some(Verdict::Kept) => ("good", "kept"),
            Some(Verdict::Waived) => ("warning", "done without"),
            Some(Verdict::Broken) => ("bad", "broken"),
            None if waived.contains(&guarantee) => ("warning", "may be done without"),
            None => ("plain", "not seen yet"),
        };
        GuaranteeRow {
            name: guarantee.name(),
            badge,
            verdict,
            asked: record
                .map(|record| record.asked.clone())
                .unwrap_or_default(),
            in_force: record
                .map(|record| record.in_force.clone())
                .unwrap_or_default(),
        }
    };
    Guarantee::ALL.into_iter().map(row).collect()
}

fn versions() -> Vec<(&'static str, String)> {
    let system = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    vec![
        ("Gantry", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "Kernel",
            format!("{} {}", text(system.sysname()), text(system.release())),
        ),
        ("Machine", text(system.machine())),
        ("Host", text(system.nodename())),
        ("Processors", processors.to_string()),
    ]
}
