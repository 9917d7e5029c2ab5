//! A disk that fails loses what was not written to it, and nothing else.

use std::io::{ErrorKind, Write};

use camino::Utf8PathBuf;
use container::trial_disk::TrialDisk;
use fs_err::File;

const BYTES: u64 = 64 << 20;

/// The folder of its own where it is mounted, in one that vanishes.
fn made() -> (tempfile::TempDir, Utf8PathBuf, TrialDisk) {
    let place = tempfile::tempdir().unwrap();
    let folder = Utf8PathBuf::from_path_buf(place.path().join("disk")).unwrap();
    fs_err::create_dir(&folder).unwrap();
    let disk = TrialDisk::make(&folder.with_extension("img"), &folder, BYTES).unwrap();
    (place, folder, disk)
}

#[test]
fn what_was_synced_outlives_a_cut_and_nothing_else() {
    let (_place, folder, mut disk) = made();
    let write = |name: &str| {
        let mut file = File::create(folder.join(name)).unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        file
    };
    write("kept").sync_all().unwrap();
    let mut lost = write("lost");
    disk.cut().unwrap();
    assert!(lost.write_all(&[7]).is_err(), "the disk is gone");
    assert!(fs_err::read(folder.join("kept")).is_err(), "for all of it");
    drop(lost);
    disk.restore().unwrap();
    assert_eq!(fs_err::read(folder.join("kept")).unwrap(), [7; 100_000]);
    let gone = fs_err::read(folder.join("lost")).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[test]
fn a_filled_disk_has_no_room_for_a_block_until_it_is_emptied() {
    let (_place, folder, disk) = made();
    let ballast = disk.fill("ballast").unwrap();
    let refused = fs_err::write(folder.join("more"), [7; 4096]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::StorageFull);
    fs_err::remove_file(ballast).unwrap();
    fs_err::write(folder.join("more"), [7; 4096]).unwrap();
}

#[test]
fn nobody_else_sees_the_disk() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mounts = || fs_err::read_to_string("/proc/thread-self/mountinfo").unwrap();
    let other = std::thread::spawn(move || {
        wait.recv().unwrap();
        mounts()
    });
    let (_place, folder, _disk) = made();
    go.send(()).unwrap();
    assert!(mounts().contains(folder.as_str()));
    assert!(!other.join().unwrap().contains(folder.as_str()));
}
