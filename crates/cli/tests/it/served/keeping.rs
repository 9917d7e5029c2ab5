//! `gantry verify`, `gantry backup` and `gantry restore` beside a server that works.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::served::load::{Load, job};

/// Changes one byte of a file that nobody should change; its length and time stay.
fn damage(path: &Path) {
    let mut bytes = fs_err::read(path).unwrap();
    let time = fs_err::metadata(path).unwrap().modified().unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    fs_err::write(path, bytes).unwrap();
    let file = fs_err::OpenOptions::new().write(true).open(path).unwrap();
    file.into_file().set_modified(time).unwrap();
}

fn blob(home: &Path, digest: &str) -> PathBuf {
    home.join("blobs").join(&digest[..2]).join(&digest[2..])
}

/// The blob of the largest file that jobs have read or written: an image.
fn largest_blob(home: &Path) -> PathBuf {
    files(home).pop().unwrap().1
}

/// All blobs and their bytes, the largest last. The server may take some away meanwhile.
fn files(home: &Path) -> Vec<(u64, PathBuf)> {
    let mut found: Vec<(u64, PathBuf)> = Vec::new();
    for start in fs_err::read_dir(home.join("blobs")).unwrap() {
        let start = start.unwrap();
        if start.file_name() == "new" {
            continue;
        }
        for rest in fs_err::read_dir(start.path()).unwrap() {
            let path = rest.unwrap().path();
            match fs_err::metadata(&path) {
                Ok(file) => found.push((file.len(), path)),
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}"),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_backup_under_load_is_whole() {
    let gantry = Gantry::new();
    let (server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let before: Vec<String> = (0..4).map(|_| load.submit(&image)).collect();
    for id in &before {
        load.ended(id);
    }
    // More of them run and wait while the backup is made.
    let meanwhile: Vec<String> = (0..8).map(|_| load.submit(&image)).collect();
    let made = gantry.run(["backup", "copy"]);
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
    let copy = gantry.work().join("copy");
    let private = fs_err::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(private & 0o777, 0o700, "it holds secrets");
    let again = gantry.run(["backup", "copy"]);
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    for id in &meanwhile {
        load.ended(id);
    }
    let verified = gantry.run(["verify", "--json"]);
    assert_eq!(verified.code, 0, "beside the server: {}", verified.stdout);
    drop(server);

    let restored = Gantry::new();
    let arguments = ["restore", copy.to_str().unwrap()];
    let answer = restored.run(arguments);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stdout.contains("fine: nothing is missing"),
        "{}",
        answer.stdout
    );
    let server = Server::start(&restored);
    assert_eq!(server.password, None, "the accounts came along");
    let load = Load::new(&server, &load.token);
    for id in &before {
        let found = load.ended(id);
        assert_eq!(found["state"], "succeeded", "{found}");
        assert_eq!(load.outputs(id), 4);
    }
    // What waited or ran when the copy was made goes on.
    for id in &meanwhile {
        if let Some(found) = load.find(id) {
            assert_eq!(job(&found), "succeeded", "{found}");
        }
    }
    assert_eq!(load.ended(&load.submit(&image))["state"], "succeeded");
    let verified = restored.run(["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
}

#[test]
fn what_is_deleted_is_gone_from_the_disk_within_seconds() {
    let gantry = Gantry::new();
    let (_server, load) = Load::with_server(&gantry);
    let before = files(&gantry.home());
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let input = blob(&gantry.home(), &load.digest_of(&image));
    let job = load.submit(&image);
    load.ended(&job);
    let id = image.trim_end_matches('/').rsplit('/').next().unwrap();
    let delete_image = || load.delete(&format!("/api/gantry/v1/images/{id}/"));
    assert_eq!(delete_image(), 409, "jobs use it");
    let listed = load.get("/api/v1/algorithms/jobs/").1;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    for job in listed["results"].as_array().unwrap() {
        let path = format!("/api/gantry/v1/jobs/{}/", job["pk"].as_str().unwrap());
        assert_eq!(load.delete(&path), 204);
    }
    assert_eq!(delete_image(), 204);
    let deleted = std::time::Instant::now();
    loop {
        let mut left = files(&gantry.home());
        left.retain(|file| !before.contains(file));
        if left.is_empty() {
            break;
        }
        assert!(deleted.elapsed() < Duration::from_secs(60), "{left:?}");
        std::thread::yield_now();
    }
    assert!(!input.exists());
    let verified = gantry.run(["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
}

#[test]
fn damage_is_found_and_fails_no_job_silently() {
    let gantry = Gantry::new();
    let (_server, load) = Load::with_server(&gantry);
    let image = load.first_job(&root().join("fixtures/head-mr.mha"));
    let fine = gantry.run(["verify"]);
    assert_eq!(fine.code, 0, "{}", fine.stdout);

    let digest = load.digest_of(&image);
    let path = blob(&gantry.home(), &digest);
    damage(&path);
    let failed = load.ended(&load.submit(&image));
    assert_eq!(failed["failure"]["code"], "internal", "{failed}");
    let message = failed["failure"]["message"].as_str().unwrap();
    assert!(
        message.contains("the input `mri` cannot be read"),
        "{message}"
    );
    assert!(message.contains("holds other bytes"), "{message}");

    let told = gantry.run(["verify", "--json"]);
    assert_eq!(told.code, 1, "{}", told.stdout);
    let told = told.json();
    assert_eq!(told["is_fine"], false);
    assert_eq!(told["problems"][0]["name"], digest);
    let users = told["problems"][0]["needed_by"].to_string();
    assert!(users.contains("image.blob_digest"), "{users}");
    let quick = gantry.run(["verify", "--quick"]);
    assert_eq!(quick.code, 0, "sizes alone are right: {}", quick.stdout);

    // One that is cut off is noticed before anything of it is sent.
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (status, body) = load.download(&image);
    assert_eq!(status, 500);
    assert!(body.contains("gantry verify"), "{body}");
    let quick = gantry.run(["verify", "--quick"]);
    assert_eq!(quick.code, 1, "{}", quick.stdout);
    assert!(quick.stdout.contains("bytes, expected"), "{}", quick.stdout);

    // A file that nothing names is told, and is no error.
    fs_err::remove_file(&path).unwrap();
    let missing = gantry.run(["verify"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stdout.contains("needed by"), "{}", missing.stdout);
    let backup = gantry.run(["backup", "copy"]);
    assert_eq!(backup.code, 1, "a backup that lacks something says so");
    assert!(backup.stdout.contains(&digest), "{}", backup.stdout);
}

#[test]
fn a_file_that_no_row_names_is_told() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let _ = server.prepare();
    drop(server);
    let blob = largest_blob(&gantry.home());
    let orphan = gantry.home().join("blobs/00").join("0".repeat(62));
    fs_err::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs_err::copy(blob, &orphan).unwrap();
    let told = gantry.run(["verify", "--json"]).json();
    assert_eq!(told["orphans"]["files"], 0, "it may be on its way: {told}");
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs_err::set_permissions(&orphan, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(&orphan)
        .unwrap();
    file.into_file().set_modified(old).unwrap();
    let told = gantry.run(["verify"]);
    assert_eq!(told.code, 0, "{}", told.stdout);
    assert!(told.stdout.contains("1 files"), "{}", told.stdout);
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let gantry = Gantry::new();
    fs_err::create_dir(gantry.work().join("nothing")).unwrap();
    let refused = gantry.run(["restore", "nothing"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("backup.json"), "{}", refused.stderr);
    let refused = gantry.run(["verify"]);
    assert_eq!(refused.code, 15, "{}", refused.stderr);
}
