//! Weights beside the image: a folder or a tarball, read-only at `/opt/ml/model`, and tarballs that nobody should trust.

use std::io::Write;

use camino::Utf8PathBuf;
use domain::FailureReason;
use tar::{Builder, EntryType, Header};

use crate::job::{Job, Ran, says};

/// Succeeds where it finds the weights `w` with an output, and cannot change them.
const SCRIPT: &str = "\
cat /opt/ml/model/w > /output/count.json
if echo x 2>/dev/null > /opt/ml/model/w || echo x 2>/dev/null > /opt/ml/model/new; then exit 9; fi
";

fn run(make: impl FnOnce(&Job) -> Utf8PathBuf) -> Ran {
    let mut job = Job::new(SCRIPT);
    job.request.model = Some(make(&job));
    job.run()
}

/// A tarball of one good file and then this entry, whose name and target are taken as they are.
fn tarball(kind: EntryType, name: &str, target: &str) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    add(&mut tar, EntryType::Regular, "w", "", b"7");
    if !name.is_empty() {
        add(&mut tar, kind, name, target, b"");
    }
    tar.into_inner().unwrap()
}

fn add(tar: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o600);
    let raw = header.as_gnu_mut().unwrap();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    raw.linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    tar.append(&header, content).unwrap();
}

#[test]
fn a_folder() {
    let ran = run(|job| job.file("model/w", b"7").parent().unwrap().to_owned());
    assert_eq!(ran.succeeded().outputs[0].value, Some(7.into()));
}

#[test]
fn a_tarball_compressed_or_not() {
    let plain = tarball(EntryType::Regular, "", "");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&plain).unwrap();
    for content in [plain, encoder.finish().unwrap()] {
        let ran = run(|job| job.file("model.tar.gz", &content));
        assert_eq!(ran.succeeded().outputs[0].value, Some(7.into()));
    }
}

#[test]
fn none() {
    let script = "test -d /opt/ml/model && ls /opt/ml/model | cat; echo 1 > /output/count.json";
    let ran = Job::new(script).run();
    ran.succeeded();
    assert_eq!(ran.lines, Vec::<String>::new(), "an empty folder");
}

#[test]
fn tarballs_that_lead_out_are_refused() {
    let refused = |content: &[u8], words: &[&str]| {
        let ran = run(|job| job.file("model.tar", content));
        let failure = ran.refused(FailureReason::ImageUnusable);
        says(
            &failure.message,
            &[&["model.tar", "cannot be used"], words].concat(),
        );
        says(failure.hint.as_deref().unwrap(), &["tar -czf"]);
    };
    refused(
        &tarball(EntryType::Regular, "../out", ""),
        &["`../out`", "leads out"],
    );
    refused(
        &tarball(EntryType::Char, "null", ""),
        &["`null`", "neither file, folder nor link"],
    );
    refused(
        &tarball(EntryType::Fifo, "pipe", ""),
        &["`pipe`", "neither"],
    );
    refused(&tarball(EntryType::Link, "shadow", "/etc/hostname"), &[]);
    refused(b"no tarball at all", &[]);
    refused(&tarball(EntryType::Regular, "", "")[..512], &[]);
}

#[test]
fn a_link_in_a_tarball_is_not_written_through() {
    let ran = run(|job| {
        let out = job.path().join("out");
        fs_err::create_dir(&out).unwrap();
        let mut tar = Builder::new(Vec::new());
        add(&mut tar, EntryType::Symlink, "link", out.as_str(), b"");
        add(&mut tar, EntryType::Regular, "link/w", "", b"7");
        job.file("model.tar", &tar.into_inner().unwrap())
    });
    ran.refused(FailureReason::ImageUnusable);
    assert_eq!(fs_err::read_dir(ran.path().join("out")).unwrap().count(), 0);
}

#[test]
fn a_path_where_nothing_is() {
    let ran = run(|job| job.path().join("nowhere.tar.gz"));
    let failure = ran.refused(FailureReason::ImageUnusable);
    says(&failure.message, &["nowhere.tar.gz", "No such file"]);
}
