//! `README.md`: what one does with an algorithm of one's own, and what `./dev demo` ends with.

use super::*;

#[test]
fn every_command_of_the_readme_works() {
    let reader = Reader::new();
    lay_out(&reader);
    let mut page = Page::open("README.md");
    let steps = page.all_steps();
    assert!(steps.len() >= 9);
    ends_with(&reader, &page.take("text").text);
    for step in &steps {
        let command = &step.command;
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
        let said = reader.follow_step(step, "");
        if command.starts_with("gantry compare") {
            assert!(said.contains("aligned"), "{said}");
        }
    }
    let picture = fs_err::read(reader.work().join("lesions.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
}

/// The last command of `./dev demo` prints what the page shows.
fn ends_with(reader: &Reader, shown: &str) {
    let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
    let root = root().canonicalize().unwrap();
    let root = root.display();
    let demo =
        format!("gantry run {root}/images/otsu -i mri={root}/fixtures/head-mr.mha -o demo 2>&1");
    comes_out(&reader.follow(&demo, ""), &shown);
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
