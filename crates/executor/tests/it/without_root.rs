//! An ordinary user's machine, which cannot give every guarantee: what is missing is refused, or waived by name.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use domain::{FailureReason, Guarantee, RunStatus, Verdict};

use crate::job::{Job, says, shim};
use crate::report::record;

/// What needs cgroups, which an ordinary user has not.
const CGROUPS: [Guarantee; 4] = [
    Guarantee::MemoryLimit,
    Guarantee::SwapOff,
    Guarantee::CpuLimit,
    Guarantee::PidsLimit,
];

/// Runs this very test as a user without rights when it was started as root.
fn as_ordinary_user(test: &str, body: fn()) {
    if !rustix::process::geteuid().is_root() {
        return body();
    }
    let folder = tempfile::tempdir().unwrap();
    let open = std::fs::Permissions::from_mode(0o1777);
    fs_err::set_permissions(folder.path(), open).unwrap();
    let copy = |name: &str, from: &std::path::Path| {
        let to = folder.path().join(name);
        fs_err::copy(from, &to).unwrap();
        fs_err::set_permissions(&to, std::fs::Permissions::from_mode(0o755)).unwrap();
        to
    };
    let output = Command::new(copy("it", &std::env::current_exe().unwrap()))
        .args(["--exact", test])
        .env("GANTRY_TEST_SHIM", copy("shim", shim().as_ref()))
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .gid(54_321)
        .uid(54_321)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{complained}"
    );
}

#[test]
fn what_is_given_up_is_told_as_such() {
    as_ordinary_user("without_root::what_is_given_up_is_told_as_such", || {
        let mut job = Job::with_scan("");
        job.request.waive = CGROUPS.into();
        let ran = job.run();
        ran.succeeded();
        for guarantee in Guarantee::ALL {
            let record = record(&ran.report, guarantee);
            // A host without swap keeps swap off by itself.
            let either = guarantee == Guarantee::SwapOff;
            let waived = record.verdict == Verdict::Waived;
            assert!(
                either || waived == CGROUPS.contains(&guarantee),
                "{record:?}"
            );
            assert!(record.verdict != Verdict::Broken, "{record:?}");
        }
        let memory = record(&ran.report, Guarantee::MemoryLimit);
        says(&memory.in_force, &["no limit"]);
    });
}

#[test]
fn what_the_host_cannot_give_is_refused_with_a_remedy() {
    as_ordinary_user(
        "without_root::what_the_host_cannot_give_is_refused_with_a_remedy",
        || {
            let ran = Job::with_scan("").run();
            let failure = ran.failed(FailureReason::NoResources);
            says(&failure.message, &["memory_limit"]);
            says(failure.hint.as_deref().unwrap(), &["by name"]);
            assert_eq!(ran.report.status, RunStatus::Refused);
            assert!(ran.report.resources.is_none());
        },
    );
}
