//! What programs write: told apart, bounded, whatever bytes they are.

use container::sandbox::End;

use super::harness::{Case, MIB, assert_nothing_left, launch};
use super::place::Place;

#[test]
fn streams_are_told_apart() {
    Case::shell("echo out; echo err >&2; echo more").check(|ran| {
        ran.succeeded();
        assert_eq!(ran.stdout, "out\nmore\n");
        assert_eq!(ran.stderr, "err\n");
        assert_eq!(
            (ran.measured().stdout_bytes, ran.measured().stderr_bytes),
            (9, 4)
        );
    });
}

#[test]
fn an_endless_log_ends_the_container_and_stays_small() {
    for stream in ["stdout", "stderr"] {
        Case::new(&["probe", "flood", stream]).check(|ran| {
            assert_eq!(*ran.end(), End::LogFlood);
            let measured = ran.measured();
            let written = measured.stdout_bytes.max(measured.stderr_bytes);
            assert!(written > 16 * MIB, "{written}");
            let kept = (ran.stdout.len() + ran.stderr.len()) as u64;
            assert_eq!(kept, MIB);
            assert_eq!(ran.gap_bytes, written - kept);
            assert_eq!(measured.log_bytes_dropped, ran.gap_bytes);
        });
    }
}

#[test]
fn a_long_log_keeps_its_start_and_its_end() {
    Case::shell("echo first; dd if=/dev/zero bs=1M count=3 2>/dev/null; echo last").check(|ran| {
        ran.succeeded();
        assert!(ran.stdout.starts_with("first\n") && ran.stdout.ends_with("last\n"));
        assert_eq!(ran.stdout.len() as u64, MIB);
        assert_eq!(ran.gap_bytes, ran.measured().stdout_bytes - MIB);
    });
}

#[test]
fn a_log_without_an_end_of_line() {
    Case::shell("printf unfinished").check(|ran| assert_eq!(ran.stdout, "unfinished"));
}

#[test]
fn bytes_that_are_no_text() {
    Case::shell(r"printf '\377\000\376'").check(|ran| {
        ran.succeeded();
        assert_eq!(ran.stdout, "\u{fffd}\0\u{fffd}");
        assert_eq!(ran.measured().stdout_bytes, 3);
    });
}

#[test]
fn closed_streams() {
    Case::shell("exec >&- 2>&-; sleep 0.05; exit 5").check(|ran| {
        assert_eq!(*ran.end(), End::Exited { code: 5 });
        // A watch that is woken by a closed end for ever would burn a processor.
        assert!(ran.measured().wall_seconds < 5.0);
    });
}

#[test]
fn the_last_words_before_a_violent_end() {
    Case::shell("echo last words; kill -9 $$").check(|ran| assert_eq!(ran.stdout, "last words\n"));
}

#[test]
fn nothing_comes_in() {
    Case::shell("wc -c; ls -l /proc/self/fd/0 | grep -o '/dev/null'")
        .check(|ran| assert_eq!(ran.stdout, "0\n/dev/null\n"));
}

#[test]
fn a_caller_that_does_not_listen_keeps_nothing_from_ending() {
    let place = Place::new();
    // One byte at a time: far more pieces than the bell's pipe holds rings.
    let case = Case::shell("exec dd if=/dev/zero bs=1").limits(|limits| {
        limits.wall_time_ms = 3000;
        limits.grace_ms = 0;
    });
    let plan = case.plan(&place);
    let mut running = launch(&plan);
    while !plan.outcome_path().exists() {
        std::thread::yield_now();
    }
    let outcome = running.wait(&mut |_| {}).unwrap();
    assert_eq!(outcome.end, End::TimedOut { code: None });
    let measured = outcome.measured.unwrap();
    assert!(measured.wall_seconds < 10.0, "{}", measured.wall_seconds);
    assert!(measured.stdout_bytes > 1 << 16);
    running.let_go().wait().unwrap();
    assert_nothing_left(&plan);
}
