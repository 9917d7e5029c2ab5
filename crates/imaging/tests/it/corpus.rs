//! Files by others: none may crash the reader or make it run away, and a refusal must say why.
//!
//! They stand beside the repository in `shared/corpus-github` and not in it. Where they are absent the same loop runs
//! over generated files, so that the test says something everywhere.

use camino::{Utf8Path, Utf8PathBuf};
use imaging::CheckLimits;

fn corpus() -> Option<Utf8PathBuf> {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("../shared/corpus-github"))
        .find(|folder| folder.is_dir())
}

fn files_below(folder: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Few small files, one of each kind, one of them broken.
fn generated(folder: &Utf8Path) {
    let volume = imaging::Volume {
        geometry: imaging::Geometry::identity(vec![4, 3, 2]),
        channels: 1,
        samples: imaging::Samples::Uint8(vec![7; 24]),
    };
    imaging::metaimage::write(folder.join("a.mha"), &volume).unwrap();
    fs_err::write(
        folder.join("b.tif"),
        crate::tiffs::grey(crate::tiffs::Layout::default(), &[1; 64]),
    )
    .unwrap();
    fs_err::write(folder.join("c.tif"), b"II\x2a\0\xff\xff\0\0").unwrap();
}

#[test]
fn files_by_others_are_read_or_refused_with_a_reason() {
    let scratch = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    match corpus() {
        Some(corpus) => files_below(&corpus, &mut files),
        None => {
            let folder = Utf8Path::from_path(scratch.path()).unwrap();
            generated(folder);
            files_below(folder, &mut files);
            println!("corpus not present, generated files only");
        }
    }
    files.sort();
    let (mut read, mut refused) = (0, 0);
    for path in &files {
        let inspected = imaging::inspect(path);
        match imaging::check(path, &CheckLimits::default()) {
            Ok(summary) => {
                read += 1;
                assert!(
                    inspected.is_ok(),
                    "{path}: check accepts what inspect refuses: {inspected:?}"
                );
                assert!(
                    summary.geometry.validate().is_ok(),
                    "{path}: {:?}",
                    summary.geometry
                );
                println!("read     {path}: {summary:?}");
            }
            Err(error) => {
                refused += 1;
                assert!(
                    error.to_string().len() > path.as_str().len() + 10,
                    "{error}"
                );
                println!("refused  {error}");
            }
        }
    }
    println!(
        "corpus: {} files, {read} read, {refused} refused",
        files.len()
    );
    assert!(read > 0 && refused > 0);
}
