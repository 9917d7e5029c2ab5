//! Help, version and wrong command lines.

use crate::gantry::Gantry;

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
