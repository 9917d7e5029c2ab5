//! The same cases once more, with a layer that is not unpacked: the kernel reads its files out of the tar.

use std::process::Command;

use super::place::INDEXED;

/// Cases that cannot have such a layer, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("in_an_index", "it is this one"),
    ("in_an_engine", "engines get layers as tars"),
    ("without_root", "only root can mount an index"),
];

#[test]
fn the_same_cases_pass_with_layers_that_are_not_unpacked() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["sandbox::", "--test-threads=4"]);
    for (name, _) in LEFT_OUT {
        again.args(["--skip", name]);
    }
    let ran = again.env(INDEXED, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "cases fail with an index");
    let passed = said
        .lines()
        .find(|line| line.starts_with("test result: ok."));
    let count = passed.and_then(|line| line.split(' ').nth(3)?.parse::<usize>().ok());
    assert!(count.is_some_and(|count| count >= 60), "{passed:?}");
}
