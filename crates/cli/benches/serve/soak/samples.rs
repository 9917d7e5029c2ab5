//! What a server takes, looked at again and again, and whether it stays the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::visits::Done;
use crate::client::Times;
use crate::served::Served;

/// The first part of the time, while caches fill, that is not compared.
const WARM_UP: f64 = 0.1;
/// What is compared: a part of the time after that, and the last part.
const PART: f64 = 0.2;
/// Bytes that the database may keep of one visit for good.
const KEPT_OF_A_VISIT: f64 = 1024.0;

/// The server at one moment, and the visits since the moment before.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// Seconds since the start.
    at: f64,
    memory_mb: f64,
    files: f64,
    /// Of the data folder without its database.
    disk_mb: f64,
    /// It keeps what nobody may delete: the audit log, and which uploads there were.
    database_mb: f64,
    /// Part of the processors that worked.
    busy: f64,
    /// Kind of visit: milliseconds, the middle and 99 of 100, and how many.
    visits: BTreeMap<&'static str, (f64, f64, usize)>,
}

/// Looks at a server.
pub(super) struct Sampler<'a> {
    served: &'a Served,
    since: BTreeMap<&'static str, Vec<Duration>>,
    samples: Vec<Sample>,
    figures: Option<fs_err::File>,
    processors: (u64, u64),
}

impl Sampler<'_> {
    pub(super) fn new(served: &Served) -> Sampler<'_> {
        let path = std::env::var_os("GANTRY_SOAK_FIGURES").map(PathBuf::from);
        Sampler {
            served,
            since: BTreeMap::new(),
            samples: Vec::new(),
            figures: path.map(|path| fs_err::File::create(path).expect("a file for figures")),
            processors: processors(),
        }
    }

    pub(super) fn add(&mut self, done: Done) {
        self.since.entry(done.what).or_default().push(done.time);
    }

    pub(super) fn take(&mut self, at: Duration) {
        let before = std::mem::replace(&mut self.processors, processors());
        let (worked, all) = (self.processors.0 - before.0, self.processors.1 - before.1);
        let of = |times: Vec<Duration>| {
            let count = times.len();
            let times = Times::of(times);
            (times.median(), times.within(99), count)
        };
        let since = std::mem::take(&mut self.since).into_iter();
        let (database, files) = taken(self.served.home());
        let sample = Sample {
            at: at.as_secs_f64(),
            memory_mb: self.served.memory().0,
            files: self.served.open_files() as f64,
            disk_mb: files as f64 / 1e6,
            database_mb: database as f64 / 1e6,
            busy: worked as f64 / all.max(1) as f64,
            visits: since.map(|(what, times)| (what, of(times))).collect(),
        };
        if let Some(file) = &mut self.figures {
            let visits = sample.visits.iter().map(|(what, (median, p99, count))| {
                json!({"what": what, "median_ms": median, "p99_ms": p99, "count": count})
            });
            let line = json!({
                "at_s": sample.at, "memory_mb": sample.memory_mb, "files": sample.files,
                "disk_mb": sample.disk_mb, "database_mb": sample.database_mb, "busy": sample.busy, "visits": visits.collect::<Vec<_>>(),
            });
            writeln!(file, "{line}").expect("room for figures");
        }
        self.samples.push(sample);
    }

    pub(super) fn samples(&self) -> &[Sample] {
        &self.samples
    }
}

/// Clock ticks of all processors that were worked, and all.
fn processors() -> (u64, u64) {
    let text = fs_err::read_to_string("/proc/stat").expect("the kernel says so");
    let first = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = first
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .take(8)
        .collect();
    let all = ticks.iter().sum::<u64>();
    // Idle, and waiting for the disk.
    (
        all - ticks.get(3).unwrap_or(&0) - ticks.get(4).unwrap_or(&0),
        all,
    )
}

/// Bytes on the disk of the files of a folder: those of the database, and the others. What goes while we look is not there.
fn taken(folder: &Path) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let (mut database, mut others) = (0, 0);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(about) if about.is_dir() => {
                let below = taken(&entry.path());
                database += below.0;
                others += below.1;
            }
            // A file with several names is counted once for each: links to inputs are few.
            Ok(about) if entry.file_name().to_string_lossy().starts_with("gantry.db") => {
                database += about.blocks() * 512;
            }
            Ok(about) => others += about.blocks() * 512,
            Err(_) => {}
        }
    }
    (database, others)
}

/// Whether everything stayed as it was.
pub(super) struct Verdict {
    pub(super) table: String,
    pub(super) problems: Vec<String>,
}

/// How something is called, how it is read, by which part it may grow, and by how much in any case.
type Kind = (&'static str, fn(&Sample) -> Option<f64>, f64, f64);

const KINDS: [Kind; 6] = [
    (
        "memory of the server, MB",
        |it| Some(it.memory_mb),
        0.1,
        16.0,
    ),
    ("open files of the server", |it| Some(it.files), 0.1, 16.0),
    (
        "data folder without the database, MB",
        |it| Some(it.disk_mb),
        0.1,
        16.0,
    ),
    ("a job, median ms", |it| median(it, "a job"), 0.25, 10.0),
    (
        "a job on a new image, median ms",
        |it| median(it, "a job on a new image"),
        0.25,
        10.0,
    ),
    (
        "a viewer, median ms",
        |it| median(it, "a viewer"),
        0.25,
        10.0,
    ),
];

fn median(sample: &Sample, what: &str) -> Option<f64> {
    sample.visits.get(what).map(|visit| visit.0)
}

/// Compares what came after the caches had filled with the end.
pub(super) fn flat(samples: &[Sample]) -> Verdict {
    let end = samples.last().map_or(0.0, |sample| sample.at);
    let between = |from: f64, to: f64, read: fn(&Sample) -> Option<f64>| {
        let inside = |sample: &&Sample| (from * end..=to * end).contains(&sample.at);
        let mut values: Vec<f64> = samples.iter().filter(inside).filter_map(read).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let mut table = "| | after the first tenth | at the end |\n|---|---|---|\n".to_owned();
    let mut problems = Vec::new();
    for (what, read, part, least) in KINDS {
        let first = between(WARM_UP, WARM_UP + PART, read);
        let last = between(1.0 - PART, 1.0, read);
        let _ = writeln!(table, "| {what} | {first:.1} | {last:.1} |");
        let grown = last - first;
        // A figure that is not there is no flat one.
        if grown.is_nan() || grown > (first * part).max(least) {
            problems.push(format!("{what} went from {first:.1} to {last:.1}"));
        }
    }
    let busy = samples.iter().map(|sample| sample.busy).sum::<f64>() / samples.len() as f64;
    let count = |samples: &[Sample]| -> usize {
        let counts = samples.iter().flat_map(|sample| sample.visits.values());
        counts.map(|visit| visit.2).sum()
    };
    let warm: Vec<Sample> = samples
        .iter()
        .filter(|sample| sample.at >= WARM_UP * end)
        .cloned()
        .collect();
    let at = |sample: Option<&Sample>| sample.map_or(f64::NAN, |sample| sample.database_mb);
    let grown = (at(warm.last()) - at(warm.first())) * 1e6 / count(&warm) as f64;
    if grown.is_nan() || grown > KEPT_OF_A_VISIT {
        problems.push(format!("the database keeps {grown:.0} bytes of each visit"));
    }
    let _ = write!(
        table,
        "\n{} visits; processors {:.0} % busy on average. The database keeps {grown:.0} bytes of each visit for good.",
        count(samples),
        busy * 100.0
    );
    Verdict { table, problems }
}
