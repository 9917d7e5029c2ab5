//! What a report says of isolation, resources and time.

use domain::{FailureReason, Guarantee, GuaranteeRecord, RunReport, Verdict};
use executor::Phase;

use crate::job::{Job, says};

/// What a report says of one guarantee.
pub(crate) fn record(report: &RunReport, guarantee: Guarantee) -> &GuaranteeRecord {
    let isolation = report.isolation.as_ref().expect("the program ran");
    let mut records = isolation.guarantees.iter();
    records
        .find(|record| record.guarantee == guarantee)
        .unwrap_or_else(|| panic!("{guarantee:?} is not told"))
}

#[test]
fn every_guarantee_is_kept_and_told_with_its_source() {
    let ran = Job::with_scan("").run();
    let isolation = ran.succeeded().isolation.as_ref().unwrap();
    assert_eq!(isolation.runtime, "native");
    assert_eq!(isolation.guarantees.len(), Guarantee::ALL.len());
    for guarantee in Guarantee::ALL {
        let record = record(&ran.report, guarantee);
        assert_eq!(record.verdict, Verdict::Kept, "{record:?}");
        assert!(!record.asked.is_empty() && !record.source.is_empty());
    }
    let memory = record(&ran.report, Guarantee::MemoryLimit);
    says(&memory.asked, &["64000000 bytes"]);
    says(&memory.in_force, &["64000000 bytes"]);
    says(
        &record(&ran.report, Guarantee::TimeLimit).asked,
        &["60000 ms"],
    );
    assert!(isolation.facts.is_object());
}

#[test]
fn a_failed_job_has_its_isolation_told_too() {
    let ran = Job::new("exit 1").run();
    let records = &ran.report.isolation.as_ref().unwrap().guarantees;
    assert!(records.iter().all(|record| record.verdict == Verdict::Kept));
}

#[test]
fn what_may_be_given_up_is_kept_where_the_host_can() {
    let mut job = Job::with_scan("");
    job.request.waive = [Guarantee::DiskLimit, Guarantee::MemoryLimit].into();
    let ran = job.run();
    ran.succeeded();
    for guarantee in [Guarantee::DiskLimit, Guarantee::MemoryLimit] {
        assert_eq!(record(&ran.report, guarantee).verdict, Verdict::Kept);
    }
}

#[test]
fn what_was_used_is_measured() {
    let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
        dd if=/dev/zero of=/dev/shm/x bs=1M count=20
        dd if=/dev/zero of=/tmp/x bs=1M count=10; sleep 0.2; printf 12345";
    let ran = Job::with_scan(busy).run();
    let used = ran.succeeded().resources.as_ref().unwrap();
    assert!((0.2..20.0).contains(&used.wall_seconds), "{used:?}");
    assert!(used.cpu_seconds > 0.005 && used.cpu_seconds < 2.0 * used.wall_seconds + 0.1);
    let range = |value: Option<u64>| value.expect("measured as root of the tests' machine");
    assert!(
        (20 << 20..64_000_001).contains(&range(used.peak_memory_bytes)),
        "{used:?}"
    );
    assert!(
        (10 << 20..64 << 20).contains(&range(used.bytes_written)),
        "{used:?}"
    );
    assert!((1..=3).contains(&range(used.peak_pids)), "{used:?}");
    assert_eq!(used.stdout_bytes, 5);
    assert!(used.stderr_bytes > 0, "dd tells what it did");
    assert_eq!(
        (
            used.out_of_memory_kills,
            used.pids_refusals,
            used.log_bytes_dropped
        ),
        (0, 0, 0)
    );
}

#[test]
fn limits_that_were_met_without_harm_are_warnings() {
    let ran = Job::with_scan("head -c 100000000 /dev/zero > /tmp/x; rm /tmp/x; true").run();
    ran.succeeded();
    ran.warned(&["file system was full", "outputs may be incomplete"]);
    let forks = "(for i in 1 2 3 4 5 6; do sleep 0.1 & done); sleep 0.2; true";
    let ran = Job::with_scan(forks)
        .algorithm(|algorithm| algorithm.limits.pids = 4)
        .run();
    ran.succeeded();
    ran.warned(&["were refused by the limit of 4"]);
}

#[test]
fn phases_and_their_times_add_up() {
    let ran = Job::with_scan("sleep 0.3").run();
    let times = &ran.succeeded().timings;
    let parts = [
        times.check,
        times.provision,
        times.start,
        times.run,
        times.collect,
    ];
    assert!(parts.iter().all(|seconds| *seconds > 0.0), "{times:?}");
    let sum: f64 = parts.iter().sum();
    assert!(sum <= times.total + 1e-6, "{times:?}");
    // The clock starts a moment after the program.
    assert!((0.25..20.0).contains(&times.run), "{times:?}");
    // A sandbox is not built in no time: its namespaces and file systems belong to the start, not to the inputs.
    assert!(
        times.start > 0.001 && times.start > times.provision / 100.0,
        "{times:?}"
    );
    let order = [
        Phase::Checking,
        Phase::Provisioning,
        Phase::Executing,
        Phase::Collecting,
        Phase::Done,
    ];
    assert_eq!(ran.phases, order);
}

#[test]
fn the_report_is_kept_beside_the_logs() {
    let ran = Job::with_scan("echo one; echo two >&2").run();
    let files = &ran.succeeded().files;
    let text = |name: &str| fs_err::read_to_string(&files[name]).unwrap();
    assert_eq!(
        (text("stdout"), text("stderr")),
        ("one\n".to_owned(), "two\n".to_owned())
    );
    let kept: RunReport = serde_json::from_str(&text("report")).unwrap();
    assert_eq!(kept.status, ran.report.status);
    assert_eq!(kept.image_digest, ran.report.image_digest);
    assert_eq!(kept.outputs.len(), 4);
    assert_eq!(kept.interface, ran.report.interface);
    assert!(text("result_html").contains("<strong>4</strong>"));
}

#[test]
fn an_earlier_run_is_replaced_only_when_asked() {
    let laid = |overwrite| {
        let mut job = Job::new("echo 1 > /output/count.json");
        job.file("output/output/count.json", b"8");
        job.file("output/gantry/report.json", b"{}");
        job.request.overwrite = overwrite;
        job.run()
    };
    let ran = laid(false);
    let failure = ran.refused(FailureReason::InputInvalid);
    says(&failure.message, &["is not empty"]);
    says(failure.hint.as_deref().unwrap(), &["--overwrite"]);
    assert!(
        ran.report.files.is_empty(),
        "nothing of an earlier run is touched"
    );
    assert_eq!(laid(true).succeeded().outputs[0].value, Some(1.into()));
}

#[test]
fn a_place_where_no_folder_can_be_is_refused() {
    let job = Job::new("true");
    job.file("output", b"a file");
    let ran = job.run();
    let failure = ran.refused(FailureReason::InputInvalid);
    says(&failure.message, &["/output` cannot be made"]);
    says(failure.hint.as_deref().unwrap(), &["-o"]);
}
