//! One job: an algorithm whose program is a shell script, what is given to it, and the report that it gave.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use container::sandbox::{Shims, Stream};
use domain::{Algorithm, Failure, FailureReason, Manifest, OutputValue, RunReport, RunStatus};
use executor::kinds::{Executor, Kind};
use executor::{CancelToken, GivenInputs, Observer, Phase, RunRequest};

use crate::algorithm::{GOOD, MANIFEST, scan};
use crate::image;

/// A job that has not run yet, in a folder of its own.
pub(crate) struct Job {
    folder: tempfile::TempDir,
    pub(crate) request: RunRequest,
    /// Cancels when the program writes a line like this.
    pub(crate) cancel_at: Option<&'static str>,
    pub(crate) cancel: CancelToken,
}

/// A job that has run; its folder is there as long as this lives.
pub(crate) struct Ran {
    folder: tempfile::TempDir,
    pub(crate) report: RunReport,
    /// What the observer was told, phases and lines.
    pub(crate) phases: Vec<Phase>,
    pub(crate) lines: Vec<String>,
}

impl Job {
    /// The algorithm of [`MANIFEST`] with this script, given a threshold.
    pub(crate) fn new(script: &str) -> Self {
        Self::of(MANIFEST, &["/bin/sh", "-c", script])
    }

    /// Any algorithm and command, given a threshold.
    pub(crate) fn of(manifest: &str, command: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("executor-test-")
            .tempdir()
            .unwrap();
        let open = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(folder.path(), open).unwrap();
        let path = utf8(folder.path());
        let request = RunRequest {
            algorithm: Manifest::parse(manifest).unwrap().algorithm,
            declared: true,
            image: image::import(&path.join("images"), "1000:1000", command),
            inputs: values(&[("threshold", "0.5")]),
            model: None,
            output_dir: path.join("output"),
            overwrite: false,
            home: path.join("home"),
            runs: path.join("home/runs"),
            waive: BTreeSet::new(),
            executor: executor(),
            shims: std::sync::Arc::new(Shims::of(&[&shim()])),
        };
        Self {
            folder,
            request,
            cancel_at: None,
            cancel: CancelToken::new(),
        }
    }

    /// The algorithm with [`GOOD`] and more script after it, given a scan and a threshold.
    pub(crate) fn with_scan(more: &str) -> Self {
        let job = Self::new(&format!("{GOOD}{more}"));
        let scan = job.file("scan.mha", &scan("10 20 30"));
        job.given(&[("scan", scan.as_str()), ("threshold", "0.5")])
    }

    /// With other inputs.
    pub(crate) fn given(mut self, inputs: &[(&str, &str)]) -> Self {
        self.request.inputs = values(inputs);
        self
    }

    /// With the algorithm changed.
    pub(crate) fn algorithm(mut self, change: impl FnOnce(&mut Algorithm)) -> Self {
        change(&mut self.request.algorithm);
        self
    }

    /// The job's folder.
    pub(crate) fn path(&self) -> Utf8PathBuf {
        utf8(self.folder.path())
    }

    /// Writes a file of the job and says where it is.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> Utf8PathBuf {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, content).unwrap();
        path
    }

    /// Runs it; whatever becomes of it, nothing of the container may be left.
    pub(crate) fn run(self) -> Ran {
        let mut watch = Watch {
            cancel: self.cancel.clone(),
            cancel_at: self.cancel_at,
            phases: Vec::new(),
            lines: Vec::new(),
        };
        let report = executor::run(&self.request, &mut watch, &self.cancel);
        // Shown only when the test fails.
        println!("{}", serde_json::to_string_pretty(&brief(&report)).unwrap());
        assert_nothing_left(&self.request.home);
        if self.request.executor.kind() == Kind::Local {
            assert_no_cgroup_left(&report);
        } else {
            let left = self.request.executor.sweep(&self.request.home).unwrap();
            assert_eq!(left, 0, "containers are left in the engine");
        }
        Ran {
            folder: self.folder,
            report,
            phases: watch.phases,
            lines: watch.lines,
        }
    }
}

impl Ran {
    /// The job's folder.
    pub(crate) fn path(&self) -> Utf8PathBuf {
        utf8(self.folder.path())
    }

    /// The failure, which must be of this reason.
    pub(crate) fn failed(&self, reason: FailureReason) -> &Failure {
        let failure = self.report.failure.as_ref().expect("the job failed");
        assert_eq!(failure.reason, reason, "{}", failure.message);
        failure
    }

    /// The failure of a job that was refused for this reason: nothing was started.
    pub(crate) fn refused(&self, reason: FailureReason) -> &Failure {
        assert_eq!(self.report.status, RunStatus::Refused);
        assert!(!self.phases.contains(&Phase::Executing));
        assert!(self.report.resources.is_none() && self.report.isolation.is_none());
        self.failed(reason)
    }

    /// It went well.
    pub(crate) fn succeeded(&self) -> &RunReport {
        assert_eq!(self.report.failure, None);
        assert_eq!(self.report.status, RunStatus::Succeeded);
        &self.report
    }

    /// Slugs of the outputs that are valid, sorted.
    pub(crate) fn outputs(&self) -> Vec<&str> {
        self.report
            .outputs
            .iter()
            .map(|output| output.socket.as_str())
            .collect()
    }

    /// The valid output of a socket.
    pub(crate) fn output(&self, socket: &str) -> &OutputValue {
        let mut outputs = self.report.outputs.iter();
        outputs
            .find(|output| output.socket == socket)
            .unwrap_or_else(|| panic!("no output `{socket}`"))
    }

    /// Code, socket, path and message of every problem.
    pub(crate) fn problems(&self) -> Vec<(FailureReason, &str, &str, &str)> {
        let failure = self.report.failure.as_ref().expect("the job failed");
        let problems = failure.problems.iter();
        problems
            .map(|problem| {
                let socket = problem.socket.as_deref().unwrap_or("-");
                let path = problem.path.as_deref().unwrap_or("-");
                (problem.code, socket, path, problem.message.as_str())
            })
            .collect()
    }

    /// There is a warning with all these words.
    pub(crate) fn warned(&self, words: &[&str]) {
        let fits = |warning: &&String| words.iter().all(|word| warning.contains(word));
        let warnings = &self.report.warnings;
        assert!(
            warnings.iter().any(|warning| fits(&warning)),
            "no {words:?} in {warnings:#?}"
        );
    }
}

/// A text has all these words.
pub(crate) fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in `{text}`");
    }
}

/// Inputs one by one.
pub(crate) fn values(inputs: &[(&str, &str)]) -> GivenInputs {
    let owned = |(slug, value): &(&str, &str)| ((*slug).to_owned(), (*value).to_owned());
    GivenInputs::Values(inputs.iter().map(owned).collect())
}

/// Where the tests of this process find an engine; set by the one that starts it (`in_an_engine`).
pub(crate) const ENGINE: &str = "GANTRY_TEST_ENGINE";

/// Where the jobs of this process run.
fn executor() -> std::sync::Arc<dyn Executor> {
    match std::env::var(ENGINE) {
        Ok(socket) => Kind::Docker.executor(Utf8Path::new(&socket)),
        Err(_) => Kind::Local.executor("".into()),
    }
}

/// The shim's program; a copy of it where a test runs as another user.
pub(crate) fn shim() -> String {
    let built = || env!("CARGO_BIN_EXE_executor-shim").to_owned();
    std::env::var("GANTRY_TEST_SHIM").unwrap_or_else(|_| built())
}

fn utf8(path: &std::path::Path) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(path.to_owned()).expect("temporary folders have names in UTF-8")
}

/// The report without the kernel's facts, which are long.
fn brief(report: &RunReport) -> RunReport {
    let mut report = report.clone();
    report.isolation = None;
    report
}

/// No work folder, no mount, no loop device, no cgroup of a container of this data folder.
fn assert_nothing_left(home: &Utf8Path) {
    let runs: Vec<_> = fs_err::read_dir(home.join("runs"))
        .into_iter()
        .flatten()
        .collect();
    assert!(runs.is_empty(), "work folders are left: {runs:?}");
    let mounts = fs_err::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(home.as_str()), "mounts are left");
    let devices = fs_err::read_dir("/sys/block")
        .into_iter()
        .flatten()
        .flatten();
    let files = devices
        .filter_map(|device| fs_err::read_to_string(device.path().join("loop/backing_file")).ok());
    for file in files {
        assert!(
            !file.contains(home.as_str()),
            "a loop device is left: {file}"
        );
    }
}

/// The cgroups of the container are gone, and with them every process that was in it.
fn assert_no_cgroup_left(report: &RunReport) {
    let Some(isolation) = &report.isolation else {
        return;
    };
    let folders = isolation.facts["cgroup"]["folders"].as_object().unwrap();
    for folder in folders.values() {
        let folder = Utf8Path::new(folder.as_str().unwrap());
        assert!(folder.file_name().unwrap().starts_with("gantry-"));
        assert!(!folder.exists(), "the cgroup `{folder}` is left");
    }
}

struct Watch {
    cancel: CancelToken,
    cancel_at: Option<&'static str>,
    phases: Vec<Phase>,
    lines: Vec<String>,
}

impl Observer for Watch {
    fn phase(&mut self, phase: Phase) {
        self.phases.push(phase);
    }

    fn log(&mut self, stream: Stream, _at: Duration, line: &str) {
        if self.cancel_at == Some(line) {
            self.cancel.cancel();
        }
        let name = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        self.lines.push(format!("{name} | {line}"));
    }
}
