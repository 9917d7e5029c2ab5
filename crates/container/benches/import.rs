//! Import of a large `docker save` archive, with an index over its layers and with all of them unpacked, beside `docker load` of
//! the same file where a Docker daemon answers.
//!
//! `cargo bench -p container --bench import [-- ARCHIVE]`. Without an archive, ones of about 1 GB are made: 12,000 small and 240
//! large files in two layers, about a third of its size when compressed, like the libraries of an algorithm image. Each round
//! has an archive of its own, and nothing is removed before the last one, nor for [`FORGOTTEN`] before the first. A given
//! archive is imported once.
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

#[path = "figures/note.rs"]
mod figures;

/// Rounds of each way; the ways take turns.
const ROUNDS: usize = 3;
/// Whatever was removed before is left alone for so long: ext4 gives out no inode that was freed within a minute and looks at
/// each of them whenever it searches for another, which would be measured instead. How long ago it was the kernel reads from
/// the inode, which must have been written to the disk by then; that takes up to half a minute.
const FORGOTTEN: Duration = Duration::from_secs(100);
/// Set for the process that imports once, to measure its memory.
const CHILD: &str = "GANTRY_BENCH_IMPORT";
/// Set besides where layers are to be unpacked.
const UNPACK: &str = "GANTRY_BENCH_UNPACK";

fn main() {
    if let Ok(store) = std::env::var(CHILD) {
        let archive = std::env::args().nth(1).expect("the archive");
        import(Utf8Path::new(&store), Utf8Path::new(&archive));
        print!("{}", peak_memory());
        return;
    }
    let given = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    println!("| archive | way | seconds | MB/s | peak memory |");
    println!("|---|---|---|---|---|");
    if let Some(archive) = given {
        let archive = Utf8PathBuf::from(archive);
        let bytes = fs_err::metadata(&archive).expect("the archive").len();
        measure(&archive.clone(), 1, |_, _| (archive.clone(), bytes));
    } else {
        measure(Utf8Path::new("image.tar"), ROUNDS, |folder, round| {
            make_archive(folder, 2 * round)
        });
        measure(Utf8Path::new("image.tar.gz"), ROUNDS, |folder, round| {
            let (plain, bytes) = make_archive(folder, 2 * round + 1);
            (compress(&plain), bytes)
        });
    }
}

/// Times the rounds. `archive` gives the archive of a round, and its size in bytes before compression.
fn measure(
    name: &Utf8Path,
    rounds: usize,
    archive: impl Fn(&Utf8Path, usize) -> (Utf8PathBuf, u64),
) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let folder = Utf8Path::from_path(folder.path()).expect("a plain path");
    let has_docker = answers(&["info"]);
    let (mut ours, mut unpacked) = (Vec::new(), Vec::new());
    let (mut theirs, mut loaded) = (Vec::new(), Vec::new());
    let (mut memory, mut bytes) = (0, 0);
    let mut bound = Vec::new();
    if rounds > 1 {
        rustix::fs::sync();
        std::thread::sleep(FORGOTTEN);
    }
    for round in 0..rounds {
        let (archive, size) = archive(folder, round);
        bytes = size;
        bound.push(read_unpack_and_hash(&archive));
        for (unpack, times) in [(false, &mut ours), (true, &mut unpacked)] {
            rustix::fs::sync();
            let start = Instant::now();
            let store = folder.join(format!("store-{round}-{unpack}"));
            memory = memory.max(import_elsewhere(&store, &archive, unpack));
            times.push(start.elapsed());
        }
        if has_docker {
            rustix::fs::sync();
            let start = Instant::now();
            loaded.push(docker_load(&archive));
            theirs.push(start.elapsed());
        }
    }
    for name in loaded {
        assert!(
            answers(&["image", "rm", "-f", &name]),
            "`docker image rm {name}` failed"
        );
    }
    let name = name.file_name().unwrap_or_default();
    let memory = format!("{} MiB", memory >> 10);
    let (ours, unpacked) = (median(ours), median(unpacked));
    row(name, "gantry", ours, bytes, &memory);
    row(name, "gantry, unpacked", unpacked, bytes, &memory);
    if has_docker {
        let theirs = median(theirs);
        row(name, "docker load", theirs, bytes, "in the daemon");
        for (way, ours) in [("import", ours), ("unpacking import", unpacked)] {
            note(name, way, [ours, theirs, median(bound.clone())], bytes);
        }
    } else {
        println!("| {name} | docker load | no daemon answers | | |");
    }
}

/// Writes down one way of ours beside Docker's and the limit.
fn note(name: &str, way: &str, [ours, theirs, bound]: [Duration; 3], bytes: u64) {
    // A compressed archive is inflated first, whatever becomes of it.
    let goal = if name.ends_with(".tar") && way == "import" {
        1.0 / 8.0
    } else {
        1.0 / 3.0
    };
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let what = format!("{way} of `{name}`, {:.1} GB unpacked", bytes as f64 / 1e9);
    let beside = [
        figures::limit("reading, inflating and hashing it", milliseconds(bound)),
        figures::peer("docker load", milliseconds(theirs), goal),
    ];
    figures::note(&what, milliseconds(ours), &beside);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("| {name} | {way}, ratio | {ratio:.2} | | |");
}

/// What no import can do without: every byte is read, unpacked and hashed.
fn read_unpack_and_hash(archive: &Utf8Path) -> Duration {
    use sha2::{Digest as _, Sha256};
    use std::io::Read as _;
    let start = Instant::now();
    let file = fs_err::File::open(archive).expect("the archive");
    let mut bytes: Box<dyn std::io::Read> = match archive.extension() {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut part = vec![0; 1 << 20];
    let mut sum = Sha256::new();
    loop {
        let count = bytes.read(&mut part).expect("the archive");
        if count == 0 {
            break;
        }
        sum.update(&part[..count]);
    }
    std::hint::black_box(sum.finalize());
    start.elapsed()
}

/// Loads the archive with Docker; the name or id that it is removed by.
fn docker_load(archive: &Utf8Path) -> String {
    let output = Command::new("docker")
        .args(["load", "-q", "-i", archive.as_str()])
        .output()
        .expect("the client that just answered");
    assert!(output.status.success(), "`docker load` failed");
    let said = String::from_utf8_lossy(&output.stdout);
    let (_, name) = said
        .trim()
        .split_once(": ")
        .expect("`Loaded image: NAME` or `Loaded image ID: DIGEST`");
    name.to_owned()
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
fn import_elsewhere(store: &Utf8Path, archive: &Utf8Path, unpack: bool) -> u64 {
    let this = std::env::current_exe().expect("this program");
    let mut child = Command::new(this);
    child.arg(archive).env(CHILD, store);
    if unpack {
        child.env(UNPACK, "1");
    }
    let output = child.output().expect("this program starts");
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
    options.unpack = std::env::var_os(UNPACK).is_some();
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

/// A `docker save` archive whose content follows from `seed`; its path and size in bytes.
fn make_archive(folder: &Utf8Path, seed: usize) -> (Utf8PathBuf, u64) {
    let plain = folder.join("image.tar");
    let mut archive = tar::Builder::new(fs_err::File::create(&plain).expect("room"));
    let (mut names, mut diff_ids) = (Vec::new(), Vec::new());
    for (number, (files, bytes)) in [(12_000, 16_000), (240, 3_500_000)].into_iter().enumerate() {
        let layer = make_layer(2 * seed + number, files, bytes);
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
    let tag = format!("gantry-bench:{seed}");
    let manifest = json!([{ "Config": config_name, "RepoTags": [tag], "Layers": names }]);
    append(&mut archive, &config_name, config.as_bytes());
    append(
        &mut archive,
        "manifest.json",
        manifest.to_string().as_bytes(),
    );
    archive.into_inner().expect("room");
    let size = fs_err::metadata(&plain).expect("just made").len();
    (plain, size)
}

/// The archive with gzip, beside it.
fn compress(plain: &Utf8Path) -> Utf8PathBuf {
    let packed = plain.with_extension("tar.gz");
    let file = fs_err::File::create(&packed).expect("room");
    let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
    std::io::copy(
        &mut fs_err::File::open(plain).expect("just made"),
        &mut gzip,
    )
    .expect("room");
    gzip.finish().expect("room");
    packed
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
