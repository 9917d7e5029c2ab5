//! `docs/manifest.md`.

use super::*;

#[test]
fn the_manifest_that_is_shown_is_one() {
    let shown = Page::open("docs/manifest.md").take("toml");
    let gantry = Gantry::new();
    fs_err::write(gantry.work().join("algorithm.toml"), shown.text).unwrap();
    let valid = gantry.run(["validate", "."]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    assert!(
        valid.stdout.contains("ct-image → lung-volume-ml, lungs"),
        "{}",
        valid.stdout
    );
}
