//! `docs/tutorial.md`.

use super::*;

#[test]
fn every_command_of_the_tutorial_works() {
    let reader = Reader::new();
    let commands = commands("docs/tutorial.md");
    assert!(commands.len() >= 12, "{commands:?}");
    for command in &commands {
        if command.starts_with("gantry build") {
            reader.build("lungs");
            fs_err::copy(saved(&reader.gantry), reader.work().join("lungs.tar")).unwrap();
        }
        reader.follow(command, "");
    }
    let picture = fs_err::read(reader.work().join("lungs.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let profile = fs_err::read_to_string(reader.work().join("profile.svg")).unwrap();
    assert!(
        profile.starts_with("<svg") && profile.contains("memory"),
        "{profile}"
    );
}
