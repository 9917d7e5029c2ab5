//! One file of an image, through its layers; and archives that come through a pipe.

use std::io::Write;

use camino::Utf8Path;

use super::builder::{Bench, Saved, Tar, options};

fn file(layers: Vec<Tar>, path: &str) -> Option<String> {
    let bench = Bench::new();
    let saved = Saved::of_layers(layers.into_iter().map(Tar::bytes).collect());
    let image = bench.import(&saved.legacy()).unwrap().image;
    let bytes = image.read_file(path, 100).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

fn below() -> Tar {
    Tar::new().file("opt/app/a.toml", b"below")
}

#[test]
fn the_top_layer_wins() {
    assert_eq!(
        file(vec![below()], "opt/app/a.toml").as_deref(),
        Some("below")
    );
    let top = Tar::new().file("opt/app/a.toml", b"top");
    assert_eq!(
        file(vec![below(), top], "opt/app/a.toml").as_deref(),
        Some("top")
    );
    let other = Tar::new().file("opt/app/b.toml", b"b");
    assert_eq!(
        file(vec![below(), other], "opt/app/a.toml").as_deref(),
        Some("below")
    );
    assert_eq!(file(vec![below()], "opt/app"), None);
    assert_eq!(file(vec![below()], "opt/app/a.toml/x"), None);
}

#[test]
fn what_was_removed_is_not_there() {
    let removed = Tar::new().file("opt/app/.wh.a.toml", b"");
    assert_eq!(file(vec![below(), removed], "opt/app/a.toml"), None);
    let emptied = Tar::new()
        .folder("opt/app", 0o755)
        .file("opt/app/.wh..wh..opq", b"");
    assert_eq!(file(vec![below(), emptied], "opt/app/a.toml"), None);
}

#[test]
fn links_are_not_followed() {
    let link = Tar::new().symlink("opt/app/a.toml", "/etc/passwd");
    assert_eq!(file(vec![below(), link], "opt/app/a.toml"), None);
    let folder = Tar::new().symlink("opt", "/etc");
    assert_eq!(file(vec![folder], "opt/passwd"), None);
}

#[test]
fn long_files_are_refused() {
    let bench = Bench::new();
    let saved = Saved::of(Tar::new().file("long", &[b'x'; 101]));
    let image = bench.import(&saved.legacy()).unwrap().image;
    assert_eq!(
        image
            .read_file("long", 101)
            .unwrap()
            .map(|bytes| bytes.len()),
        Some(101)
    );
    let error = image.read_file("long", 100).unwrap_err().to_string();
    assert_eq!(error, "`/long` in the image has more than 100 bytes");
}

#[test]
fn a_pipe_is_as_good_as_a_file() {
    let bench = Bench::new();
    let bytes = Saved::of(below()).docker25();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let sent = bytes.clone();
    let writing = std::thread::spawn(move || writer.write_all(&sent));
    let name = Utf8Path::new("docker save");
    let piped = bench
        .store
        .import_stream((&mut reader, name), &options(), &mut |_| {})
        .unwrap();
    writing.join().unwrap().unwrap();
    assert!(!piped.already_present);
    assert_eq!(
        bench.import(&bytes).unwrap().image.digest,
        piped.image.digest
    );

    let cut = &mut &bytes[..bytes.len() / 2];
    let error = bench
        .store
        .import_stream((cut, name), &options(), &mut |_| {});
    let error = error.unwrap_err().to_string();
    assert!(error.contains("is damaged"), "{error}");
}
