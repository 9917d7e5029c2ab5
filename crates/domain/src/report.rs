//! What one run gave: outputs, failure, isolation, resources. The document that `gantry run --json` prints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::guarantee::IsolationReport;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Exit code 0 and all outputs are what their sockets say.
    Succeeded,
    /// The program ran and something is wrong.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// The program was not started.
    Refused,
}

/// What one run gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    /// How it ended.
    pub status: RunStatus,
    /// Why it did not succeed.
    pub failure: Option<Failure>,
    /// What the program returned, if it returned.
    pub exit_code: Option<i32>,
    /// The valid outputs, also of a failed run.
    pub outputs: Vec<OutputValue>,
    /// Files in `/output` that belong to no socket; kept beside the outputs.
    pub extra_files: Vec<ExtraFile>,
    /// What should be looked at although the run succeeded.
    pub warnings: Vec<String>,
    /// `results.json` in the words of the algorithm's template.
    pub result: Option<RenderedSummary>,
    /// What was enforced; `None` when nothing was started.
    pub isolation: Option<IsolationReport>,
    /// What was used; `None` when nothing was started.
    pub resources: Option<ResourceRecord>,
    /// Seconds per phase.
    pub timings: Timings,
    /// Digest of the container image.
    pub image_digest: String,
    /// Slug of the algorithm.
    pub algorithm: String,
    /// Input and output sockets of the interface that was chosen.
    pub interface: Option<ChosenInterface>,
    /// Paths on this machine, empty on a server: `outputs`, `stdout`, `stderr`, `report`, `result_html`.
    pub files: BTreeMap<String, String>,
}

impl RunReport {
    /// The report as it is told to people on other machines: outputs lie where the download of a job has them, below
    /// `output/`, and nothing else says where this machine keeps things.
    #[must_use]
    pub fn told_elsewhere(mut self) -> Self {
        for output in &mut self.outputs {
            output.path = format!("output/{}", output.relative_path);
        }
        self.files.clear();
        self
    }
}

/// The interface of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenInterface {
    /// Slugs.
    pub inputs: Vec<String>,
    /// Slugs.
    pub outputs: Vec<String>,
}

/// One valid output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutputValue {
    /// Slug of its socket.
    pub socket: String,
    /// Label of the socket's kind; `None` where no manifest declares it.
    pub kind: Option<String>,
    /// Below `/output`: the file.
    pub relative_path: String,
    /// Where it lies on this machine now; in the report of a server, where it lies in the download.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Of the file, in hexadecimal.
    pub sha256: String,
    /// JSON value, for kinds that are JSON and small enough to show.
    pub value: Option<Value>,
    /// What the image is.
    pub image: Option<Value>,
    /// How it lies against the input image.
    pub geometry: Option<GeometryRecord>,
}

/// How an output image lies against an input image.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GeometryRecord {
    /// Slug of the input socket it was compared with.
    pub compared_with: String,
    /// Whether it is drawn exactly where the input is.
    pub aligned: bool,
    /// The verdict in words.
    pub message: String,
    /// A known mistake that it looks like, as a code.
    pub mistake: Option<String>,
    /// Largest displacement of a corner, mm.
    pub worst_corner_mm: Option<f64>,
    /// The line of code that mends it.
    pub fix: Option<String>,
}

impl GeometryRecord {
    /// What is wrong with an output that lies elsewhere, with the line that mends it.
    #[must_use]
    pub fn misplaced(&self) -> String {
        let fix = self.fix.as_ref().map(|fix| format!("; {fix}"));
        format!(
            "does not lie where input `{}` lies: {}{}",
            self.compared_with,
            self.message,
            fix.unwrap_or_default()
        )
    }

    /// The same as the warning about a file below `/output`.
    #[must_use]
    pub fn warning(&self, path: &str) -> String {
        format!("`/output/{path}` {}", self.misplaced())
    }
}

/// A file that belongs to no socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraFile {
    /// Below `/output`.
    pub relative_path: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// `results.json` in the words of the algorithm's template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedSummary {
    /// Cleaned HTML.
    pub html: String,
    /// Plain text.
    pub text: String,
}

/// What a run used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceRecord {
    /// Seconds from the start of the program to its end.
    pub wall_seconds: f64,
    /// Seconds of processor time, user and system.
    pub cpu_seconds: f64,
    /// Highest memory use, bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Highest number of processes and threads.
    pub peak_pids: Option<u64>,
    /// Highest number of bytes in use on the writable file system.
    pub bytes_written: Option<u64>,
    /// Processes that the kernel killed for lack of memory.
    pub out_of_memory_kills: u64,
    /// How often a new process or thread was refused.
    pub pids_refusals: u64,
    /// Bytes written to stdout.
    pub stdout_bytes: u64,
    /// Bytes written to stderr.
    pub stderr_bytes: u64,
    /// Bytes of log that were not kept.
    pub log_bytes_dropped: u64,
    /// Seconds for which the processor limit held the program back.
    pub throttled_seconds: Option<f64>,
    /// Use as time went by, oldest first, evenly spaced, at most 600; empty for a program that was short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<ResourceSample>,
}

/// What a run used at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceSample {
    /// Seconds since the program started.
    pub at_seconds: f64,
    /// Memory in use, bytes.
    pub memory_bytes: Option<u64>,
    /// Processor time so far, all processes together, seconds.
    pub cpu_seconds: Option<f64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Bytes written and still there: file system of the container, `/output`, `/tmp`.
    #[serde(default)]
    pub disk_bytes: Option<u64>,
}

/// Seconds per phase, monotonic clock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Reading and judging the inputs.
    pub check: f64,
    /// Inputs laid out, the plan of the container made.
    pub provision: f64,
    /// The sandbox built, its facts read back, the program started.
    pub start: f64,
    /// The program.
    pub run: f64,
    /// Outputs taken and judged, sandbox cleaned away.
    pub collect: f64,
    /// All of it.
    pub total: f64,
}
