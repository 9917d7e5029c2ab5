//! `docs/tutorial.md`.

use super::*;

#[test]
fn every_command_of_the_tutorial_works() {
    let reader = Reader::new();
    let steps = Page::open("docs/tutorial.md").all_steps();
    assert!(steps.len() >= 12);
    for step in &steps {
        if step.command.starts_with("gantry build") {
            reader.build("lungs");
            fs_err::copy(saved(&reader.gantry), reader.work().join("lungs.tar")).unwrap();
        }
        reader.follow_step(step, "");
    }
    let picture = fs_err::read(reader.work().join("lungs.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    let profile = fs_err::read_to_string(reader.work().join("profile.svg")).unwrap();
    assert!(
        profile.starts_with("<svg") && profile.contains("memory"),
        "{profile}"
    );
}
