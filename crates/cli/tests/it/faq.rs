//! Each entry of `docs/faq.md` with a container that fails in that way; what the page quotes is what is said.

use crate::algorithm::{GOOD, RUN, lay_out};
use crate::gantry::{Answer, Gantry};
use crate::papers::Page;
use crate::python::root;

/// Entries that quote something.
const QUOTING: [&str; 4] = [
    "What resources are available?",
    "Where can I write data?",
    "Time limit exceeded errors with PyTorch",
    "Output overlay not visible",
];

/// The quoted lines under a heading of the page.
fn quoted(heading: &str) -> Vec<String> {
    let page = fs_err::read_to_string(root().join("docs/faq.md")).unwrap();
    let (_, entry) = page
        .split_once(&format!("## {heading}"))
        .unwrap_or_else(|| panic!("no entry `{heading}`"));
    let entry = entry.split("\n## ").next().unwrap();
    entry
        .split("```text\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .map(str::to_owned)
        .collect()
}

/// Runs a script as the algorithm.
fn run(script: &str, more: &[&str]) -> (Gantry, Answer) {
    let gantry = Gantry::new();
    lay_out(&gantry, script);
    let answer = gantry.run(RUN.iter().chain(more));
    (gantry, answer)
}

#[track_caller]
fn says(answer: &Answer, line: &str) {
    let said = answer.stdout.clone() + &answer.stderr;
    assert!(said.contains(line), "`{line}` is not in: {said}");
}

#[test]
fn every_quotation_stands_in_an_entry_with_a_test() {
    let mut page = Page::open("docs/faq.md");
    for entry in QUOTING {
        let lines: Vec<String> = page.take("text").text.lines().map(str::to_owned).collect();
        assert_eq!(lines, quoted(entry), "{entry}");
    }
}

#[test]
fn what_resources_are_available() {
    let lines = quoted(QUOTING[0]);
    assert_eq!(lines.len(), 2);
    let (_, memory) = run("dd if=/dev/zero of=/dev/shm/x bs=1M count=200", &[]);
    assert_eq!(memory.code, 13);
    says(&memory, &lines[0]);
    let (_, processes) = run(
        "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; wait",
        &["--pids", "4"],
    );
    assert_eq!(processes.code, 13);
    says(&processes, &lines[1]);
    // The isolation report has what was in force.
    says(&memory, "memory_limit");
}

#[test]
fn where_can_i_write_data() {
    let writes = "for place in /output/x /tmp/x /dev/shm/x; do echo x > $place || exit 4; done; ";
    let (_, answer) = run(&format!("{writes} echo x > /input/x"), &[]);
    assert_eq!(answer.code, 10, "{}", answer.stderr);
    let lines = quoted(QUOTING[1]);
    assert_eq!(lines.len(), 1);
    says(&answer, &lines[0]);
}

#[test]
fn time_limit_exceeded_with_pytorch() {
    let lines = quoted(QUOTING[2]);
    let (_, waits) = run("sleep 60", &["--time", "300ms"]);
    assert_eq!(waits.code, 13);
    for line in &lines {
        says(&waits, line);
    }
    // What a data loader needs is there.
    let (_, shares) = run(
        &format!("dd if=/dev/zero of=/dev/shm/batch bs=1M count=16 && {GOOD}"),
        &[],
    );
    assert_eq!(shares.code, 0, "{}", shares.stderr);
}

#[test]
fn affinity_with_onnx_runtime() {
    assert!(quoted("`pthread_setaffinity_np` failed errors with ONNX Runtime").is_empty());
    // As many processors are listed as may be used, and each that is listed can be pinned to.
    let script = "\
        mkdir -p /tmp/bin; listed=$(busybox grep -c ^processor /proc/cpuinfo); may=$(busybox nproc)\n\
        [ $listed = $may ] || { echo $listed listed, $may to use >&2; exit 5; }\n\
        for cpu in $(busybox grep ^processor /proc/cpuinfo | busybox sed 's/.*: //'); do \
            busybox taskset -c $cpu true || { echo cannot pin to $cpu >&2; exit 6; }; done\n";
    let (_, answer) = run(&format!("{script}{GOOD}"), &["--cpus", "1"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
}

#[test]
fn an_overlay_in_a_wrong_place() {
    let forget = "busybox sed -i -e 's/Offset = .*/Offset = 0 0 0/' -e 's/ElementSpacing = .*/ElementSpacing = 1 1 1/' \
        /output/images/mask/mask.mha\n";
    let (gantry, warned) = run(&format!("{GOOD}{forget}"), &[]);
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    let lines = quoted(QUOTING[3]);
    assert_eq!(lines.len(), 1);
    let fix = lines[0]
        .strip_prefix("fix: ")
        .unwrap()
        .split('(')
        .next()
        .unwrap();
    says(&warned, fix);
    let manifest = gantry.work().join("cells/algorithm.toml");
    let text = fs_err::read_to_string(&manifest).unwrap();
    fs_err::write(
        &manifest,
        text.replace("image = ", "geometry = \"refuse\"\nimage = "),
    )
    .unwrap();
    let refused = gantry.run(RUN.iter().chain(&["--overwrite"]));
    assert_eq!(refused.code, 12, "{}", refused.stderr);
}
