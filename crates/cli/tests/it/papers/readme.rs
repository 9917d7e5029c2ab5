//! `README.md`: what one does with an algorithm of one's own. `./dev test` runs this test; what `./dev demo` runs is tested
//! in `runs`.

use super::*;

#[test]
fn every_command_of_the_readme_works() {
    let reader = Reader::new();
    lay_out(&reader);
    let commands = commands("README.md");
    let own: Vec<&String> = commands
        .iter()
        .filter(|command| !command.starts_with("./dev"))
        .collect();
    assert!(own.len() >= 9, "{commands:?}");
    for command in own {
        if command.starts_with("gantry build") {
            reader.build("my-algorithm");
        }
        if command.starts_with("gantry image import") {
            fs_err::copy(
                saved(&reader.gantry),
                reader.work().join("my-algorithm.tar"),
            )
            .unwrap();
        }
        let said = reader.follow(command, "");
        if command.starts_with("gantry compare") {
            assert!(said.contains("aligned"), "{said}");
        }
    }
    let picture = fs_err::read(reader.work().join("lesions.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

/// Images in the formats that the page names, from the demo image and those of `./dev truth`.
fn lay_out(reader: &Reader) {
    let work = reader.work();
    let copy = |from: PathBuf, to: &str| {
        fs_err::copy(from, work.join(to)).unwrap();
    };
    copy(root().join("fixtures/head-mr.mha"), "thorax.mha");
    let truth = python::tool("truth/files");
    copy(truth.join("nifti/scaled-i2.nii.gz"), "brain.nii.gz");
    copy(truth.join("tiff/pyramid.tif"), "slide.tif");
    fs_err::create_dir(work.join("series")).unwrap();
    for entry in fs_err::read_dir(truth.join("dicom/series-regular")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        copy(entry.path(), &format!("series/{}", name.display()));
    }
}
