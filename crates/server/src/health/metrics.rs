//! Numbers for Prometheus. They count; they never name anybody or anything of anybody.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use domain::FailureReason;

use crate::error::ApiError;
use crate::state::AppState;
use crate::worker::disk_room;

/// Every state of a job: one that no job is in is told as 0, so that a graph has no gaps.
const STATES: [&str; 8] = [
    "validating",
    "queued",
    "provisioning",
    "executing",
    "parsing",
    "succeeded",
    "failed",
    "cancelled",
];

/// The text, version 0.0.4 of its format.
pub(super) async fn text(state: &AppState) -> Result<String, ApiError> {
    let (store, worker) = (state.store(), state.worker());
    let mut page = Page::default();
    let counts = store.count_jobs().await?;
    page.family("gantry_jobs", "gauge", "Jobs by state.");
    for word in STATES {
        let count = counts.get(word).copied().unwrap_or(0);
        page.labelled("gantry_jobs", ("state", word), count);
    }
    let figures = store.job_figures().await?;
    page.family("gantry_jobs_failed", "gauge", "Failed jobs by reason.");
    for reason in FailureReason::ALL {
        let count = figures.failures.get(reason.code()).copied().unwrap_or(0);
        page.labelled("gantry_jobs_failed", ("reason", reason.code()), count);
    }
    let waited = figures.oldest_queued.map_or(0.0, |since| {
        let waited = jiff::Timestamp::now().duration_since(since);
        waited.as_secs_f64().max(0.0)
    });
    page.gauge(
        "gantry_queue_oldest_seconds",
        "Since the job that waits longest was submitted.",
        waited,
    );
    page.gauge(
        "gantry_jobs_running",
        "Jobs that this process runs.",
        worker.live().count(),
    );
    page.family(
        "gantry_run_seconds",
        "summary",
        "Time that the programs of jobs took.",
    );
    page.line("gantry_run_seconds_count", figures.runs);
    page.line("gantry_run_seconds_sum", figures.run_seconds);
    disk(state, &mut page).await?;
    page.gauge(
        "gantry_resident_bytes",
        "Memory of the server process.",
        resident_bytes(),
    );
    Ok(page.text)
}

async fn disk(state: &AppState, page: &mut Page) -> Result<(), ApiError> {
    let home = &state.worker().settings().home;
    let disk = disk_room(home).map_err(|problem| ApiError::internal(&problem))?;
    page.gauge(
        "gantry_disk_free_bytes",
        "Free on the disk of the data folder.",
        disk.free,
    );
    page.gauge(
        "gantry_disk_bytes",
        "Size of the disk of the data folder.",
        disk.size,
    );
    let database: u64 = ["gantry.db", "gantry.db-wal"]
        .iter()
        .filter_map(|name| fs_err::metadata(home.join(name)).ok())
        .map(|file| file.len())
        .sum();
    page.gauge(
        "gantry_database_bytes",
        "Size of the database with its log.",
        database,
    );
    let (blobs, bytes) = state.store().blob_totals().await?;
    page.gauge("gantry_blobs", "Blobs in the store.", blobs);
    page.gauge("gantry_blob_bytes", "Bytes of all blobs.", bytes);
    let capacity = &state.worker().settings().capacity;
    page.family(
        "gantry_capacity",
        "gauge",
        "What running jobs may use together: bytes of memory and disk, processors, GPUs.",
    );
    let values: BTreeMap<&str, f64> = [
        ("memory", capacity.memory as f64),
        ("cpus", capacity.millicpus as f64 / 1000.0),
        ("disk", capacity.disk as f64),
        ("gpus", capacity.gpus as f64),
    ]
    .into();
    for (what, amount) in values {
        page.labelled("gantry_capacity", ("resource", what), amount);
    }
    Ok(())
}

/// 0 where the kernel does not say.
fn resident_bytes() -> u64 {
    let text = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// The text as it grows.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.text, "{name} {value}");
    }

    fn labelled(&mut self, name: &str, (label, word): (&str, &str), value: impl Display) {
        let _ = writeln!(self.text, "{name}{{{label}=\"{word}\"}} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.line(name, value);
    }
}
