//! The main line: inputs judged, container run, outputs judged, everything said in one report.

use std::time::Instant;

use camino::Utf8PathBuf;
use container::sandbox::{End, Leaving, Measured, Stream};
use domain::{
    Failure, FailureReason, RenderedSummary, ResourceRecord, ResourceSample, RunReport, RunStatus,
    Timings,
};

use crate::collect::{self, Collected};
use crate::execute::{self, Executed, WorkFolder, internal};
use crate::inputs::{self, AcceptedInputs};
use crate::output_folder::OutputFolder;
use crate::request::{CancelToken, Observer, Phase, RunRequest};
use crate::result_template::{DEFAULT_TEMPLATE, render_result};
use crate::{failure, gpu, isolation};

/// Runs an algorithm once. What goes wrong stands in the report, whosever fault it is.
pub fn run(request: &RunRequest, observer: &mut dyn Observer, cancel: &CancelToken) -> RunReport {
    let began = Instant::now();
    let mut report = empty_report(request);
    if let Err(failure) = run_job(request, &mut report, observer, cancel) {
        report.status = status_of(&failure, report.resources.is_some());
        report.failure = Some(failure);
    }
    report.timings.total = began.elapsed().as_secs_f64();
    keep(&mut report);
    observer.phase(Phase::Done);
    report
}

/// Writes the report beside the logs; that this failed is said in the report itself.
fn keep(report: &mut RunReport) {
    let Some(path) = report.files.get("report").cloned() else {
        return;
    };
    let text = serde_json::to_vec_pretty(&report).expect("a report holds nothing that JSON cannot");
    if let Err(error) = fs_err::write(path, text) {
        report
            .warnings
            .push(format!("the report could not be kept: {error}"));
    }
}

/// The one orchestrating function; fills the report as it learns.
fn run_job(
    request: &RunRequest,
    report: &mut RunReport,
    observer: &mut dyn Observer,
    cancel: &CancelToken,
) -> Result<(), Failure> {
    observer.phase(Phase::Checking);
    let clock = Instant::now();
    let mut output = OutputFolder::choose(&request.output_dir, request.overwrite)?;
    let work = WorkFolder::create(&request.runs)?;
    let accepted = inputs::accept(request, &work.scratch())?;
    report.interface = accepted.interface.clone();
    report.warnings.extend(accepted.warnings.iter().cloned());
    report.timings.check = clock.elapsed().as_secs_f64();
    if cancel.is_cancelled() {
        return Err(Failure::new(
            FailureReason::CancelledByUser,
            "the job was cancelled before it was started",
        ));
    }

    output.make()?;
    let executed = execute::execute(
        request,
        &accepted,
        &work,
        &output.own_folder(),
        (observer, cancel),
    )?;
    describe_execution(request, &executed, report);
    if !matches!(executed.outcome.end, End::NotStarted { .. }) {
        output.keep();
        report.files = output.files();
    }

    observer.phase(Phase::Collecting);
    let clock = Instant::now();
    let ended = failure::of(&executed.outcome, &executed.plan, &executed.logs);
    let ended = ended.map(|failure| gpu::explain(failure, executed.gpu.as_ref()));
    let (collected, leaving) = take_outputs(executed, &accepted, &output);
    // The container is cleaned away meanwhile.
    let judged = collected.and_then(|collected| judge(request, collected, report, &output));
    let left = leaving.wait();
    report.timings.collect = clock.elapsed().as_secs_f64();
    left.map_err(|error| internal("clean up the container", &error))?;
    match ended.or(judged?) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn empty_report(request: &RunRequest) -> RunReport {
    RunReport {
        status: RunStatus::Succeeded,
        failure: None,
        exit_code: None,
        outputs: Vec::new(),
        extra_files: Vec::new(),
        warnings: Vec::new(),
        result: None,
        isolation: None,
        resources: None,
        timings: Timings::default(),
        image_digest: request.image.digest.clone(),
        algorithm: request.algorithm.slug.to_string(),
        interface: None,
        files: std::collections::BTreeMap::new(),
    }
}

fn status_of(failure: &Failure, started: bool) -> RunStatus {
    if failure.reason == FailureReason::CancelledByUser {
        return RunStatus::Cancelled;
    }
    if started {
        RunStatus::Failed
    } else {
        RunStatus::Refused
    }
}

/// What the sandbox tells about a run, whether it succeeded or not.
fn describe_execution(request: &RunRequest, executed: &Executed, report: &mut RunReport) {
    let outcome = &executed.outcome;
    report.isolation = outcome.facts.as_ref().map(|facts| {
        let executor = request.executor.as_ref();
        let what = (&executed.plan, executed.gpu.as_ref());
        isolation::report(what, facts, executor, &request.waive)
    });
    report.resources = outcome
        .measured
        .as_ref()
        .filter(|_| !matches!(outcome.end, End::NotStarted { .. }))
        .map(resources);
    report.timings.provision = executed.provision_time.as_secs_f64();
    // Both are the shim's: building the sandbox, and letting the program go in it.
    report.timings.start = outcome.timings.provision_seconds + outcome.timings.start_seconds;
    report.timings.run = outcome.timings.run_seconds;
    report.exit_code = match outcome.end {
        End::Exited { code } => Some(code),
        End::TimedOut { code } => code,
        End::Signaled { .. }
        | End::OutOfMemory
        | End::LogFlood
        | End::DiskFull
        | End::Lost { .. }
        | End::Cancelled
        | End::NotStarted { .. } => None,
    };
    let Some(measured) = &outcome.measured else {
        return;
    };
    if matches!(outcome.end, End::Exited { code: 0 }) {
        let last = executed.logs.tail(Stream::Stderr).pop();
        report.warnings.extend(last.map(|line| {
            format!(
                "the program wrote to stderr; its last line: {}",
                line.trim()
            )
        }));
        if measured.pids_refusals > 0 {
            let limit = executed.plan.limits.pids;
            report.warnings.push(format!(
                "{} processes or threads were refused by the limit of {limit}",
                measured.pids_refusals
            ));
        }
        if measured.disk_full {
            report
                .warnings
                .push("the container's file system was full; outputs may be incomplete".to_owned());
        }
    }
}

fn resources(measured: &Measured) -> ResourceRecord {
    ResourceRecord {
        wall_seconds: measured.wall_seconds,
        cpu_seconds: measured.cpu_user_seconds + measured.cpu_system_seconds,
        peak_memory_bytes: measured.peak_memory_bytes,
        peak_pids: measured.peak_pids,
        bytes_written: measured.peak_disk_bytes,
        out_of_memory_kills: measured.out_of_memory_kills,
        pids_refusals: measured.pids_refusals,
        stdout_bytes: measured.stdout_bytes,
        stderr_bytes: measured.stderr_bytes,
        log_bytes_dropped: measured.log_bytes_dropped,
        throttled_seconds: measured.throttled_us.map(|us| us as f64 / 1e6),
        samples: measured
            .samples
            .iter()
            .map(|sample| ResourceSample {
                at_seconds: sample.at_seconds,
                memory_bytes: sample.memory_bytes,
                cpu_seconds: sample.cpu_seconds,
                pids: sample.pids,
                disk_bytes: sample.disk_bytes,
            })
            .collect(),
    }
}

/// Takes the outputs out of the sandbox and lets it go; a program that never ran left none.
fn take_outputs(
    executed: Executed,
    accepted: &AcceptedInputs,
    output: &OutputFolder,
) -> (Result<Collected, Failure>, Leaving) {
    let Executed {
        outcome, running, ..
    } = executed;
    let collected = match outcome.end {
        End::NotStarted { .. } => Ok(Collected::default()),
        End::Exited { .. }
        | End::Signaled { .. }
        | End::TimedOut { .. }
        | End::OutOfMemory
        | End::LogFlood
        | End::DiskFull
        | End::Lost { .. }
        | End::Cancelled => running
            .open_writable("/output")
            // They are reached through the shim, which can only be missing when somebody killed it.
            .map_err(|error| execute::shim_lost("open the outputs", &error))
            .and_then(|folder| {
                collect::collect(
                    folder,
                    accepted,
                    &output.outputs(),
                    &accepted.algorithm.limits,
                )
                .map_err(|error| internal("collect the outputs", &error))
            }),
    };
    (collected, running.let_go())
}

/// Puts the outputs into the report, and says what is wrong with them.
fn judge(
    request: &RunRequest,
    collected: Collected,
    report: &mut RunReport,
    output: &OutputFolder,
) -> Result<Option<Failure>, Failure> {
    report.outputs = collected.outputs;
    report.extra_files = collected.extra_files;
    report.warnings.extend(collected.warnings);
    if let Some(results) = &collected.results {
        let template = request
            .algorithm
            .result_template
            .as_deref()
            .unwrap_or(DEFAULT_TEMPLATE);
        match render_result(template, results) {
            Ok(rendered) => {
                let path: Utf8PathBuf = output.write_result(&rendered.html)?;
                report
                    .files
                    .insert("result_html".to_owned(), path.into_string());
                report.result = Some(RenderedSummary {
                    html: rendered.html,
                    text: rendered.text,
                });
            }
            Err(error) => report
                .warnings
                .push(format!("{error}; `results.json` itself is kept")),
        }
    }
    Ok(outputs_failure(collected.problems))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "outputs have four of the reasons"
)]
fn outputs_failure(problems: Vec<domain::Problem>) -> Option<Failure> {
    let first = problems.first()?;
    let place = first.path.as_deref().unwrap_or("?");
    let socket = first
        .socket
        .as_ref()
        .map_or_else(String::new, |socket| format!("socket `{socket}`: "));
    let more = if problems.len() > 1 {
        format!(" (and {} more)", problems.len() - 1)
    } else {
        String::new()
    };
    let message = format!("{socket}`/output/{place}` {}{more}", first.message);
    let hint = match first.code {
        FailureReason::OutputMissing => {
            Some("write every output of the chosen interface below `/output`, then exit with 0")
        }
        FailureReason::OutputAmbiguous => Some("write one image per folder"),
        FailureReason::GeometryRefused => {
            Some("in SimpleITK: `output.CopyInformation(input)` before writing")
        }
        _ => None,
    };
    let mut failure = Failure::new(first.code, message);
    failure.hint = hint.map(str::to_owned);
    failure.problems = problems;
    Some(failure)
}
