//! A log of long lines, which is read in more parts than its lines would make.

use super::engine::{log_in, submit};
use super::*;
use crate::algorithm::{GOOD, lay_out};
use crate::served::client::Client;

/// Three hundred lines of 32 KiB.
const LONG: &str = "\
x=x
i=0
while [ $i -lt 15 ]; do x=$x$x; i=$((i + 1)); done
i=0
while [ $i -lt 300 ]; do i=$((i + 1)); echo \"$i $x\"; done
";

#[test]
fn a_log_of_long_lines_is_followed_to_its_end() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let client = Client { gantry: &gantry };
    log_in(&client, &server);
    lay_out(&gantry, &format!("{LONG}{GOOD}"));
    client.good(&["algorithm", "create", "cells"]);
    client.good(&["algorithm", "push", "cells", "cells/cells.tar"]);
    let id = submit(&client);
    // While it runs, and once more when it has ended.
    for _ in 0..2 {
        let log = client.good(&["logs", &id, "--follow"]);
        let lines = log.lines().filter(|line| line.len() > 32_768).count();
        assert_eq!(lines, 300);
        assert!(log.contains("counted"), "its last line");
    }
}
