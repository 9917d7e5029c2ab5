//! A server that is asked to end while it has much to do.

use std::io::Write as _;
use std::time::Instant;

use rustix::process::Signal;

use super::*;
use crate::served::certificates::Connection;
use crate::served::load::{Load, job};

#[test]
fn a_stop_under_load_ends_in_order_and_loses_nothing() {
    let gantry = Gantry::new();
    let (mut server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let jobs: Vec<String> = (0..20).map(|_| load.submit(&image)).collect();
    // One upload has a part already, and the next part is on its way and never comes to its end.
    let mut upload = load.begin_upload("large.bin");
    assert_eq!(load.send_part(&mut upload, &[7; 1 << 20]), 200);
    let place = load.place_of_next_part(&upload);
    let mut slow = Connection::open(&server);
    let head =
        format!("PUT {place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388608\r\n\r\n");
    let stream = slow.stream.get_mut();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[7; 1 << 16]).unwrap();
    // Some have ended by now, some run, the others wait.
    load.ended(&jobs[0]);

    let start = Instant::now();
    server.signal(Signal::TERM);
    let waits = server.heard("the worker waits for its jobs");
    assert!(!waits.contains("running=0"), "{waits}");
    let code = server.child.wait().unwrap().code();
    assert_eq!(code, Some(0));
    // Ten seconds for programs and for answers, side by side.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(30), "it took {took:?}");
    let left = fs_err::read_dir(gantry.home().join("jobs"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "no folder of a job is left");
    let mounts = fs_err::read_to_string("/proc/self/mounts").unwrap();
    let home = gantry.home();
    assert!(!mounts.contains(home.to_str().unwrap()), "{mounts}");
    let verified = gantry.run(["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);

    // The next server goes on with all of it.
    let server = Server::start(&gantry);
    let load = Load::new(&server, &load.token);
    for id in &jobs {
        let ended = load.ended(id);
        assert_eq!(job(&ended), "succeeded", "{ended}");
        assert_eq!(load.outputs(id), 4, "no output twice");
        assert_eq!(ended["attempt"], 1, "as if it had never been taken");
    }
    assert_eq!(load.send_part(&mut upload, &[8; 1 << 20]), 200);
    assert_eq!(load.complete(&upload), 200, "the first part was kept");
}
