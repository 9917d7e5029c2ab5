//! An ordinary user: what the kernel gives is taken, what it does not give must be waived by name.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use container::sandbox::{StartProblem, Waivable};

use super::harness::Case;
use super::place::{probe, shim};

/// Everything that needs cgroups.
fn waived() -> BTreeSet<Waivable> {
    [
        Waivable::MemoryLimit,
        Waivable::SwapOff,
        Waivable::CpuLimit,
        Waivable::PidsLimit,
    ]
    .into()
}

fn smoke() {
    let mut case = Case::new(&["probe", "attempts"]);
    case.waive = waived();
    case.check(|ran| {
        ran.succeeded();
        let allowed: Vec<_> = ran
            .answers()
            .into_iter()
            .filter(|(_, answer)| *answer == "allowed")
            .collect();
        assert_eq!(allowed, []);
        let own = u64::from(rustix::process::geteuid().as_raw());
        assert!(own != 0);
        assert_eq!(ran.facts().cgroup.memory_limit_bytes, None);
        assert!(
            ran.facts()
                .namespaces
                .values()
                .all(|fact| !fact.shared_with_host)
        );
    });
    let mut case = Case::new(&["probe", "fill", "/output/x"]);
    case.waive = waived();
    case.check(|ran| {
        ran.succeeded();
        assert_eq!(ran.answers()["end"], "ENOSPC");
        assert!(ran.measured().disk_full);
    });
    let mut case = Case::new(&["probe", "inodes", "/output"]);
    case.waive = waived();
    case.check(|ran| {
        ran.succeeded();
        assert_eq!(ran.answers()["end"], "ENOSPC");
        assert!(ran.number("files") <= 10_000);
    });
    let mut case = Case::shell("id -u; cat /input/value.json; echo done >/output/file");
    case.waive = waived();
    case.check(|ran| {
        assert_eq!(ran.stdout, "1000\n{\"a\": 1}");
        assert_eq!(ran.outputs, ["file"]);
    });
}

fn refusal() {
    Case::new(&["true"]).check(|ran| {
        ran.refused(
            StartProblem::Host,
            &[
                "`memory_limit`, `cpu_limit`, `pids_limit`",
                "cgroup",
                "by name",
                "root",
            ],
        );
    });
}

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
        .env("GANTRY_TEST_SHIM", copy("shim", shim().as_std_path()))
        .env("GANTRY_TEST_PROBE", copy("probe", probe().as_std_path()))
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
fn runs_with_less_when_asked_by_name() {
    as_ordinary_user(
        "sandbox::without_root::runs_with_less_when_asked_by_name",
        smoke,
    );
}

#[test]
fn refuses_with_a_remedy_otherwise() {
    as_ordinary_user(
        "sandbox::without_root::refuses_with_a_remedy_otherwise",
        refusal,
    );
}
