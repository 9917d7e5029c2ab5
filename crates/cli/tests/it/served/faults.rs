//! What goes wrong under a server: a full disk, a database that somebody else holds.

use super::*;
use crate::served::load::{Load, job};

/// A data folder on a small disk of its own, which is gone with it.
struct SmallDisk {
    home: PathBuf,
}

impl SmallDisk {
    /// Makes the data folder of `gantry` a file system of this size in memory.
    fn new(gantry: &Gantry, megabytes: u64) -> SmallDisk {
        let home = gantry.home();
        fs_err::create_dir_all(&home).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "small"])
            .arg(&home)
            .status()
            .expect("`mount` is there");
        assert!(mounted.success(), "the tests need root");
        SmallDisk { home }
    }

    /// Leaves no byte but `left`.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.home.join("filler");
        let disk = rustix::fs::statvfs(&self.home).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let mut file = fs_err::File::create(&path).unwrap();
        let mut rest = free.saturating_sub(left);
        let block = vec![7; 1 << 16];
        while rest > 0 {
            let count = usize::try_from(rest.min(1 << 16)).unwrap();
            if std::io::Write::write(&mut file, &block[..count]).is_err() {
                break;
            }
            rest -= count as u64;
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What still uses it loses it when it ends.
        let _ = Command::new("umount").arg("-l").arg(&self.home).status();
    }
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let gantry = Gantry::new();
    let disk = SmallDisk::new(&gantry, 96);
    // Jobs may use more than there is: the disk is what is to run out.
    fs_err::write(disk.home.join("gantry.toml"), "[jobs]\ndisk = \"100GB\"\n").unwrap();
    let (_server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let done = load.submit(&image);
    assert_eq!(job(&load.ended(&done)), "succeeded");

    // An upload: refused with a reason, and what was sent of it takes no room.
    let filler = disk.fill(64 << 10);
    let (status, upload) = load.upload(&vec![1; 4 << 20], "large.bin");
    assert_eq!(upload, None);
    assert_eq!(status, 507, "the part is refused");
    let (status, body) = load.get("/readyz");
    assert!(
        status == 200 || body.contains("cannot be written"),
        "{body}"
    );

    // A job waits, if there was room to write that there is one, and says what for.
    let (status, said) = load.try_submit(&image);
    let late = (status == 201).then(|| said["pk"].as_str().unwrap().to_owned());
    assert!(late.is_some() || status == 507, "{status}: {said}");
    if let Some(late) = &late {
        let (_, now) = load.get(&format!("/api/gantry/v1/jobs/{late}/"));
        let now: Value = serde_json::from_str(&now).unwrap();
        assert_eq!(now["queue"]["lacks_disk"], true, "{now}");
    }
    fs_err::remove_file(&filler).unwrap();
    if let Some(late) = &late {
        assert_eq!(job(&load.ended(late)), "succeeded");
    }

    // With room again, everything works, and nothing was lost.
    assert_eq!(job(&load.ended(&load.submit(&image))), "succeeded");
    assert_eq!(load.outputs(&done), 4);
    let verified = gantry.run(["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    let new = fs_err::read_dir(gantry.home().join("blobs/new")).unwrap();
    assert_eq!(new.count(), 0, "nothing half-written is left");
}

#[test]
fn an_import_on_a_full_disk_is_not_the_files_fault() {
    let gantry = Gantry::new();
    let disk = SmallDisk::new(&gantry, 96);
    fs_err::write(disk.home.join("gantry.toml"), "[jobs]\ndisk = \"100GB\"\n").unwrap();
    let (_server, load) = Load::with_server(&gantry);
    // Small when it is sent, large when it is unpacked: zeros in a zip archive.
    let bomb = zip_of_zeros(256 << 20);
    let (_, upload) = load.upload(&bomb, "large.zip");
    let (id, _) = load.submit_upload(&upload.unwrap());
    let ended = load.ended(&id);
    assert_eq!(ended["failure"]["code"], "internal", "{ended}");
    let message = ended["failure"]["message"].as_str().unwrap();
    assert!(message.contains("No space left"), "{message}");
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    assert_eq!(job(&load.ended(&load.submit(&image))), "succeeded");
}

/// A zip archive with one member of so many zeros.
fn zip_of_zeros(bytes: u64) -> Vec<u8> {
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut crc = flate2::Crc::new();
    let block = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        std::io::Write::write_all(&mut packed, &block).unwrap();
        crc.update(&block);
    }
    let packed = packed.finish().unwrap();
    let name = b"zeros.mha";
    let long = |number: u64| u32::try_from(number).unwrap().to_le_bytes();
    let short = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    let mut sizes = Vec::new();
    for number in [u64::from(crc.sum()), packed.len() as u64, bytes] {
        sizes.extend(long(number));
    }
    // Version 20, no flags, DEFLATE, no time.
    let common = [
        &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..],
        &sizes,
        &short(name.len()),
    ]
    .concat();
    let mut zip = [b"PK\x03\x04", &common[..], &short(0), name, &packed].concat();
    let directory = zip.len() as u64;
    let entry = [b"PK\x01\x02\x14\x00", &common[..], &[0; 16], name].concat();
    zip.extend(&entry);
    zip.extend(
        [
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
            &long(entry.len() as u64)[..],
        ]
        .concat(),
    );
    zip.extend([&long(directory)[..], &[0, 0]].concat());
    zip
}

#[test]
fn a_database_that_is_locked_for_a_while_delays_and_loses_nothing() {
    let gantry = Gantry::new();
    let (_server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let jobs: Vec<String> = (0..4).map(|_| load.submit(&image)).collect();
    let lock = Locked::hold(&gantry.home().join("gantry.db"));
    // Reading goes on.
    assert_eq!(load.get("/api/v1/algorithms/jobs/").0, 200);
    // Writing is refused after a while, with a word about when to come back.
    let (status, said) = load.try_submit(&image);
    assert_eq!(status, 503, "{said}");
    assert!(said["detail"].as_str().unwrap().contains("try again"));
    drop(lock);
    for id in jobs {
        let ended = load.ended(&id);
        assert_eq!(job(&ended), "succeeded", "{ended}");
        assert_eq!(load.outputs(&id), 4);
    }
}

/// Another process that holds the lock of writers.
struct Locked {
    child: Child,
}

impl Locked {
    fn hold(database: &Path) -> Locked {
        let script = "import sqlite3, sys\n\
            c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)\n\
            c.execute('BEGIN IMMEDIATE')\n\
            print('held', flush=True)\n\
            sys.stdin.read()\n";
        let mut child = Command::new(root().join("target/gcapi/venv/bin/python"))
            .args(["-c", script])
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`./dev gcapi` installs it");
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Locked { child }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // The end of its stdin is its end.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn metrics_tell_what_an_operator_watches() {
    let gantry = Gantry::new();
    let (_server, load) = Load::with_server(&gantry);
    load.first_job(&root().join("fixtures/head-mr.mha"));
    let (status, text) = load.get("/metrics");
    assert_eq!(status, 200);
    for line in [
        "gantry_jobs{state=\"queued\"} 0",
        "gantry_jobs{state=\"succeeded\"} 1",
        "gantry_jobs_failed{reason=\"worker_lost\"} 0",
        "gantry_queue_oldest_seconds 0",
        "gantry_jobs_running 0",
        "gantry_run_seconds_count 1",
        "gantry_capacity{resource=\"gpus\"} ",
        "gantry_disk_free_bytes ",
        "gantry_database_bytes ",
        "gantry_blob_bytes ",
        "gantry_resident_bytes ",
    ] {
        assert!(
            text.lines().any(|found| found.starts_with(line)),
            "{line}\n{text}"
        );
    }
    let names: std::collections::BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for name in names {
        let family = name.trim_end_matches("_count").trim_end_matches("_sum");
        assert!(text.contains(&format!("# TYPE {family} ")), "{name}");
    }
}
