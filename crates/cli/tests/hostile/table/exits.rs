//! Lies about the end.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    vec![
        shell("exits.no_outputs", "ends with 0 and has written nothing", "exit 0").says(&[]).ends(&["output_missing"]),
        shell("exits.fakes_a_kill", "ends with 137, as if it were killed for its memory", "good; exit 137").says(&[]).ends(&["exit_code"]).told(&["137"]),
        shell("exits.fakes_our_codes", "ends with the exit code that stands for our own fault", "good; exit 1").says(&[]).ends(&["exit_code"]),
        shell("exits.fakes_a_refusal", "ends with the exit code that stands for wrong inputs", "good; exit 11").says(&[]).ends(&["exit_code"]),
        shell("exits.closes_stdout", "closes stdout and stderr and goes on", "echo held; exec 1>&- 2>&-; good; sleep 0.3"),
        shell("exits.only_stderr", "writes everything to stderr", "good; echo held; echo wrong >&2"),
        shell("exits.no_program", "starts a program that is not there", "good; exec /nothing").says(&[]).ends(&["exit_code"]),
        shell("exits.no_executable", "starts a file that is no program", "good; exec /etc/passwd").says(&[]).ends(&["exit_code"]),
        shell("exits.other_processor", "starts a program of another processor", "good; printf '\\177ELF\\002\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\002\\0\\267\\0' >/tmp/x; chmod 755 /tmp/x; exec /tmp/x").says(&[]).ends(&["exit_code"]),
        shell("exits.fakes_success_in_the_log", "prints a report of success and fails", "echo '{\"status\": \"succeeded\"}'; exit 3").says(&[]).ends(&["exit_code"]),
        shell("exits.fakes_the_report", "prints what `gantry run --json` prints", "echo '{\"status\": \"succeeded\", \"isolation\": {}}' >&2; good; echo '{}' >/output/report.json; exit 9").says(&[]).ends(&["exit_code"]),
        shell("exits.at_once", "ends before anything can look at it", "exec true").says(&[]).ends(&["output_missing"]),
        shell("exits.while_children_write", "ends while a child still writes an output", "good; (sleep 0.2; echo 9 >/output/count.json) & exit 0").says(&[]),
    ]
}
