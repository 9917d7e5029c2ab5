//! Import of a large `docker save` archive, beside `docker load` of the same file where a Docker daemon answers.
//!
//! `cargo bench -p container --bench import [-- ARCHIVE]`. Without an archive, one of about 1 GB is made: 12,000 small and 240
//! large files in two layers, about a third of its size when compressed, like the libraries of an algorithm image.
//! Prints seconds (median of the rounds), MB/s of the archive's uncompressed size, and the peak resident memory of a process
//! that does nothing but import.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use container::image::{ImportOptions, Store};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Rounds of each way; the ways take turns.
const ROUNDS: usize = 3;
/// Set for the process that imports once, to measure its memory.
const CHILD: &str = "GANTRY_BENCH_IMPORT";

fn main() {
    if let Ok(store) = std::env::var(CHILD) {
        let archive = std::env::args().nth(1).expect("the archive");
        import(Utf8Path::new(&store), Utf8Path::new(&archive));
        print!("{}", peak_memory());
        return;
    }
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the archive");
    let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
    let given = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let archives = match given {
        Some(archive) => vec![Utf8PathBuf::from(archive)],
        None => make_archives(folder),
    };
    println!("| archive | way | seconds | MB/s | peak memory |");
    println!("|---|---|---|---|---|");
    for archive in &archives {
        measure(folder, archive, unpacked_bytes(&archives[0]));
    }
}

fn unpacked_bytes(archive: &Utf8Path) -> u64 {
    fs_err::metadata(archive).expect("the archive").len()
}

fn measure(folder: &Utf8Path, archive: &Utf8Path, bytes: u64) {
    let has_docker = answers(&["info"]);
    let (mut ours, mut theirs, mut memory) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let store = folder.join("store");
        let start = Instant::now();
        memory = memory.max(import_elsewhere(&store, archive));
        ours.push(start.elapsed());
        fs_err::remove_dir_all(&store).expect("our own store");
        if has_docker {
            theirs.push(docker_load(archive));
        }
    }
    let name = archive.file_name().unwrap_or_default();
    let ours = median(ours);
    row(
        name,
        "gantry",
        ours,
        bytes,
        &format!("{} MiB", memory >> 10),
    );
    if has_docker {
        let theirs = median(theirs);
        row(name, "docker load", theirs, bytes, "in the daemon");
        println!(
            "| {name} | ratio | {:.2} | | |",
            ours.as_secs_f64() / theirs.as_secs_f64()
        );
    } else {
        println!("| {name} | docker load | no daemon answers | | |");
    }
}

/// Loads the archive with Docker and removes it again, so that the next round finds none of its layers.
fn docker_load(archive: &Utf8Path) -> Duration {
    let start = Instant::now();
    let output = Command::new("docker")
        .args(["load", "-q", "-i", archive.as_str()])
        .output()
        .expect("the client that just answered");
    let took = start.elapsed();
    assert!(output.status.success(), "`docker load` failed");
    let said = String::from_utf8_lossy(&output.stdout);
    let (_, name) = said
        .trim()
        .split_once(": ")
        .expect("`Loaded image: NAME` or `Loaded image ID: DIGEST`");
    assert!(
        answers(&["image", "rm", "-f", name]),
        "`docker image rm {name}` failed"
    );
    took
}

fn row(archive: &str, way: &str, time: Duration, bytes: u64, memory: &str) {
    let seconds = time.as_secs_f64();
    let rate = bytes as f64 / 1e6 / seconds;
    println!("| {archive} | {way} | {seconds:.2} | {rate:.0} | {memory} |");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn answers(arguments: &[&str]) -> bool {
    let output = Command::new("docker").args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// Imports in a process of its own and returns its peak memory in KiB.
fn import_elsewhere(store: &Utf8Path, archive: &Utf8Path) -> u64 {
    let this = std::env::current_exe().expect("this program");
    let output = Command::new(this)
        .arg(archive)
        .env(CHILD, store)
        .output()
        .expect("this program starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().expect("a number of KiB")
}

fn import(store: &Utf8Path, archive: &Utf8Path) {
    let store = Store::open(store).expect("a store");
    let mut options = ImportOptions::at(jiff::Timestamp::now());
    options.allow_root = true;
    store
        .import(archive, &options, &mut |_| {})
        .expect("a good archive");
}

/// `VmHWM` in KiB.
fn peak_memory() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.expect("Linux writes it")
}

/// The same image plain and with gzip.
fn make_archives(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let plain = folder.join("image.tar");
    let mut archive = tar::Builder::new(fs_err::File::create(&plain).expect("room"));
    let (mut names, mut diff_ids) = (Vec::new(), Vec::new());
    for (number, (files, bytes)) in [(12_000, 16_000), (240, 3_500_000)].into_iter().enumerate() {
        let layer = make_layer(number, files, bytes);
        diff_ids.push(format!("sha256:{}", hex(&layer)));
        names.push(format!("{number:064}/layer.tar"));
        append(&mut archive, &names[number], &layer);
    }
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": { "User": "1000" },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    })
    .to_string();
    let config_name = format!("{}.json", hex(config.as_bytes()));
    let manifest =
        json!([{ "Config": config_name, "RepoTags": ["gantry-bench:1"], "Layers": names }]);
    append(&mut archive, &config_name, config.as_bytes());
    append(
        &mut archive,
        "manifest.json",
        manifest.to_string().as_bytes(),
    );
    archive.into_inner().expect("room");

    let packed = folder.join("image.tar.gz");
    let file = fs_err::File::create(&packed).expect("room");
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
    std::io::copy(
        &mut fs_err::File::open(&plain).expect("just made"),
        &mut gzip,
    )
    .expect("room");
    gzip.finish().expect("room");
    vec![plain, packed]
}

fn make_layer(number: usize, files: usize, bytes: usize) -> Vec<u8> {
    let mut layer = tar::Builder::new(Vec::new());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 + number as u64;
    let mut content = Vec::with_capacity(bytes + 8);
    for file in 0..files {
        content.clear();
        while content.len() < bytes {
            // Xorshift; a third of the words are noise, the rest repeat.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let word = if state.is_multiple_of(3) {
                state
            } else {
                state % 64
            };
            content
                .write_all(&word.to_le_bytes())
                .expect("memory takes all");
        }
        append(
            &mut layer,
            &format!("usr/lib/{}/{file}.so", file % 100),
            &content,
        );
    }
    layer.into_inner().expect("memory takes all")
}

fn append(to: &mut tar::Builder<impl Write>, name: &str, content: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    to.append_data(&mut header, name, content).expect("room");
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
