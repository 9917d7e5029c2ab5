//! What a program may leave in `/output` to harm its host: nothing is followed, opened, waited for, or believed.

use std::os::unix::fs::FileTypeExt;

use domain::FailureReason;

use super::{after_good, one_invalid};
use crate::job::{Job, Ran, says};

/// Nothing but files and folders was taken over.
fn nothing_special_taken(ran: &Ran) {
    let mut folders = vec![std::path::PathBuf::from(&ran.report.files["outputs"])];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            assert!(
                !kind.is_symlink() && !kind.is_fifo() && !kind.is_socket(),
                "{entry:?}"
            );
            if kind.is_dir() {
                folders.push(entry.path());
            }
        }
    }
}

#[test]
fn links_are_not_followed() {
    let ran = one_invalid(
        "ln -sf /etc/passwd /output/count.json; ln -s / /output/root; ln -s count.json /output/near.json",
        "count",
        &["is a symbolic link", "never followed"],
    );
    ran.warned(&["/output/root", "symbolic link"]);
    ran.warned(&["/output/near.json"]);
    nothing_special_taken(&ran);
    let ran = one_invalid(
        "mv /output/images/mask /tmp/mask; ln -s /tmp/mask /output/images/mask",
        "mask",
        &["symbolic link"],
    );
    nothing_special_taken(&ran);
    let ran = one_invalid(
        "cd /output/images/mask; mv mask.mha /tmp/m.mha; ln -s /etc/shadow mask.mha",
        "mask",
        &["images/mask/mask.mha", "symbolic link"],
    );
    nothing_special_taken(&ran);
}

#[test]
fn a_folder_on_the_way_may_not_be_a_link_either() {
    let ran = one_invalid(
        "mv /output/tables /tmp/tables; ln -s /tmp/tables /output/tables",
        "table",
        &["lies in `tables`", "symbolic link"],
    );
    nothing_special_taken(&ran);
}

#[test]
fn a_fifo_is_not_opened() {
    let ran = one_invalid(
        "rm /output/count.json; mkfifo /output/count.json /output/pipe /output/images/mask/p.mha",
        "count",
        &["is a FIFO, expected a regular file"],
    );
    ran.warned(&["/output/pipe", "FIFO"]);
    ran.warned(&["/output/images/mask/p.mha", "FIFO"]);
    nothing_special_taken(&ran);
}

#[test]
fn a_socket_is_not_opened() {
    // An archive with a UNIX socket called `count.json`, in the old format with its numbers in hexadecimal.
    let entry = |name: &str, mode: usize| {
        let numbers = [1, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.len() + 1, 0];
        let numbers: String = numbers
            .iter()
            .map(|number| format!("{number:08X}"))
            .collect();
        let padding = "\\0".repeat(4 - (110 + name.len()) % 4);
        format!("070701{numbers}{name}{padding}")
    };
    let archive = entry("count.json", 0o140_755) + &entry("TRAILER!!!", 0);
    let script = format!(
        "cd /output; rm count.json; printf '{archive}' | cpio -i; test -S count.json || exit 9"
    );
    let ran = one_invalid(&script, "count", &["is a socket, expected a regular file"]);
    assert_eq!(ran.report.exit_code, Some(0));
    nothing_special_taken(&ran);
}

#[test]
fn names_that_are_not_utf_8_or_hostile() {
    let ran = after_good(
        "echo > \"$(printf '/output/a\\377b')\"; echo > \"$(printf '/output/c\\033[2J')\"; mkdir '/output/..x'",
    );
    ran.succeeded();
    ran.warned(&["/output/a\u{fffd}b", "not UTF-8"]);
    assert_eq!(ran.report.extra_files[0].relative_path, "c\u{1b}[2J");
    nothing_special_taken(&ran);
}

#[test]
fn too_many_files() {
    let ran = after_good(
        "mkdir /output/a; i=0; while [ $i -lt 200 ]; do echo > /output/a/$i; i=$((i+1)); done",
    );
    let failure = ran.failed(FailureReason::OutputInvalid);
    assert!(!failure.problems.is_empty());
    says(&failure.message, &["100 files and folders"]);
    assert!(ran.report.extra_files.len() <= 100);
}

#[test]
fn too_many_bytes() {
    let sparse = "dd if=/dev/zero of=/output/huge bs=1 count=1 seek=1099511627775 2>/dev/null || dd if=/dev/zero of=/output/huge bs=1 count=1 seek=4294967295 2>/dev/null";
    let ran = Job::with_scan(sparse)
        .algorithm(|algorithm| algorithm.limits.output_bytes = 1 << 20)
        .run();
    ran.succeeded();
    ran.warned(&["/output/huge", "expected at most"]);
    let ran = Job::with_scan("head -c 3000 /dev/zero > /output/images/mask/b.mha")
        .algorithm(|algorithm| algorithm.limits.output_bytes = 1000)
        .run();
    ran.warned(&["images/mask/b.mha", "3000 bytes"]);
}

#[test]
fn holes_and_further_names_are_no_way_around_the_disk_limit() {
    let limited = |script: &str| {
        Job::with_scan(script)
            .algorithm(|algorithm| algorithm.limits.disk_bytes = 32 << 20)
            .run()
    };
    let hole = "dd if=/dev/zero of=/output/huge bs=1 count=1 seek=4294967295 2>/dev/null";
    limited(hole).warned(&["/output/huge", "expected at most"]);
    let names = "dd if=/dev/zero of=/output/a bs=1M count=10 2>/dev/null; for b in b c d e; do ln /output/a /output/$b; done";
    let ran = limited(names);
    ran.warned(&["expected at most"]);
    let taken: u64 = ran.report.extra_files.iter().map(|file| file.bytes).sum();
    assert!(taken <= 32 << 20, "{taken} bytes were copied");
}

#[test]
fn files_that_nobody_may_read_and_hard_links() {
    let ran = after_good(
        "chmod 000 /output/count.json /output/tables; ln /output/results.json /output/twice.json",
    );
    let report = ran.succeeded();
    assert_eq!(ran.output("count").value, Some(4.into()));
    assert_eq!(report.extra_files[0].relative_path, "twice.json");
    let kept = fs_err::metadata(&ran.output("count").path).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::nlink(&kept), 1);
}

#[test]
fn folders_without_end() {
    let ran = after_good(
        "cd /output; i=0; while [ $i -lt 50 ]; do mkdir d; cd d; i=$((i+1)); done; echo > f",
    );
    ran.succeeded();
    ran.warned(&["folders deep"]);
    nothing_special_taken(&ran);
}

#[test]
fn a_program_that_goes_on_in_the_background_changes_nothing_afterwards() {
    let ran = after_good("(sleep 0.05; echo 9 > /output/count.json; sleep 60) & exit 0");
    assert_eq!(ran.succeeded().outputs[0].value, Some(4.into()));
}
