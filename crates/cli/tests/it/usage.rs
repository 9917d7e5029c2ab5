//! Help, version and wrong command lines.

use crate::gantry::{Gantry, repository};

#[test]
fn help_lists_commands_and_exit_codes() {
    let answer = Gantry::new().run(["--help"]);
    assert_eq!(answer.code, 0);
    assert_eq!(answer.stderr, "");
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn help_of_run() {
    insta::assert_snapshot!(Gantry::new().run(["run", "--help"]).stdout);
}

#[test]
fn an_unknown_option_is_wrong_usage() {
    insta::assert_snapshot!(Gantry::new().snapshot(["run", "here", "--memroy", "4GB"]));
}

#[test]
fn inputs_come_from_one_place() {
    insta::assert_snapshot!(
        Gantry::new().snapshot(["run", "here", "--inputs", "there", "-i", "a=1"])
    );
}

#[test]
fn no_command_is_wrong_usage() {
    let answer = Gantry::new().run([""; 0]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
}

#[test]
fn the_documented_exit_codes_are_those_of_the_help() {
    let help = Gantry::new().run(["--help"]).stdout;
    let (_, table) = help
        .split_once("Exit codes:\n")
        .expect("the help ends with the exit codes");
    let documented =
        fs_err::read_to_string(repository().join("docs/exit-codes.md")).expect("the document");
    let rows: Vec<(&str, &str)> = documented
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .strip_suffix(" |")?
                .split_once(" | ")
        })
        .filter(|(code, _)| code.parse::<u8>().is_ok())
        .map(|(code, rest)| (code, rest.split(" | ").next().unwrap_or(rest)))
        .collect();
    let told: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .collect();
    assert_eq!(rows, told);
}
