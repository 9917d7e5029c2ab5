//! The wall clock of the server is set while it works: a day forward, a day back, and another day back.
//!
//! Only the clock of the server is set, not that of the machine: a small library stands before the C library and adds as
//! many seconds as a file says. `cc` is there wherever Rust programs are linked.

use super::*;
use crate::served::load::{Load, job};

const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, at);
    if (failed || clock != CLOCK_REALTIME) return failed;
    char digits[32] = {0};
    int file = open(getenv("CLOCK_FILE"), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    if (read(file, digits, sizeof digits - 1) > 0) at->tv_sec += atol(digits);
    close(file);
    return 0;
}
"#;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// The clock of a server.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    fn new(gantry: &Gantry) -> Clock {
        let (source, library) = (
            gantry.work().join("clock.c"),
            gantry.work().join("clock.so"),
        );
        fs_err::write(&source, LIBRARY).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status()
            .expect("`cc` links Rust programs too");
        assert!(built.success());
        let clock = Clock {
            library,
            file: gantry.work().join("clock"),
        };
        clock.set(0);
        clock
    }

    /// Sets it to so many seconds after the machine's.
    fn set(&self, seconds: i64) {
        let new = self.file.with_extension("new");
        fs_err::write(&new, seconds.to_string()).unwrap();
        fs_err::rename(new, &self.file).unwrap();
    }
}

#[test]
fn a_clock_that_is_set_ends_no_job_and_loses_nothing() {
    let gantry = Gantry::new();
    let clock = Clock::new(&gantry);
    let mut command = gantry.command();
    command
        .env("LD_PRELOAD", &clock.library)
        .env("CLOCK_FILE", &clock.file);
    let mut server = Server::start_as(command, &gantry);
    let token = server.prepare();
    let load = Load::new(&server, &token);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let mut upload = load.begin_upload("large.bin");
    assert_eq!(load.send_part(&mut upload, &[7; 1 << 20]), 200);
    let mut jobs = Vec::new();
    for seconds in [DAY, 0, -DAY] {
        // Some run, some wait, when the clock is set.
        jobs.extend((0..10).map(|_| load.submit(&image)));
        load.ended(&jobs[jobs.len() - 10]);
        clock.set(seconds);
        server.heard("the clock jumped");
        jobs.push(load.submit(&image));
    }
    for id in &jobs {
        let ended = load.ended(id);
        assert_eq!(job(&ended), "succeeded", "{ended}");
        assert_eq!(load.outputs(id), 4);
    }
    assert_eq!(load.send_part(&mut upload, &[8; 1 << 20]), 200);
    assert_eq!(load.complete(&upload), 200);
    // The lists of clients are whole, whatever the times of their rows.
    let (_, listed) = load.get("/api/v1/algorithms/jobs/?limit=1000");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["count"], 34);
    assert_eq!(listed["results"].as_array().unwrap().len(), 34);
    assert_eq!(server.stop(), Some(0));

    // A server that starts with a clock that is a day ahead sweeps nothing that is needed.
    clock.set(DAY);
    let mut command = gantry.command();
    command
        .env("LD_PRELOAD", &clock.library)
        .env("CLOCK_FILE", &clock.file);
    let server = Server::start_as(command, &gantry);
    let load = Load::new(&server, &token);
    assert_eq!(job(&load.ended(&load.submit(&image))), "succeeded");
    let verified = gantry.run(["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
}
