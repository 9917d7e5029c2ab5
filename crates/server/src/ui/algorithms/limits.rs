//! The tab of limits: what a job may use, beside what this machine can give and what jobs have used.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::quantity::{parse_bytes, parse_cpu_percent, parse_milliseconds};
use domain::{GpuRequest, Limits, ResourceRecord};
use jiff::Timestamp;
use store::algorithms::AlgorithmChange;

use super::head::{Head, Tab, edited};
use super::size_text;
use crate::own::note;
use crate::state::AppState;
use crate::ui::form::Form;
use crate::ui::notice;
use crate::ui::page::{self, Frame, Section};
use crate::ui::problem::PageError;
use crate::ui::problems::Problems;
use crate::ui::quantity::{bytes, counted, seconds};
use crate::ui::visitor::Visitor;
use crate::worker::Capacity;

/// Jobs whose use is looked at.
const LOOKED_AT: u32 = 200;
/// Jobs from which advice is drawn.
const ENOUGH: usize = 3;

/// A limit in the form.
struct Row {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    value: String,
    /// What this machine gives.
    gives: Option<String>,
    /// What jobs used at most, and that as a share of the limit, 0 to 100.
    used: Option<(String, u64)>,
    /// What to do about it.
    advice: Option<String>,
}

#[derive(Template)]
#[template(path = "algorithm/limits.html")]
struct LimitsPage {
    frame: Frame,
    head: Head,
    rows: Vec<Row>,
    /// How many jobs the numbers are of.
    of_jobs: Option<String>,
    problems: Problems,
}

/// Shows them.
pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    draw(&state, &visitor, &slug, None).await
}

/// What was typed, and what is wrong with it.
type Refused<'a> = (&'a Form, Problems);

async fn draw(
    state: &AppState,
    visitor: &Visitor,
    slug: &str,
    refused: Option<Refused<'_>>,
) -> Result<Response, PageError> {
    let (algorithm, head) = edited(state, visitor, (slug, Tab::Limits)).await?;
    let used = state.store().used_by_jobs(algorithm.id, LOOKED_AT).await?;
    let mut rows = rows(
        &algorithm.limits,
        &state.worker().settings().capacity,
        &used,
    );
    let problems = match refused {
        Some((form, problems)) => {
            for row in &mut rows {
                row.value = form.get(row.name).to_owned();
            }
            problems
        }
        None => Problems::default(),
    };
    let of_jobs = (!used.is_empty()).then(|| counted(used.len() as u64, "job", "jobs"));
    let title = format!("{}: limits", head.title);
    let shown = LimitsPage {
        frame: Frame::new(visitor, Section::Algorithms, title),
        head,
        rows,
        of_jobs,
        problems,
    };
    Ok(page::draw(shown.problems.status(), &shown)?)
}

/// Changes them; jobs that were submitted keep theirs.
pub(super) async fn change(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let (algorithm, _) = edited(&state, &form.visitor, (&slug, Tab::Limits)).await?;
    let limits = match read(&form, &algorithm.limits) {
        Ok(limits) => limits,
        Err(problems) => return draw(&state, &form.visitor, &slug, Some((&form, problems))).await,
    };
    let change = AlgorithmChange {
        limits: Some(limits.clone()),
        ..AlgorithmChange::default()
    };
    state
        .store()
        .change_algorithm(algorithm.id, &change, Timestamp::now())
        .await?;
    let by = form.visitor.require()?.id;
    note(
        &state,
        by,
        "algorithm.change",
        &format!("algorithm {}", algorithm.id),
    )
    .await?;
    let said = match state.worker().settings().capacity.admits(&limits) {
        Ok(()) => "The limits are saved. Jobs that were submitted keep theirs.".to_owned(),
        Err(why) => format!("The limits are saved, but no job can run here with them: {why}."),
    };
    Ok(notice::redirect(
        &format!("/algorithms/{slug}/limits/"),
        &said,
    ))
}

/// The limits that were typed; what the form does not ask stays.
fn read(form: &Form, now: &Limits) -> Result<Limits, Problems> {
    let mut limits = now.clone();
    let mut problems = Problems::default();
    for (name, limit) in [
        ("memory", &mut limits.memory_bytes),
        ("disk", &mut limits.disk_bytes),
        ("output", &mut limits.output_bytes),
        ("log", &mut limits.log_kept_bytes),
    ] {
        if let Some(bytes) = problems.take(name, parse_bytes(form.get(name))) {
            *limit = bytes;
        }
    }
    limits.log_max_bytes = limits.log_kept_bytes.saturating_mul(16);
    limits.shm_bytes = match form.get("shm").trim() {
        "0" => 0,
        text => problems.take("shm", parse_bytes(text)).unwrap_or_default(),
    };
    if let Some(time) = problems.take("time", parse_milliseconds(form.get("time"))) {
        limits.wall_time_ms = time;
    }
    if let Some(percent) = problems.take("cpu", parse_cpu_percent(form.get("cpu"))) {
        limits.cpu_percent = percent;
    }
    for (name, range, limit) in [
        ("open-files", 16..=1_000_000, &mut limits.open_files),
        ("output-files", 1..=1_000_000, &mut limits.output_files),
    ] {
        if let Some(number) = problems.take(name, whole(form.get(name), range)) {
            *limit = number;
        }
    }
    let pids = problems.take("pids", whole(form.get("pids"), 1..=1_000_000));
    limits.pids = pids
        .and_then(|pids| u32::try_from(pids).ok())
        .unwrap_or(now.pids);
    limits.gpu = GpuRequest::parse(form.get("gpu"));
    if limits.memory_bytes < 4_000_000 && problems.at("memory").is_none() {
        problems.add("memory", "No program starts with less than 4 MB.");
    }
    if limits.shm_bytes > limits.memory_bytes && problems.at("memory").is_none() {
        problems.add(
            "shm",
            "It counts against the memory, so it cannot be more than that.",
        );
    }
    if problems.any() {
        Err(problems)
    } else {
        Ok(limits)
    }
}

fn whole(text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    let number = text.trim().parse::<u64>().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            let (least, most) = range.into_inner();
            format!("`{text}` is no whole number from {least} to {most}")
        })
}

/// Name, label and help of each limit, in their order.
const FIELDS: [(&str, &str, &str); 11] = [
    (
        "memory",
        "Memory",
        "Such as 24GB or 512MiB; there is no swap.",
    ),
    (
        "cpu",
        "Processor",
        "Per cent of one processor, such as 200%, or a number of processors.",
    ),
    (
        "time",
        "Time",
        "Of the program alone, such as 2h, 90s or 1h30m.",
    ),
    ("disk", "Disk", "What the program may write in all."),
    ("pids", "Processes", "Processes and threads together."),
    (
        "gpu",
        "GPU",
        "none, any, or the name of a device such as nvidia.com/gpu=0.",
    ),
    (
        "shm",
        "Shared memory",
        "/dev/shm, for data loaders; counts against the memory. 0 for none.",
    ),
    ("output", "Outputs", "Bytes of all outputs together."),
    (
        "output-files",
        "Output files",
        "Files and folders in /output.",
    ),
    ("open-files", "Open files", "Of each process."),
    (
        "log",
        "Log",
        "Kept of stdout and of stderr, each; sixteen times as much ends the job.",
    ),
];

/// The most that jobs used.
#[derive(Debug, Clone, Default, PartialEq)]
struct Peaks {
    jobs: usize,
    /// Bytes.
    memory: Option<u64>,
    /// Bytes.
    disk: Option<u64>,
    pids: Option<u64>,
    seconds: f64,
    /// Per cent of one processor, on average over a job.
    cpu: f64,
}

impl Peaks {
    fn of(used: &[ResourceRecord]) -> Peaks {
        let peak = |of: fn(&ResourceRecord) -> Option<u64>| used.iter().filter_map(of).max();
        let most = |of: fn(&ResourceRecord) -> f64| used.iter().map(of).fold(0.0, f64::max);
        Peaks {
            jobs: used.len(),
            memory: peak(|one| one.peak_memory_bytes),
            disk: peak(|one| one.bytes_written),
            pids: peak(|one| one.peak_pids),
            seconds: most(|one| one.wall_seconds),
            // Of a short job the start counts too much.
            cpu: most(|one| match one.wall_seconds > 1.0 {
                true => one.cpu_seconds / one.wall_seconds * 100.0,
                false => 0.0,
            }),
        }
    }

    /// Of a limit, by its name: in words, and as a share of the limit.
    fn used(&self, name: &str, limits: &Limits) -> Option<(String, u64)> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds, for people")]
        let seconds_allowed = limits.wall_time_ms as f64 / 1000.0;
        let of = |peak: Option<u64>, text: fn(u64) -> String, limit: u64| {
            peak.map(|peak| (text(peak), share(peak, limit)))
        };
        match name {
            "memory" => of(self.memory, bytes, limits.memory_bytes),
            "disk" => of(self.disk, bytes, limits.disk_bytes),
            "pids" => of(self.pids, |pids| pids.to_string(), limits.pids.into()),
            "time" if self.seconds > 0.0 => Some((
                seconds(self.seconds),
                percent(self.seconds, seconds_allowed),
            )),
            "cpu" if self.cpu > 0.0 => {
                let allowed = f64::from(limits.cpu_percent);
                Some((format!("{:.0} %", self.cpu), percent(self.cpu, allowed)))
            }
            _ => None,
        }
    }

    /// What to do about a limit, by its name.
    fn advice(&self, name: &str, limits: &Limits) -> Option<String> {
        if self.jobs < ENOUGH {
            return None;
        }
        match name {
            "memory" => advise(self.memory?, limits.memory_bytes, 100_000_000),
            "disk" => advise(self.disk?, limits.disk_bytes, 1_000_000_000),
            _ => None,
        }
    }
}

fn rows(limits: &Limits, capacity: &Capacity, used: &[ResourceRecord]) -> Vec<Row> {
    let peaks = Peaks::of(used);
    let row = |(name, label, help)| Row {
        name,
        label,
        help,
        value: value(name, limits),
        gives: gives(name, capacity),
        used: peaks.used(name, limits),
        advice: peaks.advice(name, limits),
    };
    FIELDS.into_iter().map(row).collect()
}

/// A limit as one types it.
fn value(name: &str, limits: &Limits) -> String {
    match name {
        "memory" => size_text::bytes(limits.memory_bytes),
        "cpu" => format!("{}%", limits.cpu_percent),
        "time" => size_text::milliseconds(limits.wall_time_ms),
        "disk" => size_text::bytes(limits.disk_bytes),
        "pids" => limits.pids.to_string(),
        "gpu" => gpu(&limits.gpu),
        "shm" => size_text::bytes(limits.shm_bytes),
        "output" => size_text::bytes(limits.output_bytes),
        "output-files" => limits.output_files.to_string(),
        "open-files" => limits.open_files.to_string(),
        _log => size_text::bytes(limits.log_kept_bytes),
    }
}

/// What this machine gives.
fn gives(name: &str, capacity: &Capacity) -> Option<String> {
    match name {
        "memory" => Some(bytes(capacity.memory)),
        "cpu" => Some(format!("{} %", capacity.millicpus / 10)),
        "disk" => Some(bytes(capacity.disk)),
        "gpu" => Some(counted(capacity.gpus, "GPU", "GPUs")),
        _ => None,
    }
}

fn gpu(wanted: &GpuRequest) -> String {
    match wanted {
        GpuRequest::None => "none".to_owned(),
        GpuRequest::Any => "any".to_owned(),
        GpuRequest::Named(name) => name.clone(),
    }
}

fn share(part: u64, of: u64) -> u64 {
    part.saturating_mul(100)
        .checked_div(of)
        .unwrap_or(100)
        .min(100)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float to an integer saturates"
)]
fn percent(part: f64, of: f64) -> u64 {
    ((part / of * 100.0) as u64).min(100)
}

/// What to do about a limit: half as much again as the peak is enough, in whole steps.
fn advise(peak: u64, limit: u64, step: u64) -> Option<String> {
    let enough = (peak + peak / 2).div_ceil(step).max(1) * step;
    if peak > limit / 10 * 9 {
        return Some(format!(
            "close to the limit: larger inputs may need {}",
            bytes(enough)
        ));
    }
    (enough < limit / 2).then(|| format!("{} would do", bytes(enough)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_given_where_there_is_some() {
        let gigabyte = 1_000_000_000;
        let advise = |peak, limit| advise(peak, limit, 100_000_000);
        assert_eq!(
            advise(1_200_000_000, 24 * gigabyte).as_deref(),
            Some("1.8 GB would do")
        );
        assert!(
            advise(95 * gigabyte, 100 * gigabyte)
                .unwrap()
                .starts_with("close to the limit")
        );
        assert_eq!(advise(5 * gigabyte, 10 * gigabyte), None);
    }

    #[test]
    fn shares_are_bounded() {
        assert_eq!((share(1, 4), share(9, 4), share(1, 0)), (25, 100, 100));
        assert_eq!(percent(3.0, 4.0), 75);
    }
}
