//! Every reason for which a job may fail here, as the author of the algorithm reads it.

use domain::{FailureReason, GeometryRule, GpuRequest, RunStatus};
use executor::Phase;

use crate::algorithm::{GOOD, MANIFEST, scan};
use crate::job::{Job, says};

#[test]
fn an_exit_code_with_the_last_words() {
    let ran = Job::new("echo loading; echo 'no cells' >&2; exit 3").run();
    let failure = ran.failed(FailureReason::ExitCode);
    assert_eq!(
        (failure.exit_code, ran.report.exit_code),
        (Some(3), Some(3))
    );
    assert_eq!(
        failure.message,
        "the program returned exit code 3: no cells"
    );
    assert_eq!(failure.log_tail, ["no cells"]);
    assert_eq!((&failure.limit, &failure.signal), (&None, &None));
    assert_eq!(ran.report.status, RunStatus::Failed);
    assert!(ran.lines.contains(&"stdout | loading".to_owned()));
}

#[test]
fn an_exit_code_with_a_known_meaning() {
    let ran = Job::new("echo about to start; nosuchprogram 2>/dev/null").run();
    let failure = ran.failed(FailureReason::ExitCode);
    assert_eq!(failure.exit_code, Some(127));
    says(failure.hint.as_deref().unwrap(), &["127", "PATH"]);
    assert_eq!(
        failure.log_tail,
        ["about to start"],
        "stdout speaks where stderr is empty"
    );
}

#[test]
fn a_signal_by_its_name() {
    let ran = Job::new("echo dying >&2; kill -SEGV $$").run();
    let failure = ran.failed(FailureReason::Signal);
    assert_eq!(failure.signal.as_deref(), Some("SIGSEGV"));
    assert_eq!((failure.exit_code, ran.report.exit_code), (None, None));
    says(&failure.message, &["signal 11 (SIGSEGV)"]);
    says(failure.hint.as_deref().unwrap(), &["PYTHONFAULTHANDLER"]);
    assert_eq!(failure.log_tail, ["dying"]);
}

#[test]
fn the_memory_limit() {
    let ran = Job::new("echo filling >&2; dd if=/dev/zero of=/dev/shm/x bs=1M count=200").run();
    let failure = ran.failed(FailureReason::MemoryLimit);
    assert_eq!(failure.limit.as_deref(), Some("64.0 MB (64000000 bytes)"));
    says(failure.peak.as_deref().unwrap(), &["6", "MB ("]);
    says(failure.hint.as_deref().unwrap(), &["limits.memory"]);
    assert_eq!(failure.log_tail, ["filling"]);
    assert!(ran.report.resources.as_ref().unwrap().out_of_memory_kills > 0);
}

#[test]
fn the_limit_on_processes() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; wait";
    let ran = Job::new(script).algorithm(|a| a.limits.pids = 4).run();
    let failure = ran.failed(FailureReason::PidsLimit);
    assert_eq!(failure.limit.as_deref(), Some("4 processes and threads"));
    assert_eq!(failure.peak.as_deref(), Some("4 processes and threads"));
    says(
        failure.hint.as_deref().unwrap(),
        &["num_workers", "limits.pids"],
    );
    assert!(failure.exit_code.is_some_and(|code| code != 0));
    says(&failure.log_tail.join("\n"), &["fork"]);
}

#[test]
fn the_disk_limit() {
    let ran = Job::new("dd if=/dev/zero of=/tmp/x bs=1M count=200").run();
    let failure = ran.failed(FailureReason::DiskLimit);
    assert_eq!(failure.limit.as_deref(), Some("67.1 MB (67108864 bytes)"));
    says(failure.peak.as_deref().unwrap(), &["MB ("]);
    says(failure.hint.as_deref().unwrap(), &["limits.disk", "/tmp"]);
    says(&failure.log_tail.join("\n"), &["No space left"]);
    assert_eq!(failure.exit_code, Some(1));
}

#[test]
fn the_time_limit_with_and_without_an_answer() {
    let limited = |script| {
        Job::new(script)
            .algorithm(|algorithm| algorithm.limits.wall_time_ms = 300)
            .run()
    };
    let ran =
        limited("exec 2>/dev/null; echo waiting; trap 'exit 7' TERM; while :; do sleep 0.02; done");
    let failure = ran.failed(FailureReason::TimeLimit);
    assert_eq!(failure.limit.as_deref(), Some("0.3 s"));
    // A busy machine may see its end later.
    let peak = failure
        .peak
        .as_deref()
        .and_then(|peak| peak.strip_suffix(" s"));
    let peak = peak.and_then(|peak| peak.parse::<f64>().ok());
    assert!(
        peak.is_some_and(|peak| (0.3..5.0).contains(&peak)),
        "{peak:?}"
    );
    assert_eq!(
        (failure.exit_code, ran.report.exit_code),
        (Some(7), Some(7))
    );
    assert_eq!(failure.log_tail, ["waiting"]);
    assert!(
        failure
            .at_seconds
            .is_some_and(|at| (0.3..5.0).contains(&at))
    );
    let silent = limited("exec sleep 60");
    let failure = silent.failed(FailureReason::TimeLimit);
    assert_eq!(failure.exit_code, None);
    says(failure.hint.as_deref().unwrap(), &["limits.time"]);
}

#[test]
fn the_log_limit() {
    let ran = Job::new("while :; do echo 0123456789012345678901234567890123456789; done")
        .algorithm(|algorithm| {
            algorithm.limits.log_kept_bytes = 10_000;
            algorithm.limits.log_max_bytes = 100_000;
        })
        .run();
    let failure = ran.failed(FailureReason::LogLimit);
    assert_eq!(failure.limit.as_deref(), Some("100.0 kB (100000 bytes)"));
    says(failure.peak.as_deref().unwrap(), &["kB ("]);
    says(failure.hint.as_deref().unwrap(), &["/output"]);
    let last = failure.log_tail.last().unwrap();
    assert!(last.ends_with("9") && last.len() <= 40, "{last}");
    let kept = fs_err::metadata(&ran.report.files["stdout"]).unwrap().len();
    assert!((10_000..11_000).contains(&kept), "{kept}");
}

#[test]
fn the_last_words_are_kept_where_the_log_is_not() {
    let script = "i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678 >&2; i=$((i+1)); done
        echo 'the real reason' >&2; exit 3";
    let ran = Job::new(script)
        .algorithm(|algorithm| algorithm.limits.log_kept_bytes = 10_000)
        .run();
    let failure = ran.failed(FailureReason::ExitCode);
    says(&failure.message, &["the real reason"]);
    assert_eq!(failure.log_tail.len(), 20);
    assert_eq!(failure.log_tail.last().unwrap(), "the real reason");
    let dropped = ran.report.resources.as_ref().unwrap().log_bytes_dropped;
    assert!((20_000..40_100).contains(&dropped), "{dropped}");
    assert!(ran.lines.iter().any(|line| line.contains("were not kept")));
}

#[test]
fn outputs_that_are_not_there_or_not_what_they_should_be() {
    let ran = Job::new("exit 0").run();
    let failure = ran.failed(FailureReason::OutputMissing);
    assert_eq!(
        failure.message,
        "socket `count`: `/output/count.json` was not produced"
    );
    assert_eq!(ran.report.exit_code, Some(0));
    let ran = Job::new("echo 10 > /output/count.json").run();
    let failure = ran.failed(FailureReason::OutputInvalid);
    says(
        &failure.message,
        &["socket `count`", "/output/count.json", "10", "9"],
    );
    let ran = Job::with_scan("cp /output/images/mask/mask.mha /output/images/mask/b.mha").run();
    let failure = ran.failed(FailureReason::OutputAmbiguous);
    says(
        &failure.message,
        &["images/mask", "holds 2 images", "b.mha", "mask.mha"],
    );
    says(failure.hint.as_deref().unwrap(), &["one image"]);
}

#[test]
fn an_image_that_lies_elsewhere_where_that_is_refused() {
    let elsewhere = String::from_utf8(scan("0 0 0")).unwrap();
    let script = format!("{GOOD}printf '{elsewhere}' > /output/images/mask/mask.mha")
        .replace('\0', "\\0")
        .replace('\u{1}', "\\1");
    let job = |rule| {
        let job = Job::new(&script).algorithm(|algorithm| algorithm.geometry = rule);
        let scan = job.file("scan.mha", &scan("10 20 30"));
        job.given(&[("scan", scan.as_str()), ("threshold", "0.5")])
            .run()
    };
    let ran = job(GeometryRule::Refuse);
    let failure = ran.failed(FailureReason::GeometryRefused);
    says(&failure.message, &["socket `mask`", "input `scan`"]);
    says(failure.hint.as_deref().unwrap(), &["CopyInformation"]);
    let ran = job(GeometryRule::Warn);
    ran.succeeded();
    ran.warned(&["images/mask/mask.mha", "input `scan`"]);
    let geometry = ran.output("mask").geometry.as_ref().unwrap();
    assert!(!geometry.aligned && geometry.worst_corner_mm.is_some());
}

#[test]
fn an_input_before_anything_is_started() {
    let ran = Job::new(GOOD).given(&[("threshold", "-1")]).run();
    let failure = ran.refused(FailureReason::InputInvalid);
    says(
        &failure.message,
        &["input `threshold`", "-1", "minimum of 0"],
    );
    assert_eq!(failure.problems.len(), 1);
}

#[test]
fn an_image_that_cannot_be_run() {
    let nothing = Job::of(MANIFEST, &[]).run();
    let failure = nothing.refused(FailureReason::ImageUnusable);
    says(&failure.message, &["neither ENTRYPOINT nor CMD"]);
    says(failure.hint.as_deref().unwrap(), &["Dockerfile"]);
    let absent = Job::of(MANIFEST, &["/opt/run.sh"]).run();
    let failure = absent.failed(FailureReason::ImageUnusable);
    says(&failure.message, &["/opt/run.sh"]);
    assert_eq!(absent.report.status, RunStatus::Refused);
    let mut job = Job::new(GOOD);
    job.request.model = Some(job.file("model.tar.gz", b"no tarball"));
    let ran = job.run();
    let failure = ran.refused(FailureReason::ImageUnusable);
    says(&failure.message, &["model.tar.gz", "cannot be used"]);
}

#[test]
fn a_gpu_that_is_not_there() {
    let named = GpuRequest::Named("gantry.test/no=such".to_owned());
    let ran = Job::new(GOOD)
        .algorithm(|algorithm| algorithm.limits.gpu = named)
        .run();
    let failure = ran.refused(FailureReason::NoResources);
    says(&failure.message, &["GPU"]);
    assert!(failure.hint.is_some());
}

#[test]
fn a_job_that_somebody_cancels() {
    let mut job = Job::new(
        "exec 2>/dev/null; echo 4 > /output/count.json; trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done",
    );
    job.cancel_at = Some("ready");
    let ran = job.run();
    let failure = ran.failed(FailureReason::CancelledByUser);
    assert_eq!(ran.report.status, RunStatus::Cancelled);
    assert_eq!(failure.log_tail, ["ready", "bye"]);
    assert_eq!(ran.outputs(), ["count"], "what is there is kept");
}

#[test]
fn a_job_that_is_cancelled_twice_is_not_waited_for() {
    let mut job = Job::new("trap '' TERM; echo ready; echo ready; while :; do sleep 1; done");
    job.cancel_at = Some("ready");
    let ran = job.run();
    let failure = ran.failed(FailureReason::CancelledByUser);
    // The grace period is five seconds.
    assert!(failure.at_seconds.is_some_and(|at| at < 4.0), "{failure:?}");
}

#[test]
fn a_job_that_is_cancelled_before_it_is_started() {
    let job = Job::new(GOOD);
    job.cancel.cancel();
    let ran = job.run();
    ran.failed(FailureReason::CancelledByUser);
    assert_eq!(ran.report.status, RunStatus::Cancelled);
    assert!(!ran.phases.contains(&Phase::Executing));
}
