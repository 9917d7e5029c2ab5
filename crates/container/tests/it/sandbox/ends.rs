//! How programs end, by themselves and otherwise.

use container::sandbox::{Canceller, End};

use super::harness::Case;

#[test]
fn exit_codes() {
    for code in [0, 1, 2, 42, 127, 137, 255] {
        Case::shell(&format!("exit {code}"))
            .check(|ran| assert_eq!(*ran.end(), End::Exited { code }));
    }
}

#[test]
fn signals_that_nobody_of_ours_sent() {
    for signal in [libc::SIGKILL, libc::SIGSEGV, libc::SIGABRT, libc::SIGTERM] {
        Case::shell(&format!("kill -{signal} $$"))
            .check(|ran| assert_eq!(*ran.end(), End::Signaled { signal }));
    }
}

#[test]
fn the_program_is_no_process_1_and_cannot_end_it() {
    Case::shell("[ $$ != 1 ] && kill -9 1; kill -STOP 1; echo still here")
        .check(|ran| assert_eq!(ran.stdout, "still here\n"));
}

fn timed_out(command: &[&str], code: Option<i32>) {
    Case::new(command)
        .limits(|limits| limits.wall_time_ms = 300)
        .check(|ran| {
            assert_eq!(*ran.end(), End::TimedOut { code });
            let wall = ran.measured().wall_seconds;
            assert!((0.3..2.0).contains(&wall), "after {wall} s");
        });
}

#[test]
fn wall_time_of_a_program_that_waits() {
    timed_out(&["sleep", "1000"], None);
}

#[test]
fn wall_time_of_a_program_that_ends_when_asked() {
    timed_out(&["probe", "exit-on-term"], Some(7));
}

#[test]
fn wall_time_of_a_program_that_ignores_the_request() {
    timed_out(&["probe", "ignore-term"], None);
}

#[test]
fn wall_time_of_a_program_that_stopped_itself() {
    timed_out(&["sh", "-c", "kill -STOP $$"], None);
}

#[test]
fn wall_time_of_a_program_with_a_daemon() {
    timed_out(&["probe", "daemon", "stay"], None);
}

#[test]
fn wall_time_of_a_program_in_another_group() {
    timed_out(&["sh", "-c", "set -m; sleep 1000 & wait"], None);
}

#[test]
fn a_daemon_does_not_outlive_the_program() {
    Case::new(&["probe", "daemon", "leave"]).check(|ran| {
        ran.succeeded();
        assert_eq!(ran.stdout, "ready\n");
    });
}

#[test]
fn a_child_that_holds_the_pipe_does_not_hold_the_job() {
    Case::new(&["probe", "hold-pipe"]).check(|ran| {
        ran.succeeded();
        assert_eq!(ran.stdout, "left a child behind\n");
        assert!(ran.measured().wall_seconds < 5.0);
    });
}

fn cancel(canceller: &Canceller) {
    canceller.cancel();
}

fn cancel_twice(canceller: &Canceller) {
    canceller.cancel();
    canceller.cancel();
}

#[test]
fn cancelled_with_grace() {
    let script = "trap 'echo cleaning up >/output/last; exit 3' TERM; echo ready; while :; do sleep 1000 & wait; done";
    Case::shell(script)
        .limits(|limits| limits.grace_ms = 10_000)
        .when_ready(cancel)
        .check(|ran| {
            assert_eq!(*ran.end(), End::Cancelled);
            assert_eq!(ran.outputs, ["last"]);
            assert!(ran.measured().wall_seconds < 5.0);
        });
}

#[test]
fn cancelled_against_its_will() {
    Case::new(&["probe", "ignore-term"])
        .when_ready(cancel)
        .check(|ran| {
            assert_eq!(*ran.end(), End::Cancelled);
            let wall = ran.measured().wall_seconds;
            assert!((0.2..5.0).contains(&wall), "after {wall} s");
        });
}

#[test]
fn cancelled_at_once() {
    Case::new(&["probe", "ignore-term"])
        .limits(|limits| limits.grace_ms = 3_600_000)
        .when_ready(cancel_twice)
        .check(|ran| {
            assert_eq!(*ran.end(), End::Cancelled);
            assert!(ran.measured().wall_seconds < 5.0);
        });
}

#[test]
fn times_are_told_apart() {
    Case::new(&["sleep", "0.2"]).check(|ran| {
        ran.succeeded();
        let timings = &ran.outcome.timings;
        assert!(timings.run_seconds >= 0.2);
        assert!(timings.provision_seconds > 0.0 && timings.start_seconds > 0.0);
        assert!((ran.measured().wall_seconds - timings.run_seconds).abs() < 0.01);
    });
}
